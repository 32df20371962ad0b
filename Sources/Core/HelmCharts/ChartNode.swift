import GoTemplate

/// A chart within one render: under its alias, with the dependencies that are enabled, and with values that may change.
///
/// Children point to their parent only by the path they are given, so that no cycle arises.
final class ChartNode {
    struct Requirement {
        var dependency: ChartDependency
        /// The name the chart goes by: its alias if it has one.
        var name: String
        var isEnabled = true
    }

    let chart: Chart
    let name: String
    var dependencies: [ChartNode]
    var requirements: [Requirement]
    /// The chart's default values: from its file, until import-values put others in their place.
    var defaults: GoMap
    var isRoot = false
    /// `parent/charts/name`, known once the dependencies are settled.
    var path = ""

    init(_ chart: Chart, name: String? = nil) {
        self.chart = chart
        self.name = name ?? chart.metadata.name
        dependencies = chart.dependencies.map { ChartNode($0) }
        requirements = chart.metadata.dependencies.map { Requirement(dependency: $0, name: $0.name) }
        if case .map(let map) = GoValue(chart.values) { defaults = map } else { defaults = GoMap() }
    }

    /// Gives every chart below its path.
    func settlePaths(below parent: String? = nil) {
        path = parent.map { "\($0)/charts/\(name)" } ?? name
        for dependency in dependencies { dependency.settlePaths(below: path) }
    }

    /// A template's or file's path with the charts it lies in.
    func fullPath(_ file: String) -> String { path + "/" + file }
}
