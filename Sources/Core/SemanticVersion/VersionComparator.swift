/// One comparison within a range: a symbol and a version that may have wildcards.
struct VersionComparator: Sendable, Hashable {
    enum Symbol: String, Sendable {
        case none = ""
        case equal = "="
        case notEqual = "!="
        case greater = ">"
        case less = "<"
        case greaterOrEqual = ">="
        case equalOrGreater = "=>"
        case lessOrEqual = "<="
        case equalOrLess = "=<"
        case tilde = "~"
        case tildeGreater = "~>"
        case caret = "^"

        /// Takes the longest symbol that stands here.
        init(from cursor: inout VersionCursor) {
            let rest = cursor.bytes[cursor.offset...]
            for length in [2, 1] where rest.count >= length {
                if let symbol = Symbol(rawValue: String(decoding: rest.prefix(length), as: UTF8.self)) {
                    self = symbol
                    cursor.offset += length
                    return
                }
            }
            self = .none
        }
    }

    let symbol: Symbol
    /// The version as written, with its wildcards.
    let operand: String
    /// The version with its wildcards and missing parts as zero.
    let version: SemanticVersion
    /// Some part is missing or a wildcard.
    let isPartial: Bool
    let lacksMinor: Bool
    let lacksPatch: Bool

    init(_ symbol: Symbol, _ parts: VersionCursor.Parts) throws(SemanticVersionError) {
        func isWildcard(_ part: String?) -> Bool { part == nil || part == "x" || part == "X" || part == "*" }
        let suffix = parts.prerelease.isEmpty ? "" : "-" + parts.prerelease
        self.symbol = symbol
        operand = parts.text
        let text: String
        if isWildcard(parts.major) {
            text = "0.0.0" + suffix
            (isPartial, lacksMinor, lacksPatch) = (true, false, false)
        } else if isWildcard(parts.minor) {
            text = "\(parts.major).0.0" + suffix
            (isPartial, lacksMinor, lacksPatch) = (true, true, false)
        } else if isWildcard(parts.patch) {
            text = "\(parts.major).\(parts.minor ?? "0").0" + suffix
            (isPartial, lacksMinor, lacksPatch) = (true, false, true)
        } else {
            text = parts.text
            (isPartial, lacksMinor, lacksPatch) = (false, false, false)
        }
        guard let version = SemanticVersion(text) else { throw SemanticVersionError("constraint parser error") }
        self.version = version
    }

    /// Why the version does not satisfy this comparison; nil when it does.
    func refusal(of candidate: SemanticVersion, admitsPrereleases: Bool) -> String? {
        if candidate.isPrerelease, !admitsPrereleases {
            return
                "\(quoted(candidate.description)) is a prerelease version and the constraint is only looking for release versions"
        }
        let failure: String? =
            switch symbol {
            case .none, .equal:
                isPartial ? tildeFailure(candidate) : candidate == version ? nil : "is not equal to"
            case .notEqual: notEqualFailure(candidate)
            case .greater: isGreater(candidate) ? nil : "is less than or equal to"
            case .less: candidate < version ? nil : "is greater than or equal to"
            case .greaterOrEqual, .equalOrGreater: candidate >= version ? nil : "is less than"
            case .lessOrEqual, .equalOrLess: isLessOrEqual(candidate) ? nil : "is greater than"
            case .tilde, .tildeGreater: tildeFailure(candidate)
            case .caret: caretFailure(candidate)
            }
        guard let failure else { return nil }
        // Some sentences go on after the constraint: they mark its place.
        let pieces = failure.split(separator: "%", maxSplits: 1)
        let tail = pieces.count == 2 ? pieces[1] : ""
        return "\(quoted(candidate.description)) \(pieces[0]) \(quoted(operand))\(tail)"
    }

    private func notEqualFailure(_ candidate: SemanticVersion) -> String? {
        let isEqual = "is equal to"
        guard isPartial else { return candidate == version ? isEqual : nil }
        if candidate.major != version.major { return nil }
        if lacksMinor { return isEqual }
        if candidate.minor != version.minor { return nil }
        if lacksPatch {
            guard candidate.isPrerelease || version.isPrerelease else { return isEqual }
            return SemanticVersion.comparePrereleases(candidate.prerelease, version.prerelease) != 0 ? nil : isEqual
        }
        if candidate.patch != version.patch { return nil }
        return candidate == version ? isEqual : nil
    }

    private func isGreater(_ candidate: SemanticVersion) -> Bool {
        guard isPartial else { return candidate > version }
        if candidate.major != version.major { return candidate.major > version.major }
        if lacksMinor { return false }
        if lacksPatch { return candidate.minor > version.minor }
        return candidate > version
    }

    private func isLessOrEqual(_ candidate: SemanticVersion) -> Bool {
        guard isPartial else { return candidate <= version }
        if candidate.major != version.major { return candidate.major < version.major }
        return candidate.minor <= version.minor || lacksMinor
    }

    private func tildeFailure(_ candidate: SemanticVersion) -> String? {
        if candidate < version { return "is less than" }
        if version.major == 0, version.minor == 0, version.patch == 0, !lacksMinor, !lacksPatch { return nil }
        if candidate.major != version.major { return "does not have same major version as" }
        if candidate.minor != version.minor, !lacksMinor { return "does not have same major and minor version as" }
        return nil
    }

    private func caretFailure(_ candidate: SemanticVersion) -> String? {
        if candidate < version { return "is less than" }
        if version.major > 0 || lacksMinor {
            return candidate.major == version.major ? nil : "does not have same major version as"
        }
        if candidate.major > 0 { return "does not have same major version as" }
        if version.minor > 0 || lacksPatch {
            if candidate.minor == version.minor { return nil }
            return
                "does not have same minor version as%. Expected minor versions to match when constraint major version is 0"
        }
        if candidate.minor > 0 { return "does not have same minor version as" }
        if candidate.patch == version.patch { return nil }
        return "does not equal%. Expect version and constraint to equal when major and minor versions are 0"
    }
}
