package import FleetModel
package import FleetPlanning
internal import KubernetesModel
package import StructuredValue

/// What the daemon observed on one cluster, in a form that travels: plans can be made elsewhere from it.
package struct ObservedWorld: Sendable {
    package var observed: ObservedState
    package var inventory: Inventory

    /// Nothing was observed: a cluster that nobody has seen yet.
    package init() {
        observed = ObservedState()
        inventory = Inventory()
    }

    package init(observed: ObservedState, inventory: Inventory) {
        self.observed = observed
        self.inventory = inventory
    }

    package func value(target: ObjectTarget) -> Value {
        [
            "target": .string(target.description),
            "objects": .array(observed.objects.values.map(\.value)),
            "inventory": .array(
                inventory.shards(named: "inventory").map { shard in
                    .object(
                        Object(
                            shard.data.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: .string($0.value)) }
                        )
                    )
                }
            ),
            "unreadable": .array(
                observed.unreadableKinds.map { kind, reason in
                    ["group": .string(kind.group), "kind": .string(kind.kind), "reason": .string(reason)]
                }
            ),
            "scopes": .array(
                observed.scopes.isNamespaced.map { kind, isNamespaced in
                    ["group": .string(kind.group), "kind": .string(kind.kind), "namespaced": .bool(isNamespaced)]
                }
            ),
        ]
    }

    /// Reads what `value` wrote; nil when the inventory in it is damaged.
    package init?(_ value: Value) {
        func kind(_ entry: Value) -> GroupKind {
            GroupKind(group: entry["group"]?.string ?? "", kind: entry["kind"]?.string ?? "")
        }
        var scopes: [GroupKind: Bool] = [:]
        for entry in value["scopes"]?.array ?? [] { scopes[kind(entry)] = entry["namespaced"]?.bool }
        var observed = ObservedState(
            (value["objects"]?.array ?? []).map { Manifest($0) },
            scopes: ResourceScopes(scopes)
        )
        for entry in value["unreadable"]?.array ?? [] {
            observed.unreadableKinds[kind(entry)] = entry["reason"]?.string ?? ""
        }
        let shards = (value["inventory"]?.array ?? []).enumerated().map { index, entry in
            var data: [String: String] = [:]
            for pair in entry.object ?? Object() { data[pair.key] = pair.value.string ?? "" }
            return Inventory.Shard(name: "inventory-\(index)", data: data)
        }
        guard let inventory = try? Inventory(shards: shards) else { return nil }  // the caller plans from nothing
        self.init(observed: observed, inventory: inventory)
    }
}
