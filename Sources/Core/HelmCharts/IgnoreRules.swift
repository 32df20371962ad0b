import SourceDiagnostics

/// What a .helmignore leaves out of a chart folder.
struct IgnoreRules {
    private struct Rule {
        var pattern: PathPattern
        var isNegated = false
        var isForDirectories = false
        /// Without a slash in the pattern only the last name counts.
        var isForNames = false
    }

    private var rules: [Rule] = []

    /// Only the rule that Helm always adds: dot files below templates/.
    init() { add("templates/.?*") }

    init(_ text: String, file: String) throws(RejectedSource) {
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let rule = String(line).trimmed
            if rule.isEmpty || rule.hasPrefix("#") { continue }
            if rule.contains("**") {
                throw RejectedSource([
                    Diagnostic(
                        .error,
                        "chart-ignore",
                        "double-star (**) syntax is not supported",
                        at: SourcePosition(file: file, line: number + 1, column: 1)
                    )
                ])
            }
            add(rule)
        }
        add("templates/.?*")
    }

    private mutating func add(_ text: String) {
        var text = Substring(text)
        var rule = Rule(pattern: PathPattern(""))
        if text.hasPrefix("!") {
            rule.isNegated = true
            text.removeFirst()
        }
        if text.hasSuffix("/") {
            rule.isForDirectories = true
            text.removeLast()
        }
        if text.hasPrefix("/") {
            text.removeFirst()
        } else if !text.contains("/") {
            rule.isForNames = true
        }
        rule.pattern = PathPattern(String(text))
        rules.append(rule)
    }

    /// Whether a file is left out, itself or with a folder it lies in.
    func ignores(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        for length in 1..<max(parts.count, 1)
        where matches(parts.prefix(length).joined(separator: "/"), isDirectory: true) {
            return true
        }
        return matches(path, isDirectory: false)
    }

    private func matches(_ path: String, isDirectory: Bool) -> Bool {
        for rule in rules {
            let name = rule.isForNames ? String(path.split(separator: "/").last ?? "") : path
            if rule.isNegated {
                if rule.isForDirectories, !isDirectory { return true }
                if !rule.pattern.matches(name) { return true }
                continue
            }
            if rule.isForDirectories, !isDirectory { continue }
            if rule.pattern.matches(name) { return true }
        }
        return false
    }
}

extension String {
    var trimmed: String {
        var view = Substring(self)
        while let first = view.unicodeScalars.first, first.properties.isWhitespace { view.unicodeScalars.removeFirst() }
        while let last = view.unicodeScalars.last, last.properties.isWhitespace { view.unicodeScalars.removeLast() }
        return String(view)
    }
}
