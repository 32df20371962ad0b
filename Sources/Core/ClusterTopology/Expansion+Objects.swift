import GoTemplate
import StructuredValue

extension Expansion {
    // MARK: From templates

    /// An object of what a template describes: `spec.template` with the labels of the topology.
    func object(from template: ProviderTemplate, name: String, labels: Object, annotations: Object = Object()) -> Value
    {
        let inner = template.value[path: "spec", "template"] ?? .null
        var allLabels = inner.members("metadata", "labels")
        for pair in labels { allLabels[pair.key] = pair.value }
        setCommonLabels(&allLabels)
        var allAnnotations = inner.members("metadata", "annotations")
        for pair in annotations { allAnnotations[pair.key] = pair.value }
        setCloned(&allAnnotations, from: template)
        let metadata: Value = [
            "name": .string(name), "namespace": .string(namespace), "labels": .object(allLabels),
            "annotations": .object(allAnnotations),
        ]
        var result: Value = [
            "apiVersion": inner.givenText("apiVersion") ?? .string(template.apiVersion),
            "kind": inner.givenText("kind") ?? .string(template.objectKind), "metadata": metadata,
        ]
        result.setUnlessNil("spec", inner.given("spec"))
        return result
    }

    /// A copy of a template for this Cluster.
    func copy(of template: ProviderTemplate, name: String, labels: Object = Object()) -> Value {
        var allLabels = template.value.members("metadata", "labels")
        for pair in labels { allLabels[pair.key] = pair.value }
        setCommonLabels(&allLabels)
        var annotations = template.value.members("metadata", "annotations")
        setCloned(&annotations, from: template)
        annotations.removeValue(forKey: TopologyKey.lastApplied)
        var metadata: Value = [
            "name": .string(name), "namespace": .string(namespace), "labels": .object(allLabels),
            "annotations": .object(annotations),
        ]
        if let owner { metadata["ownerReferences"] = .array([owner]) }
        var result: Value = [
            "apiVersion": .string(template.apiVersion), "kind": .string(template.kind), "metadata": metadata,
        ]
        result.setUnlessNil("spec", template.value.given("spec"))
        return result
    }

    private func setCommonLabels(_ labels: inout Object) {
        labels[TopologyKey.clusterName] = .string(name)
        labels[TopologyKey.owned] = ""
    }

    private func setCloned(_ annotations: inout Object, from template: ProviderTemplate) {
        annotations[TopologyKey.clonedFromName] = .string(template.name)
        annotations[TopologyKey.clonedFromGroupKind] = .string(template.groupKind)
    }

    /// Letters that stand for an object of this Cluster that does not exist yet.
    func suffix(_ role: String, _ topologyName: String = "") -> String {
        TopologyNames.suffix([namespace, name, role, topologyName])
    }

    /// `first` with what `second` has beside it.
    private func merged(_ first: Object, over second: Object) -> Object {
        var result = second
        for pair in first { result[pair.key] = pair.value }
        return result
    }

    private func naming(_ make: () throws(GoFailure) -> String) throws(TopologyRejection) -> String {
        do {
            return try make()
        } catch {
            throw rejection("topology-naming", "failed to generate a name: \(error.message)")
        }
    }

    // MARK: Infrastructure and control plane

    func makeInfrastructureCluster() throws(TopologyRejection) -> Value {
        var objectName = cluster.text("spec", "infrastructureRef", "name")
        if objectName.isEmpty {
            objectName = try naming { () throws(GoFailure) in
                try topologyClass.infrastructureNaming.name(cluster: name, suffix: suffix("infrastructureCluster"))
            }
        }
        return object(from: topologyClass.infrastructureCluster, name: objectName, labels: Object())
    }

    func makeControlPlaneMachines() -> Value? {
        guard let template = topologyClass.controlPlaneMachines else { return nil }
        var objectName = ""
        if let existing = observed.controlPlane, let reference = ObservedTopology.machineTemplateReference(of: existing)
        {
            objectName = reference.text("name")
        }
        if objectName.isEmpty {
            objectName = TopologyNames.prefixed("\(name)-", suffix("controlPlaneMachines"))
        }
        return copy(of: template, name: objectName)
    }

