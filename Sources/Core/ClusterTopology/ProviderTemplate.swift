import KubernetesModel
import StructuredValue

/// A template object that a class refers to.
struct ProviderTemplate: Sendable {
    var value: Value
    var apiVersion: String
    var kind: String
    var name: String
    var manifest: Manifest

    init(_ manifest: Manifest) {
        value = manifest.value
        apiVersion = manifest.apiVersion
        kind = manifest.kind
        name = manifest.name
        self.manifest = manifest
    }

    /// The kind of the objects made of it.
    var objectKind: String { kind.hasSuffix("Template") ? String(kind.dropLast("Template".count)) : kind }
    var groupKind: String { group(of: apiVersion).isEmpty ? kind : "\(kind).\(group(of: apiVersion))" }
}

/// A class of worker machines: what the ClusterClass says and the templates it names.
struct WorkerClass: Sendable {
    var name: String
    var spec: Value
    var bootstrap: ProviderTemplate
    var infrastructure: ProviderTemplate
    var naming: NamingTemplate
}
