import KubernetesModel
import StructuredValue

extension Draft {
    /// The Nodes of Machines: they join some time after their machine runs, and fail when an annotation says so.
    mutating func decideNodes() {
        for machine in all("Machine") where machine.uid != nil && !machine.isBeingDeleted {
            guard let infrastructure = find(Reference(machine.spec["infrastructureRef"], namespace: machine.namespace)),
                isProvisioned(infrastructure), let providerID = infrastructure.spec["providerID"]?.string
            else { continue }
            if nodes[machine.name] == nil {
                // One that has been there and is gone was deleted by somebody, and stays away.
                guard machine.status["nodeRef"] == nil, let start = start(of: machine, infrastructure) else { continue }
                let delays = delays(for: machine)
                let runs = start.advanced(by: vary(delays, \.machine, machine.name))
                guard isDue(runs.advanced(by: vary(delays, \.node, machine.name))) else { continue }
                let isControlPlane = machine.label(CAPI.controlPlaneLabel) != nil
                let version = machine.spec["version"]?.string ?? controlPlane?.spec["version"]?.string ?? "v1.34.0"
                if isControlPlane { requests.insert(.controlPlanePods(node: machine.name, version: version)) }
                addNode(
                    named: machine.name,
                    providerID: providerID,
                    version: version,
                    isControlPlane: isControlPlane,
                    labels: [:]
                )
            }
            setHealth(of: machine.name, isDown: machine.annotation(CAPI.nodeFault) == "Down")
        }
    }

    mutating func addNode(
        named name: String,
        providerID: String,
        version: String,
        isControlPlane: Bool,
        labels: [String: String]
    ) {
        var node = Manifest([
            "apiVersion": "v1", "kind": "Node", "metadata": ["name": .string(name)],
            "spec": ["providerID": .string(providerID)],
            "status": [
                "capacity": ["cpu": "4", "memory": "8Gi", "pods": "110"],
                "allocatable": ["cpu": "4", "memory": "8Gi", "pods": "110"],
                "addresses": [
                    ["type": "InternalIP", "address": .string(simulatedAddress(of: name))],
                    ["type": "Hostname", "address": .string(name)],
                ],
                "nodeInfo": [
                    "architecture": "amd64", "bootID": .string(fingerprint(.string(name + "/boot"))),
                    "containerRuntimeVersion": "containerd://2.1.4", "kernelVersion": "6.12.0-lab",
                    "kubeProxyVersion": .string(version), "kubeletVersion": .string(version),
                    "machineID": .string(fingerprint(.string(name))), "operatingSystem": "linux",
                    "osImage": "Martlet Lab Linux", "systemUUID": .string(fingerprint(.string(name + "/system"))),
                ],
            ],
        ])
        node.merge(
            labels: [
                "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
            ].merging(labels) { $1 }
        )
        if isControlPlane {
            node.merge(labels: ["node-role.kubernetes.io/control-plane": ""])
            node.set(
                "spec",
                "taints",
                to: [["key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"]]
            )
        }
        nodes[name] = node
        for (type, reason) in [
            ("MemoryPressure", "KubeletHasSufficientMemory"), ("DiskPressure", "KubeletHasNoDiskPressure"),
            ("PIDPressure", "KubeletHasSufficientPID"),
        ] {
            setNodeCondition(name, type, .no, reason)
        }
        setNodeCondition(name, "Ready", .yes, "KubeletReady")
    }

    /// A Node that is down is not heard of any more.
    private mutating func setHealth(of name: String, isDown: Bool) {
        guard nodes[name] != nil else { return }
        if isDown {
            setNodeCondition(name, "Ready", .unknown, "NodeStatusUnknown", "Kubelet stopped posting node status.")
        } else {
            setNodeCondition(name, "Ready", .yes, "KubeletReady")
        }
        let key = "node.kubernetes.io/unreachable"
        let taints = nodes[name]?.spec["taints"]?.array ?? []
        let others = taints.filter { $0["key"]?.string != key }
        if isDown, others.count == taints.count {
            nodes[name]?.set("spec", "taints", to: .array(taints + [["key": .string(key), "effect": "NoSchedule"]]))
        } else if !isDown, others.count != taints.count {
            nodes[name]?.set("spec", "taints", to: others.isEmpty ? nil : .array(others))
        }
    }

    private mutating func setNodeCondition(
        _ name: String,
        _ type: String,
        _ status: Condition.Status,
        _ reason: String,
        _ message: String = ""
    ) {
        guard var node = nodes[name] else { return }
        let before = node
        node.setCondition(type, status, reason, message, now: now)
        guard node != before else { return }
        // A heartbeat comes with the change; without a change there is nothing to tell.
        var conditions = node.status["conditions"]?.array ?? []
        for index in conditions.indices where conditions[index]["type"]?.string == type {
            conditions[index]["lastHeartbeatTime"] = .string(now.description)
        }
        node.set("status", "conditions", to: .array(conditions))
        nodes[name] = node
    }
}
