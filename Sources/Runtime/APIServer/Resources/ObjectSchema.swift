import KubernetesMerge
import SchemaValidation
import StructuredValue

/// The schema of one version of a custom resource, in the forms the server needs: for validation and for merging.
struct ObjectSchema: Sendable {
    /// As the definition has it.
    let text: Value
    private let structural: StructuralSchema?
    let typeSchema: TypeSchema

    /// Knows no fields but apiVersion, kind and metadata.
    static let empty = ObjectSchema(text: ["type": "object"], structural: nil)

    private init(text: Value, structural: StructuralSchema?) {
        self.text = text
        self.structural = structural
        typeSchema = TypeSchema.customResource(text)
    }

    /// Reads a schema that a definition's validation has accepted; of another one nothing is known.
    init(accepted text: Value) {
        // Checked when the definition was written.
        self.init(
            text: text,
            structural: try? StructuralSchema.compile(text, options: SchemaOptions(checksStructure: false))
        )
    }

    /// What is wrong with a schema, for the definition that contains it.
    static func problems(of text: Value, at path: String) -> [FieldProblem] {
        do {
            _ = try StructuralSchema.compile(text, at: path)
            return []
        } catch {
            return error.errors.map { FieldProblem($0) }
        }
    }

    /// Why an object inside this one cannot be read as one.
    func embeddedMisfit(in object: Value) -> String? {
        for inner in structural?.embeddedObjects(in: object) ?? [] {
            for name in ["apiVersion", "kind"] {
                guard let given = inner.value[name], given.string == nil else { continue }
                return "\(inner.path).\(name): Invalid value: \(JSON.text(given, .go)): must be a string"
            }
            guard let metadata = inner.value["metadata"] else { continue }
            var reader = ShapeReader()
            do { _ = try reader.read(metadata, as: BuiltInTypes.type("ObjectMeta"), path: "") } catch {
                return "\(inner.path).metadata: Invalid value: \(JSON.text(metadata, .go)): \(error.message)"
            }
        }
        return nil
    }

    /// What is wrong with the types that objects inside this one name.
    func embeddedProblems(in object: Value) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        for inner in structural?.embeddedObjects(in: object) ?? [] {
            let metadata = inner.value["metadata"]
            problems += ObjectChecks.labels(metadata?["labels"], field: "\(inner.path).metadata.labels")
            problems += ObjectChecks.annotations(metadata?["annotations"], field: "\(inner.path).metadata.annotations")
            let version = inner.value["apiVersion"]?.string ?? ""
            if version.isEmpty {
                problems.append(missing("\(inner.path).apiVersion", inner.value["apiVersion"]))
            } else if version.split(separator: "/", omittingEmptySubsequences: false).count > 2 {
                problems.append(
                    .invalid(
                        "\(inner.path).apiVersion",
                        "\"\(version)\"",
                        "unexpected GroupVersion string: \(version)"
                    )
                )
            }
            let kind = inner.value["kind"]?.string ?? ""
            if kind.isEmpty {
                problems.append(missing("\(inner.path).kind", inner.value["kind"]))
            } else if let why = DefinitionRules.labelProblem(kind.lowercased()) {
                let detail = "may have mixed case, but should otherwise match: \(why)"
                problems.append(.invalid("\(inner.path).kind", "\"\(kind)\"", detail))
            }
        }
        return problems
    }

    private func missing(_ field: String, _ given: Value?) -> FieldProblem {
        given == nil ? .required(field, "must not be empty") : .invalid(field, "\"\"", "must not be empty")
    }

    /// Removes what the schema does not know; answers the paths.
    func prune(_ object: inout Value) -> [String] {
        guard let structural else {
            guard case .object(let members) = object else { return [] }
            let unknown = members.map(\.key).filter { !["apiVersion", "kind", "metadata"].contains($0) }
            for name in unknown { object[name] = nil }
            return unknown
        }
        return structural.prune(&object)
    }

    /// Fills in defaults. Nulls that the schema does not allow are dropped, unless they are to be judged.
    func applyDefaults(_ object: inout Value, dropsNulls: Bool = true) {
        guard let structural else { return }
        if dropsNulls { structural.dropForbiddenNulls(in: &object) }
        structural.applyDefaults(to: &object)
    }

    /// Problems, and sentences about old faults that may stay.
    func validate(_ object: Value, old: Value?, isStatus: Bool) -> (problems: [FieldProblem], warnings: [String]) {
        guard let structural else { return ([], []) }
        let findings = isStatus ? structural.validateStatus(object, old: old) : structural.validate(object, old: old)
        return (findings.errors.map { FieldProblem($0) }, findings.warnings.map(\.description))
    }
}

extension FieldProblem {
    init(_ error: FieldError) {
        let kind: Kind =
            switch error.reason {
            case .required: .required
            case .invalid: .invalid
            case .typeInvalid: .typeInvalid
            case .notSupported: .notSupported
            case .forbidden: .forbidden
            case .duplicate: .duplicate
            case .tooLong: .tooLong
            case .tooMany: .tooMany
            case .internalError: .internalError
            }
        self.init(kind, error.field, error.message)
    }
}
