package import StructuredValue

/// What the API can ask of the running daemon. Each answers JSON or throws an `APIProblem`.
package struct FleetActions: Sendable {
    /// The plan of a revision (nil: the newest) against what is observed.
    package var plan: @Sendable (_ revision: String?, _ fleet: String?) async throws -> Value
    /// What one member observed: objects (Secrets as digests) and inventory, for plans made elsewhere.
    package var observed: @Sendable (_ fleet: String, _ managementCluster: String) async throws -> Value
    /// Asks the server of a member's cluster to apply `objects` (each `manifest` and `force`) without doing it; answers
    /// `results`, one for each.
    package var dryRun: @Sendable (_ fleet: String, _ managementCluster: String, _ body: Value) async throws -> Value
    /// One cluster's summary, tree and blockers; nil management cluster looks everywhere. Healthy Machines beyond a few
    /// are one node of the tree, unless each is asked for.
    package var describe:
        @Sendable (
            _ name: String, _ namespace: String?, _ managementCluster: String?, _ groupsMachines: Bool
        ) async throws -> Value
    /// How each catalog of the newest revision stands.
    package var catalogs: @Sendable () async -> [Value]
    /// A workload cluster's kubeconfig.
    package var kubeconfig:
        @Sendable (_ name: String, _ namespace: String?, _ managementCluster: String?) async throws -> String
    /// Fetches now and starts a pass of every member.
    package var poke: @Sendable () async -> Void
    package var approve: @Sendable (_ fleet: String, _ wave: String) async throws -> Value
    package var pause: @Sendable (_ fleet: String, _ isPaused: Bool) async throws -> Value
    /// Does something with a Machine or an owner of Machines; answers what, as `message`.
    package var operate: @Sendable (ObjectOperation) async throws -> Value

    package init(
        plan: @escaping @Sendable (String?, String?) async throws -> Value,
        observed: @escaping @Sendable (String, String) async throws -> Value,
        dryRun: @escaping @Sendable (String, String, Value) async throws -> Value = { _, _, _ in
            throw APIProblem(404, "this daemon asks no server")
        },
        describe: @escaping @Sendable (String, String?, String?, Bool) async throws -> Value,
        catalogs: @escaping @Sendable () async -> [Value],
        kubeconfig: @escaping @Sendable (String, String?, String?) async throws -> String,
        poke: @escaping @Sendable () async -> Void,
        approve: @escaping @Sendable (String, String) async throws -> Value,
        pause: @escaping @Sendable (String, Bool) async throws -> Value,
        operate: @escaping @Sendable (ObjectOperation) async throws -> Value
    ) {
        self.plan = plan
        self.observed = observed
        self.dryRun = dryRun
        self.describe = describe
        self.catalogs = catalogs
        self.kubeconfig = kubeconfig
        self.poke = poke
        self.approve = approve
        self.pause = pause
        self.operate = operate
    }
}

/// Something to be done with one object of Cluster API; nil places look everywhere.
package struct ObjectOperation: Sendable, Hashable {
    package var operation: String
    package var kind: String
    package var name: String
    package var namespace: String?
    package var managementCluster: String?
}

/// A refusal of the API, with the HTTP status that fits.
package struct APIProblem: Error, Sendable, CustomStringConvertible {
    package var status: Int
    package var description: String

    package init(_ status: Int, _ description: String) {
        self.status = status
        self.description = description
    }
}
