/// A semantic version with Kubernetes' `semver` functions.
package struct CELSemanticVersion: Hashable, Sendable {
    var text: String
    var numbers: [Int]
    var preRelease: [String]

    init?(parsing text: String, isNormalizing: Bool = false) {
        var source = Substring(text)
        if isNormalizing, source.hasPrefix("v") { source = source.dropFirst() }
        self.text = String(source)
        if let plus = source.firstIndex(of: "+") { source = source[..<plus] }
        preRelease = []
        if let dash = source.firstIndex(of: "-") {
            preRelease = source[source.index(after: dash)...].split(separator: ".", omittingEmptySubsequences: false)
                .map(String.init)
            source = source[..<dash]
        }
        let parts = source.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 || (isNormalizing && (1...3).contains(parts.count)) else { return nil }
        numbers = []
        for part in parts {
            guard !part.isEmpty, part.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
                isNormalizing || part.count == 1 || part.first != "0", let number = Int(part)
            else { return nil }
            numbers.append(number)
        }
        while numbers.count < 3 { numbers.append(0) }
        guard preRelease.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isIdentifierByte) }) else { return nil }
    }

    private static func isIdentifierByte(_ byte: UInt8) -> Bool {
        (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || (byte >= 0x30 && byte <= 0x39) || byte == UInt8(ascii: "-")
    }

    func isEquivalent(to other: CELSemanticVersion) -> Bool { compare(other) == 0 }

    /// Precedence; build metadata does not count.
    func compare(_ other: CELSemanticVersion) -> Int {
        for (mine, theirs) in zip(numbers, other.numbers) where mine != theirs { return mine < theirs ? -1 : 1 }
        if preRelease.isEmpty || other.preRelease.isEmpty {
            return preRelease.isEmpty == other.preRelease.isEmpty ? 0 : preRelease.isEmpty ? 1 : -1
        }
        for (mine, theirs) in zip(preRelease, other.preRelease) where mine != theirs {
            switch (Int(mine), Int(theirs)) {
            case (let mine?, let theirs?): return mine < theirs ? -1 : 1
            case (_?, nil): return -1
            case (nil, _?): return 1
            default: return mine.compareScalars(theirs)
            }
        }
        return preRelease.count == other.preRelease.count ? 0 : preRelease.count < other.preRelease.count ? -1 : 1
    }
}

extension CELFunctions {
    private static func version(_ value: CELValue) throws(CELFailure) -> CELSemanticVersion {
        guard case .semver(let version) = value else { throw .noSuchOverload }
        return version
    }

    private static func flag(_ value: CELValue) throws(CELFailure) -> Bool {
        guard case .bool(let flag) = value else { throw .noSuchOverload }
        return flag
    }

    private static func parse(_ text: String, _ isNormalizing: Bool) throws(CELFailure) -> CELValue {
        guard let version = CELSemanticVersion(parsing: text, isNormalizing: isNormalizing) else {
            throw CELFailure("invalid semantic version \"\(text)\"")
        }
        return .semver(version)
    }

    private static func number(_ name: String, _ index: Int) -> CELOverload {
        CELOverload(name, on: .semver, .int) { (a) throws(CELFailure) in .int(try version(a[0]).numbers[index]) }
    }

    static let versions: [CELOverload] = [
        CELOverload("isSemver", [.string], .bool) { (a) throws(CELFailure) in
            .bool(CELSemanticVersion(parsing: try text(a[0])) != nil)
        },
        CELOverload("isSemver", [.string, .bool], .bool) { (a) throws(CELFailure) in
            .bool(CELSemanticVersion(parsing: try text(a[0]), isNormalizing: try flag(a[1])) != nil)
        },
        CELOverload("semver", [.string], .semver) { (a) throws(CELFailure) in try parse(text(a[0]), false) },
        CELOverload("semver", [.string, .bool], .semver) { (a) throws(CELFailure) in try parse(text(a[0]), flag(a[1]))
        },
        number("major", 0), number("minor", 1), number("patch", 2),
        CELOverload("isLessThan", on: .semver, [.semver], .bool) { (a) throws(CELFailure) in
            .bool(try version(a[0]).compare(version(a[1])) < 0)
        },
        CELOverload("isGreaterThan", on: .semver, [.semver], .bool) { (a) throws(CELFailure) in
            .bool(try version(a[0]).compare(version(a[1])) > 0)
        },
        CELOverload("compareTo", on: .semver, [.semver], .int) { (a) throws(CELFailure) in
            .int(try version(a[0]).compare(version(a[1])))
        },
    ]
}
