package import ClusterInspection
package import KubernetesModel
package import SourceDiagnostics
package import StructuredValue

/// One management cluster of one fleet, as `martlet status` shows it.
package struct MemberStatus: Sendable, Hashable {
    package enum State: String, Sendable, CaseIterable {
        /// Nothing was tried yet.
        case pending = "Pending"
        /// Runs what Git says, and is healthy.
        case synced = "Synced"
        /// Written, but not yet at version or healthy.
        case progressing = "Progressing"
        /// Something may not be done; the reason says what.
        case blocked = "Blocked"
        /// A step failed; it is tried again.
        case failed = "Failed"
        /// Its wave has not come yet.
        case waiting = "Waiting"
        /// Another daemon leads there: this one looks on, and takes over when that one is gone.
        case standby = "Standby"
        /// Nobody answers there.
        case unknown = "Unknown"
    }

    package var fleet: String
    package var managementCluster: String
    package var wave = ""
    package var state = State.pending
    package var reason = ""
    /// When the state became what it is.
    package var since: Timestamp
    /// The revision that was last applied whole; empty before the first.
    package var appliedRevision = ""
    /// The revision it follows now.
    package var targetRevision = ""
    package var objects = 0
    package var blocked = 0
    /// Objects that are held up for now, by something that comes by itself.
    package var waiting = 0
    package var drifted = 0
    package var clusters: [ClusterSummary] = []
    package var apps: [AppStatus] = []
    package var lastPass: Timestamp?
    /// What is blocked or failed, one line each.
    package var findings: [Finding] = []
    package var diagnostics: [Diagnostic] = []

    /// Something that a person should know, in a line.
    package struct Finding: Sendable, Hashable {
        package var text: String
        /// The Cluster that it is about, `namespace/name`; nil when it is about none.
        package var cluster: String?

        package init(_ text: String, cluster: String? = nil) {
            self.text = text
            self.cluster = cluster
        }
    }

    package init(fleet: String, managementCluster: String, since: Timestamp) {
        self.fleet = fleet
        self.managementCluster = managementCluster
        self.since = since
    }

    /// Nobody answers there: how clusters and apps are is not known from now on.
    mutating func forgetHealth(at now: Timestamp) {
        func unknown(_ health: Health) -> Health {
            health.state == .unknown ? health : Health(.unknown, reason: "nobody answers", since: now.description)
        }
        for index in clusters.indices { clusters[index].health = unknown(clusters[index].health) }
        for index in apps.indices { apps[index].health = unknown(apps[index].health) }
    }

    package func value(isBrief: Bool) -> Value {
        var value: Value = [
            "fleet": .string(fleet), "name": .string(managementCluster), "wave": .string(wave),
            "state": .string(state.rawValue), "reason": .string(reason), "since": .string(since.description),
            "appliedRevision": .string(appliedRevision), "targetRevision": .string(targetRevision),
            "objects": .int(objects), "blocked": .int(blocked), "waiting": .int(waiting), "drifted": .int(drifted),
            "lastPass": lastPass.map { .string($0.description) } ?? .null,
        ]
        if isBrief { return value }
        value["findings"] = .array(findings.map { .string($0.text) })
        value["clusters"] = .array(clusters.map(\.value))
        value["apps"] = .array(apps.map(\.value))
        return value
    }
}

/// One app on one management cluster.
package struct AppStatus: Sendable, Hashable {
    package var namespace: String
    package var name: String
    package var catalog: String
    package var chart: String
    /// As written, and what it came to.
    package var requested: String
    package var version: String
    /// Why it is not at the written version; empty when it is.
    package var hold: String
    package var objects: Int
    package var health: Health

    package init(
        namespace: String,
        name: String,
        catalog: String,
        chart: String,
        requested: String,
        version: String,
        hold: String,
        objects: Int,
        health: Health
    ) {
        self.namespace = namespace
        self.name = name
        self.catalog = catalog
        self.chart = chart
        self.requested = requested
        self.version = version
        self.hold = hold
        self.objects = objects
        self.health = health
    }

    package var value: Value {
        [
            "namespace": .string(namespace), "name": .string(name), "catalog": .string(catalog),
            "chart": .string(chart), "requested": .string(requested), "version": .string(version),
            "hold": .string(hold), "objects": .int(objects), "health": .string(health.state.rawValue),
            "reason": .string(health.reason),
        ]
    }
}
