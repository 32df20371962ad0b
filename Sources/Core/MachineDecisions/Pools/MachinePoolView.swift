package import KubernetesModel

/// What is known about a MachinePool at one moment: everything its decision depends on.
package struct MachinePoolView: Sendable {
    /// The rules by which a provider's kind tells how far it is.
    package enum Contract: String, Sendable {
        case v1beta1, v1beta2
    }

    /// An object that the pool refers to.
    package enum Part: Sendable, Hashable {
        /// The pool names none.
        case unnamed
        /// It could not be read, so nothing is known about it.
        case unknown(String)
        case missing
        case found(Manifest, Contract)

        var object: Manifest? {
            if case .found(let object, _) = self { object } else { nil }
        }
    }

    /// The Nodes of the workload cluster.
    package enum Nodes: Sendable {
        /// Nobody has asked yet, or there is nobody to ask yet.
        case notConnected(String)
        /// It was asked and did not answer: nothing is known any more.
        case unreachable(String)
        case known([Manifest])
    }

    package var pool: Manifest
    /// Nil when there is no such Cluster.
    package var cluster: Manifest?
    package var bootstrap: Part
    package var infrastructure: Part
    package var nodes: Nodes
    /// Machines of the pool's namespace; others than the pool's own are ignored.
    package var machines: [Manifest]
    /// Infrastructure machines of the kind that the pool's infrastructure names; nil when they could not be read.
    package var infrastructureMachines: [Manifest]?
    package var now: Timestamp

    package init(
        pool: Manifest,
        cluster: Manifest?,
        bootstrap: Part,
        infrastructure: Part,
        nodes: Nodes,
        machines: [Manifest] = [],
        infrastructureMachines: [Manifest]? = nil,
        now: Timestamp
    ) {
        self.pool = pool
        self.cluster = cluster
        self.bootstrap = bootstrap
        self.infrastructure = infrastructure
        self.nodes = nodes
        self.machines = machines
        self.infrastructureMachines = infrastructureMachines
        self.now = now
    }
}

/// What has to be done about a MachinePool; nothing but equal objects when all is as it should be.
package struct MachinePoolDecision: Sendable {
    /// A change of a Node of the workload cluster, as a merge patch for this very version of it.
    package struct NodeChange: Sendable, Hashable {
        package var name: String
        package var patch: Manifest
    }

    /// A Node of the workload cluster that is to be deleted, if it still is this one.
    package struct NodeDeletion: Sendable, Hashable {
        package var name: String
        package var uid: String
    }

    package struct Event: Sendable, Hashable {
        package var reason: String
        package var message: String
    }

    /// The pool with the metadata, the spec and the status that it should have.
    package var pool: Manifest
    /// The objects of providers with the owners and labels that they should have.
    package var adopted: [Manifest] = []
    /// Objects of providers that have to go.
    package var deletions: [Manifest] = []
    /// Machines to be applied.
    package var machines: [Manifest] = []
    /// Machines whose conditions change.
    package var judged: [Manifest] = []
    package var nodeDeletions: [NodeDeletion] = []
    package var nodeChanges: [NodeChange] = []
    package var events: [Event] = []
    /// What went wrong; the pool is tried again with growing delays.
    package var failures: [String] = []
    /// What is waited for without anything being wrong.
    package var waits: [String] = []
    /// When to look again although nothing changes.
    package var recheck: Duration?

    init(pool: Manifest) { self.pool = pool }
}
