import KubernetesModel
import StructuredValue

/// The rules that `metadata` of every object obeys.
enum ObjectChecks {
    static func metadata(_ object: Value, of resource: ServedResource) -> [FieldProblem] {
        let metadata = object["metadata"]
        var problems: [FieldProblem] = []
        let nameProblem = nameRule(resource)
        if let prefix = metadata?["generateName"]?.string, !prefix.isEmpty {
            // A real server looks at the name that it made rather than at a prefix that ends in a dash.
            let isJudged = !prefix.hasSuffix("-") || prefix == "-"
            if isJudged, let why = nameProblem(prefix) {
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
        problems += annotations(metadata?["annotations"], field: "metadata.annotations")
        problems += owners(metadata?["ownerReferences"])
        return problems + finalizers(metadata?["finalizers"], of: resource)
    }

    private static func finalizers(_ value: Value?, of resource: ServedResource) -> [FieldProblem] {
        let field = "metadata.finalizers"
        let names = (value?.array ?? []).compactMap(\.string)
        var problems: [FieldProblem] = []
        for (index, name) in names.enumerated() {
            problems += qualifiedNameProblems(name).map { .invalid(field, "\"\(name)\"", $0) }
            if !resource.isCustom, !name.contains("/"),
                !["orphan", "foregroundDeletion", "kubernetes"].contains(name)
            {
                problems.append(
                    .invalid(
                        "\(field)[\(index)]",
                        "\"\(name)\"",
                        "name is neither a standard finalizer name nor is it fully qualified"
                    )
                )
            }
        }
        if names.contains("orphan"), names.contains("foregroundDeletion") {
            problems.append(
                .invalid(
                    field,
                    JSON.text(value ?? .null, .go),
                    "finalizer orphan and foregroundDeletion cannot be both set"
                )
            )
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
            problems += qualifiedNameProblems(pair.key).map { .invalid(field, "\"\(pair.key)\"", $0) }
            if let text = pair.value.string, let why = labelValueProblem(text) {
                problems.append(.invalid(field, "\"\(text)\"", why))
            }
        }
        return problems
    }

    static func annotations(_ value: Value?, field: String) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        var size = 0
        for pair in value?.object ?? Object() {
            problems += qualifiedNameProblems(pair.key.lowercased()).map {
                .invalid(field, "\"\(pair.key)\"", $0)
            }
            size += pair.key.utf8.count + (pair.value.string?.utf8.count ?? 0)
        }
        if size > 262_144 {
            problems.append(
                FieldProblem(.tooLong, field, "Too long: may not be more than 262144 bytes")
            )
        }
        return problems
    }

    private static func owners(_ value: Value?) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        var controllers: [String] = []
        let field = "metadata.ownerReferences"
        for owner in value?.array ?? [] {
            func text(_ key: String) -> String { owner[key]?.string ?? "" }
            let version = text("apiVersion")
            let gvk = GroupVersionKind(apiVersion: version, kind: text("kind"))
            if version.isEmpty || version.hasSuffix("/") || version.split(separator: "/").count > 2 {
                problems.append(.invalid("\(field).apiVersion", "\"\(version)\"", "version must not be empty"))
            }
            for key in ["kind", "name", "uid"] where text(key).isEmpty {
                problems.append(.invalid("\(field).\(key)", "\"\"", "must not be empty"))
            }
            if gvk.kind == "Event", gvk.apiVersion == "v1" {
                problems.append(
                    .invalid(field, JSON.text(owner, .go), "/v1, Kind=Event is disallowed from being an owner")
                )
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
    static func qualifiedNameProblems(_ text: String) -> [String] {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        var problems: [String] = []
        let name: Substring
        switch parts.count {
        case 1: name = parts[0]
        case 2:
            if parts[0].isEmpty {
                problems.append("prefix part must be non-empty")
            } else if let why = ObjectNames.subdomainProblem(String(parts[0])) {
                problems.append("prefix part \(why)")
            }
            name = parts[1]
        default:
            return [
                "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
                    + "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
                    + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' "
                    + "(e.g. 'example.com/MyName')"
            ]
        }
        if name.isEmpty { problems.append("name part must be non-empty") }
        if name.utf8.count > 63 { problems.append("name part must be no more than 63 bytes") }
        if !isWord(name) {
            problems.append(
                "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
                    + "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
                    + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
            )
        }
        return problems
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