    func makeControlPlane() throws(TopologyRejection) -> Value {
        let template = topologyClass.controlPlane
        let ofClass = topologyClass.spec["controlPlane"] ?? .null
        let own = topology["controlPlane"] ?? .null
        var objectName = cluster.text("spec", "controlPlaneRef", "name")
        if objectName.isEmpty {
            objectName = try naming { () throws(GoFailure) in
                try topologyClass.controlPlaneNaming.name(cluster: name, suffix: suffix("controlPlane"))
            }
        }
        var labels = merged(own.members("metadata", "labels"), over: ofClass.members("metadata", "labels"))
        labels[TopologyKey.clusterName] = .string(name)
        labels[TopologyKey.owned] = ""
        let annotations = merged(
            own.members("metadata", "annotations"),
            over: ofClass.members("metadata", "annotations")
        )
        var result = object(from: template, name: objectName, labels: labels, annotations: annotations)
        let isOld = topologyClass.contracts.contract(of: template.objectKind, result.text("apiVersion")) == "v1beta1"
        let machineSpec = isOld ? ["spec", "machineTemplate"] : ["spec", "machineTemplate", "spec"]
        if let machines = controlPlaneMachines {
            result[path: machineSpec + ["infrastructureRef"]] = machineReference(machines, isOld: isOld)
            for (kind, values) in [("labels", labels), ("annotations", annotations)] {
                let path = ["spec", "machineTemplate", "metadata", kind]
                let all = merged(values, over: result[path: path]?.object ?? Object())
                result[path: path] = all.isEmpty ? Optional.none : .object(all)
            }
        }
        if let replicas = own.given("replicas") { result[path: "spec", "replicas"] = replicas }
        if options.release.usesRolloutAfter, let after = own.given("rollout", "after") {
            result[path: "spec", "rollout", "after"] = after
        }
        for list in ["readinessGates", "taints"] {
            if let values = own.given(list) ?? ofClass.given(list) { result[path: machineSpec + [list]] = values }
        }
        for timeout in ["nodeDrainTimeout", "nodeVolumeDetachTimeout", "nodeDeletionTimeout"] {
            guard
                let value = own.given("deletion", timeout + "Seconds") ?? ofClass.given("deletion", timeout + "Seconds")
            else {
                continue
            }
            if isOld {
                result[path: machineSpec + [timeout]] = .string(Self.duration(value.int ?? 0))
            } else {
                result[path: machineSpec + ["deletion", timeout + "Seconds"]] = value
            }
        }
        result[path: "spec", "version"] = .string(upgrade.controlPlaneVersion)
        return result
    }

    /// A reference in the form of the control plane's contract. The apiVersion of one that exists is kept.
    private func machineReference(_ machines: Value, isOld: Bool) -> Value {
        let kind = machines["kind"] ?? ""
        let objectName = machines[path: "metadata", "name"] ?? ""
        let group = Value.string(ClusterTopology.group(of: machines.text("apiVersion")))
        guard isOld else { return ["apiGroup": group, "kind": kind, "name": objectName] }
        var apiVersion = machines["apiVersion"] ?? ""
        if let existing = observed.controlPlane?[path: "spec", "machineTemplate", "infrastructureRef"],
            existing["kind"] == kind, .string(ClusterTopology.group(of: existing.text("apiVersion"))) == group
        {
            apiVersion = existing["apiVersion"] ?? apiVersion
        }
        return ["apiVersion": apiVersion, "kind": kind, "name": objectName, "namespace": .string(namespace)]
    }

    /// Seconds as Go writes a duration: `1h2m3s`, `10s`, `0s`.
    static func duration(_ seconds: Int) -> String {
        if seconds == 0 { return "0s" }
        let sign = seconds < 0 ? "-" : ""
        let total = abs(seconds)
        let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
        if hours > 0 { return "\(sign)\(hours)h\(minutes)m\(rest)s" }
        return minutes > 0 ? "\(sign)\(minutes)m\(rest)s" : "\(sign)\(rest)s"
    }

    func makeControlPlaneHealthCheck() -> Value? {
        guard topologyClass.controlPlaneMachines != nil else { return nil }
        let own = topology[path: "controlPlane", "healthCheck"] ?? .null
        let ofClass = topologyClass.spec[path: "controlPlane", "healthCheck"] ?? .null
        guard HealthCheck.isEnabled(own, ofClass) else { return nil }
        return HealthCheck.object(
            name: controlPlane.text("metadata", "name"),
            namespace: namespace,
            cluster: name,
            selector: [TopologyKey.controlPlane: "", TopologyKey.owned: ""],
            own: own,
            ofClass: ofClass,
            owner: owner
        )
    }

