/// An IP address, 4 or 16 bytes.
package struct CELAddress: Hashable, Sendable {
    package var bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// Reads an address as Go's `netip` does; no zones, no leading zeros. IPv4-mapped IPv6 is refused unless allowed.
    package init?(parsing text: String, allowsMapped: Bool = false) {
        guard let bytes = text.utf8.contains(UInt8(ascii: ":")) ? Self.parseV6(text) : Self.parseV4(text) else {
            return nil
        }
        if !allowsMapped, bytes.count == 16, bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 255, bytes[11] == 255 {
            return nil
        }
        self.bytes = bytes
    }

    private static func parseV4(_ text: String) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard !part.isEmpty, part.count <= 3, part.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
                part.count == 1 || part.first != "0", let byte = UInt8(part)
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func parseV6(_ text: String) -> [UInt8]? {
        var head: [UInt8] = []
        var tail: [UInt8] = []
        let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
        guard halves.count <= 2 else { return nil }
        for (index, half) in halves.enumerated() where !half.isEmpty {
            let groups = half.split(separator: ":", omittingEmptySubsequences: false)
            for (position, group) in groups.enumerated() {
                let isLast = index == halves.count - 1 && position == groups.count - 1
                var bytes: [UInt8]
                if isLast, group.contains(".") {
                    guard let v4 = parseV4(String(group)) else { return nil }
                    bytes = v4
                } else {
                    guard !group.isEmpty, group.count <= 4,
                        group.utf8.allSatisfy({ $0 < 0x80 && $0 != 0x2B && $0 != 0x2D }),
                        let number = UInt16(group, radix: 16)
                    else { return nil }
                    bytes = [UInt8(number >> 8), UInt8(number & 255)]
                }
                if index == 0 { head += bytes } else { tail += bytes }
            }
        }
        if halves.count == 1 { return head.count == 16 ? head : nil }
        guard head.count + tail.count <= 14 else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    package var isV4: Bool { bytes.count == 4 }
    var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }
    var isLoopback: Bool { isV4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1 }
    var isLinkLocalUnicast: Bool {
        isV4 ? bytes[0] == 169 && bytes[1] == 254 : bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
    }
    var isLinkLocalMulticast: Bool {
        isV4 ? bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0 : bytes[0] == 0xFF && bytes[1] & 0x0F == 2
    }
    var isMulticast: Bool { isV4 ? bytes[0] & 0xF0 == 0xE0 : bytes[0] == 0xFF }
    var isGlobalUnicast: Bool {
        !isUnspecified && !isLoopback && !isMulticast && !isLinkLocalUnicast
            && !(isV4 && bytes.allSatisfy { $0 == 255 })
    }

    /// The canonical text.
    package var text: String {
        if isV4 { return bytes.map { String($0) }.joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(best.count, 1) { best = start..<end }
            start = max(end, start + 1)
        }
        func joined(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        return best.isEmpty
            ? joined(groups[...]) : joined(groups[..<best.lowerBound]) + "::" + joined(groups[best.upperBound...])
    }
}

/// An address with a prefix length.
package struct CELNetwork: Hashable, Sendable {
    package var address: CELAddress
    package var prefixLength: Int

    package init?(parsing text: String, allowsMapped: Bool = false) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = CELAddress(parsing: String(parts[0]), allowsMapped: allowsMapped),
            parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), parts[1].count == 1 || parts[1].first != "0",
            let length = Int(parts[1]), length <= address.bytes.count * 8
        else { return nil }
        self.address = address
        prefixLength = length
    }

    init(address: CELAddress, prefixLength: Int) {
        self.address = address
        self.prefixLength = prefixLength
    }

    var text: String { "\(address.text)/\(prefixLength)" }

    var masked: CELNetwork {
        var bytes = address.bytes
        for index in bytes.indices {
            let kept = min(max(prefixLength - index * 8, 0), 8)
            bytes[index] &= kept == 0 ? 0 : UInt8.max << UInt8(8 - kept)
        }
        return CELNetwork(address: CELAddress(bytes: bytes), prefixLength: prefixLength)
    }

    func contains(_ other: CELAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        return CELNetwork(address: other, prefixLength: prefixLength).masked.address == masked.address
    }

    func contains(_ other: CELNetwork) -> Bool { other.prefixLength >= prefixLength && contains(other.address) }
}

