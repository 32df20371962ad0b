import KubernetesModel
import StructuredValue

extension KindRules {
    /// What is wrong with an object of a built-in kind, beside its metadata.
    static func problems(_ object: Value, old: Value?, of resource: ServedResource, subresource: String)
        -> [FieldProblem]
    {
        guard let shape = resource.shape else { return [] }
        var problems: [FieldProblem] = []
        missing(object, shape, "", &problems)
        switch (resource.group, resource.kind) {
        case ("", "ConfigMap"): problems += configMap(object, old)
        case ("", "Secret"): problems += secret(object, old)
        case ("coordination.k8s.io", "Lease"): problems += lease(object)
        case ("", "Event"), ("events.k8s.io", "Event"): problems += event(object, resource)
        case ("", "PodTemplate"): problems += pod(object, "template.spec", ["template", "spec"])
        case ("", "Pod"): problems += pod(object, "spec", ["spec"])
        case ("apiextensions.k8s.io", "CustomResourceDefinition") where subresource.isEmpty:
            problems += DefinitionRules.problems(object, old: old)
        default: break
        }
        return problems
    }

    /// Required fields of structs that are there.
    private static func missing(_ value: Value, _ shape: StructShape, _ path: String, _ problems: inout [FieldProblem])
    {
        for field in shape.fields {
            let inner = path.isEmpty ? field.name : "\(path).\(field.name)"
            let found = value[field.name]
            if field.isRequired, found.map({ $0.isEmpty || $0 == 0 }) ?? true { problems.append(.required(inner)) }
            if let found { missing(found, field.shape, inner, &problems) }
        }
    }

    private static func missing(_ value: Value, _ shape: Shape, _ path: String, _ problems: inout [FieldProblem]) {
        switch shape {
        case .named("ObjectMeta"): return
        case .named(let name): missing(value, BuiltInTypes.type(name), path, &problems)
        case .list(let item, _):
            guard case .named = item else { return }
            for (index, element) in (value.array ?? []).enumerated() {
                missing(element, item, "\(path)[\(index)]", &problems)
            }
        default: return
        }
    }

