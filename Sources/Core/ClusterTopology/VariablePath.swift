import StructuredValue

/// Looks up what `valueFrom.variable` names: `name`, `name[0]`, `name.member[1].other`.
enum VariablePath {
    struct Failure: Error {
        var message: String
    }

    static func value(_ path: String, in variables: Object) throws(Failure) -> Value {
        let segments = path.split(separator: ".", omittingEmptySubsequences: false)
        guard let first = segments.first else { throw Failure(message: "variable \"\(path)\" is invalid") }
        let (name, index) = try segment(String(first), of: path)
        guard var value = variables[name] else { throw Failure(message: "variable \"\(first)\" does not exist") }
        if let index { value = try element(index, of: value, name, path) }
        for text in segments.dropFirst() {
            let (name, index) = try segment(String(text), of: path)
            // A number as member looks into a list, too.
            guard let next = value[name] ?? Int(name).flatMap({ value[$0] }) else {
                throw Failure(message: "variable \"\(path)\" does not exist: failed to lookup segment \"\(name)\"")
            }
            value = try index.map { (index) throws(Failure) in try element(index, of: next, name, path) } ?? next
        }
        return value
    }

    private static func segment(_ text: String, of path: String) throws(Failure) -> (name: String, index: Int?) {
        let opening = text.firstIndex(of: "[")
        let closing = text.firstIndex(of: "]")
        guard let opening, let closing, opening < closing else {
            if opening == nil, closing == nil { return (text, nil) }
            throw Failure(message: "variable \"\(path)\" has invalid syntax: failed to parse path segment \"\(text)\"")
        }
        guard let index = Int(text[text.index(after: opening)..<closing]), index >= 0 else {
            throw Failure(
                message:
                    "variable \"\(path)\" has invalid syntax: failed to parse array index in path segment \"\(text)\""
            )
        }
        return (String(text[..<opening]), index)
    }

    private static func element(_ index: Int, of value: Value, _ name: String, _ path: String) throws(Failure) -> Value
    {
        guard case .array(let list) = value else {
            throw Failure(message: "variable \"\(path)\" is invalid: failed to get array \"\(name)\"")
        }
        guard list.indices.contains(index) else {
            throw Failure(message: "variable \"\(path)\" is invalid: array does not have index \(index)")
        }
        return list[index]
    }
}
