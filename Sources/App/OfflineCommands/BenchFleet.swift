/// The made-up fleet of the benchmarks: clusters that are apps of the demo catalog, spread over management clusters.
package struct BenchFleet: Sendable {
    package var clusters: Int
    package var members: Int
    /// The YAML of each management cluster's connection; lab clusters of the daemon itself when nil.
    package var connection: (@Sendable (_ member: String) -> String)?
    /// Whether the fleet is rolled out in three waves: one member, then about a quarter, then the rest.
    package var hasWaves = false
    package var kubernetesVersion = "v1.33.4"
    /// How often the first cluster was changed; each change gives its pool another size.
    package var changes = 0

    package init(clusters: Int, members: Int) {
        self.clusters = clusters
        self.members = max(1, members)
    }

    package var memberNames: [String] { (0..<members).map { "mc-\($0)" } }

    /// The first cluster's only pool that changes, and how many machines it is to have.
    package static let changingPool = "c0-small"
    package var changingPoolReplicas: Int { 2 + changes % 2 }

    /// Every file of the repository but the catalogs.
    package var texts: [String: String] {
        var texts = ["fleets/bench/fleet.yaml": fleet]
        for (number, name) in memberNames.enumerated() {
            let wave = number == 0 ? "first" : number <= members / 4 ? "early" : "late"
            texts["fleets/bench/management-clusters/\(name)/management-cluster.yaml"] = """
                apiVersion: martlet.dev/v1alpha1
                kind: ManagementCluster
                metadata: {name: \(name), labels: {wave: \(wave)}}
                spec: {connection: \(connection?(name) ?? "{lab: {}}")}
                """
        }
        for number in 0..<clusters { texts[path(ofCluster: number)] = cluster(number) }
        return texts
    }

    /// The file that `changes` counts in.
    package var changingFile: (path: String, text: String) { (path(ofCluster: 0), cluster(0)) }

    private func path(ofCluster number: Int) -> String {
        "fleets/bench/management-clusters/mc-\(number % members)/clusters/c\(number).yaml"
    }

    private var fleet: String {
        let fleet = """
            apiVersion: martlet.dev/v1alpha1
            kind: Fleet
            metadata: {name: bench}
            spec:
              createNamespaces: true

            """
        guard hasWaves else { return fleet }
        return fleet + """
              rollout:
                waves:
                  - {name: first, select: {matchLabels: {wave: first}}}
                  - {name: early, select: {matchLabels: {wave: early}}}
                  - {name: late}

            """
    }

    private func cluster(_ number: Int) -> String {
        """
        apiVersion: martlet.dev/v1alpha1
        kind: App
        metadata: {name: c\(number), namespace: bench}
        spec:
          catalog: demo
          chart: cluster-lab
          version: 0.1.0
          target: {managementCluster: {}}
          values:
            kubernetesVersion: \(kubernetesVersion)
            controlPlane: {replicas: 1}
            nodePools:
              small: {replicas: \(number == 0 ? changingPoolReplicas : 2), size: small}
              large: {replicas: 1, size: large}
        """
    }
}