    private static func isConfigKey(_ key: String) -> Bool {
        !key.isEmpty && key.utf8.count <= 253 && key != "." && !key.hasPrefix("..")
            && key.utf8.allSatisfy {
                ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x41 && $0 <= 0x5A) || ($0 >= 0x61 && $0 <= 0x7A) || $0 == 0x2D
                    || $0 == 0x5F || $0 == 0x2E
            }
    }

    private static let configKeyText =
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
        + "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"

    private static func configMap(_ object: Value, _ old: Value?) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        let binary = object["binaryData"]?.object ?? Object()
        var size = 0
        for pair in object["data"]?.object ?? Object() {
            if !isConfigKey(pair.key) {
                problems.append(.invalid("data[\(pair.key)]", "\"\(pair.key)\"", configKeyText))
            }
            if binary.contains(pair.key) {
                problems.append(
                    .invalid("data[\(pair.key)]", "\"\(pair.key)\"", "duplicate of key present in binaryData")
                )
            }
            size += pair.value.string?.utf8.count ?? 0
        }
        for pair in binary {
            if !isConfigKey(pair.key) {
                problems.append(.invalid("binaryData[\(pair.key)]", "\"\(pair.key)\"", configKeyText))
            }
            size += (pair.value.string?.utf8.count ?? 0) * 3 / 4
        }
        if size > 1 << 20 {
            problems.append(FieldProblem(.tooLong, "", "Too long: may not be more than 1048576 bytes"))
        }
        return problems + immutability(object, old, ["data", "binaryData"])
    }

    private static func secret(_ object: Value, _ old: Value?) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        var size = 0
        let data = object["data"]?.object ?? Object()
        for pair in data {
            if !isConfigKey(pair.key) {
                problems.append(.invalid("data[\(pair.key)]", "\"\(pair.key)\"", configKeyText))
            }
            size += (pair.value.string?.utf8.count ?? 0) * 3 / 4
        }
        if size > 1 << 20 {
            problems.append(FieldProblem(.tooLong, "data", "Too long: may not be more than 1048576 bytes"))
        }
        let type = object["type"]?.string ?? ""
        let required: [String] =
            switch type {
            case "kubernetes.io/tls": ["tls.crt", "tls.key"]
            case "kubernetes.io/dockerconfigjson": [".dockerconfigjson"]
            case "kubernetes.io/dockercfg": [".dockercfg"]
            case "kubernetes.io/ssh-auth": ["ssh-privatekey"]
            default: []
            }
        for key in required where !data.contains(key) { problems.append(.required("data[\(key)]")) }
        if type == "kubernetes.io/basic-auth", !data.contains("username"), !data.contains("password") {
            problems += [.required("data[username]"), .required("data[password]")]
        }
        if type == "kubernetes.io/service-account-token",
            object[path: "metadata", "annotations", "kubernetes.io/service-account.name"]?.string?.isEmpty ?? true
        {
            problems.append(.required("metadata.annotations[kubernetes.io/service-account.name]"))
        }
        if let old, let before = old["type"]?.string, before != type {
            problems.append(.invalid("type", "\"\(type)\"", "field is immutable"))
        }
        return problems + immutability(object, old, ["data"])
    }

    private static func immutability(_ object: Value, _ old: Value?, _ fields: [String]) -> [FieldProblem] {
        guard let old, old["immutable"]?.bool == true else { return [] }
        var problems: [FieldProblem] = []
        let text = "field is immutable when `immutable` is set"
        if object["immutable"]?.bool != true { problems.append(.forbidden("immutable", text)) }
        for field in fields where object[field] != old[field] { problems.append(.forbidden(field, text)) }
        return problems
    }

    private static func lease(_ object: Value) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        if let seconds = object[path: "spec", "leaseDurationSeconds"]?.int, seconds <= 0 {
            problems.append(.invalid("spec.leaseDurationSeconds", "\(seconds)", "must be greater than 0"))
        }
        if let count = object[path: "spec", "leaseTransitions"]?.int, count < 0 {
            problems.append(.invalid("spec.leaseTransitions", "\(count)", "must be greater than or equal to 0"))
        }
        return problems
    }

    private static func event(_ object: Value, _ resource: ServedResource) -> [FieldProblem] {
        let isNew = resource.group == "events.k8s.io"
        let about = object[isNew ? "regarding" : "involvedObject"]
        let namespace = object[path: "metadata", "namespace"]?.string ?? ""
        let target = about?["namespace"]?.string ?? ""
        var problems: [FieldProblem] = []
        if !isNew {
            if target.isEmpty ? namespace != "default" : target != namespace {
                problems.append(.invalid("involvedObject.namespace", "\"\(target)\"", "does not match event.namespace"))
            }
            return problems
        }
        for name in ["reportingController", "reportingInstance", "action", "reason"]
        where object[name]?.string?.isEmpty ?? true {
            problems.append(.required(name))
        }
        if object["eventTime"]?.isNull ?? true { problems.append(.required("eventTime")) }
        if let type = object["type"]?.string, !["Normal", "Warning"].contains(type) {
            problems.append(.invalid("type", "\"\(type)\"", "has invalid value: \(type)"))
        }
        return problems
    }

    private static func pod(_ object: Value, _ field: String, _ path: [String]) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        guard let spec = object[path: path] else { return [] }
        let containers = spec["containers"]?.array ?? []
        if containers.isEmpty { problems.append(.required("\(field).containers")) }
        var seen: Set<String> = []
        for list in ["initContainers", "containers"] {
            for (index, container) in (spec[list]?.array ?? []).enumerated() {
                guard let name = container["name"]?.string, !name.isEmpty else { continue }
                let place = "\(field).\(list)[\(index)].name"
                if let why = ObjectNames.labelProblem(name) { problems.append(.invalid(place, "\"\(name)\"", why)) }
                if !seen.insert(name).inserted {
                    problems.append(FieldProblem(.duplicate, place, "Duplicate value: \"\(name)\""))
                }
            }
        }
        var volumes: Set<String> = []
        for (index, volume) in (spec["volumes"]?.array ?? []).enumerated() {
            guard let name = volume["name"]?.string, !name.isEmpty else { continue }
            if !volumes.insert(name).inserted {
                problems.append(
                    FieldProblem(.duplicate, "\(field).volumes[\(index)].name", "Duplicate value: \"\(name)\"")
                )
            }
        }
        return problems
    }
}
