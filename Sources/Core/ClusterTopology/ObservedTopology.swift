package import KubernetesModel
import StructuredValue

/// The objects of a Cluster that exist already, as far as an expansion depends on them.
package struct ObservedTopology: Sendable {
    struct Workers: Sendable {
        var object: Value
        var bootstrap: Value?
        var infrastructure: Value?
        /// Whether machines still run another version than the object asks for.
        var isUpgrading: Bool

        var name: String { object.text("metadata", "name") }
        var version: String { object.text("spec", "template", "spec", "version") }
    }

    private(set) var infrastructureCluster: Value?
    private(set) var controlPlane: Value?
    private(set) var controlPlaneMachines: Value?
    private(set) var deployments: [String: Workers] = [:]
    private(set) var pools: [String: Workers] = [:]

    /// Nothing exists.
    package init() {}

    /// Finds a Cluster's objects among others, as Cluster API does: by the references of the Cluster, and by labels.
    package init(of cluster: Manifest, among objects: [Manifest]) throws(TopologyRejection) {
        try self.init(of: cluster, in: LiveClusterObjects(objects))
    }

    /// The same among objects that were arranged before. The references are those of `cluster`.
    package init(of cluster: Manifest, in live: LiveClusterObjects) throws(TopologyRejection) {
        let value = ConvertedTopology.cluster(cluster.value)
        let namespace = cluster.namespace
        let members = live.members(namespace: namespace, cluster: cluster.name)
        let workers = members.filter { $0.kind != "Machine" && $0.label(TopologyKey.owned) != nil }
        let machines = members.filter { $0.kind == "Machine" }
        func find(_ reference: Value?) -> Value? {
            guard let reference else { return nil }
            let group =
                reference.givenText("apiGroup")?.string ?? ClusterTopology.group(of: reference.text("apiVersion"))
            return live.object(group, reference.text("kind"), namespace: namespace, name: reference.text("name"))?.value
        }
        infrastructureCluster = find(value[path: "spec", "infrastructureRef"])
        controlPlane = find(value[path: "spec", "controlPlaneRef"])
        if let controlPlane { controlPlaneMachines = find(Self.machineTemplateReference(of: controlPlane)) }
        var findings: [TopologyRejection.Finding] = []
        for (name, object) in [
            ("InfrastructureCluster", infrastructureCluster), ("ControlPlane", controlPlane),
            ("ControlPlane InfrastructureMachineTemplate", controlPlaneMachines),
        ] {
            guard let object, object[path: "metadata", "labels", TopologyKey.owned] == nil else { continue }
            let message =
                "Cluster “\(cluster.name)”: the \(name) “\(object.text("metadata", "name"))” is not owned by the topology: "
                + "it needs the label \(TopologyKey.owned)"
            findings.append(TopologyRejection.Finding("topology-observed", message, in: cluster))
        }
        for object in workers {
            let isPool = object.kind == "MachinePool"
            let key = isPool ? TopologyKey.poolName : TopologyKey.deploymentName
            guard let name = object.label(key), !name.isEmpty else {
                let message = "\(object.kind) “\(object.name)” is owned by the topology but has no label \(key)"
                findings.append(TopologyRejection.Finding("topology-observed", message, in: object))
                continue
            }
            if let other = isPool ? pools[name] : deployments[name] {
                let message = "\(object.kind)s “\(other.name)” and “\(object.name)” both have the label \(key)=\(name)"
                findings.append(TopologyRejection.Finding("topology-observed", message, in: object))
                continue
            }
            let spec = object.value[path: "spec", "template", "spec"] ?? .null
            let found = Workers(
                object: object.value,
                bootstrap: find(spec[path: "bootstrap", "configRef"]),
                infrastructure: find(spec["infrastructureRef"]),
                isUpgrading: isPool ? Self.isUpgrading(pool: object, machines) : Self.isUpgrading(object, machines)
            )
            for part in [found.bootstrap, found.infrastructure] {
                guard let part, part[path: "metadata", "labels", TopologyKey.owned] == nil else { continue }
                let message =
                    "Cluster “\(cluster.name)”: \(part.text("kind")) “\(part.text("metadata", "name"))” of \(object.kind) "
                    + "“\(object.name)” is not owned by the topology: it needs the label \(TopologyKey.owned)"
                findings.append(TopologyRejection.Finding("topology-observed", message, in: cluster))
            }
            if isPool { pools[name] = found } else { deployments[name] = found }
        }
        if !findings.isEmpty { throw TopologyRejection(findings) }
    }

    /// The reference to the template of a control plane's machines, wherever its contract puts it.
    static func machineTemplateReference(of controlPlane: Value) -> Value? {
        controlPlane[path: "spec", "machineTemplate", "spec", "infrastructureRef"]
            ?? controlPlane[path: "spec", "machineTemplate", "infrastructureRef"]
    }

    private static func isUpgrading(_ deployment: Manifest, _ machines: [Manifest]) -> Bool {
        let version = deployment.value.text("spec", "template", "spec", "version")
        if version.isEmpty { return false }
        let labels = deployment.value.members("spec", "selector", "matchLabels")
        for machine in machines where labels.pairs.allSatisfy({ machine.label($0.key) == $0.value.string }) {
            let wanted = machine.value.text("spec", "version")
            if wanted.isEmpty || wanted != version { return true }
            let kubelet = machine.value.text("status", "nodeInfo", "kubeletVersion")
            if !kubelet.isEmpty, kubelet != version { return true }
        }
        return false
    }

    /// Cluster API asks the nodes themselves. The pool's status and its Machines say the same without a request to the
    /// workload cluster.
    private static func isUpgrading(pool: Manifest, _ machines: [Manifest]) -> Bool {
        let version = pool.value.text("spec", "template", "spec", "version")
        // A pool without nodes is still being made.
        if version.isEmpty || pool.value.list("status", "nodeRefs").isEmpty { return false }
        let running = pool.value.list("status", "versions").map { $0.text("version") }.filter { !$0.isEmpty }
        if !running.isEmpty { return running.contains { $0 != version } }
        let mine = machines.filter { $0.label("cluster.x-k8s.io/pool-name") == pool.name }
        let found = mine.compactMap { machine in
            machine.value.givenText("status", "nodeInfo", "kubeletVersion")?.string
        }
        if !found.isEmpty { return found.contains { $0 != version } }
        let status = pool.value["status"] ?? .null
        guard let upToDate = status["upToDateReplicas"]?.int, let all = status["replicas"]?.int else { return false }
        return upToDate < all
    }

    /// Names, uids and versions of all objects, with which everything is said; nil when one has no version.
    func identity(with cluster: Manifest) -> [String]? {
        var identity: [String] = []
        func add(_ object: Value?, _ note: String) -> Bool {
            guard let object else {
                identity.append(note)
                return true
            }
            let metadata = object["metadata"] ?? .null
            guard let version = metadata.givenText("resourceVersion")?.string else { return false }
            identity.append("\(note) \(metadata.text("name")) \(metadata.text("uid")) \(version)")
            return true
        }
        var isWhole =
            add(cluster.value, "cluster") && add(infrastructureCluster, "infrastructure")
            && add(controlPlane, "control plane") && add(controlPlaneMachines, "machines")
        for (kind, list) in [("deployment", deployments), ("pool", pools)] {
            for (name, workers) in list.sorted(by: { $0.key < $1.key }) {
                isWhole =
                    isWhole && add(workers.object, "\(kind) \(name) \(workers.isUpgrading)")
                    && add(workers.bootstrap, "bootstrap") && add(workers.infrastructure, "infrastructure")
            }
        }
        return isWhole ? identity : nil
    }

    /// Pools whose nodes are known to run another version; the caller has asked the workload cluster.
    package mutating func markUpgrading(pool name: String) { pools[name]?.isUpgrading = true }

    /// Takes everything to run what it is asked to run: for plans from one revision to another, where nothing has a status.
    package mutating func assumeSettled() {
        if var settled = controlPlane {
            settled["status"] = ["version": settled[path: "spec", "version"] ?? ""]
            controlPlane = settled
        }
        for name in deployments.keys { deployments[name]?.isUpgrading = false }
        for name in pools.keys { pools[name]?.isUpgrading = false }
    }
}
