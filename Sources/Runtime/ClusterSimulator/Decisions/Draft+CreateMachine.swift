import KubernetesModel
import StructuredValue

/// What a new Machine is made of.
struct MachinePlan {
    enum Bootstrap {
        /// A configuration of this kind with this spec.
        case make(kind: String, spec: Value)
        /// A copy of a template.
        case clone(Reference)
        /// The Secret is there already.
        case secret(String)
        case none
    }

    var name: String
    var owner: Manifest
    var labels: [String: String]
    var annotations: [String: String]
    var version: String?
    var failureDomain: String?
    var infrastructure: Reference
    var bootstrap: Bootstrap
    /// Other fields of a Machine's spec: times, gates, taints.
    var rest: Value
}

extension Draft {
    /// Creates a Machine with its infrastructure and its bootstrap configuration; nothing when a template is missing.
    mutating func createMachine(_ plan: MachinePlan) {
        guard let source = find(plan.infrastructure),
            let machineVersion = view.kinds[GroupKind(group: CAPI.core, kind: "Machine")]?.apiVersion
        else { return }
        var spec: Object = ["clusterName": .string(view.key.name)]
        switch plan.bootstrap {
        case .make(let kind, let content):
            guard
                let config = make(
                    GroupKind(group: CAPI.bootstrap, kind: kind),
                    plan,
                    spec: content,
                    origin: nil,
                    template: nil
                )
            else { return }
            create(config)
            spec.append("bootstrap", ["configRef": Self.reference(to: config.key)])
        case .clone(let reference):
            guard let template = find(reference) else { return }
            let kind = GroupKind(group: template.groupKind.group, kind: Self.cloneKind(template.kind))
            guard
                let config = make(
                    kind,
                    plan,
                    spec: template.spec[path: "template", "spec"] ?? [:],
                    origin: template.key,
                    template: template.spec[path: "template", "metadata"]
                )
            else { return }
            create(config)
            spec.append("bootstrap", ["configRef": Self.reference(to: config.key)])
        case .secret(let name): spec.append("bootstrap", ["dataSecretName": .string(name)])
        case .none: spec.append("bootstrap", [:])
        }
        let kind = GroupKind(group: source.groupKind.group, kind: Self.cloneKind(source.kind))
        guard
            let machine = make(
                kind,
                plan,
                spec: source.spec[path: "template", "spec"] ?? [:],
                origin: source.key,
                template: source.spec[path: "template", "metadata"]
            )
        else { return }
        create(machine)
        spec.append("infrastructureRef", Self.reference(to: machine.key))
        if let version = plan.version { spec.append("version", .string(version)) }
        if let domain = plan.failureDomain { spec.append("failureDomain", .string(domain)) }
        for field in ["deletion", "readinessGates", "taints", "minReadySeconds"] {
            if let value = plan.rest[field], !value.isEmpty { spec.append(field, value) }
        }
        var made = Manifest([
            "apiVersion": .string(machineVersion), "kind": "Machine",
            "metadata": ["name": .string(plan.name), "namespace": .string(view.key.namespace)], "spec": .object(spec),
        ])
        made.merge(labels: plan.labels, annotations: plan.annotations)
        made.addFinalizer(CAPI.machineFinalizer)
        made.own(by: plan.owner, isController: true)
        create(made)
    }

    /// A configuration or an infrastructure machine for a plan; nil when its kind is not served.
    private func make(
        _ kind: GroupKind,
        _ plan: MachinePlan,
        spec: Value,
        origin: ObjectKey?,
        template: Value?
    ) -> Manifest? {
        guard let served = view.kinds[kind] else { return nil }
        var object = Manifest([
            "apiVersion": .string(served.apiVersion), "kind": .string(kind.kind),
            "metadata": ["name": .string(plan.name), "namespace": .string(view.key.namespace)],
            "spec": spec.isNull ? [:] : spec,
        ])
        let metadata = Manifest(["metadata": template ?? [:]])
        object.merge(labels: metadata.labels, annotations: metadata.annotations)
        object.merge(labels: plan.labels)
        if let origin {
            object.merge(
                labels: [:],
                annotations: [
                    CAPI.clonedNameAnnotation: origin.name, CAPI.clonedKindAnnotation: origin.groupKind.description,
                ]
            )
        }
        // Until the Machine is there, the owner of the Machine owns it.
        object.own(by: plan.owner)
        return object
    }

    static func cloneKind(_ kind: String) -> String {
        kind.hasSuffix("Template") ? String(kind.dropLast("Template".count)) : kind
    }

    static func reference(to key: ObjectKey) -> Value {
        ["apiGroup": .string(key.group), "kind": .string(key.kind), "name": .string(key.name)]
    }
}
