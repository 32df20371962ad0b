package import SourceDiagnostics
package import StructuredValue

/// A Kubernetes cluster that runs Cluster API, as a fleet's repository describes it.
package struct ManagementCluster: Sendable, Hashable {
    package var name: String
    package var labels: [String: String] = [:]
    package var position: SourcePosition
    package var connection: Connection
    package var reconcilers = Reconcilers()
    /// As the fleet in whose directory it stands has it.
    package var remediation = RemediationPolicy()
    /// A layer for every app on this cluster.
    package var values: Value = .object(Object())
    /// Where the values stand.
    package var valuesPosition: SourcePosition?
    /// The folder that holds its file and everything that runs on it.
    package var directory: String
    /// The fleet in whose directory it stands.
    package var homeFleet: String

    package init(
        name: String,
        position: SourcePosition,
        connection: Connection,
        directory: String,
        homeFleet: String
    ) {
        self.name = name
        self.position = position
        self.connection = connection
        self.directory = directory
        self.homeFleet = homeFleet
    }
}

/// How Martlet reaches a management cluster.
package enum Connection: Sendable, Hashable {
    /// Embedded and simulated.
    case lab
    /// A kubeconfig: a path seen from the cluster's file, or a name below the daemon's kubeconfig directory.
    case kubeconfigFile(path: String, context: String?)
    /// A kubeconfig in a Secret on the cluster that Martlet runs in.
    case kubeconfigSecret(namespace: String, name: String, key: String)
    /// The cluster Martlet runs in.
    case inCluster
}

/// Who does the work of three of Cluster API's controllers on a management cluster.
package struct Reconcilers: Sendable, Hashable {
    package enum Runner: String, Sendable, CaseIterable {
        case martlet = "Martlet"
        case upstream = "Upstream"
        case none = "None"
    }

    /// Nil means the default: Martlet on the lab, Upstream elsewhere.
    package var machinePool: Runner?
    package var machineHealthCheck: Runner?
    package var clusterResourceSet: Runner?

    package init(machinePool: Runner? = nil, machineHealthCheck: Runner? = nil, clusterResourceSet: Runner? = nil) {
        self.machinePool = machinePool
        self.machineHealthCheck = machineHealthCheck
        self.clusterResourceSet = clusterResourceSet
    }
}

extension ManagementCluster {
    private var defaultRunner: Reconcilers.Runner { connection == .lab ? .martlet : .upstream }

    package var machinePoolRunner: Reconcilers.Runner { reconcilers.machinePool ?? defaultRunner }
    package var machineHealthCheckRunner: Reconcilers.Runner { reconcilers.machineHealthCheck ?? defaultRunner }
    package var clusterResourceSetRunner: Reconcilers.Runner { reconcilers.clusterResourceSet ?? defaultRunner }
}
