import KubernetesModel
import StructuredValue

/// What a custom resource definition must be like.
enum DefinitionRules {
    static func problems(_ definition: Value, old: Value?) -> [FieldProblem] {
        let spec = definition["spec"]
        var problems: [FieldProblem] = []
        let group = spec?["group"]?.string ?? ""
        let plural = spec?[path: "names", "plural"]?.string ?? ""
        let name = definition[path: "metadata", "name"]?.string ?? ""
        if old == nil, name != "\(plural).\(group)" {
            problems.append(.invalid("metadata.name", "\"\(name)\"", "must be spec.names.plural+\".\"+spec.group"))
        }
        if !group.isEmpty {
            if let why = ObjectNames.subdomainProblem(group) {
                problems.append(.invalid("spec.group", "\"\(group)\"", why))
            } else if !group.contains(".") {
                problems.append(.invalid("spec.group", "\"\(group)\"", "should be a domain with at least one dot"))
            }
        }
        let scope = spec?["scope"]?.string ?? ""
        if !scope.isEmpty, scope != "Cluster", scope != "Namespaced" {
            problems.append(.notSupported("spec.scope", "\"\(scope)\"", ["Cluster", "Namespaced"]))
        }
        problems += names(spec?["names"])
        problems += versions(spec?["versions"]?.array ?? [], definition)
        if spec?["preserveUnknownFields"]?.bool == true {
            problems.append(
                .invalid(
                    "spec.preserveUnknownFields",
                    "true",
                    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
                )
            )
        }
        problems += DefinitionParts.conversion(spec?["conversion"])
        if group.hasSuffix(".k8s.io") || group.hasSuffix(".kubernetes.io"), old == nil {
            problems += approval(definition)
        }
        if let old { problems += changes(definition, old) }
        return problems
    }

    /// Groups of the Kubernetes project need its consent, or an admission that there is none.
    private static func approval(_ definition: Value) -> [FieldProblem] {
        let key = "api-approved.kubernetes.io"
        let place = "metadata.annotations[\(key)]"
        let more = "see https://github.com/kubernetes/enhancements/pull/1111"
        let text = definition[path: "metadata", "annotations", key]?.string ?? ""
        if text.isEmpty {
            return [.required(place, "protected groups must have approval annotation \"\(key)\", \(more)")]
        }
        let parts = text.split(separator: "://", maxSplits: 1)
        let isLocator = parts.count == 2 && !parts[0].contains(" ") && !parts[1].hasPrefix("/")
        if isLocator || text.hasPrefix("unapproved") { return [] }
        let detail =
            "protected groups must have approval annotation \"\(key)\" with either a URL or a reason starting with "
            + "\"unapproved\", \(more)"
        return [.invalid(place, "\"\(text)\"", detail)]
    }

