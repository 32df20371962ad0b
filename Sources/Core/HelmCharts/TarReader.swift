/// Reads the entries of a tar file in memory: ustar, GNU long names and pax headers.
struct TarReader {
    enum Kind { case file, directory, link, special }

    struct Entry {
        var path: String
        var kind: Kind
        var content: Range<Int>
    }

    struct Failure: Error, Sendable {
        var message: String
    }

    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next entry, nil at the end.
    mutating func next() throws(Failure) -> Entry? {
        var longPath: String?
        var paxSize: Int?
        while true {
            guard offset + 512 <= bytes.count else {
                if offset < bytes.count, bytes[offset...].contains(where: { $0 != 0 }) {
                    throw Failure(message: "unexpected end of the archive")
                }
                return nil
            }
            let header = bytes[offset..<(offset + 512)]
            if header.allSatisfy({ $0 == 0 }) { return nil }
            try check(header)
            var size = try number(header, 124, 12)
            let flag = header[offset + 156]
            if let paxSize, flag != UInt8(ascii: "x"), flag != UInt8(ascii: "g") { size = paxSize }
            let start = offset + 512
            guard size >= 0, size <= bytes.count - start else {
                throw Failure(message: "unexpected end of the archive")
            }
            let content = start..<(start + size)
            let path = longPath ?? self.path(header)
            offset = start + (size + 511) / 512 * 512
            switch flag {
            case 0, UInt8(ascii: "0"), UInt8(ascii: "7"):
                return Entry(path: path, kind: path.hasSuffix("/") ? .directory : .file, content: content)
            case UInt8(ascii: "5"): return Entry(path: path, kind: .directory, content: content)
            case UInt8(ascii: "1"), UInt8(ascii: "2"): return Entry(path: path, kind: .link, content: content)
            case UInt8(ascii: "L"):
                longPath = String(decoding: bytes[content].prefix { $0 != 0 }, as: UTF8.self)
            case UInt8(ascii: "x"):
                for (key, value) in records(content) {
                    if key == "path" { longPath = value }
                    if key == "size" { paxSize = Int(value) }
                }
            case UInt8(ascii: "g"), UInt8(ascii: "K"): continue
            default: return Entry(path: path, kind: .special, content: content)
            }
        }
    }

    private func check(_ header: ArraySlice<UInt8>) throws(Failure) {
        let expected = try number(header, 148, 8)
        var sum = 0
        for (index, byte) in header.enumerated() { sum += (148..<156).contains(index) ? 32 : Int(byte) }
        if sum != expected { throw Failure(message: "a header of the archive is damaged") }
    }

    /// An octal number, or the base-256 form of GNU tar.
    private func number(_ header: ArraySlice<UInt8>, _ start: Int, _ count: Int) throws(Failure) -> Int {
        let field = header[(header.startIndex + start)..<(header.startIndex + start + count)]
        if let first = field.first, first & 0x80 != 0 {
            var value = Int(first & 0x7F)
            for byte in field.dropFirst() {
                let (next, overflow) = value.multipliedReportingOverflow(by: 256)
                if overflow { throw Failure(message: "a header of the archive is damaged") }
                value = next + Int(byte)
            }
            return value
        }
        var value = 0
        for byte in field where byte != 0 && byte != 0x20 {
            guard (0x30...0x37).contains(byte) else { throw Failure(message: "a header of the archive is damaged") }
            value = value * 8 + Int(byte - 0x30)
        }
        return value
    }

    private func path(_ header: ArraySlice<UInt8>) -> String {
        func text(_ start: Int, _ count: Int) -> String {
            let field = header[(header.startIndex + start)..<(header.startIndex + start + count)]
            return String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
        }
        let name = text(0, 100)
        guard text(257, 5) == "ustar" else { return name }
        // GNU's format uses the place of the prefix for other things.
        if text(257, 8) == "ustar  " { return name }
        let prefix = text(345, 155)
        return prefix.isEmpty ? name : prefix + "/" + name
    }

    /// The records of a pax header: `LENGTH KEY=VALUE\n`.
    private func records(_ content: Range<Int>) -> [(String, String)] {
        var records: [(String, String)] = []
        var start = content.lowerBound
        while start < content.upperBound {
            guard let space = bytes[start..<content.upperBound].firstIndex(of: 0x20),
                let length = Int(String(decoding: bytes[start..<space], as: UTF8.self)), length > space - start,
                start + length <= content.upperBound
            else { break }
            let record = bytes[(space + 1)..<(start + length - 1)]
            if let equals = record.firstIndex(of: UInt8(ascii: "=")) {
                records.append(
                    (
                        String(decoding: record[..<equals], as: UTF8.self),
                        String(decoding: record[(equals + 1)...], as: UTF8.self)
                    )
                )
            }
            start += length
        }
        return records
    }
}
