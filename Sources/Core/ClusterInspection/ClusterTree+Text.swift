internal import KubernetesModel

extension ClusterTree {
    /// One line of the drawing: the branch and title, and the cells beside it.
    package struct Line: Hashable, Sendable {
        package var title: String
        /// How many of how many, or a condition's status.
        package var ready: String
        /// A number, or a condition's status.
        package var upToDate: String
        package var version: String
        /// A health state; empty beside a condition.
        package var health: String
        /// RFC 3339.
        package var since: String?
        package var reason: String
    }

    /// Of which objects the conditions are drawn too.
    package enum ConditionFilter: Hashable, Sendable {
        case none
        case all
        /// Of a kind, or of one object when it has a name.
        case of(kind: String, name: String?)

        /// Reads `all`, `Kind` or `Kind/name`, as `clusterctl describe cluster --show-conditions` takes them.
        package init(_ text: String) {
            if text == "all" {
                self = .all
                return
            }
            let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
            self = .of(kind: parts.first ?? "", name: parts.count > 1 ? parts[1] : nil)
        }

        fileprivate func shows(_ tree: ClusterTree) -> Bool {
            switch self {
            case .none: return false
            case .all: return true
            case .of(let kind, let name):
                // A role may stand before it: `ControlPlane - KubeadmControlPlane/c1`.
                let object = tree.title.split(separator: " ").last.map(String.init) ?? ""
                let parts = object.split(separator: "/", maxSplits: 1).map(String.init)
                return parts.count == 2 && parts[0].lowercased() == kind.lowercased() && (name ?? parts[1]) == parts[1]
            }
        }
    }

    /// The drawing, top to bottom, with box characters for the branches. Conditions stand before the parts.
    package func lines(showing filters: [ConditionFilter] = []) -> [Line] {
        var result: [Line] = []
        append(to: &result, filters, prefix: "", branch: "")
        return result
    }

    private func append(to lines: inout [Line], _ filters: [ConditionFilter], prefix: String, branch: String) {
        lines.append(
            Line(
                title: prefix + branch + title,
                ready: replicas?.text ?? status(of: "Ready") ?? status(of: "Available") ?? "",
                upToDate: replicas.map { $0.upToDate.map(String.init) ?? "" } ?? status(of: "UpToDate") ?? "",
                version: version,
                health: health.state.rawValue,
                since: health.since,
                reason: health.reason
            )
        )
        let below = branch.isEmpty ? "" : prefix + (branch == "└─" ? "  " : "│ ")
        let shown = filters.contains { $0.shows(self) } ? conditions : []
        for (index, condition) in shown.enumerated() {
            let isLast = children.isEmpty && index + 1 == shown.count
            lines.append(Line(condition, prefix: below + (isLast ? "└─" : "├─")))
        }
        for (index, child) in children.enumerated() {
            child.append(to: &lines, filters, prefix: below, branch: index + 1 == children.count ? "└─" : "├─")
        }
    }

    private func status(of type: String) -> String? { conditions.first { $0.type == type }?.status.rawValue }
}

extension ClusterTree.Line {
    fileprivate init(_ condition: Condition, prefix: String) {
        self.init(
            title: prefix + condition.type,
            ready: condition.status.rawValue,
            upToDate: "",
            version: "",
            health: "",
            since: condition.lastTransitionTime,
            reason: [condition.reason, condition.message].filter { !$0.isEmpty }.joined(separator: ": ")
        )
    }
}
