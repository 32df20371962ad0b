internal import FoundationEssentials
package import KubernetesModel
package import StructuredValue

/// What a MachinePool asks for, whichever API version it is written in.
package struct MachinePoolSpec: Hashable, Sendable {
    /// An object that the pool refers to, in the pool's own namespace.
    package struct Reference: Hashable, Sendable {
        package var groupKind: GroupKind
        package var name: String

        /// From `{apiGroup or apiVersion, kind, name}`; nil when there is no kind or no name.
        package init?(_ value: Value?) {
            guard let kind = value?["kind"]?.string, let name = value?["name"]?.string, !kind.isEmpty, !name.isEmpty
            else { return nil }
            let group =
                value?["apiGroup"]?.string
                ?? GroupVersionKind(apiVersion: value?["apiVersion"]?.string ?? "", kind: kind).group
            groupKind = GroupKind(group: group, kind: kind)
            self.name = name
        }
    }

    package static let groupKind = GroupKind(group: "cluster.x-k8s.io", kind: "MachinePool")
    /// The finalizer of every pool.
    package static let finalizer = "machinepool.cluster.x-k8s.io"
    package static let clusterLabel = "cluster.x-k8s.io/cluster-name"
    package static let poolLabel = "cluster.x-k8s.io/pool-name"
    /// The field manager under whose name a pool's Machines are applied.
    package static let machineManager = "machinepool-controller"
    package static let pausedAnnotation = "cluster.x-k8s.io/paused"
    /// Says, with any value except `false`, that somebody else writes `spec.replicas`.
    static let replicasManagedAnnotation = "cluster.x-k8s.io/replicas-managed-by"

    package var name: String
    package var namespace: String
    package var clusterName: String
    package var replicas: Int?
    package var providerIDs: [String]
    package var version: String?
    package var bootstrap: Reference?
    package var dataSecretName: String?
    package var infrastructure: Reference?
    /// How long a Node must be ready before it counts as available.
    package var minimumReadyTime: Duration
    /// How long the deletion of a pool tries to delete its Nodes; nil for as long as it takes.
    package var nodeDeletionTimeout: Duration?
    package var hasExternallyManagedReplicas: Bool

    package init(_ pool: Manifest) {
        let spec = pool.spec
        let template = spec[path: "template", "spec"]
        name = pool.name
        namespace = pool.namespace
        clusterName = spec["clusterName"]?.string ?? ""
        replicas = spec["replicas"]?.int
        providerIDs = (spec["providerIDList"]?.array ?? []).compactMap(\.string)
        version = template?["version"]?.string
        bootstrap = Reference(template?[path: "bootstrap", "configRef"])
        dataSecretName = template?[path: "bootstrap", "dataSecretName"]?.string
        infrastructure = Reference(template?["infrastructureRef"])
        minimumReadyTime = .seconds(template?["minReadySeconds"]?.int ?? spec["minReadySeconds"]?.int ?? 0)
        let timeout =
            template?[path: "deletion", "nodeDeletionTimeoutSeconds"]?.int.map { Duration.seconds($0) }
            ?? template?["nodeDeletionTimeout"]?.string.flatMap(Self.duration)
        nodeDeletionTimeout = timeout == .zero ? nil : timeout
        hasExternallyManagedReplicas =
            pool.annotation(Self.replicasManagedAnnotation).map { $0 != "false" } ?? false
    }

    /// What stands in the label `cluster.x-k8s.io/pool-name`: the name, or a hash of a name that no label can hold.
    package var labelValue: String { Self.labelValue(name) }

    /// The label value for a name: the name itself, or `hash_…_z` of one that is too long or has other letters.
    package static func labelValue(_ name: String) -> String {
        let bytes = Array(name.utf8)
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        }
        let isValid =
            bytes.count <= 63
            && bytes.allSatisfy { isAlphanumeric($0) || $0 == 0x2d || $0 == 0x5f || $0 == 0x2e }
            && bytes.first.map(isAlphanumeric) ?? true && bytes.last.map(isAlphanumeric) ?? true
        if isValid { return name }
        var hash: UInt32 = 0x811c_9dc5
        for byte in bytes { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        let digest = Data([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: hash >> UInt32($0)) })
        let text = digest.base64EncodedString().filter { $0 != "=" }.map { letter -> Character in
            switch letter {
            case "+": "-"
            case "/": "_"
            default: letter
            }
        }
        return "hash_\(String(text))_z"
    }

    /// Reads Go's way to write durations, `1h2m3.5s`; nil for anything else.
    static func duration(_ text: String) -> Duration? {
        let units: [String: Double] = ["h": 3600, "m": 60, "s": 1, "ms": 0.001]
        var rest = text[...]
        var total = 0.0
        if rest == "0" { return .zero }
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { ("0"..."9").contains($0) || $0 == "." }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { !("0"..."9").contains($0) && $0 != "." }
            rest = rest.dropFirst(unit.count)
            guard let number = Double(digits), let factor = units[String(unit)] else { return nil }
            total += number * factor
        }
        return .milliseconds(Int((total * 1000).rounded()))
    }
}
