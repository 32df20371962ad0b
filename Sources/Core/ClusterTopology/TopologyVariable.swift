import KubernetesModel
import SchemaValidation
import StructuredValue

/// A variable that a class defines.
struct TopologyVariable: Sendable {
    var name: String
    var isRequired: Bool
    var schema: StructuralSchema
    /// Who defines it: the class itself (`inline`), and patches by their names. A patch sees what it defines.
    var sources: Set<String> = [TopologyVariable.inline]
    /// As written, for comparing definitions.
    private let source: Value

    static let inline = "inline"

    /// Made for Clusters that do not set the variable; nil when there is none.
    var defaultValue: Value? { schema.defaultValue }

    /// Reads a definition of the class's `spec.variables`; what is wrong with it is added to `errors`.
    init?(_ definition: Value, errors: inout [FieldError]) {
        name = definition.text("name")
        isRequired = definition["required"]?.bool ?? false
        let path = "spec.variables[\(name)]"
        if name.isEmpty {
            errors.append(.required("spec.variables[].name", "variable name must be defined"))
        } else if name == "builtin" {
            errors.append(.invalid(path + ".name", .string(name), "\"builtin\" is a reserved variable name"))
        } else if name.contains(".") {
            errors.append(.invalid(path + ".name", .string(name), "variable name cannot contain \".\""))
        }
        source = VariableSchema.supported(definition[path: "schema", "openAPIV3Schema"] ?? .null)
        guard source.object != nil else {
            errors.append(.required(path + ".schema.openAPIV3Schema", "a schema is needed"))
            return nil
        }
        do {
            schema = try StructuralSchema.compile(
                source,
                at: path + ".schema.openAPIV3Schema",
                options: SchemaOptions(isResource: false, allowsUniqueItems: true)
            )
        } catch {
            errors += error.errors
            return nil
        }
        Self.checkSamples(of: source, schema, at: path + ".schema.openAPIV3Schema", &errors)
    }

    /// Whether two definitions of one name say the same.
    func agrees(with other: TopologyVariable) -> Bool {
        isRequired == other.isRequired && Self.essence(of: source) == Self.essence(of: other.source)
    }

    /// A schema without flags that are off, members sorted.
    private static func essence(of schema: Value) -> Value {
        switch schema {
        case .object(let object):
            let pairs = object.sortedPairs.filter { $0.value != .bool(false) && !$0.value.isNull }
            return .object(Object(pairs.map { .init(key: $0.key, value: essence(of: $0.value)) }))
        case .array(let items): return .array(items.map(essence))
        default: return schema
        }
    }

    /// Examples and enumerated values must be values of the schema they stand in.
    private static func checkSamples(
        of source: Value,
        _ schema: StructuralSchema,
        at path: String,
        _ errors: inout [FieldError]
    ) {
        if let example = source.given("example") {
            errors += schema.validateValues(example, old: nil, at: path + ".example", isResource: false).errors
        }
        for (index, value) in source.list("enum").enumerated() {
            errors += schema.validateValues(value, old: nil, at: "\(path).enum[\(index)]", isResource: false).errors
        }
        for pair in source.members("properties") {
            if let property = schema.properties[pair.key] {
                checkSamples(of: pair.value, property, at: "\(path).properties[\(pair.key)]", &errors)
            }
        }
        if let items = source["items"], let inner = schema.items {
            checkSamples(of: items, inner, at: path + ".items", &errors)
        }
        if let additional = source["additionalProperties"], case .schema(let inner) = schema.additionalMembers {
            checkSamples(of: additional, inner, at: path + ".additionalProperties", &errors)
        }
    }

    /// The value with defaults filled in; nil for a variable that is not set and has no default.
    func defaulted(_ value: Value?) -> Value? {
        guard var result = value ?? defaultValue else { return nil }
        if result.isNull, let defaultValue { result = defaultValue }
        schema.applyDefaults(to: &result)
        return result
    }

    /// What is wrong with a value; `path` is the variable's, without `.value`.
    func validate(_ value: Value, old: Value?, at path: String) -> [FieldError] {
        var findings = schema.validateValues(value, old: nil, at: path + ".value", isResource: false)
        if !findings.errors.isEmpty { return findings.errors }
        let unknown = schema.unknownFields(of: value, isResource: false)
        if !unknown.isEmpty {
            let detail =
                "failed validation: \"\(unknown.joined(separator: ","))\" field(s) are not specified in the variable schema of variable \"\(name)\""
            return [.invalid(path, .string(JSON.text(value, .go)), detail)]
        }
        schema.validateExpressions(value, old: old, at: path + ".value", into: &findings)
        return findings.errors
    }
}

/// The variables of a Cluster, defaulted and validated.
struct TopologyVariableCheck {
    let definitions: [TopologyVariable]
    private(set) var errors: [(error: FieldError, path: [String])] = []

    init(definitions: [TopologyVariable]) { self.definitions = definitions }

    private func definition(_ name: String) -> TopologyVariable? { definitions.first { $0.name == name } }

    /// The list with defaults: what is set in its order, then what is missing. Overrides are never added to.
    mutating func run(
        _ values: [Value],
        old: [Value] = [],
        at path: String,
        steps: [String],
        isOverride: Bool
    ) -> [Value] {
        var result: [Value] = []
        var seen: Set<String> = []
        for (index, variable) in values.enumerated() {
            let name = variable.text("name")
            let place = "\(path)[\(name)]"
            let value = variable["value"] ?? .null
            func report(_ error: FieldError) { errors.append((error, steps + [String(index)])) }
            if !seen.insert(name).inserted {
                report(.invalid(place, .string(JSON.text(value, .go)), "variable \"\(name)\" is set more than once"))
                continue
            }
            guard let definition = definition(name) else {
                report(.invalid(place, .string(JSON.text(value, .go)), "variable is not defined"))
                continue
            }
            let defaulted = definition.defaulted(value) ?? .null
            let before = old.first { $0.text("name") == name }?["value"]
            for error in definition.validate(defaulted, old: before, at: place) { report(error) }
            result.append(["name": .string(name), "value": defaulted])
        }
        if isOverride { return result }
        for definition in definitions where !seen.contains(definition.name) {
            if let value = definition.defaulted(nil) {
                for error in definition.validate(value, old: nil, at: "\(path)[\(definition.name)]") {
                    errors.append((error, steps))
                }
                result.append(["name": .string(definition.name), "value": value])
            } else if definition.isRequired {
                errors.append((.required(path, "required variable \"\(definition.name)\" must be set"), steps))
            }
        }
        return result
    }
}
