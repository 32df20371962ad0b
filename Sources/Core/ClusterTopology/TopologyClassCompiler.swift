import GoTemplate
import KubernetesModel
import SchemaValidation
import SemanticVersion
import SprigFunctions
import StructuredValue

/// Reads a ClusterClass: resolves its templates, compiles schemas and patches, and collects everything that is wrong.
struct TopologyClassCompiler {
    struct Parts {
        var manifest: Manifest
        var infrastructureCluster: ProviderTemplate
        var infrastructureNaming: NamingTemplate
        var controlPlane: ProviderTemplate
        var controlPlaneNaming: NamingTemplate
        var controlPlaneMachines: ProviderTemplate?
        var deployments: [WorkerClass]
        var pools: [WorkerClass]
        var variables: [TopologyVariable]
        var patches: [TopologyPatch]
        var contracts: ContractVersions
    }

    static let functions = GoFunctionTable(SprigLibrary.hermetic)

    private let manifest: Manifest
    private let spec: Value
    private let templates: [Manifest]
    private let contracts: ContractVersions
    private let release: TopologyRelease
    private var findings: [TopologyRejection.Finding] = []

    init(
        _ manifest: Manifest,
        templates: [Manifest],
        contracts: ContractVersions,
        release: TopologyRelease
    ) {
        self.release = release
        var converted = manifest
        converted.value = ConvertedTopology.clusterClass(manifest.value)
        self.manifest = converted
        spec = converted.value["spec"] ?? .null
        self.templates = templates
        self.contracts = contracts
    }

    mutating func run() throws(TopologyRejection) -> Parts {
        let infrastructureCluster = template("infrastructure", in: spec, at: ["spec"])
        let controlPlane = template("controlPlane", in: spec, at: ["spec"])
        var machines: ProviderTemplate?
        if spec.given("controlPlane", "machineInfrastructure", "templateRef") != nil {
            machines = template(
                "machineInfrastructure",
                in: spec["controlPlane"] ?? .null,
                at: ["spec", "controlPlane"]
            )
        }
        let deployments = workers("machineDeployments", group: "machineDeployment")
        let pools = workers("machinePools", group: "machinePool")
        let infrastructureNaming = naming(
            spec.text("infrastructure", "naming", "template"),
            default: "{{ .cluster.name }}-{{ .random }}",
            group: nil,
            at: ["spec", "infrastructure", "naming", "template"]
        )
        let controlPlaneNaming = naming(
            spec.text("controlPlane", "naming", "template"),
            default: "{{ .cluster.name }}-{{ .random }}",
            group: nil,
            at: ["spec", "controlPlane", "naming", "template"]
        )
        checkVersions()
        checkSettings()
        let variables = variables()
        let patches = patches()
        for (error, path) in PatchCheck(spec, release: release).errors {
            let patch = path.count > 2 ? Int(path[2]).map { patches[$0].name } : nil
            let suffix = patch.map { " (for patch \"\($0)\")" } ?? ""
            report("topology-patch", "\(error)\(suffix)", at: path)
        }
        if let infrastructureCluster, let controlPlane, let infrastructureNaming, let controlPlaneNaming,
            findings.isEmpty
        {
            let parts = Parts(
                manifest: manifest,
                infrastructureCluster: infrastructureCluster,
                infrastructureNaming: infrastructureNaming,
                controlPlane: controlPlane,
                controlPlaneNaming: controlPlaneNaming,
                controlPlaneMachines: machines,
                deployments: deployments,
                pools: pools,
                variables: variables,
                patches: patches,
                contracts: contracts
            )
            return parts
        }
        throw TopologyRejection(findings)
    }

    private mutating func report(_ code: String, _ error: FieldError, at path: [String]) {
        report(code, error.description, at: path)
    }

    private mutating func report(_ code: String, _ message: String, at path: [String]) {
        findings.append(
            TopologyRejection.Finding(code, "ClusterClass “\(manifest.name)”: \(message)", in: manifest, path: path)
        )
    }

    // MARK: Templates

