import KubernetesModel
import StructuredValue

/// The rules for the parts of a definition beside names and schemas: columns, subresources, selectable fields and
/// conversion.
enum DefinitionParts {
    /// A part that all versions have in common is named as if it belonged to the definition.
    static func problems(_ versions: [Value]) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        func each(_ name: String, _ body: (_ part: Value?, _ version: Value, _ place: String) -> [FieldProblem]) {
            let isShared = Set(versions.map { $0[name] }).count == 1
            for (index, version) in versions.enumerated() where !isShared || index == 0 {
                problems += body(version[name], version, isShared ? "spec.\(name)" : "spec.versions[\(index)].\(name)")
            }
        }
        each("additionalPrinterColumns") { part, _, place in
            (part?.array ?? []).enumerated().flatMap { column($1, "\(place)[\($0)]") }
        }
        each("subresources") { part, _, place in part?["scale"].map { scale($0, "\(place).scale") } ?? [] }
        each("selectableFields") { part, version, place in selectable(part?.array ?? [], version, place) }
        return problems
    }

    private static func column(_ column: Value, _ place: String) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        if column["name"]?.isEmpty ?? true { problems.append(.required("\(place).name")) }
        func choice(_ name: String, _ known: [String], isRequired: Bool) {
            let text = column[name]?.string ?? ""
            let detail = "must be one of \(known.joined(separator: ","))"
            if text.isEmpty {
                if isRequired { problems.append(.required("\(place).\(name)", detail)) }
            } else if !known.contains(text) {
                problems.append(.invalid("\(place).\(name)", "\"\(text)\"", detail))
            }
        }
        choice("type", ["boolean", "date", "integer", "number", "string"], isRequired: true)
        let formats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"]
        choice("format", formats, isRequired: false)
        let path = column["jsonPath"]?.string ?? ""
        if path.isEmpty {
            problems.append(.required("\(place).JSONPath"))
        } else if !path.hasPrefix(".") {
            problems.append(.invalid("\(place).JSONPath", "\"\(path)\"", "must be a simple json path starting with ."))
        }
        return problems
    }

    private static func scale(_ scale: Value, _ place: String) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        func check(_ field: String, below roots: [String], isRequired: Bool) {
            let path = scale[field]?.string ?? ""
            if path.isEmpty {
                if isRequired { problems.append(.required("\(place).\(field)")) }
                return
            }
            if roots.contains(where: { path.hasPrefix($0 + ".") }), CellPath(path)?.members != nil { return }
            guard path.hasPrefix(".") else {
                problems.append(
                    .invalid("\(place).\(field)", "\"\(path)\"", "must be a simple json path starting with .")
                )
                return
            }
            let allowed = roots.count == 1 ? "under \(roots[0])" : "under either \(roots.joined(separator: " or "))"
            problems.append(.invalid("\(place).\(field)", "\"\(path)\"", "should be a json path \(allowed)"))
        }
        check("specReplicasPath", below: [".spec"], isRequired: true)
        check("statusReplicasPath", below: [".status"], isRequired: true)
        check("labelSelectorPath", below: [".spec", ".status"], isRequired: false)
        return problems
    }

    private static func selectable(_ fields: [Value], _ version: Value, _ place: String) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        var seen: Set<String> = []
        if fields.count > 8 {
            problems.append(FieldProblem(.tooMany, place, "Too many: \(fields.count): must have at most 8 items"))
        }
        for (index, field) in fields.enumerated() {
            let here = "\(place)[\(index)].jsonPath"
            let path = field["jsonPath"]?.string ?? ""
            func add(_ detail: String) { problems.append(.invalid(here, "\"\(path)\"", detail)) }
            if path.isEmpty {
                problems.append(.required(here))
                continue
            }
            guard path.hasPrefix(".") || path.hasPrefix("[") else {
                add("is an invalid path: expected [ or . but got: \(path.prefix { $0 != "." && $0 != "[" })")
                continue
            }
            if path.contains("[") {
                add("is an invalid path: array notation is not allowed")
                continue
            }
            guard let members = CellPath(path)?.members,
                let schema = schema(at: members, in: version[path: "schema", "openAPIV3Schema"])
            else {
                add("is an invalid path: does not refer to a valid field")
                continue
            }
            if !["string", "boolean", "integer"].contains(schema["type"]?.string) {
                add(
                    "must point to a field of type string, boolean or integer. Enum string fields and strings with formats "
                        + "are allowed."
                )
            }
            if !seen.insert(path).inserted {
                problems.append(FieldProblem(.duplicate, here, "Duplicate value: \"\(path)\""))
            }
        }
        return problems
    }

    private static func schema(at members: [String], in root: Value?) -> Value? {
        guard members.first != "metadata" else { return nil }
        var current = root
        for member in members { current = current?["properties"]?[member] }
        return current
    }

    /// How objects get from one version to another.
    static func conversion(_ conversion: Value?) -> [FieldProblem] {
        let place = "spec.conversion"
        let strategy = conversion?["strategy"]?.string ?? "None"
        let client = conversion?[path: "webhook", "clientConfig"]
        let reviews = conversion?[path: "webhook", "conversionReviewVersions"]?.array ?? []
        var problems: [FieldProblem] = []
        guard strategy == "Webhook" else {
            if strategy != "None" {
                problems.append(.notSupported("\(place).strategy", "\"\(strategy)\"", ["None", "Webhook"]))
            }
            let detail = "should not be set when strategy is not set to Webhook"
            if client != nil { problems.append(.forbidden("\(place).webhookClientConfig", detail)) }
            if !reviews.isEmpty { problems.append(.forbidden("\(place).conversionReviewVersions", detail)) }
            return problems
        }
        let field = "\(place).webhookClientConfig"
        switch (client?["url"]?.string, client?["service"]) {
        case _ where client == nil:
            problems.append(.required(field, "required when strategy is set to Webhook"))
        case (nil, nil), (.some, .some): problems.append(.required(field, "exactly one of url or service is required"))
        case (let url?, nil):
            let scheme = url.prefix { $0 != ":" }
            if scheme != "https" {
                problems.append(
                    .invalid(
                        "\(field).url",
                        "\"\(scheme)\"",
                        "'https' is the only allowed URL scheme; desired format: https://host[/path]"
                    )
                )
            }
        default: break
        }
        if reviews.isEmpty {
            problems.append(.required("\(place).conversionReviewVersions"))
        } else if !reviews.contains("v1"), !reviews.contains("v1beta1") {
            problems.append(
                .invalid(
                    "\(place).conversionReviewVersions",
                    JSON.text(.array(reviews), .go),
                    "must include at least one of v1, v1beta1"
                )
            )
        }
        return problems
    }
}
