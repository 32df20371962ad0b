import KubernetesModel
import SchemaValidation
import StructuredValue

/// What Cluster API demands of the patches of a class.
struct PatchCheck {
    private(set) var errors: [(error: FieldError, path: [String])] = []
    private let release: TopologyRelease
    private let spec: Value

    /// Checks the patches of a class's `spec`, in the shape of v1beta2.
    init(_ spec: Value, release: TopologyRelease) {
        self.release = release
        self.spec = spec
        run()
    }

    private mutating func report(_ error: FieldError, at path: [String]) { errors.append((error, path)) }

    private mutating func run() {
        var names: Set<String> = []
        for (index, patch) in spec.list("patches").enumerated() {
            let path = ["spec", "patches", String(index)]
            let field = TopologyClassCompiler.field(path)
            let name = patch.text("name")
            if name.isEmpty {
                report(.required(field + ".name", "patch name must be defined"), at: path)
            } else if name == "inline" {
                report(
                    .required(field + ".name", "\"inline\" can not be used as the name of a patch"),
                    at: path + ["name"]
                )
            } else if !names.insert(name).inserted {
                let detail = "patch names must be unique. Patch with name \"\(name)\" is defined more than once"
                report(.invalid(field + ".name", .string(name), detail), at: path + ["name"])
            }
            let definitions = patch.list("definitions")
            let isExternal = patch.given("external") != nil
            // An empty list is a list.
            let isInline = patch["definitions"]?.array != nil
            if !isInline, !isExternal {
                report(.required(field, "one of definitions or external must be defined"), at: path)
            }
            if isInline, isExternal {
                report(.invalid(field, .string(name), "only one of definitions or external can be defined"), at: path)
            }
            if isExternal, patch.givenText("external", "generatePatchesExtension") == nil,
                patch.givenText("external", "validateTopologyExtension") == nil
            {
                let detail = "one of validateTopologyExtension and generatePatchesExtension must be defined"
                report(.invalid(field + ".external", nil, detail), at: path + ["external"])
            }
            for (number, definition) in definitions.enumerated() {
                let place = path + ["definitions", String(number)]
                selector(definition["selector"] ?? .null, at: place + ["selector"])
                for (item, operation) in definition.list("jsonPatches").enumerated() {
                    self.operation(operation, at: place + ["jsonPatches", String(item)])
                }
            }
        }
    }

    // MARK: Selectors

    private mutating func selector(_ selector: Value, at path: [String]) {
        let field = TopologyClassCompiler.field(path)
        let compiled = TopologyPatch.Selector(selector)
        let shown = Value.string("\(compiled.kind) of \(compiled.apiVersion)")
        func isSelected(_ owner: Value, _ part: String) -> Bool {
            let reference = owner[path: part, "templateRef"] ?? .null
            return reference.text("apiVersion") == compiled.apiVersion && reference.text("kind") == compiled.kind
        }
        let resources = selector["matchResources"] ?? .null
        if !compiled.infrastructureCluster, !compiled.controlPlane, compiled.deploymentClasses.isEmpty,
            compiled.poolClasses.isEmpty
        {
            report(.invalid(field, shown, "no selector enabled"), at: path)
            return
        }
        if compiled.infrastructureCluster, !isSelected(spec, "infrastructure") {
            let detail = "selector is enabled but does not match the infrastructure ref"
            report(.invalid(field + ".matchResources.infrastructureCluster", true, detail), at: path)
        }
        if compiled.controlPlane, !isSelected(spec, "controlPlane"),
            !isSelected(spec["controlPlane"] ?? .null, "machineInfrastructure")
        {
            let detail =
                "selector is enabled but matches neither the controlPlane ref nor the controlPlane machineInfrastructure ref"
            report(.invalid(field + ".matchResources.controlPlane", true, detail), at: path)
        }
        for (names, classes, member) in [
            (resources.list("machineDeploymentClass", "names"), "machineDeployments", "machineDeploymentClass"),
            (resources.list("machinePoolClass", "names"), "machinePools", "machinePoolClass"),
        ] {
            for (index, name) in names.enumerated() {
                let pattern = name.string ?? ""
                let place = "\(field).matchResources.\(member).names[\(index)]"
                if let problem = Self.patternProblem(pattern) {
                    report(.invalid(place, name, problem), at: path)
                    break
                }
                let isMatching = spec.list("workers", classes).contains { worker in
                    TopologyPatch.Selector.matches(pattern, worker.text("class"))
                        && (isSelected(worker, "bootstrap") || isSelected(worker, "infrastructure"))
                }
                if !isMatching {
                    let detail =
                        "selector is enabled but matches neither the bootstrap ref nor the infrastructure ref of a class"
                    report(.invalid(place, name, detail), at: path)
                }
            }
        }
    }