    /// Puts labels, the upgrade's step and the two references on the Cluster.
    mutating func finishCluster() {
        var metadata = cluster["metadata"] ?? .null
        var labels = metadata.members("labels")
        setCommonLabels(&labels)
        metadata["labels"] = .object(labels)
        var annotations = metadata.members("annotations")
        if let step = upgrade.step {
            annotations[TopologyKey.upgradeStep] = .string(step)
        } else {
            annotations.removeValue(forKey: TopologyKey.upgradeStep)
        }
        metadata["annotations"] = annotations.isEmpty ? Optional.none : .object(annotations)
        cluster["metadata"] = metadata
        var spec = (cluster["spec"] ?? .null).withoutEmptyMembers()
        for (member, object) in [("infrastructureRef", infrastructureCluster), ("controlPlaneRef", controlPlane)] {
            spec[member] = [
                "apiGroup": .string(ClusterTopology.group(of: object.text("apiVersion"))), "kind": object["kind"] ?? "",
                "name": object[path: "metadata", "name"] ?? "",
            ]
        }
        cluster["spec"] = spec
    }

    // MARK: Workers

    mutating func addWorkers(_ own: Value, isPool: Bool) throws(TopologyRejection) {
        let topologyName = own.text("name")
        let className = own.text("class")
        guard let workerClass = isPool ? topologyClass.pool(className) : topologyClass.deployment(className) else {
            throw rejection(
                "topology-class",
                "class “\(className)” of “\(topologyName)” is not defined by the ClusterClass"
            )
        }
        let existing = isPool ? observed.pools[topologyName] : observed.deployments[topologyName]
        let decided = isPool ? upgrade.pools[topologyName] : upgrade.deployments[topologyName]
        let key = isPool ? TopologyKey.poolName : TopologyKey.deploymentName
        let nameLabel: Object = [key: .string(topologyName)]
        let references = existing?.object[path: "spec", "template", "spec"] ?? .null
        func objectName(_ role: String, _ exists: Bool, _ reference: Value?) -> String {
            if exists, let name = reference?.text("name"), !name.isEmpty { return name }
            return TopologyNames.prefixed("\(name)-\(topologyName)-", suffix(role, topologyName))
        }
        let kind = isPool ? "machinePool" : "machineDeployment"
        let bootstrapName = objectName(
            "\(kind).bootstrap",
            existing?.bootstrap != nil,
            references[path: "bootstrap", "configRef"]
        )
        let infrastructureName = objectName(
            "\(kind).infrastructure",
            existing?.infrastructure != nil,
            references["infrastructureRef"]
        )
        let bootstrap: Value
        let infrastructure: Value
        if isPool {
            bootstrap = owned(object(from: workerClass.bootstrap, name: bootstrapName, labels: nameLabel))
            infrastructure = owned(
                object(from: workerClass.infrastructure, name: infrastructureName, labels: nameLabel)
            )
        } else {
            bootstrap = copy(of: workerClass.bootstrap, name: bootstrapName, labels: nameLabel)
            infrastructure = copy(of: workerClass.infrastructure, name: infrastructureName, labels: nameLabel)
        }
        var workersName = existing?.name ?? ""
        if workersName.isEmpty {
            workersName = try naming { () throws(GoFailure) in
                try workerClass.naming.name(
                    cluster: name,
                    group: kind,
                    topologyName: topologyName,
                    suffix: suffix(kind, topologyName)
                )
            }
        }
        var state = WorkerState(
            topology: own,
            topologyName: topologyName,
            workerClass: workerClass,
            isPool: isPool,
            object: .null,
            bootstrap: bootstrap,
            infrastructure: infrastructure
        )
        state.object = workersObject(state, name: workersName, version: decided?.version ?? topology.text("version"))
        if !isPool {
            let ownCheck = own["healthCheck"] ?? .null
            let classCheck = workerClass.spec["healthCheck"] ?? .null
            if HealthCheck.isEnabled(ownCheck, classCheck) {
                state.healthCheck = HealthCheck.object(
                    name: workersName,
                    namespace: namespace,
                    cluster: name,
                    selector: [TopologyKey.deploymentName: .string(topologyName), TopologyKey.owned: ""],
                    own: ownCheck,
                    ofClass: classCheck,
                    owner: owner
                )
            }
        }
        workers.append(state)
    }