    private mutating func template(_ part: String, in owner: Value, at path: [String]) -> ProviderTemplate? {
        let place = path + [part, "templateRef"]
        let reference = owner.given(part, "templateRef") ?? .null
        let apiVersion = reference.text("apiVersion")
        let kind = reference.text("kind")
        let name = reference.text("name")
        let errors = referenceErrors(apiVersion, kind, name, at: path + [part])
        for (member, error) in errors {
            let hasMember = reference[member] != nil
            report("topology-class", error, at: hasMember ? place + [member] : path + [part])
        }
        if !errors.isEmpty { return nil }
        for object in templates where object.name == name && object.kind == kind && object.apiVersion == apiVersion {
            if object.namespace.isEmpty || manifest.namespace.isEmpty || object.namespace == manifest.namespace {
                return ProviderTemplate(object)
            }
        }
        let near = templates.first { $0.name == name && $0.kind == kind }
        let found = near.map { " (there is one of \($0.apiVersion) in namespace “\($0.namespace)”)" } ?? ""
        report(
            "topology-template-missing",
            "\(Self.field(place)): \(kind) “\(name)” of \(apiVersion) was not found in namespace “\(manifest.namespace)”\(found)",
            at: place
        )
        return nil
    }

    /// What is wrong with a reference, in the words of Cluster API's webhook, whose paths are those of v1beta1.
    private func referenceErrors(
        _ apiVersion: String,
        _ kind: String,
        _ name: String,
        at path: [String]
    ) -> [(member: String, error: FieldError)] {
        var steps = path
        if steps.count > 3, steps[1] == "workers" { steps.insert("template", at: 4) }
        let field = Self.field(steps) + ".ref"
        var errors: [(member: String, error: FieldError)] = []
        if name.isEmpty { errors.append(("name", .required(field + ".name", "template name must be defined"))) }
        if kind == "Template" || !kind.hasSuffix("Template") {
            let detail = "template kind must be of form \"<name>Template\""
            errors.append(("kind", .invalid(field + ".kind", .string(kind), detail)))
        }
        if apiVersion.isEmpty || apiVersion == "/" {
            errors.append(
                ("apiVersion", .required(field + ".apiVersion", "template apiVersion must be defined"))
            )
        } else if apiVersion.count(where: { $0 == "/" }) > 1 {
            let detail =
                "template apiVersion must be a valid Kubernetes apiVersion: unexpected GroupVersion string: \(apiVersion)"
            errors.append(("apiVersion", .invalid(field + ".apiVersion", .string(apiVersion), detail)))
        }
        return errors
    }

    private mutating func workers(_ list: String, group: String) -> [WorkerClass] {
        var classes: [WorkerClass] = []
        for (index, worker) in spec.list("workers", list).enumerated() {
            let path = ["spec", "workers", list, String(index)]
            let name = worker.text("class")
            if classes.contains(where: { $0.name == name }) {
                report(
                    "topology-class",
                    "spec.workers.\(list)[\(index)].class: Invalid value: \"\(name)\": class must be unique, it is defined more than once",
                    at: path + ["class"]
                )
            }
            let bootstrap = template("bootstrap", in: worker, at: path)
            let infrastructure = template("infrastructure", in: worker, at: path)
            let naming = naming(
                worker.text("naming", "template"),
                default: "{{ .cluster.name }}-{{ .\(group).topologyName }}-{{ .random }}",
                group: group,
                at: path + ["naming", "template"],
                field: "spec.workers.\(list)[\(name)].naming.template"
            )
            if let bootstrap, let infrastructure, let naming {
                classes.append(
                    WorkerClass(
                        name: name,
                        spec: worker,
                        bootstrap: bootstrap,
                        infrastructure: infrastructure,
                        naming: naming
                    )
                )
            }
        }
        return classes
    }

    private mutating func naming(
        _ source: String,
        default standard: String,
        group: String?,
        at path: [String],
        field: String? = nil
    ) -> NamingTemplate? {
        let field = field ?? Self.field(path)
        do {
            let naming = try NamingTemplate(source.isEmpty ? standard : source)
            let topologyName = group == "machinePool" ? "mptopology" : "mdtopology"
            let sample = try naming.name(cluster: "cluster", group: group, topologyName: topologyName, suffix: "bcdfg")
            guard let problem = ObjectNames.subdomainProblem(sample) else { return naming }
            report("topology-class", .invalid(field, .string(source), problem), at: path)
        } catch {
            let detail = "invalid name template: \(error.message)"
            report("topology-class", .invalid(field, .string(source), detail), at: path)
        }
        return nil
    }

    // MARK: Settings