    private static func patternProblem(_ pattern: String) -> String? {
        let stars = pattern.count { $0 == "*" }
        if stars == 0 { return nil }
        if stars > 1 { return "selector can at most contain a single \"*\" rune" }
        if !pattern.hasPrefix("*"), !pattern.hasSuffix("*") {
            return "\"*\" rune can only appear at the beginning, or ending of the selector"
        }
        if MetadataCheck.keyProblem(pattern.replacing("*", with: "a")) != nil {
            return "selector does not comply with the Kubernetes naming standards"
        }
        return nil
    }

    // MARK: Operations

    private mutating func operation(_ operation: Value, at path: [String]) {
        let field = TopologyClassCompiler.field(path)
        let pointer = operation.text("path")
        let shown = Value.string(JSON.text(operation, .go))
        if TopologyPatch.Operation.Kind(rawValue: operation.text("op")) == nil {
            report(.notSupported(field + ".op", shown, ["add", "remove", "replace"]), at: path + ["op"])
        }
        if !pointer.hasPrefix("/spec") {
            report(
                .invalid(field + ".path", shown, "jsonPatch path must start with \"/spec\""),
                at: path + ["path"]
            )
        }
        indexes(operation, pointer, field + ".path", at: path + ["path"])
        let kind = operation.text("op")
        guard kind == "add" || kind == "replace" else { return }
        let source = operation.given("valueFrom")
        let literal = operation.given("value")
        if literal == nil, source == nil {
            report(.invalid(field, shown, "jsonPatch must define one of value or valueFrom"), at: path)
        }
        if literal != nil, source != nil {
            report(.invalid(field, shown, "jsonPatch can not define both value and valueFrom"), at: path)
        }
        guard let source else { return }
        let variable = source.text("variable")
        let template = source.text("template")
        if variable.isEmpty, template.isEmpty {
            report(.invalid(field + ".valueFrom", "", "valueFrom must set either template or variable"), at: path)
        }
        if !variable.isEmpty, !template.isEmpty {
            report(.invalid(field + ".valueFrom", "", "valueFrom can not set both template and variable"), at: path)
        }
        if !variable.isEmpty {
            let name = String(variable.drop { $0 == "." || $0 == "[" }.prefix { $0 != "." && $0 != "[" })
            let place = field + ".valueFrom.variable"
            if variable.hasPrefix("builtin.") {
                let isKnown =
                    Self.builtins.contains(variable)
                    || release.hasIPFamily && variable == "builtin.cluster.network.ipFamily"
                if !isKnown {
                    report(
                        .invalid(place, .string(variable), "not a defined builtin variable"),
                        at: path + ["valueFrom", "variable"]
                    )
                }
            } else if !spec.list("variables").contains(where: { $0.text("name") == name }) {
                // Inline patches see what the class itself defines, nothing that extensions do.
                report(
                    .invalid(place, .string(variable), "variable with name \(variable) cannot be found"),
                    at: path + ["valueFrom", "variable"]
                )
            }
        }
    }

    private mutating func indexes(_ operation: Value, _ pointer: String, _ field: String, at path: [String]) {
        let isAdd = operation.text("op") == "add"
        for part in pointer.split(separator: "/") {
            guard let index = Int(part) else { continue }
            if isAdd, index == 0 { continue }
            let detail =
                isAdd
                ? "arrays can only be accessed using \"0\" (prepend) or \"-\" (append)"
                : "elements in arrays can not be accessed in a \(operation.text("op")) operation"
            report(.invalid(field, .string(pointer), detail), at: path)
            return
        }
    }

    private static let builtins: Set<String> = {
        var names: Set<String> = [
            "builtin", "builtin.cluster", "builtin.cluster.name", "builtin.cluster.namespace", "builtin.cluster.uid",
            "builtin.cluster.metadata.labels", "builtin.cluster.metadata.annotations", "builtin.cluster.topology",
            "builtin.cluster.topology.class", "builtin.cluster.topology.classNamespace",
            "builtin.cluster.topology.classRef.name", "builtin.cluster.topology.classRef.namespace",
            "builtin.cluster.topology.version", "builtin.cluster.network", "builtin.cluster.network.serviceDomain",
            "builtin.cluster.network.services", "builtin.cluster.network.pods",
            "builtin.controlPlane", "builtin.controlPlane.name", "builtin.controlPlane.replicas",
            "builtin.controlPlane.version", "builtin.controlPlane.metadata.labels",
            "builtin.controlPlane.metadata.annotations", "builtin.controlPlane.machineTemplate.infrastructureRef.name",
        ]
        for group in ["machineDeployment", "machinePool"] {
            names.insert("builtin.\(group)")
            for member in [
                "class", "name", "replicas", "topologyName", "version", "metadata.labels", "metadata.annotations",
                "bootstrap.configRef.name", "infrastructureRef.name",
            ] {
                names.insert("builtin.\(group).\(member)")
            }
        }
        return names
    }()
}