    private func owned(_ object: Value) -> Value {
        guard let owner else { return object }
        var result = object
        result[path: "metadata", "ownerReferences"] = .array([owner])
        return result
    }

    private func workersObject(_ state: WorkerState, name workersName: String, version: String) -> Value {
        let own = state.topology
        let ofClass = state.workerClass.spec
        let key = state.isPool ? TopologyKey.poolName : TopologyKey.deploymentName
        var labels = merged(own.members("metadata", "labels"), over: ofClass.members("metadata", "labels"))
        let ours: Object = [
            TopologyKey.clusterName: .string(name), TopologyKey.owned: "", key: .string(state.topologyName),
        ]
        for pair in ours { labels[pair.key] = pair.value }
        var annotations = merged(
            own.members("metadata", "annotations"),
            over: ofClass.members("metadata", "annotations")
        )
        annotations.removeValue(forKey: TopologyKey.deferUpgrade)
        annotations.removeValue(forKey: TopologyKey.holdUpgradeSequence)
        var templateMetadata: Value = ["labels": .object(labels)]
        if !annotations.isEmpty { templateMetadata["annotations"] = .object(annotations) }
        var metadata = templateMetadata
        metadata["name"] = .string(workersName)
        metadata["namespace"] = .string(namespace)

        var machine: Value = [
            "clusterName": .string(name), "version": .string(version),
            "bootstrap": ["configRef": reference(state.bootstrap)],
            "infrastructureRef": reference(state.infrastructure),
        ]
        var deletion = Value.object(Object())
        for timeout in ["nodeDrainTimeoutSeconds", "nodeVolumeDetachTimeoutSeconds", "nodeDeletionTimeoutSeconds"] {
            deletion.setUnlessNil(timeout, own.given("deletion", timeout) ?? ofClass.given("deletion", timeout))
        }
        if !deletion.isEmpty { machine["deletion"] = deletion }
        machine.setUnlessNil("minReadySeconds", own.given("minReadySeconds") ?? ofClass.given("minReadySeconds"))
        for list in state.isPool ? ["taints"] : ["readinessGates", "taints"] {
            if let values = own.given(list) ?? ofClass.given(list), !values.isEmpty { machine[list] = values }
        }
        if !state.isPool {
            machine.setUnlessNil("failureDomain", own.givenText("failureDomain") ?? ofClass.givenText("failureDomain"))
        }
        var spec: Value = ["clusterName": .string(name), "template": ["metadata": templateMetadata, "spec": machine]]
        spec.setUnlessNil("replicas", own.given("replicas"))
        if state.isPool {
            if let domains = own.given("failureDomains") ?? ofClass.given("failureDomains"), !domains.isEmpty {
                spec["failureDomains"] = domains
            }
        } else {
            spec["selector"] = ["matchLabels": .object(ours)]
            spec.setUnlessNil("rollout", rollout(own, ofClass))
            if let order = own.givenText("deletion", "order") ?? ofClass.givenText("deletion", "order") {
                spec["deletion"] = ["order": order]
            }
            if let limit = own.given("healthCheck", "remediation", "maxInFlight")
                ?? ofClass.given("healthCheck", "remediation", "maxInFlight")
            {
                spec["remediation"] = ["maxInFlight": limit]
            }
        }
        return [
            "apiVersion": .string(ConvertedTopology.apiVersion),
            "kind": .string(state.isPool ? "MachinePool" : "MachineDeployment"), "metadata": metadata, "spec": spec,
        ]
    }

    private func reference(_ object: Value) -> Value {
        [
            "apiGroup": .string(ClusterTopology.group(of: object.text("apiVersion"))), "kind": object["kind"] ?? "",
            "name": object[path: "metadata", "name"] ?? "",
        ]
    }

    /// All of it comes from the topology when that sets anything, else the strategy from the class.
    private func rollout(_ own: Value, _ ofClass: Value) -> Value? {
        let mine = (own["rollout"] ?? .null).withoutEmptyMembers()
        var result = Value.object(Object())
        if mine.object.map({ !$0.isEmpty }) ?? false {
            if options.release.usesRolloutAfter { result.setUnlessNil("after", mine.given("after")) }
            result.setUnlessNil("strategy", mine.given("strategy"))
        } else {
            result.setUnlessNil("strategy", (ofClass["rollout"] ?? .null).withoutEmptyMembers().given("strategy"))
        }
        return result.isEmpty ? Optional.none : result
    }
}
