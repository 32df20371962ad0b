import APIStore
import KubernetesModel
import StructuredValue

/// Which objects a list or watch wants: label and field selectors.
struct Selection: Sendable {
    private var labels: LabelSelector
    private var fields: [FieldRequirement]

    struct FieldRequirement: Sendable {
        var field: String
        var path: CellPath?
        var value: String
        var isEqual: Bool
    }

    init(_ options: ListOptions, _ resource: ServedResource) throws(APIFailure) {
        do { labels = try LabelSelector(text: options.labels) } catch {
            throw .badRequest("unable to parse requirement: \(error.description)")
        }
        for requirement in labels.requirements { try Self.check(requirement) }
        fields = []
        for clause in Self.clauses(options.fields) {
            try Self.checkEscapes(clause)
            guard let requirement = Self.requirement(clause) else {
                throw .badRequest("invalid selector: '\(options.fields)'; can't understand '\(clause)'")
            }
            fields.append(try Self.known(requirement, resource))
        }
    }

    var isEmpty: Bool { labels.isEmpty && fields.isEmpty }

    /// The one name that is asked for, if there is one.
    var name: String? { fields.first { $0.field == "metadata.name" && $0.isEqual }?.value }
    var namespace: String? { fields.first { $0.field == "metadata.namespace" && $0.isEqual }?.value }

    func matches(_ object: StoredObject, _ resource: ServedResource) -> Bool {
        if isEmpty { return true }
        return matches(resource.isPresentedAsStored(object) ? object.value : resource.presented(object))
    }

    func matches(_ value: Value) -> Bool {
        if !labels.isEmpty, !labels.matches(Manifest(value)) { return false }
        return fields.allSatisfy { requirement in
            let found = requirement.path?.first(in: value)
            let text: String
            switch found {
            case .string(let string): text = string
            case .null, nil: text = ""
            case let other?: text = JSON.text(other)
            }
            return (text == requirement.value) == requirement.isEqual
        }
    }

    private static func check(_ requirement: LabelSelector.Requirement) throws(APIFailure) {
        let key: String
        var values: [String] = []
        switch requirement {
        case .isOneOf(let name, let list), .isNoneOf(let name, let list): (key, values) = (name, list)
        case .exists(let name), .doesNotExist(let name), .isGreater(let name, _), .isLess(let name, _): key = name
        }
        if let why = ObjectChecks.qualifiedNameProblems(key).first {
            throw .badRequest("unable to parse requirement: key: Invalid value: \"\(key)\": \(why)")
        }
        for (index, value) in values.enumerated() {
            if let why = ObjectChecks.labelValueProblem(value) {
                throw .badRequest(
                    "unable to parse requirement: values[\(index)][\(key)]: Invalid value: \"\(value)\": \(why)"
                )
            }
        }
    }

    /// Clauses between commas that are not escaped.
    private static func clauses(_ text: String) -> [String] {
        var result: [String] = []
        var current = ""
        var isEscaped = false
        for character in text {
            if isEscaped {
                current.append("\\")
                current.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "," {
                result.append(current)
                current = ""
            } else {
                current.append(character)
            }
        }
        if isEscaped { current.append("\\") }
        result.append(current)
        return result.filter { !$0.isEmpty }
    }

    /// Only commas, equals signs and backslashes are escaped.
    private static func checkEscapes(_ clause: String) throws(APIFailure) {
        var rest = clause[...]
        while let mark = rest.firstIndex(of: "\\") {
            let next = rest.index(after: mark)
            guard next < rest.endIndex, [",", "=", "\\"].contains(rest[next]) else {
                let shown = next < rest.endIndex ? "\\\(rest[next])" : "\\"
                throw .badRequest("invalid field selector: invalid escape sequence: \(shown)")
            }
            rest = rest[rest.index(after: next)...]
        }
    }

    private static func requirement(_ clause: String) -> FieldRequirement? {
        for (mark, isEqual) in [("!=", false), ("==", true), ("=", true)] {
            guard let range = clause.firstRange(of: mark) else { continue }
            let value = clause[range.upperBound...].replacing("\\,", with: ",").replacing("\\=", with: "=").replacing(
                "\\\\",
                with: "\\"
            )
            return FieldRequirement(
                field: String(clause[..<range.lowerBound]),
                path: nil,
                value: String(value),
                isEqual: isEqual
            )
        }
        return nil
    }

    private static func known(_ requirement: FieldRequirement, _ resource: ServedResource) throws(APIFailure)
        -> FieldRequirement
    {
        var requirement = requirement
        let field = requirement.field
        if field == "metadata.name" || (field == "metadata.namespace" && resource.isNamespaced) {
            requirement.path = CellPath("." + field)
            return requirement
        }
        if let custom = resource.custom {
            guard let path = custom.selectableFields[field] else {
                throw .badRequest("field label not supported: \(field)")
            }
            requirement.path = path
            return requirement
        }
        if resource.traits.selectableFields.contains(field) {
            requirement.path = CellPath("." + (field == "source" ? "source.component" : field))
            return requirement
        }
        // Kinds with fields of their own have a sentence of their own.
        if !resource.traits.selectableFields.isEmpty { throw .badRequest("field label not supported: \(field)") }
        let known =
            (["metadata.name"] + (resource.isNamespaced ? ["metadata.namespace"] : []))
            .map { "\"\($0)\"" }.joined(separator: ", ")
        throw .badRequest("\"\(field)\" is not a known field selector: only \(known)")
    }
}
