import GoTemplate
import StructuredValue

extension Expansion {
    /// Runs the class's patches over all templates and puts the results into the objects.
    mutating func applyPatches() throws(TopologyRejection) {
        var run = PatchRun(
            topologyClass: topologyClass,
            variables: variables(),
            builtin: BuiltinVariables.cluster(
                cluster,
                topology: topology,
                class: topologyClass,
                release: options.release
            ),
            items: patchItems(),
            options: options,
            clusterName: name,
            namespace: namespace
        )
        try run.run()
        for item in run.items {
            try checkShape(of: item)
            write(item)
        }
    }

    private func variables() -> Object { named(topology.list("variables")) }

    private func overrides(_ owner: Value) -> Object { named(owner.list("variables", "overrides")) }

    private func named(_ variables: [Value]) -> Object {
        var result = Object()
        for variable in variables where variable.text("name") != "builtin" {
            result[variable.text("name")] = variable["value"] ?? .null
        }
        return result
    }

    /// What refers to an object, as extensions are told.
    private func holder(_ role: PatchItem.Role, _ index: Int?) -> Value {
        let owner: Value
        let field: String
        switch role {
        case .infrastructureCluster: (owner, field) = (cluster, "spec.infrastructureRef")
        case .controlPlane: (owner, field) = (cluster, "spec.controlPlaneRef")
        case .controlPlaneMachines:
            let isOld = controlPlane[path: "spec", "machineTemplate", "infrastructureRef"] != nil
            (owner, field) = (controlPlane, "spec.machineTemplate.\(isOld ? "" : "spec.")infrastructureRef")
        case .deploymentBootstrap, .poolBootstrap:
            owner = index.map { workers[$0].object } ?? .null
            field = "spec.template.spec.bootstrap.configRef"
        case .deploymentInfrastructure, .poolInfrastructure:
            owner = index.map { workers[$0].object } ?? .null
            field = "spec.template.spec.infrastructureRef"
        }
        return [
            "apiVersion": owner["apiVersion"] ?? "", "kind": owner["kind"] ?? "",
            "name": .string(owner.text("metadata", "name")), "namespace": .string(namespace),
            "fieldPath": .string(field),
        ]
    }

    // MARK: Items

    private func patchItems() -> [PatchItem] {
        var items: [PatchItem] = []
        func add(
            _ role: PatchItem.Role,
            _ template: ProviderTemplate,
            _ desired: Value,
            index: Int? = nil,
            className: String = "",
            overrides: Object = Object(),
            builtin: Object = Object()
        ) {
            var document = template.value
            if options.release.patchesMetadata { synchronize(desired, into: &document, role) }
            items.append(
                PatchItem(
                    role: role,
                    workerIndex: index,
                    workerClass: className,
                    template: template,
                    document: document,
                    holder: holder(role, index),
                    overrides: overrides,
                    builtin: builtin
                )
            )
        }
        add(.infrastructureCluster, topologyClass.infrastructureCluster, infrastructureCluster)
        let ofControlPlane = BuiltinVariables.controlPlane(
            controlPlane,
            topology: topology,
            machineTemplate: controlPlaneMachines
        )
        let controlPlaneOverrides = overrides(topology["controlPlane"] ?? .null)
        add(
            .controlPlane,
            topologyClass.controlPlane,
            controlPlane,
            overrides: controlPlaneOverrides,
            builtin: ofControlPlane
        )
        if let template = topologyClass.controlPlaneMachines, let machines = controlPlaneMachines {
            add(
                .controlPlaneMachines,
                template,
                machines,
                overrides: controlPlaneOverrides,
                builtin: ofControlPlane
            )
        }
        for (index, state) in workers.enumerated() {
            let builtin = BuiltinVariables.workers(state.isPool ? "machinePool" : "machineDeployment", state)
            let overrides = overrides(state.topology)
            add(
                state.isPool ? .poolBootstrap : .deploymentBootstrap,
                state.workerClass.bootstrap,
                state.bootstrap,
                index: index,
                className: state.workerClass.name,
                overrides: overrides,
                builtin: builtin
            )
            add(
                state.isPool ? .poolInfrastructure : .deploymentInfrastructure,
                state.workerClass.infrastructure,
                state.infrastructure,
                index: index,
                className: state.workerClass.name,
                overrides: overrides,
                builtin: builtin
            )
        }
        return items
    }

    private func isObject(_ role: PatchItem.Role) -> Bool {
        switch role {
        case .infrastructureCluster, .controlPlane, .poolBootstrap, .poolInfrastructure: true
        case .controlPlaneMachines, .deploymentBootstrap, .deploymentInfrastructure: false
        }
    }

