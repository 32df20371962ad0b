/// A version such as `1.2.3-rc.1+build5`, read as leniently as Helm and its ecosystem read versions.
///
/// Equality and order follow precedence: build metadata and the original spelling do not count.
package struct SemanticVersion: Sendable {
    package let major: UInt64
    package let minor: UInt64
    package let patch: UInt64
    /// What follows the hyphen, without it; empty for a release.
    package let prerelease: String
    /// What follows the plus sign, without it.
    package let buildMetadata: String
    /// The text this was read from, with its leading `v` and its missing parts.
    package let original: String

    package init(
        major: UInt64,
        minor: UInt64,
        patch: UInt64,
        prerelease: String = "",
        buildMetadata: String = ""
    ) {
        self.init(major, minor, patch, prerelease, buildMetadata, original: nil, prefix: "")
    }

    init(
        _ major: UInt64,
        _ minor: UInt64,
        _ patch: UInt64,
        _ prerelease: String,
        _ buildMetadata: String,
        original: String?,
        prefix: String = ""
    ) {
        self.major = major
        self.minor = minor
        self.patch = patch
        self.prerelease = prerelease
        self.buildMetadata = buildMetadata
        self.original =
            original ?? prefix + Self.text(major, minor, patch, prerelease: prerelease, buildMetadata: buildMetadata)
    }

    package var isPrerelease: Bool { !prerelease.isEmpty }

    private static func text(
        _ major: UInt64,
        _ minor: UInt64,
        _ patch: UInt64,
        prerelease: String,
        buildMetadata: String
    ) -> String {
        var text = "\(major).\(minor).\(patch)"
        if !prerelease.isEmpty { text += "-" + prerelease }
        if !buildMetadata.isEmpty { text += "+" + buildMetadata }
        return text
    }
}

extension SemanticVersion: CustomStringConvertible {
    /// All three numbers, prerelease and build metadata, without a leading `v`.
    package var description: String {
        Self.text(major, minor, patch, prerelease: prerelease, buildMetadata: buildMetadata)
    }
}

extension SemanticVersion: Comparable, Hashable {
    package static func == (left: SemanticVersion, right: SemanticVersion) -> Bool {
        left.major == right.major && left.minor == right.minor && left.patch == right.patch
            && left.prerelease == right.prerelease
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(major)
        hasher.combine(minor)
        hasher.combine(patch)
        hasher.combine(prerelease)
    }

    package static func < (left: SemanticVersion, right: SemanticVersion) -> Bool { left.compare(to: right) < 0 }

    /// -1, 0 or 1 as this version comes before, with or after the other one.
    package func compare(to other: SemanticVersion) -> Int {
        if major != other.major { return major < other.major ? -1 : 1 }
        if minor != other.minor { return minor < other.minor ? -1 : 1 }
        if patch != other.patch { return patch < other.patch ? -1 : 1 }
        if prerelease == other.prerelease { return 0 }
        if prerelease.isEmpty { return 1 }
        if other.prerelease.isEmpty { return -1 }
        return Self.comparePrereleases(prerelease, other.prerelease)
    }

    /// Identifier by identifier: numbers by value and before words, words by their bytes, the shorter list first.
    static func comparePrereleases(_ left: String, _ right: String) -> Int {
        let lefts = left.split(separator: ".", omittingEmptySubsequences: false)
        let rights = right.split(separator: ".", omittingEmptySubsequences: false)
        for index in 0..<max(lefts.count, rights.count) {
            let one = index < lefts.count ? lefts[index] : ""
            let two = index < rights.count ? rights[index] : ""
            if one == two { continue }
            if one.isEmpty { return -1 }
            if two.isEmpty { return 1 }
            switch (number(one), number(two)) {
            case (let one?, let two?): return one < two ? -1 : 1
            case (.some, nil): return -1
            case (nil, .some): return 1
            case (nil, nil): return one < two ? -1 : 1
            }
        }
        return 0
    }

    /// A number without sign; one that does not fit counts as a word.
    private static func number(_ text: Substring) -> UInt64? {
        text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } ? UInt64(text) : nil
    }
}

extension SemanticVersion {
    /// The version after this one in its patch line; a prerelease becomes its release.
    package func incrementingPatch() throws(SemanticVersionError) -> SemanticVersion {
        if isPrerelease { return SemanticVersion(major, minor, patch, "", "", original: nil, prefix: leadingV) }
        return SemanticVersion(major, minor, try next(patch, "patch"), "", "", original: nil, prefix: leadingV)
    }

    /// The first patch of the next minor version.
    package func incrementingMinor() throws(SemanticVersionError) -> SemanticVersion {
        SemanticVersion(major, try next(minor, "minor"), 0, "", "", original: nil, prefix: leadingV)
    }

    /// The first version of the next major version.
    package func incrementingMajor() throws(SemanticVersionError) -> SemanticVersion {
        SemanticVersion(try next(major, "major"), 0, 0, "", "", original: nil, prefix: leadingV)
    }

    private var leadingV: String { original.utf8.first == UInt8(ascii: "v") ? "v" : "" }

    private func next(_ number: UInt64, _ name: String) throws(SemanticVersionError) -> UInt64 {
        let (sum, overflow) = number.addingReportingOverflow(1)
        if overflow { throw SemanticVersionError("\(name) version increment would overflow uint64") }
        return sum
    }
}

extension Sequence<SemanticVersion> {
    /// The newest of these versions within a range; of equal ones the first.
    package func newest(in range: SemanticVersionRange) -> SemanticVersion? {
        var best: SemanticVersion?
        for version in self where range.contains(version) {
            if let current = best, version <= current { continue }
            best = version
        }
        return best
    }
}

/// Why a text is no version, or no range of versions, in the words that Helm's users know.
package struct SemanticVersionError: Error, Hashable, Sendable, CustomStringConvertible {
    package let message: String
    package init(_ message: String) { self.message = message }
    package var description: String { message }

    static let invalid = SemanticVersionError("invalid semantic version")
    static let empty = SemanticVersionError("version string empty")
    static let invalidCharacters = SemanticVersionError("invalid characters in version")
    static let leadingZero = SemanticVersionError("version segment starts with 0")
    static let invalidMetadata = SemanticVersionError("invalid metadata string")
    static let invalidPrerelease = SemanticVersionError("invalid prerelease string")
    static func outOfRange(_ digits: String) -> SemanticVersionError {
        SemanticVersionError("strconv.ParseUint: parsing \"\(digits)\": value out of range")
    }
}
