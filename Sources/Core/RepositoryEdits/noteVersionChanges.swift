package import FleetModel
package import KubernetesModel
package import SourceDiagnostics

/// Versions that change between two revisions without a line of their own that says so: what a range comes to, and what a
/// cluster's Release stands for.
package func noteVersionChanges(
    from before: [DesiredState],
    to after: [DesiredState],
    now: Timestamp
) -> [Diagnostic] {
    var notes: [Diagnostic] = []
    var seen: Set<Diagnostic> = []
    for state in after {
        guard
            let old = before.first(where: {
                $0.fleet == state.fleet && $0.managementCluster == state.managementCluster
            })
        else { continue }
        // One line of a collection is the same note for all of its members.
        for note in resolutionNotes(from: old, to: state) + releaseNotes(from: old, to: state, now)
        where seen.insert(note).inserted {
            notes.append(note)
        }
    }
    return notes
}

private func resolutionNotes(from old: DesiredState, to new: DesiredState) -> [Diagnostic] {
    new.resolutions.compactMap { resolution in
        guard
            let before = old.resolutions.first(where: {
                $0.app == resolution.app && $0.namespace == resolution.namespace
            }),
            before.requested == resolution.requested, before.version != resolution.version,
            before.catalog == resolution.catalog, before.chart == resolution.chart
        else { return nil }
        return Diagnostic(
            .note,
            "version-resolved",
            "app “\(resolution.app)”: “\(resolution.requested)” of chart \(resolution.chart) comes to "
                + "\(resolution.version), and came to \(before.version) before",
            at: resolution.position
        )
    }
}

private func releaseNotes(from old: DesiredState, to new: DesiredState, _ now: Timestamp) -> [Diagnostic] {
    new.releaseClusters.flatMap { cluster -> [Diagnostic] in
        guard
            let before = old.releaseClusters.first(where: {
                $0.app == cluster.app && $0.namespace == cluster.namespace
            }), before.release != cluster.release,
            let left = old.releases.first(where: { $0.name == before.release }),
            let right = new.releases.first(where: { $0.name == cluster.release })
        else { return [] }
        let change = ReleaseChange(
            of: "\(cluster.namespace)/\(cluster.name)",
            from: left,
            to: right,
            known: new.releases,
            now: now
        )
        let blocks = change.blocks.map { reason in
            Diagnostic(
                .warning,
                "release-path",
                "cluster \(change.cluster), \(left.name) → \(right.name): \(reason)",
                at: cluster.position
            )
        }
        return [Diagnostic(.note, "release-change", change.sentence, at: cluster.position)] + blocks
    }
}

extension ReleaseChange {
    /// All of it in one line.
    fileprivate var sentence: String {
        let parts = (components + apps).map { part in
            switch (part.old, part.new) {
            case (let old?, let new?): "\(part.name) \(old) → \(new)"
            case (nil, let new?): "\(part.name) \(new) is new"
            default: "\(part.name) goes"
            }
        }
        let what = parts.isEmpty ? "no versions change" : parts.joined(separator: ", ")
        return "cluster \(cluster) goes from Release \(old.name) to \(new.name): \(what)"
    }
}
