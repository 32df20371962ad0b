import GoTemplate
import StructuredValue

/// A patch of a class, compiled.
struct TopologyPatch: Sendable {
    /// A template of a value, by the name under which the class's templates hold it.
    struct Template: Sendable {
        var source: String
        var unit: GoTemplateUnit
        /// Templates that define others stand alone, so that they do not meet.
        var standsAlone: Bool
    }

    enum Source: Sendable {
        case none
        case value(Value)
        case variable(String)
        case template(Template)
    }

    struct Operation: Sendable {
        enum Kind: String, Sendable { case add, replace, remove }

        var kind: Kind
        var path: String
        var pointer: [String]
        var source: Source
    }

    struct Selector: Sendable {
        var apiVersion: String
        var kind: String
        var infrastructureCluster: Bool
        var controlPlane: Bool
        var deploymentClasses: [String]
        var poolClasses: [String]
    }

    struct Definition: Sendable {
        var selector: Selector
        var operations: [Operation]
    }

    var name: String
    /// Where it stands in the class's list.
    var index: Int
    var enabledIf: Template?
    var definitions: [Definition]
    /// The extension that makes the patch, when it is not written in the class.
    var generateExtension: String?
    /// What the class tells the extension.
    var settings: Value

    var templates: [Template] {
        var all: [Template] = enabledIf.map { [$0] } ?? []
        for operation in definitions.flatMap(\.operations) {
            if case .template(let template) = operation.source { all.append(template) }
        }
        return all
    }
}

extension TopologyPatch {
    var readsTemplateNames: Bool {
        let names = ["infrastructureRef", "configRef"]
        let wholes = ["builtin", "builtin.controlPlane", "builtin.machineDeployment", "builtin.machinePool"]
        if templates.contains(where: { template in names.contains { template.source.contains($0) } }) { return true }
        return definitions.flatMap(\.operations).contains { operation in
            guard case .variable(let path) = operation.source else { return false }
            return names.contains { path.contains($0) } || wholes.contains(path)
        }
    }
}

extension TopologyPatch.Selector {
    init(_ selector: Value) {
        apiVersion = selector.text("apiVersion")
        kind = selector.text("kind")
        let resources = selector["matchResources"] ?? .null
        infrastructureCluster = resources["infrastructureCluster"]?.bool ?? false
        controlPlane = resources["controlPlane"]?.bool ?? false
        deploymentClasses = resources.list("machineDeploymentClass", "names").compactMap(\.string)
        poolClasses = resources.list("machinePoolClass", "names").compactMap(\.string)
    }

    /// `*`, `prefix*`, `*suffix`, or the name itself.
    static func matches(_ pattern: String, _ name: String) -> Bool {
        if pattern == "*" || pattern == name { return true }
        if pattern.hasPrefix("*"), name.hasSuffix(pattern.dropFirst()) { return true }
        return pattern.hasSuffix("*") && name.hasPrefix(pattern.dropLast())
    }

    func matches(_ item: PatchItem) -> Bool {
        guard item.template.apiVersion == apiVersion, item.template.kind == kind else { return false }
        switch item.role {
        case .infrastructureCluster: return infrastructureCluster
        case .controlPlane, .controlPlaneMachines: return controlPlane
        case .deploymentBootstrap, .deploymentInfrastructure:
            return deploymentClasses.contains { Self.matches($0, item.workerClass) }
        case .poolBootstrap, .poolInfrastructure: return poolClasses.contains { Self.matches($0, item.workerClass) }
        }
    }
}

/// A template on its way through the patches.
struct PatchItem {
    enum Role: Hashable {
        case infrastructureCluster, controlPlane, controlPlaneMachines
        case deploymentBootstrap, deploymentInfrastructure
        case poolBootstrap, poolInfrastructure
    }

    var role: Role
    /// Which deployment or pool, by its place in the topology's list.
    var workerIndex: Int?
    var workerClass = ""
    var template: ProviderTemplate
    /// The template with the patches so far.
    var document: Value
    /// What refers to the object that is made of it, as extensions are told.
    var holder: Value
    /// What the item sees beside the Cluster's variables: overrides, and its part of the builtin variables.
    var overrides: Object
    var builtin: Object
    /// All variables, merged when first needed.
    var variables: Object?
    var data: GoValue?
    /// What patches changed in it, in order.
    var touches: [PatchTouch] = []
}
