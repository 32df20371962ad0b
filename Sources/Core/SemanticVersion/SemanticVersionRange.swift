/// A constraint on versions, such as `^1.2`, `>= 1.1, < 2 || 3.x` or `1.0 - 2.0`, with the meaning it has in Helm.
///
/// Comparators are joined by spaces or commas (all must hold), groups by `||` (one must hold). A prerelease is only
/// within a group that names a prerelease itself, unless `includesPrereleases` is set.
package struct SemanticVersionRange: Sendable, Hashable {
    /// The text this was read from.
    package let original: String
    /// Whether prereleases count like releases.
    package var includesPrereleases = false

    let groups: [Group]

    struct Group: Sendable, Hashable {
        var comparators: [VersionComparator]
        var namesPrerelease: Bool
    }

    package init(parsing text: String) throws(SemanticVersionError) {
        var groups: [Group] = []
        for segment in Self.splitAlternatives(Self.rewriteHyphenRanges(text)) {
            groups.append(try Self.parseGroup(segment))
        }
        self.original = text
        self.groups = groups
    }

    /// As `init(parsing:)`, nil when the text is no constraint.
    package init?(_ text: String) {
        do { try self.init(parsing: text) } catch { return nil }
    }

    package func contains(_ version: SemanticVersion) -> Bool {
        groups.contains { group in
            let admitsPrereleases = includesPrereleases || group.namesPrerelease
            return group.comparators.allSatisfy { $0.refusal(of: version, admitsPrereleases: admitsPrereleases) == nil }
        }
    }

    /// Every reason why the version is outside; empty when it is within.
    package func refusals(of version: SemanticVersion) -> [String] {
        var reasons: [String] = []
        var toldAboutPrerelease = false
        for group in groups {
            let admitsPrereleases = includesPrereleases || group.namesPrerelease
            var holds = true
            for comparator in group.comparators {
                if version.isPrerelease, !admitsPrereleases {
                    holds = false
                    if toldAboutPrerelease { continue }
                    toldAboutPrerelease = true
                }
                if let reason = comparator.refusal(of: version, admitsPrereleases: admitsPrereleases) {
                    reasons.append(reason)
                    holds = false
                }
            }
            if holds { return [] }
        }
        return reasons
    }
}

extension SemanticVersionRange: CustomStringConvertible {
    /// The constraint in its normal spelling.
    package var description: String {
        groups.map { group in group.comparators.map { $0.symbol.rawValue + $0.operand }.joined(separator: " ") }
            .joined(separator: " || ")
    }
}

extension SemanticVersionRange {
    private static func splitAlternatives(_ text: String) -> [Substring] {
        var pieces: [Substring] = []
        let bytes = text.utf8
        var start = bytes.startIndex
        var index = start
        while index < bytes.endIndex {
            let after = bytes.index(after: index)
            if bytes[index] == UInt8(ascii: "|"), after < bytes.endIndex, bytes[after] == UInt8(ascii: "|") {
                pieces.append(text[start..<index])
                start = bytes.index(after: after)
                index = start
            } else {
                index = after
            }
        }
        pieces.append(text[start...])
        return pieces
    }

    private static func parseGroup(_ segment: Substring) throws(SemanticVersionError) -> Group {
        let improper = SemanticVersionError("improper constraint: \(quoted(String(segment)))")
        var cursor = VersionCursor(segment)
        var group = Group(comparators: [], namesPrerelease: false)
        cursor.takeSpaces()
        repeat {
            let symbol = VersionComparator.Symbol(from: &cursor)
            cursor.takeSpaces()
            guard let parts = cursor.takeVersion(allowing: \.isDigitOrWildcard) else { throw improper }
            let comparator = try VersionComparator(symbol, parts)
            group.comparators.append(comparator)
            if comparator.version.isPrerelease { group.namesPrerelease = true }
            let spaces = cursor.takeSpaces()
            if cursor.isAtEnd { break }
            if cursor.take(UInt8(ascii: ",")) {
                cursor.takeSpaces()
                if cursor.isAtEnd { throw improper }
            } else if spaces == 0 {
                throw improper
            }
        } while true
        return group
    }

    /// Turns `1.2 - 2.3` into `>= 1.2, <= 2.3 `.
    static func rewriteHyphenRanges(_ text: String) -> String {
        var cursor = VersionCursor(text)
        var output: [UInt8] = []
        var copied = 0
        while !cursor.isAtEnd {
            let start = cursor.offset
            cursor.takeSpaces()
            if let low = cursor.takeVersion(allowing: \.isDigitOrWildcard), cursor.takeSpaces() > 0,
                cursor.take(UInt8(ascii: "-")), cursor.takeSpaces() > 0,
                let high = cursor.takeVersion(allowing: \.isDigitOrWildcard)
            {
                cursor.takeSpaces()
                output += cursor.bytes[copied..<start]
                output += ">= \(low.text), <= \(high.text) ".utf8
                copied = cursor.offset
            } else {
                cursor.offset = start + 1
            }
        }
        if copied == 0 { return text }
        output += cursor.bytes[copied...]
        return String(decoding: output, as: UTF8.self)
    }
}

/// A text in double quotes, as Go's `%q` writes it for the characters that occur in constraints.
func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\t": result += "\\t"
        case "\r": result += "\\r"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
