/// The way to a field, grown and shrunk while an object is walked; written out only when something is wrong there.
struct FieldPath: Sendable {
    enum Step: Sendable {
        case member(String)
        /// A key of a map, written in brackets.
        case key(String)
        case index(Int)
    }

    private(set) var steps: [Step] = []

    mutating func push(_ step: Step) { steps.append(step) }
    mutating func pop() { steps.removeLast() }

    /// `spec.items[0].labels[a]`, as the API server's own path type writes it.
    var text: String {
        var text = ""
        for step in steps {
            switch step {
            case .member(let name): text += text.isEmpty ? name : "." + name
            case .key(let key): text += "[\(key)]"
            case .index(let index): text += "[\(index)]"
            }
        }
        return text
    }

    /// As the schema validator writes it: keys of maps with a dot, and a dot in front at the root of a map.
    func validatorText(appending member: String? = nil) -> String {
        var text = ""
        for step in steps {
            switch step {
            case .member(let name): text += text.isEmpty ? name : "." + name
            case .key(let key): text += "." + key
            case .index(let index): text += "[\(index)]"
            }
        }
        if let member { text += "." + member }
        return text
    }
}
