import HelmCharts
package import KubernetesModel
import StructuredValue

/// What runs on a management cluster, as far as somebody watches it: what charts find with `lookup`.
///
/// What a chart found is an input of what it rendered, so it renders again when that changes, and only then. Fields that
/// change without meaning are left out, and so are Secrets: what is observed of them is no data.
package struct ObservedObjects: Sendable {
    private var kinds: [String: [ObjectKey: Value]] = [:]

    package init(_ objects: [ObjectKey: Manifest] = [:]) {
        for (key, manifest) in objects where key.groupKind != GroupKind(group: "", kind: "Secret") {
            var value = manifest.value
            value[path: "metadata", "managedFields"] = nil
            value[path: "metadata", "resourceVersion"] = nil
            kinds[key.kind, default: [:]][key] = value
        }
    }

    /// These objects, and of others those that are not observed: they are about to be there.
    func joined(with others: [Manifest]) -> [Value] {
        var result = others.filter { kinds[$0.kind]?[$0.key] == nil }.map(\.value)
        for (_, objects) in kinds.sorted(by: { $0.key < $1.key }) {
            result += objects.sorted { $0.key < $1.key }.map(\.value)
        }
        return result
    }

    /// A digest of all that these questions find here.
    func digest(of reads: Set<LookupRead>) -> String {
        if reads.isEmpty { return "" }
        var found: [ObjectKey: Value] = [:]
        for read in reads {
            for (key, value) in kinds[read.kind] ?? [:]
            where (read.name.isEmpty || read.name == key.name)
                && (read.namespace.isEmpty || read.namespace == key.namespace)
            {
                found[key] = value
            }
        }
        let texts = found.sorted { $0.key < $1.key }.map { "\($0.key) \(Digest.of(JSON.bytes($0.value, .canonical)))" }
        return Digest.of(texts.joined(separator: "\n"))
    }
}