    /// Puts the labels and annotations that an object is to have into the template that patches see.
    private func synchronize(_ desired: Value, into document: inout Value, _ role: PatchItem.Role) {
        let place = isObject(role) ? ["spec", "template", "metadata"] : ["metadata"]
        for kind in ["labels", "annotations"] {
            if let values = desired[path: "metadata", kind] { document[path: place + [kind]] = values }
        }
    }

    // MARK: Writing back

    /// Patches may replace the whole spec, but only by another object: names, versions and references go into it.
    private func checkShape(of item: PatchItem) throws(TopologyRejection) {
        guard let spec = item.document[path: "spec", "template", "spec"], spec.object == nil else { return }
        let last = item.touches.last { $0.pointer.starts(with: ["spec"]) && $0.pointer.count <= 3 }
        throw rejection(
            "topology-patch",
            "failed to apply patches for patch \"\(last?.patch ?? "")\": spec.template.spec of the "
                + "\(item.template.kind) must be an object, not \(JSON.text(spec, .go)) (path /spec/template/spec)",
            path: last?.place ?? ["spec", "patches"]
        )
    }

    private mutating func write(_ item: PatchItem) {
        let role: TopologyExpansion.Role
        switch item.role {
        case .infrastructureCluster:
            writeObject(item, into: &infrastructureCluster, keeping: [])
            role = .infrastructureCluster
        case .controlPlane:
            writeObject(item, into: &controlPlane, keeping: Self.controlPlanePaths)
            role = .controlPlane
        case .controlPlaneMachines:
            if var machines = controlPlaneMachines {
                writeTemplate(item, into: &machines)
                controlPlaneMachines = machines
            }
            role = .controlPlaneMachineTemplate
        case .deploymentBootstrap, .deploymentInfrastructure, .poolBootstrap, .poolInfrastructure:
            guard let index = item.workerIndex else { return }
            let name = workers[index].topologyName
            switch item.role {
            case .deploymentBootstrap:
                writeTemplate(item, into: &workers[index].bootstrap)
                role = .deploymentBootstrapTemplate(name)
            case .deploymentInfrastructure:
                writeTemplate(item, into: &workers[index].infrastructure)
                role = .deploymentMachineTemplate(name)
            case .poolBootstrap:
                writeObject(item, into: &workers[index].bootstrap, keeping: [])
                role = .poolBootstrap(name)
            default:
                writeObject(item, into: &workers[index].infrastructure, keeping: [])
                role = .poolInfrastructure(name)
            }
        }
        if !item.touches.isEmpty { touchesByRole[role] = item.touches }
    }

    /// Fields of a control plane that the topology sets and patches cannot change.
    private static let controlPlanePaths: [[String]] = {
        let old = ["spec", "machineTemplate"]
        let new = old + ["spec"]
        var paths = [old + ["metadata"], ["spec", "replicas"], ["spec", "version"], ["spec", "rollout", "after"]]
        for base in [old, new] {
            for member in ["readinessGates", "taints", "infrastructureRef"] { paths.append(base + [member]) }
        }
        for timeout in ["nodeDrainTimeout", "nodeVolumeDetachTimeout", "nodeDeletionTimeout"] {
            paths.append(old + [timeout])
            paths.append(new + ["deletion", timeout + "Seconds"])
        }
        return paths
    }()

    private func writeObject(_ item: PatchItem, into object: inout Value, keeping paths: [[String]]) {
        var copies = [(["spec", "template", "spec"], ["spec"])]
        if options.release.patchesMetadata {
            for kind in ["labels", "annotations"] {
                copies.append((["spec", "template", "metadata", kind], ["metadata", kind]))
            }
        }
        copy(copies, from: item.document, into: &object, keeping: paths)
    }

    private func writeTemplate(_ item: PatchItem, into template: inout Value) {
        var copies = [(["spec", "template", "spec"], ["spec", "template", "spec"])]
        if options.release.patchesMetadata {
            for kind in ["labels", "annotations"] {
                copies.append((["metadata", kind], ["metadata", kind]))
                copies.append((["spec", "template", "metadata", kind], ["spec", "template", "metadata", kind]))
            }
        }
        copy(copies, from: item.document, into: &template, keeping: [])
    }

    private func copy(
        _ copies: [([String], [String])],
        from source: Value,
        into target: inout Value,
        keeping paths: [[String]]
    ) {
        let kept =
            paths + TopologyKey.keptLabels.map { ["metadata", "labels", $0] }
            + TopologyKey.keptAnnotations.map { ["metadata", "annotations", $0] }
        var saved: [([String], Value)] = []
        for path in kept { if let value = target[path: path] { saved.append((path, value)) } }
        for (from, to) in copies {
            guard let value = source[path: from] else { continue }
            target[path: to] = value
        }
        for (path, value) in saved { target[path: path] = value }
    }
}
