import GoTemplate
import StructuredValue

/// The template of an object's name, compiled.
struct NamingTemplate: Sendable {
    var source: String
    var unit: GoTemplateUnit

    /// Name templates may use Go's own functions and no others.
    private static let functions = GoFunctionTable([])

    init(_ source: String) throws(GoFailure) {
        self.source = source
        unit = try GoTemplateUnit(name: "name", source: Array(source.utf8), functions: Self.functions)
    }

    /// `group` and `topologyName` are those of a deployment or pool.
    func name(cluster: String, group: String? = nil, topologyName: String = "", suffix: String) throws(GoFailure)
        -> String
    {
        try TopologyNames.rendered(unit, cluster: cluster, group: group, topologyName: topologyName, suffix: suffix)
    }
}
