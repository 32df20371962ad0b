import KubernetesModel
import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// A place in a file that an edit can name.
struct EditPlace {
    var document: Int
    var path: [YAML.PathStep]
    var node: YAMLNode
}

/// Finds objects and positions in the text of a file.
struct DocumentSearch {
    private let documents: [YAML.NodeDocument]

    init(_ bytes: [UInt8], file: String) { documents = YAML.nodes(bytes, file: file, .lenient) }

    /// The first document.
    var first: YAMLNode? { documents.first?.node }

    /// The node that begins at a position.
    func place(at position: SourcePosition) -> EditPlace? {
        for (index, document) in documents.enumerated() {
            guard let root = document.node, let path = root.path(to: position), let node = root[path: path] else {
                continue
            }
            return EditPlace(document: index, path: path, node: node)
        }
        return nil
    }

    /// The object of a kind and name; of several the one in the namespace. Lists are looked into.
    func object(_ key: ObjectKey) -> EditPlace? {
        var found: [EditPlace] = []
        for (index, document) in documents.enumerated() {
            if let root = document.node { search(root, [], index, key, &found) }
        }
        return found.first { $0.node["metadata"]?["namespace"]?.value.string == key.namespace } ?? found.first
    }

    private func search(
        _ node: YAMLNode,
        _ path: [YAML.PathStep],
        _ document: Int,
        _ key: ObjectKey,
        _ found: inout [EditPlace]
    ) {
        let kind = node["kind"]?.value.string ?? ""
        if kind.hasSuffix("List"), let items = node["items"]?.items {
            for (index, item) in items.enumerated() {
                search(item, path + [.key("items"), .index(index)], document, key, &found)
            }
            return
        }
        let group = node["apiVersion"]?.value.string.map { text in
            text.contains("/") ? String(text.prefix { $0 != "/" }) : ""
        }
        if kind == key.kind, group == key.groupKind.group, node["metadata"]?["name"]?.value.string == key.name {
            found.append(EditPlace(document: document, path: path, node: node))
        }
    }
}
