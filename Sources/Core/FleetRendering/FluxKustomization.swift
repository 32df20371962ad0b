import FleetModel
import KubernetesModel
import Overlays
import SourceFiles
import StructuredValue
import YAMLFormat

/// Flux's `Kustomization`: builds a folder of the repository, replaces variables in the result and applies it.
struct FluxKustomization {
    var manifest: Manifest
    /// From the root of the repository.
    var path: String

    /// Nil for objects of other kinds and for paths that leave the repository.
    init?(_ manifest: Manifest) {
        guard manifest.groupKind == GroupKind(group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization") else {
            return nil
        }
        let written = String((manifest.spec["path"]?.string ?? "").drop { $0 == "/" })
        guard let path = SourceTree.resolve(written, from: "") else { return nil }
        self.manifest = manifest
        self.path = path
    }

    var source: ObjectSource { .flux(namespace: manifest.namespace, name: manifest.name) }
    var isSuspended: Bool { manifest.spec["suspend"]?.bool ?? false }
    /// Flux prunes only when it is told to.
    var prunes: Bool { manifest.spec["prune"]?.bool ?? false }

    var target: ObjectTarget {
        guard let secret = manifest.spec["kubeConfig"]?["secretRef"]?["name"]?.string else { return .managementCluster }
        let name = secret.hasSuffix("-kubeconfig") ? String(secret.dropLast(11)) : secret
        return .workloadCluster(namespace: manifest.namespace, name: name, secret: secret)
    }

    /// What it does that Martlet does not do, as names of fields.
    var unfollowedFields: [String] {
        let spec = manifest.spec
        return ["dependsOn", "force", "healthCheckExprs", "healthChecks", "serviceAccountName"].filter {
            guard let value = spec[$0] else { return false }
            return !value.isEmpty && value.bool != false
        }
    }

    /// What Flux adds to every object: who it belongs to, and the common metadata.
    func marked(_ manifest: Manifest) -> Manifest {
        var marked = manifest
        let common = self.manifest.spec["commonMetadata"]
        for pair in common?["labels"]?.object ?? Object() { marked.setLabel(pair.key, pair.value.string) }
        for pair in common?["annotations"]?.object ?? Object() { marked.setAnnotation(pair.key, pair.value.string) }
        marked.setLabel("kustomize.toolkit.fluxcd.io/name", self.manifest.name)
        marked.setLabel("kustomize.toolkit.fluxcd.io/namespace", self.manifest.namespace)
        return marked
    }

    /// An object without the marks of the Kustomization that made it.
    static func withoutMarks(_ manifest: Manifest) -> Value {
        var plain = manifest
        plain.setLabel("kustomize.toolkit.fluxcd.io/name", nil)
        plain.setLabel("kustomize.toolkit.fluxcd.io/namespace", nil)
        plain.setAnnotation("config.kubernetes.io/origin", nil)
        return plain.value
    }

    // MARK: The folder

    /// The files of the repository with the folder's kustomization as Flux changes it: made of every file below when there
    /// is none, with the object's own namespace, patches, images, components and name parts.
    func files(_ tree: SourceTree) throws -> OverlayFiles {
        let present = presentKustomization(in: tree)
        guard let place = rewrittenKustomization(in: tree) else { return OverlayFiles(tree) }
        let changed = Self.changes(in: manifest.spec)
        var value: Value
        if let bytes = try present.flatMap({ try tree.file($0)?.bytes() }) {
            value = try YAML.value(bytes, file: place)
        } else {
            value = ["apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"]
            value["resources"] = .array(Self.resources(of: tree, in: path).map(Value.string))
        }
        for (key, added) in changed {
            let old = value[key]?.array ?? []
            value[key] = added.array.map { .array(old + $0) } ?? added
        }
        let text = Array(YAML.text(value).utf8)
        return OverlayFiles(
            load: { $0 == place ? text : try tree.file($0)?.bytes() },
            isDirectory: { $0.isEmpty || tree.hasDirectory($0) },
            list: OverlayFiles(tree).names
        )
    }

    private func presentKustomization(in tree: SourceTree) -> String? {
        Overlay.fileNames.map { path.isEmpty ? $0 : "\(path)/\($0)" }.first { tree.file($0) != nil }
    }

    /// The file that Flux makes or changes; nil when the folder is built as it stands.
    func rewrittenKustomization(in tree: SourceTree) -> String? {
        let present = presentKustomization(in: tree)
        if present != nil, Self.changes(in: manifest.spec).isEmpty { return nil }
        return present ?? (path.isEmpty ? "kustomization.yaml" : "\(path)/kustomization.yaml")
    }

    private static func changes(in spec: Value) -> [(String, Value)] {
        let names = [
            ("targetNamespace", "namespace"), ("namePrefix", "namePrefix"), ("nameSuffix", "nameSuffix"),
            ("components", "components"), ("images", "images"), ("patches", "patches"),
        ]
        return names.compactMap { field, key in
            guard let value = spec[field], !value.isEmpty else { return nil }
            return (key, value)
        }
    }

    /// What a folder without a kustomization is made of, seen from it: its files, and folders that have one.
    static func resources(of tree: SourceTree, in path: String) -> [String] {
        let units = SourceUnits(of: tree, under: path)
        let all = units.files.map(\.path) + units.kustomizations
        return all.map { String($0.dropFirst(path.isEmpty ? 0 : path.utf8.count + 1)) }
    }
}
