import CELExpressions
import StructuredValue

/// One entry of `x-kubernetes-validations`, compiled.
struct SchemaRule: Sendable {
    var program: CELProgram
    var message: CELProgram?
    var text: String
    var ownMessage: String
    var reason: FieldError.Reason
    /// Steps below the node to the field that is blamed, as text to append to a path.
    var fieldPath: String
    var usesOldSelf: Bool
    var hasOptionalOldSelf: Bool

    /// What is said when the rule does not hold and it has no message of its own.
    var defaultMessage: String { ownMessage.isEmpty ? "failed rule: \(text)" : ownMessage }
    /// How the rule is called in errors of its evaluation.
    var errorName: String { ownMessage.isEmpty ? text : ownMessage }

    private static func trimmed(_ text: String) -> String {
        var view = text[...]
        while let first = view.first, first.isWhitespace { view.removeFirst() }
        while let last = view.last, last.isWhitespace { view.removeLast() }
        return String(view)
    }

    /// Compiles a rule; what is wrong is added to `errors`, and then there is no rule.
    init?(_ rule: Value, type: CELType, at path: String, schema: Value, errors: inout [FieldError]) {
        let source = rule["rule"]?.string ?? ""
        text = Self.trimmed(source)
        if text.isEmpty { return nil }
        hasOptionalOldSelf = rule["optionalOldSelf"]?.bool ?? false
        let old: CELType = hasOptionalOldSelf ? .optional(type) : type
        let environment = CELEnvironment(["self": type, "oldSelf": old])
        let shown = Value.object([
            "Rule": .string(source), "Message": .string(rule["message"]?.string ?? ""),
            "MessageExpression": .string(rule["messageExpression"]?.string ?? ""), "Reason": rule["reason"] ?? .null,
            "FieldPath": .string(rule["fieldPath"]?.string ?? ""), "OptionalOldSelf": rule["optionalOldSelf"] ?? .null,
        ])
        func refused(_ member: String, _ detail: String) -> FieldError {
            // The members of the rule stand as they are declared.
            let text = JSON.text(shown, JSON.Style(escapesHTML: true))
            return FieldError(.invalid, at: path + member, message: "Invalid value: \(text): \(detail)")
        }
        do {
            program = try CELProgram(source, in: environment)
        } catch {
            errors.append(refused(".rule", "compilation failed: \(error)"))
            return nil
        }
        switch program.type {
        case .bool, .dyn: break
        default:
            errors.append(refused(".rule", "cel expression must evaluate to a bool"))
            return nil
        }
        if let expression = rule["messageExpression"]?.string, !Self.trimmed(expression).isEmpty {
            do {
                let program = try CELProgram(expression, in: environment)
                switch program.type {
                case .string, .dyn: message = program
                default:
                    errors.append(refused(".messageExpression", "messageExpression must evaluate to a string"))
                }
            } catch {
                errors.append(refused(".messageExpression", "messageExpression compilation failed: \(error)"))
            }
        }
        usesOldSelf = program.usedVariables.contains("oldSelf")
        if !usesOldSelf, let flag = rule["optionalOldSelf"], !flag.isNull {
            errors.append(.invalid(path + ".optionalOldSelf", flag, "may not be set if oldSelf is not used in rule"))
        }
        ownMessage = Self.trimmed(rule["message"]?.string ?? "")
        reason = rule["reason"]?.string.flatMap(FieldError.Reason.init) ?? .invalid
        fieldPath = ""
        if let place = rule["fieldPath"]?.string, !Self.trimmed(place).isEmpty {
            guard let steps = Self.steps(of: place, in: schema) else {
                errors.append(.invalid(path + ".fieldPath", .string(place), "must be a valid path"))
                return
            }
            fieldPath = steps
        }
    }

    /// What the texts of a rule must keep to, whatever its expressions say.
    static func textErrors(_ rule: Value, at path: String) -> [FieldError] {
        var errors: [FieldError] = []
        let text = trimmed(rule["rule"]?.string ?? "")
        let message = rule["message"]?.string ?? ""
        let trimmedMessage = trimmed(message)
        if text.isEmpty {
            errors.append(.required(path + ".rule", "rule is not specified"))
        } else if !message.isEmpty, trimmedMessage.isEmpty {
            errors.append(.invalid(path + ".message", .string(message), "must be non-empty if specified"))
        } else if trimmedMessage.contains("\n") {
            errors.append(.invalid(path + ".message", .string(message), "must not contain line breaks"))
        } else if text.contains("\n"), trimmedMessage.isEmpty {
            errors.append(.required(path + ".message", "message must be specified if rule contains line breaks"))
        }
        if let expression = rule["messageExpression"]?.string, !expression.isEmpty, trimmed(expression).isEmpty {
            errors.append(.required(path + ".messageExpression", "messageExpression must be non-empty if specified"))
        }
        let reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"]
        if let reason = rule["reason"]?.string, !reasons.contains(reason) {
            errors.append(.notSupported(path + ".reason", .string(reason), reasons))
        }
        if let place = rule["fieldPath"]?.string, !place.isEmpty {
            if trimmed(place).isEmpty {
                errors.append(.invalid(path + ".fieldPath", .string(place), "must be non-empty if specified"))
            }
            if place.contains("\n") {
                errors.append(.invalid(path + ".fieldPath", .string(place), "must not contain line breaks"))
            }
        }
        return errors
    }

    /// Whether the rule reads the old value, as far as that can be told without its schema.
    static func mentionsOldSelf(_ rule: Value) -> Bool {
        guard let source = rule["rule"]?.string else { return false }
        let environment = CELEnvironment(["self": .dyn, "oldSelf": .dyn])
        // What does not compile is reported where rules are compiled.
        guard let program = try? CELProgram(source, in: environment) else { return false }
        return program.usedVariables.contains("oldSelf")
    }

    /// `.a['b']` as text to append to a path; nil when the schema has no such field.
    private static func steps(of place: String, in schema: Value) -> String? {
        var rest = Substring(place)
        var current = schema
        var text = ""
        while let first = rest.popFirst() {
            var name: String
            if first == "." {
                name = String(rest.prefix { $0 != "." && $0 != "[" && $0 != "]" })
                rest = rest.dropFirst(name.count)
            } else if first == "[", rest.popFirst() == "'" {
                name = ""
                var isClosed = false
                while let character = rest.popFirst() {
                    if character == "\\", let escaped = rest.popFirst() {
                        name.append(escaped)
                    } else if character == "'" {
                        isClosed = true
                        break
                    } else {
                        name.append(character)
                    }
                }
                guard isClosed, rest.popFirst() == "]" else { return nil }
            } else {
                return nil
            }
            if name.isEmpty { return nil }
            if case .object(let properties)? = current["properties"] {
                guard let property = properties[name] else { return nil }
                current = property
                text += "." + name
            } else if let additional = current["additionalProperties"], additional.object != nil {
                current = additional
                text += "[\(name)]"
            } else {
                return nil
            }
        }
        return text
    }
}
