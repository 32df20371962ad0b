package import StructuredValue

/// What validation found: errors refuse the object, warnings are old faults that stay as they were.
package struct SchemaFindings: Hashable, Sendable {
    package var errors: [FieldError] = []
    package var warnings: [FieldError] = []
    package var isValid: Bool { errors.isEmpty }
}

extension StructuralSchema {
    /// Validates a value: types and limits, unique lists, then expressions.
    ///
    /// With an old value, what did not change since may stay invalid (a warning, for expressions), and transition rules are
    /// checked. `path` is put in front of all fields; messages name fields from the value on, as the API server's do.
    package func validate(
        _ value: Value,
        old: Value? = nil,
        at path: String = "",
        isResource: Bool = true
    ) -> SchemaFindings {
        var findings = validateValues(value, old: old, at: path, isResource: isResource)
        validateUniqueLists(value, old: old, at: path, into: &findings)
        validateExpressions(value, old: old, at: path, into: &findings)
        return findings
    }

    /// Validates a write to the status of an object: of the values only the status, of lists and expressions the whole object.
    package func validateStatus(_ object: Value, old: Value?) -> SchemaFindings {
        var findings = SchemaFindings()
        if let status = object["status"], let schema = properties["status"] {
            findings = schema.validateValues(status, old: old?["status"], at: "status", isResource: false)
        }
        validateUniqueLists(object, old: old, at: "", into: &findings)
        validateExpressions(object, old: old, at: "", into: &findings)
        return findings
    }

    /// Types, limits, patterns and the like.
    package func validateValues(_ value: Value, old: Value?, at path: String, isResource: Bool) -> SchemaFindings {
        var check = ValueCheck(prefix: path, isResource: isResource)
        return SchemaFindings(errors: check.run(self, value, old: old).errors)
    }

    /// Sets without equal items and map lists without equal keys. An old object that had such faults may keep them.
    package func validateUniqueLists(_ value: Value, old: Value?, at path: String, into findings: inout SchemaFindings)
    {
        guard hasUniqueLists else { return }
        var check = UniqueListCheck(prefix: path)
        check.run(self, value)
        guard !check.errors.isEmpty else { return }
        if let old {
            var before = UniqueListCheck(prefix: path)
            before.run(self, old)
            if !before.errors.isEmpty { return }
        }
        findings.errors += check.errors
    }

    /// `x-kubernetes-validations`. Not checked when earlier errors leave the value in no state to be looked at.
    package func validateExpressions(_ value: Value, old: Value?, at path: String, into findings: inout SchemaFindings)
    {
        guard hasRules else { return }
        let isBlocked = findings.errors.contains { error in
            switch error.reason {
            case .notSupported, .required, .tooLong, .tooMany, .typeInvalid: true
            default: false
            }
        }
        if isBlocked {
            let detail =
                "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"
            findings.errors.append(.invalid("", .null, detail))
            return
        }
        var check = RuleCheck(prefix: path)
        check.run(self, value, old: old)
        findings.errors += check.errors
        findings.warnings += check.warnings
    }
}
