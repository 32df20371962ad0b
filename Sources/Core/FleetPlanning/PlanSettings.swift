package import FleetModel
package import KubernetesModel

/// What a plan follows beside what is desired and observed.
package struct PlanSettings: Sendable, Hashable {
    package var fieldManager = "martlet"
    package var drift = DriftPolicy()
    package var maxDeletionsPerPass = Fleet.defaultMaxDeletionsPerPass
    /// Objects that another fleet or source on the same cluster renders: they are handed over, never deleted.
    package var claimedElsewhere: [ObjectKey: String] = [:]
    /// Fields that drifted so often against one manager that they are only reported any more, while Git wants what it wants.
    package var abandonedFields: [AppliedContent: Set<String>] = [:]

    /// How values of Secrets are hidden; the key must be the one that observed Secrets were redacted with, if they were.
    package var redaction = SecretRedaction(key: Array("martlet".utf8))
    /// Whether the observed objects are really the desired state of another revision: no uids, no status.
    package var isOffline = false

    package init() {}

    /// The settings a fleet asks for.
    package init(_ fleet: Fleet) {
        drift = fleet.drift
        maxDeletionsPerPass = fleet.maxDeletionsPerPass
    }
}

/// An object as it is wanted: with other content it is another matter.
package struct AppliedContent: Hashable, Sendable {
    package var key: ObjectKey
    package var contentHash: String

    package init(key: ObjectKey, contentHash: String) {
        self.key = key
        self.contentHash = contentHash
    }
}

extension PlanSettings {
    /// Whether the field is somebody else's by the fleet's rules or because an autoscaler owns it.
    func leavesToOthers(_ path: String, of live: Manifest, wanted: Manifest?) -> Bool {
        ignoredPaths(of: live, wanted: wanted).contains {
            path == $0 || path.hasPrefix($0 + ".") || path.hasPrefix($0 + "[")
        }
    }

    func ignoredPaths(of live: Manifest, wanted: Manifest?) -> [String] {
        var paths = drift.ignored.filter { $0.covers(live.key) }.flatMap(\.fields)
        if live.isAutoscaled || wanted?.isAutoscaled == true { paths.append("spec.replicas") }
        return paths
    }
}
