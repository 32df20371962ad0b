extension LabelSelector {
    /// Reads the text form: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>5`. Throws what is wrong with it.
    package init(text: String) throws(InvalidSelector) {
        var scanner = SelectorScanner(text)
        var requirements: [Requirement] = []
        scanner.skipSpace()
        while !scanner.isAtEnd {
            requirements.append(try scanner.requirement())
            scanner.skipSpace()
            if scanner.isAtEnd { break }
            guard scanner.take(",") else {
                throw InvalidSelector("found '\(scanner.rest)', expected: ',' or 'end of string'")
            }
            scanner.skipSpace()
            if scanner.isAtEnd { throw InvalidSelector("found '', expected: identifier after ','") }
        }
        self.init(requirements)
    }

    /// The text form, as `kubectl -l` takes it.
    package var text: String {
        requirements.map { requirement in
            switch requirement {
            case .isOneOf(let key, let values) where values.count == 1: "\(key)=\(values[0])"
            case .isOneOf(let key, let values): "\(key) in (\(values.sorted().joined(separator: ",")))"
            case .isNoneOf(let key, let values) where values.count == 1: "\(key)!=\(values[0])"
            case .isNoneOf(let key, let values): "\(key) notin (\(values.sorted().joined(separator: ",")))"
            case .exists(let key): key
            case .doesNotExist(let key): "!\(key)"
            case .isGreater(let key, let bound): "\(key)>\(bound)"
            case .isLess(let key, let bound): "\(key)<\(bound)"
            }
        }.joined(separator: ",")
    }
}

private struct SelectorScanner {
    private var text: Substring

    init(_ text: String) { self.text = text[...] }

    var isAtEnd: Bool { text.isEmpty }
    var rest: Substring { text }

    mutating func skipSpace() { text = text.drop { $0 == " " || $0 == "\t" || $0 == "\n" } }

    mutating func take(_ token: String) -> Bool {
        guard text.hasPrefix(token) else { return false }
        text = text.dropFirst(token.count)
        return true
    }

    mutating func word() -> String {
        skipSpace()
        let word = text.prefix { !" \t\n,()!=<>".contains($0) }
        text = text.dropFirst(word.count)
        return String(word)
    }

    mutating func requirement() throws(InvalidSelector) -> LabelSelector.Requirement {
        if take("!") {
            let key = word()
            if key.isEmpty { throw InvalidSelector("found '\(rest)', expected: identifier") }
            return .doesNotExist(key)
        }
        let key = word()
        if key.isEmpty { throw InvalidSelector("found '\(rest)', expected: !, identifier, or 'end of string'") }
        skipSpace()
        if take("==") || take("=") { return .isOneOf(key, [word()]) }
        if take("!=") { return .isNoneOf(key, [word()]) }
        if take(">") { return .isGreater(key, than: try number()) }
        if take("<") { return .isLess(key, than: try number()) }
        if isAtEnd || text.hasPrefix(",") { return .exists(key) }
        switch word() {
        case "in": return .isOneOf(key, try list())
        case "notin": return .isNoneOf(key, try list())
        case let other:
            throw InvalidSelector("found '\(other)', expected: in, notin, =, ==, !=, gt, lt")
        }
    }

    mutating func number() throws(InvalidSelector) -> Int {
        let text = word()
        guard let number = Int(text) else { throw InvalidSelector("'\(text)' is not an integer") }
        return number
    }

    mutating func list() throws(InvalidSelector) -> [String] {
        skipSpace()
        guard take("(") else { throw InvalidSelector("found '\(rest)', expected: '('") }
        var values: [String] = []
        while true {
            values.append(word())
            skipSpace()
            if take(")") { return values }
            guard take(",") else { throw InvalidSelector("found '\(rest)', expected: ',' or ')'") }
        }
    }
}
