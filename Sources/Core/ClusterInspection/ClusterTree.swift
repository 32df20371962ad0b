package import KubernetesModel
package import StructuredValue

/// A cluster drawn as a tree, the way `clusterctl describe cluster` does: each part with its counters and health.
package struct ClusterTree: Hashable, Sendable {
    /// `Kind/name`, with the role in front where it helps.
    package var title: String
    package var replicas: ReplicaCounts?
    package var version: String
    package var health: Health
    /// The object's own, sorted by type; empty for groups.
    package var conditions: [Condition]
    package var children: [ClusterTree]

    package init(
        title: String,
        replicas: ReplicaCounts? = nil,
        version: String = "",
        health: Health,
        conditions: [Condition] = [],
        children: [ClusterTree] = []
    ) {
        self.title = title
        self.replicas = replicas
        self.version = version
        self.health = health
        self.conditions = conditions
        self.children = children
    }

    /// The tree of one Cluster; healthy Machines beyond `groupAbove` siblings are drawn as one line.
    package init(_ objects: ClusterObjects, groupAbove: Int = 3) {
        let builder = TreeBuilder(objects: objects, groupAbove: groupAbove)
        self = builder.tree
    }

    /// Reads what `value` wrote; nil when it is none.
    package init?(_ value: Value) {
        guard let title = value["title"]?.string, let state = value["health"]?.string.flatMap(Health.State.init) else {
            return nil
        }
        self.init(
            title: title,
            replicas: value["replicas"].map { ReplicaCounts(counts: $0) },
            version: value["version"]?.string ?? "",
            health: Health(state, reason: value["reason"]?.string ?? "", since: value["since"]?.string),
            conditions: (value["conditions"]?.array ?? []).compactMap { Condition($0) },
            children: (value["children"]?.array ?? []).compactMap { ClusterTree($0) }
        )
    }

    package var value: Value {
        var result: Object = [
            "title": .string(title), "version": .string(version), "health": .string(health.state.rawValue),
            "reason": .string(health.reason), "since": health.since.map(Value.string) ?? .null,
            "conditions": .array(conditions.map(\.value)),
            "children": .array(children.map(\.value)),
        ]
        if let replicas { result["replicas"] = replicas.value }
        return .object(result)
    }
}

private struct TreeBuilder {
    let objects: ClusterObjects
    let groupAbove: Int

    var tree: ClusterTree {
        var children: [ClusterTree] = []
        if let infrastructure = objects.infrastructure {
            children.append(leaf(infrastructure, role: "ClusterInfrastructure"))
        }
        if let controlPlane = objects.controlPlane {
            children.append(owner(controlPlane, role: "ControlPlane", machines: machines(ownedBy: controlPlane)))
        }
        let workers =
            objects.machineDeployments.map { owner($0, machines: machines(ofDeployment: $0)) }
            + objects.machinePools.map { owner($0, machines: machines(ownedBy: $0)) }
        if !workers.isEmpty {
            let health = workers.map(\.health).first { $0.state != .healthy } ?? .healthy
            children.append(ClusterTree(title: "Workers", health: health, children: workers))
        }
        children += objects.healthChecks.map { check in
            var node = leaf(check)
            node.replicas = ReplicaCounts.targets(of: check)
            return node
        }
        return ClusterTree(
            title: "Cluster/\(objects.cluster.name)",
            version: objects.cluster.spec["topology"]?["version"]?.string ?? "",
            health: objects.health,
            conditions: conditions(of: objects.cluster),
            children: children
        )
    }

    private func leaf(_ object: Manifest, role: String? = nil) -> ClusterTree {
        ClusterTree(
            title: (role.map { "\($0) - " } ?? "") + "\(object.kind)/\(object.name)",
            version: object.spec["version"]?.string ?? "",
            health: assessHealth(of: object),
            conditions: conditions(of: object)
        )
    }

    private func conditions(of object: Manifest) -> [Condition] { object.conditions.sorted { $0.type < $1.type } }

    private func owner(_ object: Manifest, role: String? = nil, machines: [Manifest]) -> ClusterTree {
        var node = leaf(object, role: role)
        node.replicas = ReplicaCounts(object)
        node.version = object.spec["version"]?.string ?? object.spec["template"]?["spec"]?["version"]?.string ?? ""
        let leaves = machines.map { leaf($0) }
        let healthy = leaves.filter { $0.health.state == .healthy }
        node.children = leaves.filter { $0.health.state != .healthy }
        if healthy.count > groupAbove {
            let names = healthy.prefix(2).map { $0.title.dropFirst("Machine/".count) }.joined(separator: ", ")
            let versions = Set(healthy.map(\.version))
            node.children.append(
                ClusterTree(
                    title: "\(healthy.count) Machines (\(names), …)",
                    version: versions.count == 1 ? versions.first ?? "" : "mixed",
                    health: .healthy
                )
            )
        } else {
            node.children += healthy
        }
        return node
    }

    private func machines(ownedBy owner: Manifest) -> [Manifest] {
        objects.machines.filter { machine in
            guard let reference = machine.controllerReference else { return false }
            return reference.uid == owner.uid ?? "" && reference.groupKind == owner.groupKind
        }
    }

    private func machines(ofDeployment deployment: Manifest) -> [Manifest] {
        let sets = Set(objects.machineSets.filter { $0.controllerReference?.uid == deployment.uid }.compactMap(\.uid))
        return objects.machines.filter { machine in
            machine.controllerReference.map { sets.contains($0.uid) } ?? false
        }
    }
}