    private static func names(_ names: Value?) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        for field in ["plural", "singular", "kind", "listKind"] where names?[field]?.isEmpty ?? true {
            problems.append(.required("spec.names.\(field)"))
        }
        func check(_ value: Value?, _ field: String) {
            guard let text = value?.string, !text.isEmpty else { return }
            // Kinds may have capitals.
            let isKind = field.hasSuffix("ind")
            if let why = labelProblem(isKind ? text.lowercased() : text) {
                let prefix = isKind ? "may have mixed case, but should otherwise match: " : ""
                problems.append(.invalid(field, "\"\(text)\"", prefix + why))
            }
        }
        check(names?["plural"], "spec.names.plural")
        check(names?["singular"], "spec.names.singular")
        check(names?["kind"], "spec.names.kind")
        check(names?["listKind"], "spec.names.listKind")
        for (index, name) in (names?["shortNames"]?.array ?? []).enumerated() {
            check(name, "spec.names.shortNames[\(index)]")
        }
        for (index, name) in (names?["categories"]?.array ?? []).enumerated() {
            check(name, "spec.names.categories[\(index)]")
        }
        if let kind = names?["kind"]?.string, !kind.isEmpty, kind == names?["listKind"]?.string {
            problems.append(.invalid("spec.names.listKind", "\"\(kind)\"", "kind and listKind may not be the same"))
        }
        return problems
    }

    /// Why a text is no name of a resource.
    static func labelProblem(_ text: String) -> String? {
        guard let first = text.utf8.first, first >= 0x61, first <= 0x7A, ObjectNames.labelProblem(text) == nil else {
            return
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
                + "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation "
                + "is '[a-z]([-a-z0-9]*[a-z0-9])?')"
        }
        return nil
    }

    private static func versions(_ versions: [Value], _ definition: Value) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        var seen: Set<String> = []
        let shown = JSON.text(.array(versions), .go)
        for (index, version) in versions.enumerated() {
            let name = version["name"]?.string ?? ""
            if !name.isEmpty, let why = labelProblem(name) {
                problems.append(.invalid("spec.versions[\(index)].name", "\"\(name)\"", why))
                if index == 0 { problems.append(.invalid("spec.version", "\"\(name)\"", why)) }
            }
            problems += deprecation(version, "spec.versions[\(index)].deprecationWarning")
            if !seen.insert(name).inserted {
                problems.append(.invalid("spec.versions", shown, "must contain unique version names"))
            }
        }
        let storage = versions.filter { $0["storage"]?.bool == true }
        if storage.count != 1 {
            problems.append(.invalid("spec.versions", shown, "must have exactly one version marked as storage version"))
        }
        var stored = definition[path: "status", "storedVersions"]?.array ?? []
        let shownStored = stored.isEmpty ? "null" : JSON.text(.array(stored), .go)
        if stored.isEmpty {
            problems.append(.invalid("status.storedVersions", "null", "must have at least one stored version"))
        } else {
            for version in versions {
                guard let name = version["name"] else { continue }
                if let place = stored.firstIndex(of: name) {
                    stored.remove(at: place)
                } else if version["storage"]?.bool == true {
                    let detail = "must have the storage version \(name.string ?? "")"
                    problems.append(.invalid("status.storedVersions", shownStored, detail))
                }
            }
        }
        // Where all versions agree, a real server keeps the schema once for the whole definition.
        let schemas = versions.map { $0[path: "schema", "openAPIV3Schema"] }
        let isShared = Set(schemas).count == 1
        for (index, schema) in schemas.enumerated() {
            guard let schema, !schema.isNull else {
                problems.append(.required("spec.versions[\(index)].schema.openAPIV3Schema"))
                continue
            }
            if isShared, index > 0 { continue }
            if let type = schema["type"]?.string, type != "object", !type.isEmpty,
                versions[index][path: "subresources", "status"] != nil
            {
                problems.append(
                    .invalid(
                        (isShared ? "spec.validation" : "spec.versions[\(index)].schema") + ".openAPIV3Schema.type",
                        "\"\(type)\"",
                        "only \"object\" is allowed as the type at the root of the schema if the status subresource is enabled"
                    )
                )
            }
            let path = isShared ? "spec.validation.openAPIV3Schema" : "spec.versions[\(index)].schema.openAPIV3Schema"
            problems += ObjectSchema.problems(of: schema, at: path)
        }
        problems += DefinitionParts.problems(versions)
        return problems
    }

    private static func deprecation(_ version: Value, _ field: String) -> [FieldProblem] {
        guard let text = version["deprecationWarning"]?.string else { return [] }
        var problems: [FieldProblem] = []
        func add(_ detail: String) { problems.append(.invalid(field, JSON.text(.string(text), .go), detail)) }
        if version["deprecated"]?.bool != true { add("can only be set for deprecated versions") }
        if text.unicodeScalars.count > 256 {
            add("must be <= 256 characters long")
        } else if text.isEmpty {
            add("must not be an empty string")
        }
        for (index, scalar) in text.unicodeScalars.enumerated() where scalar.value < 0x20 || scalar.value == 0x7F {
            add("must only contain printable UTF-8 characters; non-printable character found at index \(index)")
            break
        }
        return problems
    }

    /// What may not change once a definition is served.
    private static func changes(_ definition: Value, _ old: Value) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        if DefinitionStatus.isTrue("Established", in: old) {
            for path in [["spec", "scope"], ["spec", "names", "kind"]] where definition[path: path] != old[path: path] {
                let shown = "\"\(definition[path: path]?.string ?? "")\""
                problems.append(.invalid(path.joined(separator: "."), shown, "field is immutable"))
            }
        }
        for path in [["spec", "group"], ["spec", "names", "plural"]] where definition[path: path] != old[path: path] {
            let shown = "\"\(definition[path: path]?.string ?? "")\""
            problems.append(.invalid(path.joined(separator: "."), shown, "field is immutable"))
        }
        let names = Set((definition[path: "spec", "versions"]?.array ?? []).compactMap { $0["name"]?.string })
        for (index, version) in (definition[path: "status", "storedVersions"]?.array ?? []).enumerated() {
            guard let name = version.string, !names.contains(name) else { continue }
            problems.append(
                .invalid(
                    "status.storedVersions[\(index)]",
                    "\"\(name)\"",
                    "missing from spec.versions; \(name) was previously a storage version, and must remain in spec.versions until a "
                        + "storage migration ensures no data remains persisted in \(name) and removes \(name) from "
                        + "status.storedVersions"
                )
            )
        }
        return problems
    }
}
