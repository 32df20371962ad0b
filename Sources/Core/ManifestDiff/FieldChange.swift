package import KubernetesMerge
package import StructuredValue

/// One field that an apply would change.
package struct FieldChange: Hashable, Sendable {
    package var path: FieldPath
    /// What the live object has; nil when the field is added.
    package var old: Value?
    /// What it becomes; nil when the field goes away.
    package var new: Value?

    package init(path: FieldPath, old: Value?, new: Value?) {
        self.path = path
        self.old = old
        self.new = new
    }

    /// `spec.template.spec.containers[name=x].image`; members with dots or slashes stand in brackets and quotes.
    package var pathText: String { path.readableText }
}

extension FieldPath {
    /// The path as people write it for kubectl: `spec.containers[name=x].image`.
    package var readableText: String {
        var text = ""
        for element in elements {
            switch element {
            case .field(let name):
                if name.contains(where: { $0 == "." || $0 == "/" }) || name.isEmpty {
                    text += "[\(JSON.text(.string(name)))]"
                } else {
                    text += text.isEmpty ? name : ".\(name)"
                }
            case .key(let fields):
                text += "[" + fields.map { "\($0.name)=\(Self.text(of: $0.value))" }.joined(separator: ",") + "]"
            case .value(let value): text += "[=\(Self.text(of: value))]"
            case .index(let index): text += "[\(index)]"
            }
        }
        return text
    }

    private static func text(of value: Value) -> String { value.string ?? JSON.text(value) }
}
