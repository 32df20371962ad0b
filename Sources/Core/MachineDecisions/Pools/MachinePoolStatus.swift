package import KubernetesModel
package import StructuredValue

/// The status of a MachinePool, the same for both forms in which it is written.
///
/// Counters exist twice: the newer ones of the pool, and the `legacy` ones that count ready Nodes and decide the phase.
package struct MachinePoolStatus: Hashable, Sendable {
    package enum Phase: String, Sendable {
        case pending = "Pending"
        case provisioning = "Provisioning"
        case provisioned = "Provisioned"
        case running = "Running"
        case scalingUp = "ScalingUp"
        case scalingDown = "ScalingDown"
        case scaling = "Scaling"
        case deleting = "Deleting"
        case failed = "Failed"
        case unknown = "Unknown"
    }

    package struct NodeReference: Hashable, Sendable {
        package var name: String
        package var uid: String

        package init(name: String, uid: String) {
            self.name = name
            self.uid = uid
        }
    }

    package struct VersionCount: Hashable, Sendable {
        package var version: String
        package var replicas: Int

        package init(version: String, replicas: Int) {
            self.version = version
            self.replicas = replicas
        }
    }

    package var phase: Phase?
    package var isBootstrapDataCreated: Bool?
    package var isInfrastructureProvisioned: Bool?
    package var replicas: Int?
    package var readyReplicas: Int?
    package var availableReplicas: Int?
    package var upToDateReplicas: Int?
    package var legacyReadyReplicas: Int
    package var legacyAvailableReplicas: Int
    package var legacyUnavailableReplicas: Int
    package var nodeReferences: [NodeReference]
    package var versions: [VersionCount]
    package var failureReason: String?
    package var failureMessage: String?
    package var observedGeneration: Int?
    /// In `metav1` form.
    package var conditions: [Value]
    /// In Cluster API's older form, with severities.
    package var legacyConditions: [Value]

    /// Whether a pool's API version has the status of v1beta1.
    static func isOld(_ pool: Manifest) -> Bool { pool.groupVersionKind.version == "v1beta1" }

    package init(of pool: Manifest) {
        let status = pool.status
        let isOld = Self.isOld(pool)
        let new = isOld ? status["v1beta2"] : status
        let legacy = isOld ? status : status[path: "deprecated", "v1beta1"]
        phase = status["phase"]?.string.flatMap(Phase.init)
        isBootstrapDataCreated =
            (isOld ? status["bootstrapReady"] : status[path: "initialization", "bootstrapDataSecretCreated"])?.bool
        isInfrastructureProvisioned =
            (isOld ? status["infrastructureReady"] : status[path: "initialization", "infrastructureProvisioned"])?.bool
        replicas = status["replicas"]?.int
        readyReplicas = new?["readyReplicas"]?.int
        availableReplicas = new?["availableReplicas"]?.int
        upToDateReplicas = new?["upToDateReplicas"]?.int
        legacyReadyReplicas = legacy?["readyReplicas"]?.int ?? 0
        legacyAvailableReplicas = legacy?["availableReplicas"]?.int ?? 0
        legacyUnavailableReplicas = legacy?["unavailableReplicas"]?.int ?? 0
        nodeReferences = (status["nodeRefs"]?.array ?? []).map {
            NodeReference(name: $0["name"]?.string ?? "", uid: $0["uid"]?.string ?? "")
        }
        versions = (status["versions"]?.array ?? []).map {
            VersionCount(version: $0["version"]?.string ?? "", replicas: $0["replicas"]?.int ?? 0)
        }
        failureReason = legacy?["failureReason"]?.string
        failureMessage = legacy?["failureMessage"]?.string
        observedGeneration = status["observedGeneration"]?.int
        conditions = new?["conditions"]?.array ?? []
        legacyConditions = legacy?["conditions"]?.array ?? []
    }

    /// As it stands in an object of the pool's API version. What the old status holds besides stays.
    package func value(for pool: Manifest) -> Value {
        let isOld = Self.isOld(pool)
        var status = pool.status.object.map(Value.object) ?? [:]
        func set(_ path: [String], _ new: Value?) { if status[path: path] != new { status[path: path] = new } }
        let new = isOld ? ["v1beta2"] : []
        let legacy = isOld ? [] : ["deprecated", "v1beta1"]
        set(["phase"], phase.map { .string($0.rawValue) })
        set(["observedGeneration"], observedGeneration.map { .int($0) })
        let bootstrap = isOld ? ["bootstrapReady"] : ["initialization", "bootstrapDataSecretCreated"]
        let infrastructure = isOld ? ["infrastructureReady"] : ["initialization", "infrastructureProvisioned"]
        set(bootstrap, isBootstrapDataCreated.map { .bool($0) })
        set(infrastructure, isInfrastructureProvisioned.map { .bool($0) })
        set(["replicas"], replicas.map { .int($0) })
        set(new + ["readyReplicas"], readyReplicas.map { .int($0) })
        set(new + ["availableReplicas"], availableReplicas.map { .int($0) })
        set(new + ["upToDateReplicas"], upToDateReplicas.map { .int($0) })
        if !conditions.isEmpty { set(new + ["conditions"], .array(conditions)) }
        for (name, count) in [
            ("readyReplicas", legacyReadyReplicas), ("availableReplicas", legacyAvailableReplicas),
            ("unavailableReplicas", legacyUnavailableReplicas),
        ] {
            // Absent means zero here.
            if count != 0 || status[path: legacy + [name]] != nil { set(legacy + [name], .int(count)) }
        }
        set(legacy + ["failureReason"], failureReason.map { .string($0) })
        set(legacy + ["failureMessage"], failureMessage.map { .string($0) })
        if !legacyConditions.isEmpty { set(legacy + ["conditions"], .array(legacyConditions)) }
        if nodeReferences != Self(of: pool).nodeReferences {
            let references = nodeReferences.map { node -> Value in
                ["apiVersion": "v1", "kind": "Node", "name": .string(node.name), "uid": .string(node.uid)]
            }
            set(["nodeRefs"], references.isEmpty ? nil : .array(references))
        }
        let counts = versions.map { entry -> Value in
            ["version": .string(entry.version), "replicas": .int(entry.replicas)]
        }
        set(["versions"], counts.isEmpty ? nil : .array(counts))
        return status
    }
}
