import ClusterTopology
import KubernetesModel
import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// Files of objects, read so that findings can point at single fields.
struct TopologyFiles {
    let manifests: [Manifest]
    private let contents: [String: [UInt8]]

    init(_ paths: [String]) throws {
        var manifests: [Manifest] = []
        var contents: [String: [UInt8]] = [:]
        var diagnostics: [Diagnostic] = []
        for path in paths {
            let bytes = try LocalFiles.bytes(path)
            contents[path] = bytes
            for document in YAML.documents(bytes, file: path) {
                switch document.content {
                case .failure(let rejected): diagnostics += rejected.diagnostics
                case .success(let value):
                    let values = value["kind"] == "List" ? value["items"]?.array ?? [] : [value]
                    for value in values where value.object != nil {
                        manifests.append(Manifest(value, origin: Origin(position: document.position)))
                    }
                }
            }
        }
        if !diagnostics.isEmpty { throw RejectedSource(diagnostics) }
        self.manifests = manifests
        self.contents = contents
    }

    /// Runs an expansion and gives its findings the places of the fields they are about.
    func locating<Result>(_ work: () throws -> Result) throws -> Result {
        do {
            return try work()
        } catch let rejection as TopologyRejection {
            throw RejectedSource(rejection.diagnostics { origin, path in position(of: path, in: origin) })
        }
    }

    private func position(of path: [String], in origin: Origin) -> SourcePosition? {
        guard let bytes = contents[origin.position.file] else { return nil }
        let nodes = YAML.nodes(bytes, file: origin.position.file).compactMap(\.node)
        let line = origin.position.line
        // A document may be said to begin at its marker, its first node stands below that.
        let exact = nodes.first { $0.position.line == line } ?? nodes.first { $0.position.line > line }
        guard let node = exact ?? nodes.last else { return nil }
        return node.position(of: path)
    }
}

extension YAMLNode {
    /// Where the field at a path stands, or the last of its parents that exists. Numbers index lists.
    func position(of path: [String]) -> SourcePosition {
        var current = self
        var found = position
        for step in path {
            if let items = current.items, let index = Int(step), items.indices.contains(index) {
                current = items[index]
                found = current.position
            } else if let entry = current.entries?.first(where: { $0.key == step }) {
                current = entry.value
                found = entry.keyPosition
            } else {
                break
            }
        }
        return found
    }
}