    /// The class's versions must go up and skip no minor version.
    private mutating func checkVersions() {
        var previous: KubernetesVersion?
        for (index, value) in spec.list("kubernetesVersions").enumerated() {
            let text = value.string ?? ""
            // The webhook leaves the last letter out.
            let field = "spec.kubernetesVersion[\(index)]"
            let path = ["spec", "kubernetesVersions", String(index)]
            guard let version = KubernetesVersion(text) else {
                let error = FieldError.invalid(field, value, "version must be a valid semantic version")
                report("topology-class", error, at: path)
                continue
            }
            if let last = previous {
                if version.compare(last) <= 0 {
                    report(
                        "topology-class",
                        .invalid(field, value, "version must be greater than \(last.text)"),
                        at: path
                    )
                }
                let minor = last.number.minor
                if version.number.minor != minor, version.number.minor != minor + 1 {
                    let detail = "expecting a version with minor \(minor) or \(minor + 1), found version \(text)"
                    report("topology-class", .invalid(field, value, detail), at: path)
                }
            }
            previous = version
        }
    }

    private mutating func checkSettings() {
        let controlPlane = spec["controlPlane"] ?? .null
        var check = MachineSettingsCheck()
        check.healthCheck(controlPlane, at: "spec.controlPlane")
        for error in check.errors { report("topology-class", error, at: ["spec", "controlPlane", "healthCheck"]) }
        if HealthCheck.isDefined(controlPlane["healthCheck"] ?? .null),
            controlPlane.given("machineInfrastructure", "templateRef") == nil
        {
            let detail = "can be only set if spec.controlPlane.machineInfrastructure is set"
            report(
                "topology-class",
                .forbidden("spec.controlPlane.healthCheck", detail),
                at: ["spec", "controlPlane", "healthCheck"]
            )
        }
        let metadata = MetadataCheck.metadata(controlPlane["metadata"] ?? .null, at: "spec.controlPlane.metadata")
        for error in metadata { report("topology-class", error, at: ["spec", "controlPlane", "metadata"]) }
        for error in MetadataCheck.taints(controlPlane.list("taints"), at: "spec.controlPlane.taints") {
            report("topology-class", error, at: ["spec", "controlPlane", "taints"])
        }
        for list in ["machineDeployments", "machinePools"] {
            for (index, worker) in spec.list("workers", list).enumerated() {
                checkWorker(worker, list, at: ["spec", "workers", list, String(index)])
            }
        }
    }

    private mutating func checkWorker(_ worker: Value, _ list: String, at path: [String]) {
        let field = "spec.workers.\(list)[\(worker.text("class"))]"
        if list == "machineDeployments" {
            var check = MachineSettingsCheck()
            check.healthCheck(worker, at: field)
            check.rollout(worker, at: field)
            for error in check.errors { report("topology-class", error, at: path) }
        }
        for error in MetadataCheck.metadata(worker["metadata"] ?? .null, at: field + ".template.metadata") {
            report("topology-class", error, at: path + ["metadata"])
        }
        for error in MetadataCheck.taints(worker.list("taints"), at: field + ".taints") {
            report("topology-class", error, at: path + ["taints"])
        }
    }

    // MARK: Variables

    private mutating func variables() -> [TopologyVariable] {
        var variables: [TopologyVariable] = []
        var names: Set<String> = []
        for (index, definition) in spec.list("variables").enumerated() {
            let path = ["spec", "variables", String(index)]
            var errors: [FieldError] = []
            let name = definition.text("name")
            if !names.insert(name).inserted {
                errors.append(
                    .invalid(
                        "spec.variables[\(name)].name",
                        .string(name),
                        "variable name must be unique. Variable with name \"\(name)\" is defined more than once"
                    )
                )
            }
            if let variable = TopologyVariable(definition, errors: &errors) { variables.append(variable) }
            for error in errors { report("topology-variable", error, at: path) }
        }
        addDiscovered(to: &variables)
        return variables.sorted { $0.name < $1.name }
    }

