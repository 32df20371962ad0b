import GoTemplate
package import KubernetesModel
import StructuredValue

/// A ClusterClass with its templates, variables and patches, compiled once and used for every Cluster of the class.
package final class TopologyClass: Sendable {
    package let manifest: Manifest
    let spec: Value
    let infrastructureCluster: ProviderTemplate
    let infrastructureNaming: NamingTemplate
    let controlPlane: ProviderTemplate
    let controlPlaneNaming: NamingTemplate
    let controlPlaneMachines: ProviderTemplate?
    let deployments: [WorkerClass]
    let pools: [WorkerClass]
    /// Sorted by name, as Cluster API keeps them in the class's status.
    let variables: [TopologyVariable]
    private let inlineVariables: Set<String>
    let patches: [TopologyPatch]
    let contracts: ContractVersions
    /// Whether a patch reads the name of a template.
    let readsTemplateNames: Bool
    /// The templates of all patches, except those that stand alone.
    let templates: GoTemplateSet

    package var name: String { manifest.name }
    package var namespace: String { manifest.namespace }

    init(_ parts: TopologyClassCompiler.Parts) {
        manifest = parts.manifest
        spec = parts.manifest.value["spec"] ?? .null
        infrastructureCluster = parts.infrastructureCluster
        infrastructureNaming = parts.infrastructureNaming
        controlPlane = parts.controlPlane
        controlPlaneNaming = parts.controlPlaneNaming
        controlPlaneMachines = parts.controlPlaneMachines
        deployments = parts.deployments
        pools = parts.pools
        variables = parts.variables
        inlineVariables = Set(
            parts.variables.lazy.filter { $0.sources.contains(TopologyVariable.inline) }.map(\.name)
        )
        patches = parts.patches
        contracts = parts.contracts
        var templates = GoTemplateSet()
        for patch in parts.patches {
            for template in patch.templates where !template.standsAlone { templates.add(template.unit) }
        }
        self.templates = templates
        readsTemplateNames = parts.patches.contains(where: \.readsTemplateNames)
    }

    /// Compiles a class. `templates` holds the objects its references name, in any order and among others.
    package static func compile(
        _ manifest: Manifest,
        templates: [Manifest],
        contracts: ContractVersions = ContractVersions(),
        release: TopologyRelease = .newest
    ) throws(TopologyRejection) -> TopologyClass {
        var compiler = TopologyClassCompiler(manifest, templates: templates, contracts: contracts, release: release)
        return TopologyClass(try compiler.run())
    }

    /// The way to every operation of every patch, as `PatchTouch` tells it.
    package var patchPlaces: [[String]] {
        patches.flatMap { patch -> [[String]] in
            let root = ["spec", "patches", String(patch.index)]
            if patch.generateExtension != nil { return [root] }
            return patch.definitions.enumerated().flatMap { number, definition in
                definition.operations.indices.map { root + ["definitions", String(number), "jsonPatches", String($0)] }
            }
        }
    }

    /// Whether a patch sees this variable: `inline`, or the name of an external one.
    func isDefined(_ name: String, by source: String) -> Bool {
        if source == TopologyVariable.inline { return inlineVariables.contains(name) }
        return variables.contains { $0.name == name && $0.sources.contains(source) }
    }

    func deployment(_ name: String) -> WorkerClass? { deployments.first { $0.name == name } }
    func pool(_ name: String) -> WorkerClass? { pools.first { $0.name == name } }
}
