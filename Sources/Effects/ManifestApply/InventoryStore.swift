package import FleetPlanning
package import KubernetesClient
internal import KubernetesModel
internal import StructuredValue

/// The inventory of one fleet on one management cluster, kept in ConfigMaps there.
///
/// Writes carry the resource version that was read, so that of two writers one fails instead of both believing the same.
package actor InventoryStore {
    /// Where the ConfigMaps live.
    package static let namespace = "martlet-system"

    private let client: APIClient
    private let base: String
    private let fieldManager: String
    private var shards: [String: Inventory.Shard] = [:]
    private var versions: [String: String] = [:]
    private var loaded: Inventory?

    private static let configMap = GroupVersionKind(group: "", version: "v1", kind: "ConfigMap")

    package init(fleet: String, managementCluster: String, client: APIClient, fieldManager: String = "martlet") {
        self.client = client
        self.fieldManager = fieldManager
        base = Inventory.baseName(fleet: fleet, managementCluster: managementCluster)
    }

    /// The inventory; read from the cluster the first time and after `forget`. Throws when it cannot be read or is
    /// damaged: then nothing may be deleted.
    package func load() async throws(KubernetesFailure) -> Inventory {
        if let loaded { return loaded }
        let resource = try await client.resource(for: Self.configMap)
        let list = try await client.list(
            resource,
            namespace: Self.namespace,
            labelSelector: LabelSelector(matchLabels: ["martlet.dev/inventory": "true"])
        )
        var shards: [String: Inventory.Shard] = [:]
        var versions: [String: String] = [:]
        for item in list.items where isOurs(item.name) {
            var data: [String: String] = [:]
            for pair in item.value["data"]?.object ?? Object() { data[pair.key] = pair.value.string ?? "" }
            shards[item.name] = Inventory.Shard(name: item.name, data: data)
            versions[item.name] = item.resourceVersion ?? ""
        }
        do {
            let inventory = try Inventory(shards: Array(shards.values))
            self.shards = shards
            self.versions = versions
            loaded = inventory
            return inventory
        } catch {
            throw KubernetesFailure(.malformedAnswer, operation: "read the inventory", message: "\(error)")
        }
    }

    /// Writes what differs from what is stored; no request when nothing does.
    package func save(_ inventory: Inventory) async throws(KubernetesFailure) {
        if loaded == inventory { return }
        var isFirst = shards.isEmpty
        let count = shards[base]?.data["shards"].flatMap { Int($0) } ?? 1
        for shard in inventory.shards(named: base, atLeast: count) where shards[shard.name] != shard {
            if isFirst {
                try await ensureNamespace()
                isFirst = false
            }
            try await write(shard)
        }
        loaded = inventory
    }

    /// The next `load` asks the cluster again.
    package func forget() { loaded = nil }

    private func write(_ shard: Inventory.Shard) async throws(KubernetesFailure) {
        var manifest = shard.manifest(namespace: Self.namespace)
        let stored: Manifest
        do {
            if let version = versions[shard.name] {
                manifest.value[path: "metadata", "resourceVersion"] = .string(version)
                stored = try await client.update(manifest, fieldManager: fieldManager)
            } else {
                stored = try await client.create(manifest, fieldManager: fieldManager)
            }
        } catch {
            // Somebody else wrote it, or it is not known whether we did: only the cluster can tell.
            loaded = nil
            throw error
        }
        shards[shard.name] = shard
        versions[shard.name] = stored.resourceVersion ?? ""
    }

    private func ensureNamespace() async throws(KubernetesFailure) {
        let namespace = Manifest([
            "apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(Self.namespace)],
        ])
        do {
            try await client.create(namespace, fieldManager: fieldManager)
        } catch {
            if error.kind != .alreadyExists { throw error }
        }
    }

    private func isOurs(_ name: String) -> Bool {
        guard name.hasPrefix(base) else { return false }
        let rest = name.dropFirst(base.count)
        return rest.isEmpty || (rest.first == "-" && rest.count > 1 && rest.dropFirst().allSatisfy(\.isNumber))
    }
}