extension CELFunctions {
    private static func address(_ value: CELValue) throws(CELFailure) -> CELAddress {
        switch value {
        case .ip(let address): return address
        case .string(let text):
            guard let address = CELAddress(parsing: text) else {
                throw CELFailure("IP Address \"\(text)\" parse error during conversion from string: unable to parse IP")
            }
            return address
        default: throw .noSuchOverload
        }
    }

    private static func network(_ value: CELValue) throws(CELFailure) -> CELNetwork {
        switch value {
        case .cidr(let network): return network
        case .string(let text):
            guard let network = CELNetwork(parsing: text) else {
                throw CELFailure(
                    "network address parse error during conversion from string: invalid CIDR address: \(text)"
                )
            }
            return network
        default: throw .noSuchOverload
        }
    }

    private static func claim(_ name: String, _ claim: @escaping @Sendable (CELAddress) -> Bool) -> CELOverload {
        CELOverload(name, on: .ip, .bool) { (a) throws(CELFailure) in .bool(claim(try address(a[0]))) }
    }

    static let addresses: [CELOverload] = [
        CELOverload("isIP", [.string], .bool) { (a) throws(CELFailure) in
            .bool(CELAddress(parsing: try text(a[0])) != nil)
        },
        CELOverload("ip", [.string], .ip) { (a) throws(CELFailure) in .ip(try address(a[0])) },
        CELOverload("ip.isCanonical", [.string], .bool) { (a) throws(CELFailure) in
            .bool(try address(a[0]).text == text(a[0]))
        },
        CELOverload("family", on: .ip, .int) { (a) throws(CELFailure) in .int(try address(a[0]).isV4 ? 4 : 6) },
        claim("isUnspecified") { $0.isUnspecified },
        claim("isLoopback") { $0.isLoopback },
        claim("isLinkLocalMulticast") { $0.isLinkLocalMulticast },
        claim("isLinkLocalUnicast") { $0.isLinkLocalUnicast },
        claim("isGlobalUnicast") { $0.isGlobalUnicast },
        CELOverload("isCIDR", [.string], .bool) { (a) throws(CELFailure) in
            .bool(CELNetwork(parsing: try text(a[0])) != nil)
        },
        CELOverload("cidr", [.string], .cidr) { (a) throws(CELFailure) in .cidr(try network(a[0])) },
        CELOverload("containsIP", on: .cidr, [.string], .bool) { (a) throws(CELFailure) in
            .bool(try network(a[0]).contains(address(a[1])))
        },
        CELOverload("containsIP", on: .cidr, [.ip], .bool) { (a) throws(CELFailure) in
            .bool(try network(a[0]).contains(address(a[1])))
        },
        CELOverload("containsCIDR", on: .cidr, [.string], .bool) { (a) throws(CELFailure) in
            .bool(try network(a[0]).contains(network(a[1])))
        },
        CELOverload("containsCIDR", on: .cidr, [.cidr], .bool) { (a) throws(CELFailure) in
            .bool(try network(a[0]).contains(network(a[1])))
        },
        CELOverload("ip", on: .cidr, .ip) { (a) throws(CELFailure) in .ip(try network(a[0]).address) },
        CELOverload("masked", on: .cidr, .cidr) { (a) throws(CELFailure) in .cidr(try network(a[0]).masked) },
        CELOverload("prefixLength", on: .cidr, .int) { (a) throws(CELFailure) in .int(try network(a[0]).prefixLength) },
    ]
}
