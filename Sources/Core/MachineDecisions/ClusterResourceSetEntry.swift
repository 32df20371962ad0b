package import KubernetesModel
internal import StructuredValue

/// What one set has applied to one Cluster: an item of a ClusterResourceSetBinding's `spec.bindings`.
package struct ClusterResourceSetEntry: Hashable, Sendable {
    package struct Resource: Hashable, Sendable {
        package var reference: ClusterResourceSetSpec.Reference
        package var hash: String
        package var lastAppliedTime: String?
        package var isApplied: Bool

        package init(
            _ reference: ClusterResourceSetSpec.Reference,
            hash: String,
            lastAppliedTime: String?,
            isApplied: Bool
        ) {
            self.reference = reference
            self.hash = hash
            self.lastAppliedTime = lastAppliedTime
            self.isApplied = isApplied
        }
    }

    package var setName: String
    package var resources: [Resource]

    /// The entry of a set in a binding; without resources when the binding has none yet.
    package init(of setName: String, in binding: Manifest?) {
        self.setName = setName
        let items = binding?.spec["bindings"]?.array ?? []
        let item = items.first { $0["clusterResourceSetName"]?.string == setName }
        resources = (item?["resources"]?.array ?? []).map { resource in
            Resource(
                .init(kind: resource["kind"]?.string ?? "", name: resource["name"]?.string ?? ""),
                hash: resource["hash"]?.string ?? "",
                lastAppliedTime: resource["lastAppliedTime"]?.string,
                isApplied: resource["applied"]?.bool ?? false
            )
        }
    }

    /// Whether a source with this hash has to be applied now.
    package func needsApply(
        _ reference: ClusterResourceSetSpec.Reference,
        hash: String,
        _ strategy: ClusterResourceSetSpec.Strategy
    ) -> Bool {
        guard let known = resources.first(where: { $0.reference == reference }), known.isApplied else { return true }
        return strategy == .reconcile && known.hash != hash
    }

    package mutating func record(_ resource: Resource) {
        if let place = resources.firstIndex(where: { $0.reference == resource.reference }) {
            resources[place] = resource
        } else {
            resources.append(resource)
        }
    }

    var value: Value {
        let items = resources.map { resource -> Value in
            var item: Object = [
                "kind": .string(resource.reference.kind), "name": .string(resource.reference.name),
                "applied": .bool(resource.isApplied),
            ]
            if !resource.hash.isEmpty { item["hash"] = .string(resource.hash) }
            if let time = resource.lastAppliedTime { item["lastAppliedTime"] = .string(time) }
            return .object(item)
        }
        return ["clusterResourceSetName": .string(setName), "resources": .array(items)]
    }

    /// The binding of a Cluster with this entry in it, and the set among its owners.
    package func binding(
        _ binding: Manifest?,
        apiVersion: String,
        cluster: Manifest,
        owner set: Manifest
    ) -> Manifest {
        var result =
            binding
            ?? Manifest([
                "apiVersion": .string(apiVersion), "kind": "ClusterResourceSetBinding",
                "metadata": ["name": .string(cluster.name), "namespace": .string(cluster.namespace)],
            ])
        result.setOwner(OwnerReference(to: set))
        var spec = result.spec.object ?? Object()
        spec["clusterName"] = .string(cluster.name)
        var items = spec["bindings"]?.array ?? []
        if let place = items.firstIndex(where: { $0["clusterResourceSetName"]?.string == setName }) {
            if Self(of: setName, in: result) != self { items[place] = value }
        } else {
            items.append(value)
        }
        spec["bindings"] = .array(items)
        result.value["spec"] = .object(spec)
        return result
    }

    /// A binding after a set has left it; nil when nothing is left in it.
    package static func binding(_ binding: Manifest, without set: Manifest) -> Manifest? {
        var result = binding
        result.removeOwner(OwnerReference(to: set))
        var spec = result.spec.object ?? Object()
        let items = (spec["bindings"]?.array ?? []).filter { $0["clusterResourceSetName"]?.string != set.name }
        if items.isEmpty { return nil }
        spec["bindings"] = .array(items)
        result.value["spec"] = .object(spec)
        return result
    }
}
