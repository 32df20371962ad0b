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

    /// A rejection with the places of the fields it is about.
    func located(_ rejection: TopologyRejection) -> RejectedSource {
        RejectedSource(rejection.diagnostics { origin, path in position(of: path, in: origin) })
    }

    private func position(of path: [String], in origin: Origin) -> SourcePosition? {
        guard let bytes = contents[origin.position.file] else { return nil }
        return YAML.position(of: path, in: bytes, file: origin.position.file, line: origin.position.line)
    }
}
