internal import KubernetesModel

extension ClusterTree {
    /// One line of the drawing: the branch and title, and the cells beside it.
    package struct Line: Hashable, Sendable {
        package var title: String
        package var replicas: String
        package var upToDate: String
        package var version: String
        package var health: Health
    }

    /// The drawing, top to bottom, with box characters for the branches.
    package var lines: [Line] {
        var result: [Line] = []
        append(to: &result, prefix: "", branch: "")
        return result
    }

    private func append(to lines: inout [Line], prefix: String, branch: String) {
        lines.append(
            Line(
                title: prefix + branch + title,
                replicas: replicas?.text ?? "",
                upToDate: replicas?.upToDate.map(String.init) ?? "",
                version: version,
                health: health
            )
        )
        let below = branch.isEmpty ? "" : prefix + (branch == "└─" ? "  " : "│ ")
        for (index, child) in children.enumerated() {
            child.append(to: &lines, prefix: below, branch: index + 1 == children.count ? "└─" : "├─")
        }
    }
}
