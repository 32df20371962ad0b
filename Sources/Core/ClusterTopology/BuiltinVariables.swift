import CELExpressions
import StructuredValue

/// What templates and `valueFrom.variable` find under `builtin`.
enum BuiltinVariables {
    /// The Cluster's part, which every template sees. `cluster` has the labels and annotations it is to have.
    static func cluster(_ cluster: Value, topology: Value, class topologyClass: TopologyClass, release: TopologyRelease)
        -> Object
    {
        var part = Value.object(Object())
        part["name"] = .string(cluster.text("metadata", "name"))
        part["namespace"] = .string(cluster.text("metadata", "namespace"))
        part.setUnlessNil("uid", cluster.givenText("metadata", "uid"))
        part.setUnlessNil("metadata", metadata(cluster["metadata"] ?? .null))
        let name = Value.string(topologyClass.name)
        let namespace = Value.string(topologyClass.namespace)
        var described: Value = [
            "version": topology["version"] ?? "", "class": name, "classNamespace": namespace,
        ]
        if release.hasClassRef { described["classRef"] = ["name": name, "namespace": namespace] }
        part["topology"] = described
        var network = Value.object(Object())
        network.setUnlessNil("serviceDomain", cluster.givenText("spec", "clusterNetwork", "serviceDomain"))
        network.setUnlessNil("services", cluster.given("spec", "clusterNetwork", "services", "cidrBlocks"))
        network.setUnlessNil("pods", cluster.given("spec", "clusterNetwork", "pods", "cidrBlocks"))
        if release.hasIPFamily, cluster.given("spec", "clusterNetwork") != nil {
            network["ipFamily"] = .string(family(of: network))
        }
        if !network.isEmpty { part["network"] = network }
        return ["cluster": part]
    }

    /// The family that pods and services agree on, as releases up to 1.10 told it.
    private static func family(of network: Value) -> String {
        func family(_ blocks: [Value]) -> String? {
            let networks = blocks.compactMap { $0.string.flatMap { CELNetwork(parsing: $0, allowsMapped: true) } }
            guard networks.count == blocks.count, networks.count <= 2 else { return nil }
            if networks.count == 2 { return networks[0].address.isV4 == networks[1].address.isV4 ? nil : "DualStack" }
            return networks.first.map { $0.address.isV4 ? "IPv4" : "IPv6" } ?? ""
        }
        guard let pods = family(network.list("pods")), let services = family(network.list("services")) else {
            return "Invalid"
        }
        if pods.isEmpty, services.isEmpty { return "IPv4" }
        if pods.isEmpty || services.isEmpty || pods == services { return pods.isEmpty ? services : pods }
        return "Invalid"
    }

    /// Labels and annotations without what tools keep there for themselves; nil when there are none.
    static func metadata(_ metadata: Value) -> Value? {
        let labels = metadata["labels"]?.object
        var annotations = metadata["annotations"]?.object
        if labels == nil, annotations == nil { return nil }
        annotations?.removeValue(forKey: TopologyKey.lastApplied)
        annotations?.removeValue(forKey: TopologyKey.conversionData)
        var result = Object()
        if let labels, !labels.isEmpty { result.append("labels", .object(labels)) }
        if let annotations, !annotations.isEmpty { result.append("annotations", .object(annotations)) }
        return .object(result)
    }

    static func controlPlane(_ object: Value, topology: Value, machineTemplate: Value?) -> Object {
        var part: Value = [
            "name": .string(object.text("metadata", "name")), "version": .string(object.text("spec", "version")),
        ]
        if topology.given("controlPlane", "replicas") != nil {
            part.setUnlessNil("replicas", object[path: "spec", "replicas"])
        }
        part.setUnlessNil("metadata", metadata(object["metadata"] ?? .null))
        if let machineTemplate {
            part["machineTemplate"] = ["infrastructureRef": ["name": .string(machineTemplate.text("metadata", "name"))]]
        }
        return ["controlPlane": part]
    }

    /// A deployment or a pool, under `machineDeployment` or `machinePool`.
    static func workers(_ group: String, _ state: Expansion.WorkerState) -> Object {
        var part: Value = [
            "version": .string(state.object.text("spec", "template", "spec", "version")),
            "class": .string(state.workerClass.name), "name": .string(state.object.text("metadata", "name")),
            "topologyName": .string(state.topologyName),
        ]
        part.setUnlessNil("replicas", state.object[path: "spec", "replicas"])
        part.setUnlessNil("metadata", metadata(state.object["metadata"] ?? .null))
        part["bootstrap"] = ["configRef": ["name": .string(state.bootstrap.text("metadata", "name"))]]
        part["infrastructureRef"] = ["name": .string(state.infrastructure.text("metadata", "name"))]
        return [group: part]
    }
}
