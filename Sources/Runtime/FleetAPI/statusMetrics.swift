import ClusterInspection
import FleetReconcilers
import KubernetesModel
import Telemetry

/// What the status board says, as gauges. They are made for one scrape, so that nothing that is gone is ever shown.
func statusMetrics(_ board: StatusBoard, _ process: ProcessFigures?) -> MetricsRegistry {
    // A fleet of a thousand management clusters has some series for each.
    let metrics = MetricsRegistry(maximumSeries: 50_000)
    metrics.describe(board.source)
    metrics.declareStatus()
    for fleet in board.fleets {
        metrics.set("martlet_fleet_state", 1, ["fleet": fleet.name, "state": fleet.state])
        for member in fleet.members {
            metrics.describe(member, of: fleet)
            for topic in board.noticeTopics(of: member.managementCluster) {
                metrics.set(
                    "martlet_member_notice",
                    1,
                    ["fleet": fleet.name, "management_cluster": member.managementCluster, "topic": topic]
                )
            }
        }
    }
    if let process { metrics.describe(process) }
    return metrics
}

extension MetricsRegistry {
    fileprivate func declareStatus() {
        declare("martlet_fleet_state", .gauge, "1 for the state that a fleet's rollout is in.")
        declare("martlet_member_state", .gauge, "1 for the state that a management cluster is in.")
        declare("martlet_member_state_since_timestamp_seconds", .gauge, "When a management cluster came to its state.")
        declare("martlet_member_behind", .gauge, "1 while a management cluster has not applied the newest revision.")
        declare("martlet_member_objects", .gauge, "Objects that the inventory of a management cluster holds.")
        declare("martlet_member_blocked", .gauge, "Objects that may not be changed until somebody does something.")
        declare("martlet_member_waiting", .gauge, "Objects that are held up by something that comes by itself.")
        declare("martlet_member_drifted", .gauge, "Objects in which the newest pass found another's change.")
        declare("martlet_member_notice", .gauge, "1 while something holds up the work on a management cluster.")
        declare("martlet_clusters", .gauge, "Workload clusters by health.")
        declare("martlet_apps", .gauge, "Apps by health.")
    }

    fileprivate func describe(_ source: StatusBoard.Source) {
        declare("martlet_source_info", .gauge, "Always 1; the labels say which revision is the newest.")
        declare("martlet_source_failing", .gauge, "1 while the newest fetch failed.")
        declare("martlet_source_fetched_timestamp_seconds", .gauge, "When the repository was last fetched.")
        declare("martlet_source_committed_timestamp_seconds", .gauge, "When the newest revision was committed.")
        set("martlet_source_failing", source.failure == nil ? 0 : 1)
        guard !source.revision.isEmpty else { return }
        set("martlet_source_info", 1, ["branch": source.branch, "revision": source.revision])
        for (name, time) in [("fetched", source.fetched), ("committed", source.committed)] {
            if let time { set("martlet_source_\(name)_timestamp_seconds", Double(time.seconds)) }
        }
    }

    fileprivate func describe(_ member: MemberStatus, of fleet: FleetStatus) {
        let labels = ["fleet": fleet.name, "management_cluster": member.managementCluster]
        set("martlet_member_state", 1, labels.merging(["state": member.state.rawValue]) { $1 })
        set("martlet_member_state_since_timestamp_seconds", Double(member.since.seconds), labels)
        set("martlet_member_behind", member.appliedRevision == fleet.revision ? 0 : 1, labels)
        set("martlet_member_objects", Double(member.objects), labels)
        set("martlet_member_blocked", Double(member.blocked), labels)
        set("martlet_member_waiting", Double(member.waiting), labels)
        set("martlet_member_drifted", Double(member.drifted), labels)
        for cluster in member.clusters { count("martlet_clusters", cluster.health, labels) }
        for app in member.apps { count("martlet_apps", app.health, labels) }
    }

    private func count(_ name: String, _ health: Health, _ labels: [String: String]) {
        add(name, 1, labels.merging(["health": health.state.rawValue]) { $1 })
    }

    fileprivate func describe(_ process: ProcessFigures) {
        declare("martlet_build_info", .gauge, "Always 1; the label says which version this is.")
        declare("process_resident_memory_bytes", .gauge, "Resident memory.")
        declare("process_cpu_seconds_total", .counter, "User and system time.")
        declare("process_open_fds", .gauge, "Open file descriptors.")
        declare("process_start_time_seconds", .gauge, "When the process started, in seconds since 1970.")
        set("martlet_build_info", 1, ["version": process.version])
        set("process_resident_memory_bytes", Double(process.residentMemory))
        set("process_cpu_seconds_total", process.processorSeconds)
        set("process_open_fds", Double(process.openFiles))
        set("process_start_time_seconds", Double(process.started))
    }
}
