import StructuredValue

/// The JSONPath of a printer column or selectable field: members, indexes, `[*]` and `[?(@.a=="b")]`.
struct CellPath: Sendable, Hashable {
    enum Step: Sendable, Hashable {
        case member(String)
        case index(Int)
        case all
        case filter(path: [String], equals: Value, isNegated: Bool)
        case exists(path: [String])
        /// `..name`
        case anywhere(String)
    }

    private(set) var steps: [Step] = []

    /// nil when the text is not such a path.
    init?(_ text: String) {
        var rest = Array(text.unicodeScalars)[...]
        if rest.first == "{", rest.last == "}" { rest = rest.dropFirst().dropLast() }
        if rest.first == "$" { rest.removeFirst() }
        while let scalar = rest.first {
            if scalar == "." {
                rest.removeFirst()
                if rest.first == "." {
                    rest.removeFirst()
                    guard let name = Self.member(&rest) else { return nil }
                    steps.append(.anywhere(name))
                } else if rest.isEmpty || rest.first == "[" {
                    continue
                } else if rest.first == "*" {
                    rest.removeFirst()
                    steps.append(.all)
                } else {
                    guard let name = Self.member(&rest) else { return nil }
                    steps.append(.member(name))
                }
            } else if scalar == "[" {
                guard let step = Self.bracket(&rest) else { return nil }
                steps.append(step)
            } else {
                return nil
            }
        }
    }

    /// The members, when the path consists of nothing else.
    var members: [String]? {
        var names: [String] = []
        for step in steps {
            guard case .member(let name) = step else { return nil }
            names.append(name)
        }
        return names
    }

    private static func member(_ rest: inout ArraySlice<Unicode.Scalar>) -> String? {
        var name = String.UnicodeScalarView()
        while let scalar = rest.first, scalar != ".", scalar != "[" {
            rest.removeFirst()
            if scalar == "\\", let escaped = rest.popFirst() { name.append(escaped) } else { name.append(scalar) }
        }
        return name.isEmpty ? nil : String(name)
    }

    private static func bracket(_ rest: inout ArraySlice<Unicode.Scalar>) -> Step? {
        rest.removeFirst()
        var inner = String.UnicodeScalarView()
        var quote: Unicode.Scalar?
        var depth = 0
        while let scalar = rest.popFirst() {
            if let open = quote {
                if scalar == open { quote = nil }
            } else if scalar == "'" || scalar == "\"" {
                quote = scalar
            } else if scalar == "[" {
                depth += 1
            } else if scalar == "]" {
                if depth == 0 { return step(String(inner)) }
                depth -= 1
            }
            inner.append(scalar)
        }
        return nil
    }

    private static func step(_ inner: String) -> Step? {
        if inner == "*" { return .all }
        if let index = Int(inner) { return .index(index) }
        if let name = unquoted(inner) { return .member(name.replacing("\\.", with: ".")) }
        guard inner.hasPrefix("?("), inner.hasSuffix(")") else { return nil }
        let condition = inner.dropFirst(2).dropLast()
        for (mark, isNegated) in [("==", false), ("!=", true)] {
            guard let range = condition.firstRange(of: mark) else { continue }
            guard let path = relative(condition[..<range.lowerBound]) else { return nil }
            let literal = trimmed(condition[range.upperBound...])
            let value: Value = unquoted(literal).map { .string($0) } ?? (try? JSON.parse(literal)) ?? .string(literal)
            return .filter(path: path, equals: value, isNegated: isNegated)
        }
        return relative(condition).map { .exists(path: $0) }
    }

    private static func relative(_ text: Substring) -> [String]? {
        let text = trimmed(text)
        guard text.hasPrefix("@") else { return nil }
        return CellPath(String(text.dropFirst()))?.members
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }

    private static func unquoted(_ text: String) -> String? {
        guard let first = text.first, first == "'" || first == "\"", text.last == first, text.count >= 2 else {
            return nil
        }
        return String(text.dropFirst().dropLast())
    }

    /// The first value the path leads to.
    func first(in value: Value) -> Value? { Self.first(steps[...], value) }

    private static func first(_ steps: ArraySlice<Step>, _ value: Value) -> Value? {
        guard let step = steps.first else { return value }
        let rest = steps.dropFirst()
        switch step {
        case .member(let name): return value[name].flatMap { first(rest, $0) }
        case .index(let index):
            guard let items = value.array else { return nil }
            let position = index < 0 ? items.count + index : index
            return items.indices.contains(position) ? first(rest, items[position]) : nil
        case .all: return (value.array ?? value.object?.values ?? []).lazy.compactMap { first(rest, $0) }.first
        case .filter(let path, let wanted, let isNegated):
            return (value.array ?? []).lazy.filter { ($0[path: path] == wanted) != isNegated }
                .compactMap { first(rest, $0) }.first
        case .exists(let path):
            return (value.array ?? []).lazy.filter { $0[path: path] != nil }.compactMap { first(rest, $0) }.first
        case .anywhere(let name):
            if let found = value[name].flatMap({ first(rest, $0) }) { return found }
            return (value.array ?? value.object?.values ?? []).lazy.compactMap { first(steps, $0) }.first
        }
    }
}
