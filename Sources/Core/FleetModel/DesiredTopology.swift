package import ClusterTopology
package import KubernetesModel
package import SourceDiagnostics

/// A Cluster with a topology, ready to be expanded: what planning needs once it knows what runs.
package struct DesiredTopology: Sendable {
    /// As Git has it, with its namespace.
    package var cluster: Manifest
    package var topologyClass: TopologyClass
    /// The expansion as if nothing existed.
    package var expansion: TopologyExpansion
    package var target: ObjectTarget
    package var dependsOnApps: [String]
    /// Where the operations of patches stand, by their way through the ClusterClass.
    package var places: [[String]: SourcePosition]
    /// Whether Martlet makes the objects; else Cluster API does, and the expansion is a forecast.
    package var isExpandedHere: Bool

    package init(
        cluster: Manifest,
        topologyClass: TopologyClass,
        expansion: TopologyExpansion,
        target: ObjectTarget,
        dependsOnApps: [String],
        places: [[String]: SourcePosition],
        isExpandedHere: Bool
    ) {
        self.cluster = cluster
        self.topologyClass = topologyClass
        self.expansion = expansion
        self.target = target
        self.dependsOnApps = dependsOnApps
        self.places = places
        self.isExpandedHere = isExpandedHere
    }

    package var source: ObjectSource { .topology(namespace: cluster.namespace, cluster: cluster.name) }

    /// The parts as objects; `contentHash` gives the digest of a manifest.
    package func objects(
        of applied: AppliedTopology,
        contentHash: (Manifest) -> String
    ) -> [(part: AppliedTopology.Part, object: DesiredObject)] {
        applied.parts.map { part in
            let manifest = placed(part)
            let object = DesiredObject(
                manifest,
                target: target,
                source: source,
                contentHash: contentHash(manifest),
                dependsOnApps: dependsOnApps
            )
            return (part, object)
        }
    }

    /// The part with the Cluster's place as its origin, the class's behind it.
    private func placed(_ part: AppliedTopology.Part) -> Manifest {
        var manifest = part.manifest
        let maker = "class \(topologyClass.name)"
        var names: [String] = []
        for touch in part.touches where names.last != touch.patch { names.append(touch.patch) }
        manifest.origin = Origin(
            position: cluster.origin?.position ?? SourcePosition(file: "", line: 1, column: 1),
            trail: [topologyClass.manifest.origin?.position].compactMap { $0 },
            maker: names.isEmpty ? maker : "\(maker), patches \(names.joined(separator: ", "))"
        )
        return manifest
    }
}
