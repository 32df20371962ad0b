/// Names written in other conventions: `HTTPServer20` as `http_server20` or `http-server20`, `foo-bar` as `FooBar`.
enum WordCase {
    private enum Kind { case nothing, number, upper, letters, connector, punctuation, other }

    private static func isConnector(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "-" || scalar == "_" || GoText.isSpace(scalar)
    }

    private static func isNumber(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber: true
        default: false
        }
    }

    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            true
        default: false
        }
    }

    /// A letter of a script that has case, or any other Latin-like letter; not an ideograph.
    private static func isAlphabetic(_ scalar: Unicode.Scalar) -> Bool {
        guard GoText.isLetter(scalar) else { return false }
        switch scalar.value {
        case 0x3034...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF: return false
        default: return true
        }
    }

    /// The first word of a text by its kind of characters, and what is left.
    private static func nextWord(
        _ text: ArraySlice<Unicode.Scalar>
    ) -> (kind: Kind, word: ArraySlice<Unicode.Scalar>, rest: ArraySlice<Unicode.Scalar>) {
        guard let first = text.first else { return (.nothing, text, text) }
        func taking(_ kind: Kind, while belongs: (Unicode.Scalar) -> Bool) -> (
            Kind, ArraySlice<Unicode.Scalar>, ArraySlice<Unicode.Scalar>
        ) {
            let end = text.dropFirst().firstIndex { !belongs($0) } ?? text.endIndex
            return (kind, text[..<end], text[end...])
        }
        if isConnector(first) { return taking(.connector, while: isConnector) }
        if isPunctuation(first) { return taking(.punctuation, while: isPunctuation) }
        if GoText.isUpper(first) {
            guard let second = text.dropFirst().first else { return taking(.upper) { _ in false } }
            if GoText.isUpper(second) {
                let run = taking(.upper, while: GoText.isUpper)
                // The last capital of a run belongs to the word that follows: HTTPStatus is HTTP and Status.
                guard let next = run.2.first, isAlphabetic(next) else { return run }
                let end = run.1.index(before: run.1.endIndex)
                return (.upper, text[..<end], text[end...])
            }
            return taking(.upper) { isAlphabetic($0) && !GoText.isUpper($0) }
        }
        if isAlphabetic(first) { return taking(.letters) { isAlphabetic($0) && !GoText.isUpper($0) } }
        if isNumber(first) { return taking(.number, while: isNumber) }
        return taking(.other) {
            !(isConnector($0) || isAlphabetic($0) || isNumber($0) || isPunctuation($0))
        }
    }

    /// Words in lower case with a connector between them; digits stay with the word before them.
    static func separated(_ text: String, by connector: Unicode.Scalar) -> String {
        var output = String.UnicodeScalarView()
        func write(_ kind: Kind, _ word: ArraySlice<Unicode.Scalar>) {
            for scalar in word {
                if kind == .upper || kind == .connector {
                    output.append(
                        isConnector(scalar) ? connector : GoText.isUpper(scalar) ? GoText.lower(scalar) : scalar
                    )
                } else {
                    output.append(scalar)
                }
            }
        }
        if text.isEmpty { return "" }
        var (kind, word, rest) = nextWord(Array(text.unicodeScalars)[...])
        while !rest.isEmpty {
            if kind != .connector { write(kind, word) }
            let (previousKind, previousWord) = (kind, word)
            (kind, word, rest) = nextWord(rest)
            switch previousKind {
            case .number:
                while kind == .letters || kind == .number {
                    write(kind, word)
                    (kind, word, rest) = nextWord(rest)
                }
                if kind != .nothing, kind != .punctuation, kind != .connector { output.append(connector) }
            case .connector: write(previousKind, previousWord)
            case .punctuation: break
            default:
                if kind != .number {
                    if kind != .connector, kind != .punctuation { output.append(connector) }
                    break
                }
                if rest.isEmpty { break }
                let digits = word
                (kind, word, rest) = nextWord(rest)
                if kind != .letters {
                    write(.number, digits)
                    if kind != .connector, kind != .punctuation { output.append(connector) }
                    break
                }
                output.append(connector)
                write(.number, digits)
                while kind == .letters || kind == .number {
                    write(kind, word)
                    (kind, word, rest) = nextWord(rest)
                }
                if kind != .nothing, kind != .connector, kind != .punctuation { output.append(connector) }
            }
        }
        write(kind, word)
        return String(output)
    }

    /// Words joined with capitals. Connectors at the beginning stay, as do all but the last of several in a row.
    /// Capitals right at the beginning of a word become small, so that `GO_PATH` is `GoPath`.
    static func pascal(_ text: String) -> String {
        var rest = Array(text.unicodeScalars)[...]
        var output = String.UnicodeScalarView()
        while let first = rest.first, isConnector(first) {
            output.append(first)
            rest.removeFirst()
        }
        guard let first = rest.popFirst() else {
            // A text of connectors alone gets its last one twice.
            if let last = output.last { output.append(last) }
            return String(output)
        }
        var isInCapitals = GoText.isUpper(first)
        var current = GoText.upper(first)
        while let next = rest.popFirst() {
            if isConnector(current) {
                if isConnector(next) {
                    output.append(current)
                    current = next
                } else {
                    isInCapitals = GoText.isUpper(next)
                    current = GoText.upper(next)
                }
            } else {
                output.append(current)
                if isInCapitals, !GoText.isUpper(next) { isInCapitals = false }
                current = isInCapitals ? GoText.lower(next) : next
            }
        }
        output.append(current)
        return String(output)
    }
}
