import ClusterInspection
import KubernetesModel
import StructuredValue

/// The references to other objects that stand in Cluster API objects: `{apiVersion or apiGroup, kind, name}`, at any
/// depth, so that providers' kinds need no table.
enum ObjectReferences {
    /// What the object refers to. References without a namespace point into the object's own.
    static func of(_ manifest: Manifest) -> [ObjectKey] {
        let kind = manifest.groupKind
        // Templates describe objects; what those refer to, they refer to themselves.
        guard kind.isClusterAPI, !kind.isImmutableTemplate else { return [] }
        var found: [ObjectKey] = []
        if let spec = manifest.value["spec"] { collect(spec, namespace: manifest.namespace, into: &found) }
        return found
    }

    /// The template that an object was cloned from, by the annotations that Cluster API leaves on it.
    static func origin(of manifest: Manifest) -> ObjectKey? {
        guard let name = manifest.annotation("cluster.x-k8s.io/cloned-from-name"),
            let text = manifest.annotation("cluster.x-k8s.io/cloned-from-groupkind"), let dot = text.firstIndex(of: ".")
        else { return nil }
        let kind = GroupKind(group: String(text[text.index(after: dot)...]), kind: String(text[..<dot]))
        return ObjectKey(groupKind: kind, namespace: manifest.namespace, name: name)
    }

    private static func collect(_ value: Value, namespace: String, into found: inout [ObjectKey]) {
        switch value {
        case .object(let object):
            if let key = key(object, namespace: namespace) { found.append(key) }
            for pair in object {
                switch pair.value {
                case .object, .array: collect(pair.value, namespace: namespace, into: &found)
                default: continue
                }
            }
        case .array(let items):
            for item in items {
                guard case .object = item else { continue }
                collect(item, namespace: namespace, into: &found)
            }
        default: return
        }
    }

    private static func key(_ object: Object, namespace: String) -> ObjectKey? {
        guard case .string(let kind)? = object["kind"], case .string(let name)? = object["name"] else { return nil }
        let group: String
        if let apiGroup = object["apiGroup"]?.string {
            group = apiGroup
        } else if let apiVersion = object["apiVersion"]?.string {
            group = GroupVersionKind(apiVersion: apiVersion, kind: kind).group
        } else {
            return nil
        }
        let target = object["namespace"]?.string
        return ObjectKey(
            groupKind: GroupKind(group: group, kind: kind),
            namespace: target.map { $0.isEmpty ? namespace : $0 } ?? namespace,
            name: name
        )
    }

    /// Renames what references point to. Returns the new names it put in.
    static func rewrite(_ manifest: inout Manifest, _ successors: [ObjectKey: String]) -> [String] {
        guard manifest.groupKind.isClusterAPI, var spec = manifest.value["spec"] else { return [] }
        var used: [String] = []
        rewrite(&spec, namespace: manifest.namespace, successors, &used)
        if !used.isEmpty { manifest.value["spec"] = spec }
        return used
    }

    private static func rewrite(
        _ value: inout Value,
        namespace: String,
        _ successors: [ObjectKey: String],
        _ used: inout [String]
    ) {
        switch value {
        case .object(var object):
            value = .null
            if let key = key(object, namespace: namespace), let name = successors[key] {
                object["name"] = .string(name)
                used.append(name)
            }
            object.updateValues { _, member in rewrite(&member, namespace: namespace, successors, &used) }
            value = .object(object)
        case .array(var items):
            value = .null
            for index in items.indices { rewrite(&items[index], namespace: namespace, successors, &used) }
            value = .array(items)
        default: return
        }
    }
}
