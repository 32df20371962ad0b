package import FleetModel
package import KubernetesModel
import SemanticVersion

/// What a cluster gets when it goes from one Release to another, and what stands against it.
package struct ReleaseChange: Sendable, Hashable {
    /// A component or app that one of the two has in another version, or not at all.
    package struct PartChange: Sendable, Hashable {
        package var name: String
        /// Nil when it is new.
        package var old: String?
        /// Nil when it goes.
        package var new: String?
        /// What must be in place before it, as the new release says.
        package var dependsOn: [String]
    }

    package var cluster: String
    package var old: PlatformRelease
    package var new: PlatformRelease
    /// By name.
    package var components: [PartChange]
    package var apps: [PartChange]
    /// Apps whose order changes while their version stays.
    package var reordered: [PartChange]
    package var unchangedApps: Int
    /// Why it may not be done, each in a sentence.
    package var blocks: [String]
    /// What is worth knowing before it is done.
    package var notes: [String]

    /// Compares two releases of one provider; `known` are all that the cluster's management cluster has.
    package init(
        of cluster: String,
        from old: PlatformRelease,
        to new: PlatformRelease,
        known: [PlatformRelease],
        now: Timestamp
    ) {
        (self.cluster, self.old, self.new) = (cluster, old, new)
        components = Self.differences(old.components, new.components)
        apps = Self.differences(old.apps, new.apps)
        let before = Dictionary(old.apps.map { ($0.name, $0) }) { first, _ in first }
        reordered = new.apps.filter { app in
            guard let other = before[app.name] else { return false }
            return other.version == app.version && Set(other.dependsOn) != Set(app.dependsOn)
        }.map { PartChange(name: $0.name, old: $0.version, new: $0.version, dependsOn: $0.dependsOn) }
        unchangedApps = new.apps.filter { before[$0.name]?.version == $0.version }.count
        blocks = []
        notes = []
        checkPath(known)
        checkKubernetes()
        checkState(now)
        let machineParts = components.filter { Self.imageParts.contains($0.name) && $0.new != nil }.map(\.name)
        if !machineParts.isEmpty {
            notes.append("\(machineParts.joined(separator: ", ")): every machine of the cluster is replaced")
        }
    }

    /// What machines are made from: none gets another one in place.
    private static let imageParts: Set<String> = ["flatcar", "kubernetes", "os-tooling"]

    private static func differences(_ old: [PlatformRelease.Part], _ new: [PlatformRelease.Part]) -> [PartChange] {
        let before = Dictionary(old.map { ($0.name, $0) }) { first, _ in first }
        let after = Dictionary(new.map { ($0.name, $0) }) { first, _ in first }
        return Set(before.keys).union(after.keys).sorted().compactMap { name in
            let (left, right) = (before[name], after[name])
            if left?.version == right?.version { return nil }
            return PartChange(
                name: name,
                old: left?.version,
                new: right?.version,
                dependsOn: right?.dependsOn ?? []
            )
        }
    }

    // MARK: Rules

    /// From this release on the version is that of a chart of its own.
    private static let firstChartMajor: UInt64 = 35

    private mutating func checkPath(_ known: [PlatformRelease]) {
        let (from, to) = (old.version, new.version)
        if to < from { blocks.append("a release never goes back: \(old.name) is newer than \(new.name)") }
        if to.major > from.major + 1 {
            let steps = ((from.major + 1)..<to.major).map { major in
                let newest = known.filter {
                    $0.provider == old.provider && $0.version.major == major && $0.state == .active
                }.max { $0.version < $1.version }
                return newest.map { "\($0.version)" } ?? "\(major).x"
            }
            blocks.append(
                "it skips a major release: go through \(steps.joined(separator: ", then ")), then \(new.version)"
            )
        }
        if from.major < Self.firstChartMajor, to.major >= Self.firstChartMajor {
            blocks.append(
                "from \(Self.firstChartMajor) on the version is that of the chart release-\(new.provider): set the App's "
                    + "“spec.name” and “spec.version”, and remove “global.release.version” from its values, in one commit"
            )
        }
    }

    private mutating func checkKubernetes() {
        guard let from = old.component("kubernetes").flatMap({ SemanticVersion($0.version) }),
            let to = new.component("kubernetes").flatMap({ SemanticVersion($0.version) })
        else { return }
        if to < from { blocks.append("Kubernetes would go back from \(from) to \(to)") }
        if to.major != from.major || to.minor > from.minor + 1 {
            blocks.append("Kubernetes would skip a minor version, from \(from) to \(to)")
        }
    }

    private mutating func checkState(_ now: Timestamp) {
        for problem in new.problems { blocks.append("Release \(new.name) is not whole: \(problem)") }
        switch new.state {
        case .active: break
        case .preview: notes.append("Release \(new.name) is a preview")
        case .deprecated: blocks.append("Release \(new.name) is deprecated")
        // A state that is none is a problem that was said above.
        case .wip: if new.problems.isEmpty { blocks.append("Release \(new.name) is not finished: its state is wip") }
        }
        if let end = new.endOfLife, end <= now { notes.append("Release \(new.name) is out of support since \(end)") }
        if !new.notice.isEmpty { notes.append(new.notice) }
    }
}
