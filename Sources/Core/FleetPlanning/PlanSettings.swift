package import FleetModel
package import KubernetesModel

/// What a plan follows beside what is desired and observed.
package struct PlanSettings: Sendable, Hashable {
    package var fieldManager = "martlet"
    package var drift = DriftPolicy()
    package var maxDeletionsPerPass = Fleet.defaultMaxDeletionsPerPass
    /// Objects that another fleet or source on the same cluster renders: they are handed over, never deleted.
    package var claimedElsewhere: [ObjectKey: String] = [:]
    /// Fields that drifted so often against one manager that they are only reported any more, by object.
    package var abandonedFields: [ObjectKey: Set<String>] = [:]

    package init() {}

    /// The settings a fleet asks for.
    package init(_ fleet: Fleet) {
        drift = fleet.drift
        maxDeletionsPerPass = fleet.maxDeletionsPerPass
    }
}
