import KubernetesModel
import StructuredValue

/// The rules that `metadata` of every object obeys.
enum ObjectChecks {
    static func metadata(_ object: Value, of resource: ServedResource) -> [FieldProblem] {
        let metadata = object["metadata"]
        var problems: [FieldProblem] = []
        let nameProblem = nameRule(resource)
        if let prefix = metadata?["generateName"]?.string, !prefix.isEmpty {
            // A prefix may end in what a name may not.
            if let why = nameProblem(prefix.hasSuffix("-") ? prefix.dropLast() + "a" : prefix) {
                problems.append(.invalid("metadata.generateName", "\"\(prefix)\"", why))
            }
        }
        let name = metadata?["name"]?.string ?? ""
        if name.isEmpty {
            problems.append(.required("metadata.name", "name or generateName is required"))
        } else if let why = nameProblem(name) {
            problems.append(.invalid("metadata.name", "\"\(name)\"", why))
        }
        problems += labels(metadata?["labels"], field: "metadata.labels")
        problems += annotations(metadata?["annotations"])
        problems += owners(metadata?["ownerReferences"])
        for finalizer in metadata?["finalizers"]?.array ?? [] {
            guard let text = finalizer.string else { continue }
            if let why = qualifiedNameProblem(text) {
                problems.append(.invalid("metadata.finalizers", "\"\(text)\"", why))
            } else if !resource.isCustom, !text.contains("/"),
                !["orphan", "foregroundDeletion", "kubernetes"].contains(text)
            {
                problems.append(
                    .invalid(
                        "metadata.finalizers",
                        "\"\(text)\"",
                        "name is neither a standard finalizer name nor is it fully qualified"
                    )
                )
            }
        }
        return problems
    }

    private static func nameRule(_ resource: ServedResource) -> (String) -> String? {
        switch (resource.group, resource.kind) {
        case ("", "Namespace"), ("", "Service"): ObjectNames.labelProblem
        case ("rbac.authorization.k8s.io", _):
            // Path segments: anything that cannot be mistaken for a path.
            { name in
                name == "." || name == ".."
                    ? "may not be '\(name)'"
                    : name.contains("/")
                        ? "may not contain '/'"
                        : name.contains("%") ? "may not contain '%'" : nil
            }
        default: ObjectNames.subdomainProblem
        }
    }

    static func labels(_ value: Value?, field: String) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        for pair in value?.object ?? Object() {
            if let why = qualifiedNameProblem(pair.key) { problems.append(.invalid(field, "\"\(pair.key)\"", why)) }
            if let text = pair.value.string, let why = labelValueProblem(text) {
                problems.append(.invalid(field, "\"\(text)\"", why))
            }
        }
        return problems
    }

    private static func annotations(_ value: Value?) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        var size = 0
        for pair in value?.object ?? Object() {
            if let why = qualifiedNameProblem(pair.key.lowercased()) {
                problems.append(.invalid("metadata.annotations", "\"\(pair.key)\"", why))
            }
            size += pair.key.utf8.count + (pair.value.string?.utf8.count ?? 0)
        }
        if size > 262_144 {
            problems.append(
                FieldProblem(.tooLong, "metadata.annotations", "Too long: may not be more than 262144 bytes")
            )
        }
        return problems
    }

    private static func owners(_ value: Value?) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        var controllers: [String] = []
        let field = "metadata.ownerReferences"
        for (index, owner) in (value?.array ?? []).enumerated() {
            func text(_ key: String) -> String { owner[key]?.string ?? "" }
            let version = text("apiVersion")
            if version.isEmpty || version.hasSuffix("/") {
                problems.append(
                    .invalid("\(field)[\(index)].apiVersion", "\"\(version)\"", "version must not be empty")
                )
            }
            if text("kind").isEmpty {
                problems.append(.invalid("\(field)[\(index)].kind", "\"\"", "must not be empty"))
            }
            if text("name").isEmpty {
                problems.append(.invalid("\(field)[\(index)].name", "\"\"", "must not be empty"))
            }
            if text("uid").isEmpty {
                problems.append(.invalid("\(field)[\(index)].uid", "\"\"", "must not be empty"))
            }
            if owner["controller"]?.bool == true { controllers.append("\(text("kind"))/\(text("name"))") }
        }
        if controllers.count > 1 {
            problems.append(
                .invalid(
                    field,
                    JSON.text(value ?? .null, .go),
                    "Only one reference can have Controller set to true. Found \"true\" in references for "
                        + controllers.prefix(2).joined(separator: " and ")
                )
            )
        }
        return problems
    }

    /// Why a text is no `prefix/name` as labels, annotations and finalizers use it.
    static func qualifiedNameProblem(_ text: String) -> String? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let name: Substring
        switch parts.count {
        case 1: name = parts[0]
        case 2:
            if parts[0].isEmpty { return "prefix part must be non-empty" }
            if let why = ObjectNames.subdomainProblem(String(parts[0])) { return "prefix part \(why)" }
            name = parts[1]
        default:
            return "a valid label key must consist of an optional DNS subdomain prefix and '/' and a name "
                + "(e.g. 'example.com/MyName')"
        }
        if name.isEmpty { return "name part must be non-empty" }
        if name.utf8.count > 63 { return "name part must be no more than 63 bytes" }
        if isWord(name) { return nil }
        return "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
            + "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
            + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
    }

    static func labelValueProblem(_ text: String) -> String? {
        if text.isEmpty { return nil }
        if text.utf8.count > 63 { return "must be no more than 63 bytes" }
        if isWord(text[...]) { return nil }
        return "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
            + "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
            + "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
    }

    private static func isWord(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x5F || $0 == 0x2E }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5A) || (byte >= 0x61 && byte <= 0x7A)
    }

    /// Advice about finalizers of custom resources that nobody can tell apart.
    static func finalizerWarnings(_ object: Value, old: Value?) -> [String] {
        let known = Set(old?[path: "metadata", "finalizers"]?.array?.compactMap(\.string) ?? [])
        return (object[path: "metadata", "finalizers"]?.array ?? []).compactMap { finalizer in
            guard let text = finalizer.string, !text.contains("/"), !known.contains(text),
                !["orphan", "foregroundDeletion"].contains(text)
            else { return nil }
            let path = text.contains(".") ? "including a path (/) " : ""
            return "metadata.finalizers: \"\(text)\": prefer a domain-qualified finalizer name \(path)"
                + "to avoid accidental conflicts with other finalizer writers"
        }
    }
}
