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
        case ("", "Event"), ("events.k8s.io", "Event"): problems += event(object, old: old, resource)
        case ("", "Namespace"): problems += namespace(object)
        case ("", "PodTemplate"): problems += pod(object, "template.spec", ["template", "spec"])
        case ("", "Pod"):
            problems += pod(object, "spec", ["spec"])
            if let old, subresource.isEmpty { problems += podChanges(object, old) }
        case ("rbac.authorization.k8s.io", "Role"), ("rbac.authorization.k8s.io", "ClusterRole"):
            problems += role(object, isNamespaced: resource.isNamespaced)
        case ("rbac.authorization.k8s.io", _):
            problems += roleBinding(object, old: old, isNamespaced: resource.isNamespaced)
        case ("", "Service"):
            // No number is told as a wrong one.
            problems.removeAll { $0.kind == .required && $0.field.hasPrefix("spec.ports[") }
            problems += service(object, old: old) + serviceStatus(object)
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

    /// Why a text is no key of a ConfigMap or Secret.
    private static func configKeyProblems(_ key: String) -> [String] {
        var problems: [String] = []
        if key.utf8.count > 253 { problems.append("must be no more than 253 characters") }
        let isPlain = key.utf8.allSatisfy {
            ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x41 && $0 <= 0x5A) || ($0 >= 0x61 && $0 <= 0x7A) || $0 == 0x2D
                || $0 == 0x5F || $0 == 0x2E
        }
        if key.isEmpty || !isPlain {
            problems.append(
                "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
                    + "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
            )
        }
        if key == "." || key == ".." {
            problems.append("must not be '\(key)'")
        } else if key.hasPrefix("..") {
            problems.append("must not start with '..'")
        }
        return problems
    }

    private static func configMap(_ object: Value, _ old: Value?) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        let binary = object["binaryData"]?.object ?? Object()
        var size = 0
        for pair in object["data"]?.object ?? Object() {
            problems += configKeyProblems(pair.key).map {
                .invalid("data[\(pair.key)]", "\"\(pair.key)\"", $0)
            }
            if binary.contains(pair.key) {
                problems.append(
                    .invalid("data[\(pair.key)]", "\"\(pair.key)\"", "duplicate of key present in binaryData")
                )
            }
            size += pair.value.string?.utf8.count ?? 0
        }
        for pair in binary {
            problems += configKeyProblems(pair.key).map {
                .invalid("binaryData[\(pair.key)]", "\"\(pair.key)\"", $0)
            }
            size += (pair.value.string?.utf8.count ?? 0) * 3 / 4
        }
        if size > 1 << 20 {
            problems.append(FieldProblem(.tooLong, "[]", "Too long: may not be more than 1048576 bytes"))
        }
        return problems + immutability(object, old, ["data", "binaryData"])
    }

    private static func secret(_ object: Value, _ old: Value?) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        var size = 0
        let data = object["data"]?.object ?? Object()
        for pair in data {
            problems += configKeyProblems(pair.key).map {
                .invalid("data[\(pair.key)]", "\"\(pair.key)\"", $0)
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
        if type == "kubernetes.io/dockerconfigjson" || type == "kubernetes.io/dockercfg" {
            for key in required {
                guard let text = data[key]?.string, let bytes = Base64.decode(text) else { continue }
                do { _ = try JSON.parse(bytes) } catch {
                    let field = "data[\(key)]"
                    problems.append(.invalid(field, "\"<secret contents redacted>\"", error.message))
                }
            }
        }
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

    private static func namespace(_ object: Value) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        let phase = object[path: "status", "phase"]?.string ?? ""
        let isMarked = object[path: "metadata", "deletionTimestamp"] != nil
        if !isMarked, phase != "Active" {
            problems.append(
                .invalid("status.Phase", "\"\(phase)\"", "may only be 'Active' if `deletionTimestamp` is empty")
            )
        } else if isMarked, phase != "Terminating" {
            let detail = "may only be 'Terminating' if `deletionTimestamp` is not empty"
            problems.append(.invalid("status.Phase", "\"\(phase)\"", detail))
        }
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

    /// Both forms of events obey the rules of the new one when they were made by its rules: with a time of the event.
    private static func event(_ object: Value, old: Value?, _ resource: ServedResource) -> [FieldProblem] {
        let isNew = resource.group == "events.k8s.io"
        func name(_ old: String, _ new: String) -> String { isNew ? new : old }
        let namespace = object[path: "metadata", "namespace"]?.string ?? ""
        let target = object[name("involvedObject", "regarding")]?["namespace"]?.string ?? ""
        var problems: [FieldProblem] = []
        if target.isEmpty ? namespace != "default" : target != namespace {
            problems.append(.invalid("involvedObject.namespace", "\"\(target)\"", "does not match event.namespace"))
        }
        let hasTime = !(object["eventTime"]?.isNull ?? true)
        func text(_ field: String) -> String { object[field]?.string ?? "" }
        if hasTime {
            // A real server names its internal fields, but this one as the request's version does.
            let controller = name("reportingComponent", "reportingController")
            if text(controller).isEmpty { problems.append(.required(controller)) }
            problems += ObjectChecks.qualifiedNameProblems(text(controller)).map {
                .invalid(controller, "\"\(text(controller))\"", $0)
            }
            for field in ["reportingInstance", "action", "reason"] {
                if text(field).isEmpty { problems.append(.required(field)) }
                if text(field).utf8.count > 128 {
                    problems.append(.invalid(field, "\"\"", "can have at most 128 characters"))
                }
            }
            if text(name("message", "note")).utf8.count > 1024 {
                problems.append(.invalid("message", "\"\"", "can have at most 1024 characters"))
            }
        }
        guard isNew else { return problems }
        if let series = object["series"] {
            if (series["count"]?.int ?? 0) < 2 {
                problems.append(.invalid("series.count", "\"\"", "should be at least 2"))
            }
            if series["lastObservedTime"]?.isNull ?? true { problems.append(.required("series.lastObservedTime")) }
        }
        if !hasTime { problems.append(.required("eventTime")) }
        if !["Normal", "Warning"].contains(text("type")) {
            problems.append(.invalid("type", "\"\"", "has invalid value: \(text("type"))"))
        }
        if isNew, old == nil { problems += unsetEventFields(object) }
        if let old, isNew { problems += eventChanges(object, old) }
        return problems
    }

    /// What only the old form of events may set.
    private static func unsetEventFields(_ object: Value) -> [FieldProblem] {
        let fields = [
            ("deprecatedFirstTimestamp", "firstTimestamp"), ("deprecatedLastTimestamp", "lastTimestamp"),
            ("deprecatedCount", "count"), ("deprecatedSource", "source"),
        ]
        return fields.compactMap { field in
            guard let value = object[field.0], !value.isEmpty, value != 0 else { return nil }
            return .invalid(field.1, "\"\"", "needs to be unset")
        }
    }

    /// An event's story does not change: only its series goes on.
    private static func eventChanges(_ object: Value, _ old: Value) -> [FieldProblem] {
        let fields = [
            ("regarding", "involvedObject"), ("reason", "reason"), ("note", "message"), ("type", "type"),
            ("eventTime", "eventTime"), ("action", "action"), ("related", "related"),
            ("reportingController", "reportingController"), ("reportingInstance", "reportingInstance"),
        ]
        return fields.compactMap { field in
            guard object[field.0] != old[field.0] else { return nil }
            return .invalid(field.1, JSON.text(object[field.0] ?? .null, .go), "field is immutable")
        }
    }
}
