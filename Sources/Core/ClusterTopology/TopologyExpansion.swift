package import KubernetesModel
import StructuredValue

/// Everything that a Cluster with a topology comes to: the objects, the upgrade decision, and which patches made what.
package struct TopologyExpansion: Sendable {
    /// What an object is for.
    package enum Role: Hashable, Sendable, CustomStringConvertible {
        case cluster
        case infrastructureCluster
        case controlPlane
        case controlPlaneMachineTemplate
        case controlPlaneHealthCheck
        /// The name in the topology's list.
        case machineDeployment(String)
        case deploymentBootstrapTemplate(String)
        case deploymentMachineTemplate(String)
        case deploymentHealthCheck(String)
        case machinePool(String)
        case poolBootstrap(String)
        case poolInfrastructure(String)

        package var description: String {
            switch self {
            case .cluster: "cluster"
            case .infrastructureCluster: "infrastructureCluster"
            case .controlPlane: "controlPlane"
            case .controlPlaneMachineTemplate: "controlPlane.infrastructureMachineTemplate"
            case .controlPlaneHealthCheck: "controlPlane.machineHealthCheck"
            case .machineDeployment(let name): "machineDeployment/\(name)"
            case .deploymentBootstrapTemplate(let name): "machineDeployment/\(name).bootstrapTemplate"
            case .deploymentMachineTemplate(let name): "machineDeployment/\(name).infrastructureMachineTemplate"
            case .deploymentHealthCheck(let name): "machineDeployment/\(name).machineHealthCheck"
            case .machinePool(let name): "machinePool/\(name)"
            case .poolBootstrap(let name): "machinePool/\(name).bootstrapObject"
            case .poolInfrastructure(let name): "machinePool/\(name).infrastructureMachinePoolObject"
            }
        }
    }

    package struct Item: Sendable {
        package var role: Role
        package var manifest: Manifest
        /// What patches changed in it, in order.
        package var touches: [PatchTouch]

        /// The names of the patches that changed it, in order.
        package var patches: [String] {
            touches.reduce(into: []) { names, touch in
                if names.last != touch.patch { names.append(touch.patch) }
            }
        }
    }

    /// In the order in which Cluster API makes them; the Cluster comes first.
    package var items: [Item]
    package var upgrade: UpgradeDecision
    /// Whether a patch reads the name of a template, so that new names would change what is made of it.
    package var readsTemplateNames = false

    /// The objects alone.
    package var manifests: [Manifest] { items.map(\.manifest) }

    package subscript(_ role: Role) -> Manifest? { items.first { $0.role == role }?.manifest }
}

/// One operation of a patch that took part in an object.
package struct PatchTouch: Hashable, Sendable {
    package var patch: String
    /// What it changed in the template, as JSON pointer's steps: `spec`, `template`, `spec`, `size`.
    package var pointer: [String]
    /// Where the operation stands in the ClusterClass.
    package var place: [String]
}

/// What an expansion takes into account beside the Cluster and its class.
package struct TopologyOptions: Sendable {
    package var release: TopologyRelease
    /// JSON patches that stand in for the extensions of external patches, by the patch's name: for each kind of template
    /// a list of operations.
    package var externalPatches: [String: [ExternalPatch]]
    /// What extensions answered, by `ExtensionRequest.key`. Nil when no extension is asked; then external patches without a
    /// fixture are rejected for good.
    package var extensionAnswers: [String: ExtensionAnswer]?

    package init(release: TopologyRelease = .newest, externalPatches: [String: [ExternalPatch]] = [:]) {
        self.release = release
        self.externalPatches = externalPatches
    }
}

extension TopologyClass {
    /// Expands a Cluster of this class into the objects that Cluster API's topology controller would want.
    ///
    /// `previous` is the Cluster before a change, for rules that compare; `observed` what exists already: it keeps its names.
    package func expand(
        _ cluster: Manifest,
        observed: ObservedTopology = ObservedTopology(),
        previous: Manifest? = nil,
        options: TopologyOptions = TopologyOptions()
    ) throws(TopologyRejection) -> TopologyExpansion {
        var expansion = try Expansion(cluster, class: self, observed: observed, previous: previous, options: options)
        return try expansion.run()
    }
}
