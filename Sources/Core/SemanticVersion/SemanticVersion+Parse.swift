extension SemanticVersion {
    /// Reads a version leniently: a leading `v`, leading zeros, and missing minor and patch numbers are fine.
    package init(parsing text: String) throws(SemanticVersionError) {
        var cursor = VersionCursor(text)
        guard let parts = cursor.takeVersion(allowing: \.isDigit), cursor.isAtEnd else { throw .invalid }
        func number(_ digits: String) throws(SemanticVersionError) -> UInt64 {
            if let number = UInt64(digits) { return number }
            throw SemanticVersionError("error parsing version segment: \(SemanticVersionError.outOfRange(digits))")
        }
        let major = try number(parts.major)
        let minor = try parts.minor.map(number) ?? 0
        let patch = try parts.patch.map(number) ?? 0
        try Self.validatePrerelease(parts.prerelease)
        self.init(major, minor, patch, parts.prerelease, parts.buildMetadata, original: text)
    }

    /// As `init(parsing:)`, nil when the text is no version.
    package init?(_ text: String) {
        do { try self.init(parsing: text) } catch { return nil }
    }

    /// Reads a version that follows semver.org to the letter: three numbers, no `v`, no leading zeros.
    package init(strictly text: String) throws(SemanticVersionError) {
        if text.isEmpty { throw .empty }
        var parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .invalid }
        var buildMetadata = ""
        if let plus = parts[2].firstIndex(of: "+") {
            buildMetadata = String(parts[2][parts[2].index(after: plus)...])
            parts[2] = parts[2][..<plus]
            for identifier in buildMetadata.split(separator: ".", omittingEmptySubsequences: false) {
                guard !identifier.isEmpty, identifier.utf8.allSatisfy(\.isIdentifier) else { throw .invalidMetadata }
            }
        }
        var prerelease = ""
        if let hyphen = parts[2].firstIndex(of: "-") {
            prerelease = String(parts[2][parts[2].index(after: hyphen)...])
            parts[2] = parts[2][..<hyphen]
            if prerelease.isEmpty { throw .invalidPrerelease }
            try Self.validatePrerelease(prerelease)
        }
        for part in parts {
            guard part.utf8.allSatisfy(\.isDigit) else { throw .invalidCharacters }
            if part.utf8.count > 1, part.utf8.first == UInt8(ascii: "0") { throw .leadingZero }
        }
        var numbers: [UInt64] = []
        for part in parts {
            guard let number = UInt64(part) else {
                throw part.isEmpty
                    ? SemanticVersionError("strconv.ParseUint: parsing \"\": invalid syntax")
                    : .outOfRange(String(part))
            }
            numbers.append(number)
        }
        self.init(numbers[0], numbers[1], numbers[2], prerelease, buildMetadata, original: text)
    }

    private static func validatePrerelease(_ prerelease: String) throws(SemanticVersionError) {
        if prerelease.isEmpty { return }
        for identifier in prerelease.split(separator: ".", omittingEmptySubsequences: false) {
            let bytes = identifier.utf8
            if bytes.isEmpty { throw .invalidPrerelease }
            if bytes.allSatisfy(\.isDigit) {
                if bytes.count > 1, bytes.first == UInt8(ascii: "0") { throw .leadingZero }
            } else if !bytes.allSatisfy(\.isIdentifier) {
                throw .invalidPrerelease
            }
        }
    }
}

extension UInt8 {
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    /// A character of a prerelease or build identifier.
    var isIdentifier: Bool {
        isDigit || (self >= 0x41 && self <= 0x5A) || (self >= 0x61 && self <= 0x7A) || self == 0x2D
    }
    /// A digit or a wildcard. The bar is here because Masterminds' pattern has it in its character class.
    var isDigitOrWildcard: Bool {
        isDigit || self == UInt8(ascii: "x") || self == UInt8(ascii: "X") || self == UInt8(ascii: "*")
            || self == UInt8(ascii: "|")
    }
    var isSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0C || self == 0x0D }
}

/// Walks over the bytes of a version or range.
struct VersionCursor {
    /// The pieces of a version as written.
    struct Parts {
        var text: String
        var major: String
        var minor: String?
        var patch: String?
        var prerelease = ""
        var buildMetadata = ""
    }

    let bytes: [UInt8]
    var offset = 0

    init(_ text: some StringProtocol) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { offset == bytes.count }
    var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        offset += 1
        return true
    }

    @discardableResult
    mutating func takeSpaces() -> Int { take(while: \.isSpace).count }

    mutating func take(while belongs: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let start = offset
        while let byte = next, belongs(byte) { offset += 1 }
        return bytes[start..<offset]
    }

    func text(_ range: some Sequence<UInt8>) -> String { String(decoding: Array(range), as: UTF8.self) }

    /// Takes a version from here on, as far as it goes; nil (and nothing taken) when none starts here.
    mutating func takeVersion(allowing belongs: (UInt8) -> Bool) -> Parts? {
        let start = offset
        _ = take(UInt8(ascii: "v"))
        let major = take(while: belongs)
        if major.isEmpty {
            offset = start
            return nil
        }
        var parts = Parts(text: "", major: text(major))
        parts.minor = takeSegment(allowing: belongs)
        if parts.minor != nil { parts.patch = takeSegment(allowing: belongs) }
        parts.prerelease = takeIdentifiers(after: UInt8(ascii: "-"))
        parts.buildMetadata = takeIdentifiers(after: UInt8(ascii: "+"))
        parts.text = text(bytes[start..<offset])
        return parts
    }

    private mutating func takeSegment(allowing belongs: (UInt8) -> Bool) -> String? {
        let start = offset
        guard take(UInt8(ascii: ".")) else { return nil }
        let digits = take(while: belongs)
        if digits.isEmpty {
            offset = start
            return nil
        }
        return text(digits)
    }

    private mutating func takeIdentifiers(after mark: UInt8) -> String {
        let start = offset
        guard take(mark) else { return "" }
        let first = take(while: \.isIdentifier)
        if first.isEmpty {
            offset = start
            return ""
        }
        while next == UInt8(ascii: ".") {
            let dot = offset
            offset += 1
            if take(while: \.isIdentifier).isEmpty {
                offset = dot
                break
            }
        }
        return text(bytes[(start + 1)..<offset])
    }
}
