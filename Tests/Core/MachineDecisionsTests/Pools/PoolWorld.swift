import KubernetesModel
import MachineDecisions
import StructuredValue
import Testing
import YAMLFormat

/// A pool of two machines that runs, and everything around it. Tests change what they are about.
struct PoolWorld: Sendable {
    static let now = Timestamp(seconds: 1_790_000_000)

    var pool = parsed(
        """
        apiVersion: cluster.x-k8s.io/v1beta2
        kind: MachinePool
        metadata:
          {name: mp, namespace: default, uid: mp-uid, generation: 4, finalizers: [machinepool.cluster.x-k8s.io],
           labels: {cluster.x-k8s.io/cluster-name: c1},
           ownerReferences: [{apiVersion: cluster.x-k8s.io/v1beta2, kind: Cluster, name: c1, uid: c1-uid}]}
        spec:
          clusterName: c1
          replicas: 2
          providerIDList: [lab:///a, lab:///b]
          template:
            metadata: {labels: {tier: web}, annotations: {note: hello}}
            spec:
              clusterName: c1
              version: v1.33.1
              bootstrap:
                configRef: {apiGroup: bootstrap.cluster.x-k8s.io, kind: KubeadmConfig, name: mp}
                dataSecretName: mp-data
              infrastructureRef: {apiGroup: infrastructure.cluster.x-k8s.io, kind: LabMachinePool, name: mp}
              deletion: {nodeDeletionTimeoutSeconds: 10}
        """
    )
    var cluster: Manifest? = parsed(
        """
        apiVersion: cluster.x-k8s.io/v1beta2
        kind: Cluster
        metadata: {name: c1, namespace: default, uid: c1-uid}
        """
    )
    var bootstrap: Manifest? = parsed(
        """
        apiVersion: bootstrap.cluster.x-k8s.io/v1beta2
        kind: KubeadmConfig
        metadata:
          {name: mp, namespace: default, uid: b-uid, labels: {cluster.x-k8s.io/cluster-name: c1},
           ownerReferences:
             [{apiVersion: cluster.x-k8s.io/v1beta2, kind: MachinePool, name: mp, uid: mp-uid, controller: true,
               blockOwnerDeletion: true}]}
        status: {dataSecretName: mp-data, initialization: {dataSecretCreated: true}}
        """
    )
    var infrastructure: Manifest? = parsed(
        """
        apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
        kind: LabMachinePool
        metadata:
          {name: mp, namespace: default, uid: i-uid, labels: {cluster.x-k8s.io/cluster-name: c1},
           ownerReferences:
             [{apiVersion: cluster.x-k8s.io/v1beta2, kind: MachinePool, name: mp, uid: mp-uid, controller: true,
               blockOwnerDeletion: true}]}
        spec: {providerIDList: [lab:///a, lab:///b]}
        status: {replicas: 2, ready: true, initialization: {provisioned: true}}
        """
    )
    var contract = MachinePoolView.Contract.v1beta2
    var nodes: MachinePoolView.Nodes = .known([node("a"), node("b")])
    var machines: [Manifest] = []
    var infrastructureMachines: [Manifest]?
    var now = Self.now

    var view: MachinePoolView {
        func part(_ object: Manifest?, isNamed: Bool) -> MachinePoolView.Part {
            object.map { .found($0, contract) } ?? (isNamed ? .missing : .unnamed)
        }
        let spec = MachinePoolSpec(pool)
        return MachinePoolView(
            pool: pool,
            cluster: cluster,
            bootstrap: part(bootstrap, isNamed: spec.bootstrap != nil),
            infrastructure: part(infrastructure, isNamed: spec.infrastructure != nil),
            nodes: nodes,
            machines: machines,
            infrastructureMachines: infrastructureMachines,
            now: now
        )
    }

    func decide() -> MachinePoolDecision { decideMachinePool(view) }

    /// The pool after as many passes as it takes; what is decided about other objects is carried out as well.
    func settled() -> PoolWorld {
        var world = self
        for _ in 0..<4 {
            let decision = world.decide()
            world.pool = decision.pool
            for object in decision.adopted {
                if object.key == world.bootstrap?.key { world.bootstrap = object }
                if object.key == world.infrastructure?.key { world.infrastructure = object }
            }
            for machine in decision.judged {
                if let place = world.machines.firstIndex(where: { $0.key == machine.key }) {
                    world.machines[place] = machine
                }
            }
            if case .known(var nodes) = world.nodes {
                nodes.removeAll { node in decision.nodeDeletions.contains { $0.name == node.name } }
                for change in decision.nodeChanges {
                    guard let place = nodes.firstIndex(where: { $0.name == change.name }) else { continue }
                    for (name, text) in change.patch.annotations { nodes[place].setAnnotation(name, text) }
                    if let taints = change.patch.spec["taints"] { nodes[place].value[path: "spec", "taints"] = taints }
                }
                world.nodes = .known(nodes)
            }
        }
        return world
    }

    var status: MachinePoolStatus { MachinePoolStatus(of: pool) }

    /// `True`, or `False/Reason` of a condition of the older form; nil when there is none.
    func legacy(_ type: String) -> String? {
        let list =
            pool.apiVersion.hasSuffix("v1beta1")
            ? pool.status["conditions"] : pool.status[path: "deprecated", "v1beta1", "conditions"]
        guard let entry = list?.array?.first(where: { $0["type"]?.string == type }) else { return nil }
        let words = [entry["status"]?.string, entry["reason"]?.string, entry["severity"]?.string]
        return words.compactMap { $0 }.joined(separator: "/")
    }

    static func node(
        _ name: String,
        ready: String = "True",
        since: Timestamp = now.advanced(by: .seconds(-600)),
        version: String = "v1.33.1",
        isClaimed: Bool = true
    ) -> Manifest {
        var node = parsed(
            """
            apiVersion: v1
            kind: Node
            metadata: {name: \(name), uid: \(name)-uid, resourceVersion: "7"}
            spec: {providerID: "lab:///\(name)"}
            status:
              conditions: [{type: Ready, status: "\(ready)", reason: Test, lastTransitionTime: "\(since)"}]
              nodeInfo: {kubeletVersion: \(version)}
            """
        )
        guard isClaimed else { return node }
        for (key, text) in [
            ("cluster-name", "c1"), ("cluster-namespace", "default"), ("owner-kind", "MachinePool"),
            ("owner-name", "mp"),
        ] {
            node.setAnnotation("cluster.x-k8s.io/\(key)", text)
        }
        return node
    }

    static func parsed(_ text: String) -> Manifest {
        do {
            return Manifest(try YAML.values(Array(text.utf8), .lenient).first ?? .null)
        } catch {
            Issue.record("not YAML: \(error)")
            return Manifest(.null)
        }
    }
}
