package import StructuredValue

/// A Kubernetes object inside another one.
package struct EmbeddedObject: Hashable, Sendable {
    /// Where it stands: `spec.templates[0]`.
    package var path: String
    package var value: Value
}

extension StructuralSchema {
    /// The objects that a value of this schema contains (`x-kubernetes-embedded-resource`), itself aside.
    package func embeddedObjects(in value: Value) -> [EmbeddedObject] {
        var found: [EmbeddedObject] = []
        collect(value, at: "", into: &found)
        return found
    }

    private func collect(_ value: Value, at path: String, into found: inout [EmbeddedObject]) {
        guard hasEmbedded else { return }
        func visit(_ child: StructuralSchema, _ value: Value, _ path: String) {
            if child.isEmbeddedResource, case .object = value {
                found.append(EmbeddedObject(path: path, value: value))
            }
            child.collect(value, at: path, into: &found)
        }
        switch value {
        case .object(let object):
            for pair in object {
                guard let child = member(pair.key) else { continue }
                let isProperty = properties[pair.key] != nil
                let inner = path.isEmpty ? pair.key : isProperty ? "\(path).\(pair.key)" : "\(path)[\(pair.key)]"
                visit(child, pair.value, inner)
            }
        case .array(let list):
            guard let items else { return }
            for (index, item) in list.enumerated() { visit(items, item, "\(path)[\(index)]") }
        default: break
        }
    }
}