    /// Adds what extensions define: a live class tells it in its status. All definitions of a name must agree.
    private mutating func addDiscovered(to variables: inout [TopologyVariable]) {
        for (index, entry) in (manifest.value["status"] ?? .null).list("variables").enumerated() {
            let name = entry.text("name")
            let path = ["status", "variables", String(index)]
            for definition in entry.list("definitions") {
                let source = definition.text("from")
                if source == TopologyVariable.inline || source.isEmpty { continue }
                var errors: [FieldError] = []
                var named = definition
                named["name"] = .string(name)
                guard var found = TopologyVariable(named, errors: &errors) else {
                    for error in errors { report("topology-variable", error, at: path) }
                    continue
                }
                found.sources = [source]
                guard let known = variables.firstIndex(where: { $0.name == name }) else {
                    variables.append(found)
                    continue
                }
                if variables[known].agrees(with: found) {
                    variables[known].sources.insert(source)
                } else {
                    let detail =
                        "variable definitions in the ClusterClass not valid: variable \"\(name)\" has conflicting definitions"
                    report(
                        "topology-variable",
                        FieldError(.typeInvalid, at: "spec.topology.variables", message: "Invalid value: \(detail)"),
                        at: path
                    )
                }
            }
        }
    }

    // MARK: Patches

    private mutating func patches() -> [TopologyPatch] {
        var patches: [TopologyPatch] = []
        for (index, source) in spec.list("patches").enumerated() {
            let path = ["spec", "patches", String(index)]
            let name = source.text("name")
            var enabledIf: TopologyPatch.Template?
            let condition = source.text("enabledIf")
            if !condition.isEmpty {
                enabledIf = compile(condition, named: "\(index).enabledIf", patch: name, at: path + ["enabledIf"])
            }
            var definitions: [TopologyPatch.Definition] = []
            for (number, definition) in source.list("definitions").enumerated() {
                let place = path + ["definitions", String(number)]
                var operations: [TopologyPatch.Operation] = []
                for (item, operation) in definition.list("jsonPatches").enumerated() {
                    let spot = place + ["jsonPatches", String(item)]
                    if let compiled = self.operation(
                        operation,
                        named: "\(index).\(number).\(item)",
                        patch: name,
                        at: spot
                    ) {
                        operations.append(compiled)
                    }
                }
                definitions.append(
                    TopologyPatch.Definition(
                        selector: TopologyPatch.Selector(definition["selector"] ?? .null),
                        operations: operations
                    )
                )
            }
            let external = source.given("external")
            patches.append(
                TopologyPatch(
                    name: name,
                    index: index,
                    enabledIf: enabledIf,
                    definitions: definitions,
                    generateExtension: external.map { $0.text("generatePatchesExtension") },
                    settings: external?["settings"] ?? .object(Object())
                )
            )
        }
        return patches
    }

    private mutating func operation(
        _ source: Value,
        named name: String,
        patch: String,
        at path: [String]
    ) -> TopologyPatch.Operation? {
        // What is wrong with operations is told by the check of the patches.
        guard let kind = TopologyPatch.Operation.Kind(rawValue: source.text("op")) else { return nil }
        var value = TopologyPatch.Source.none
        if kind != .remove {
            let variable = source.text("valueFrom", "variable")
            let template = source.text("valueFrom", "template")
            if let literal = source.given("value") {
                value = .value(literal)
            } else if !variable.isEmpty {
                value = .variable(variable)
            } else if !template.isEmpty {
                guard let compiled = compile(template, named: name, patch: patch, at: path + ["valueFrom", "template"])
                else {
                    return nil
                }
                value = .template(compiled)
            }
        }
        return TopologyPatch.Operation(kind, source.text("path"), value)
    }

    private mutating func compile(
        _ source: String,
        named name: String,
        patch: String,
        at path: [String]
    ) -> TopologyPatch.Template? {
        do {
            let unit = try GoTemplateUnit(name: name, source: Array(source.utf8), functions: Self.functions)
            let standsAlone = source.contains("define") || source.contains("block")
            return TopologyPatch.Template(source: source, unit: unit, standsAlone: standsAlone)
        } catch {
            report(
                "topology-patch",
                "\(Self.field(path)): Invalid value: \"\(source)\": template can not be parsed: \(error.message) (for patch \"\(patch)\")",
                at: path
            )
            return nil
        }
    }

    /// A way through an object as Kubernetes writes it: `spec.patches[0].name`.
    static func field(_ path: [String]) -> String {
        var text = ""
        for step in path {
            if step.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
                text += "[\(step)]"
            } else {
                text += text.isEmpty ? step : "." + step
            }
        }
        return text
    }
}
