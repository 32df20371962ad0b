package import KubernetesModel
internal import StructuredValue

/// What ClusterResourceSets have put into one workload cluster, object by object. Cluster API's binding has no place for
/// this, so it stands in an annotation of the binding.
package struct ClusterResourceSetInventory: Hashable, Sendable {
    package static let annotation = "martlet.dev/applied-objects"

    /// An object in the workload cluster, as it was after it was applied.
    package struct Applied: Hashable, Sendable {
        package var groupVersionKind: GroupVersionKind
        package var namespace: String
        package var name: String
        package var uid: String
        /// Of the applied fields, as the server stored them.
        package var hash: String

        /// `live` is what the server answered when `manifest` was applied.
        package init(_ manifest: Manifest, live: Manifest) {
            groupVersionKind = manifest.groupVersionKind
            namespace = manifest.namespace
            name = manifest.name
            uid = live.uid ?? ""
            hash = ClusterResourceSetDrift.hash(of: live, onto: manifest)
        }

        package var key: ObjectKey {
            ObjectKey(groupKind: groupVersionKind.groupKind, namespace: namespace, name: name)
        }

        init?(_ value: Value) {
            guard let fields = value.array?.map({ $0.string ?? "" }), fields.count == 6 else { return nil }
            groupVersionKind = GroupVersionKind(apiVersion: fields[0], kind: fields[1])
            (namespace, name, uid, hash) = (fields[2], fields[3], fields[4], fields[5])
        }

        var value: Value {
            .array(
                [groupVersionKind.apiVersion, groupVersionKind.kind, namespace, name, uid, hash].map { .string($0) }
            )
        }
    }

    /// By set, then by `Kind/name` of the source.
    private var sets: [String: [String: [Applied]]] = [:]

    package init() {}

    /// What a binding remembers; nothing when it remembers nothing that can be read.
    package init(of binding: Manifest?) {
        guard let text = binding?.annotation(Self.annotation),
            // Somebody's edit: then nothing is known, and nothing is deleted.
            let value = try? JSON.parse(Array(text.utf8))
        else { return }
        for set in value.object ?? Object() {
            for source in set.value.object ?? Object() {
                sets[set.key, default: [:]][source.key] = (source.value.array ?? []).compactMap(Applied.init)
            }
        }
    }

    /// What one source of a set has put there; nil when that was never noted.
    package subscript(set set: String, source source: ClusterResourceSetSpec.Reference) -> [Applied]? {
        get { sets[set]?["\(source.kind)/\(source.name)"] }
        set { sets[set, default: [:]]["\(source.kind)/\(source.name)"] = newValue }
    }

    /// The sources of a set that have put something there.
    package func sources(of set: String) -> [ClusterResourceSetSpec.Reference] {
        (sets[set] ?? [:]).keys.sorted().compactMap { key in
            let parts = key.split(separator: "/", maxSplits: 1).map(String.init)
            return parts.count == 2 ? .init(kind: parts[0], name: parts[1]) : nil
        }
    }

    /// All kinds of objects that are there.
    package var kinds: Set<GroupVersionKind> {
        Set(sets.values.flatMap { $0.values.flatMap { $0.map(\.groupVersionKind) } })
    }

    /// Forgets everything of a set. What it has put there stays there.
    package mutating func forget(_ set: String) { sets[set] = nil }

    /// Takes over what another inventory says of one set.
    package mutating func take(_ set: String, from other: Self) { sets[set] = other.sets[set] }

    /// Puts one object's new state in place of its old one.
    package mutating func renew(_ applied: Applied, set: String, source: ClusterResourceSetSpec.Reference) {
        var list = self[set: set, source: source] ?? []
        list.removeAll { $0.key == applied.key }
        list.append(applied)
        self[set: set, source: source] = list
    }

    /// Objects of this set that none of its sources wants any more, with the source that they came from.
    ///
    /// - `desired`: what each source wants now; a source that cannot be read is missing, and keeps what it has.
    /// - `references`: the sources that the set names.
    /// Namespaces and definitions of kinds are never among them: too much would go with them. Neither is what another
    /// set has put there as well.
    package func leaving(
        set: String,
        references: [ClusterResourceSetSpec.Reference],
        desired: [ClusterResourceSetSpec.Reference: [Manifest]]
    ) -> [(source: ClusterResourceSetSpec.Reference, object: Applied, isKept: Bool)] {
        let wanted = Set(desired.values.flatMap { $0.map(\.key) })
        let others = Set(sets.filter { $0.key != set }.values.flatMap { $0.values.flatMap { $0.map(\.key) } })
        var result: [(source: ClusterResourceSetSpec.Reference, object: Applied, isKept: Bool)] = []
        for source in sources(of: set) where desired[source] != nil || !references.contains(source) {
            let own = Set((desired[source] ?? []).map(\.key))
            for object in self[set: set, source: source] ?? [] where !own.contains(object.key) {
                let isKept =
                    wanted.contains(object.key) || others.contains(object.key)
                    || ["Namespace", "CustomResourceDefinition"].contains(object.groupVersionKind.kind)
                result.append((source, object, isKept))
            }
        }
        return result
    }

    package mutating func remove(_ object: Applied, set: String, source: ClusterResourceSetSpec.Reference) {
        guard var list = self[set: set, source: source] else { return }
        list.removeAll { $0.key == object.key }
        sets[set]?["\(source.kind)/\(source.name)"] = list
    }

    /// The binding with this inventory in it.
    package func noted(in binding: Manifest) -> Manifest {
        var binding = binding
        var value = Object()
        for (set, sources) in sets.sorted(by: { $0.key < $1.key }) {
            var entries = Object()
            for (source, objects) in sources.sorted(by: { $0.key < $1.key }) {
                entries[source] = .array(objects.map(\.value))
            }
            if !entries.isEmpty { value[set] = .object(entries) }
        }
        let text = value.isEmpty ? nil : JSON.text(.object(value), .compact)
        if binding.annotation(Self.annotation) != text { binding.setAnnotation(Self.annotation, text) }
        return binding
    }
}
