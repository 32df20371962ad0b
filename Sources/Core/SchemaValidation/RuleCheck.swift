import CELExpressions
import StructuredValue

/// Evaluates the expressions of a schema over an object.
struct RuleCheck {
    private(set) var errors: [FieldError] = []
    private(set) var warnings: [FieldError] = []
    private let prefix: String
    private var path = FieldPath()
    /// What all rules of one object may cost together.
    private var budget = 10_000_000

    init(prefix: String) { self.prefix = prefix }

    /// What a node was before: its old value if it can be told, and whether it or what it stands in is unchanged.
    private struct Past {
        var old: Value?
        var isCorrelated: Bool
        var isUnchanged: Bool
    }

    mutating func run(_ schema: StructuralSchema, _ value: Value, old: Value?) {
        walk(schema, value, Past(old: old, isCorrelated: old != nil, isUnchanged: old == value))
    }

    private mutating func walk(_ schema: StructuralSchema, _ value: Value, _ past: Past) {
        guard schema.hasRules, !value.isNull, budget >= 0 else { return }
        evaluate(schema.rules, schema, value, past)
        for part in schema.checks.allOf where part.hasRules {
            evaluate(part.rules, part, value, Past(old: past.old, isCorrelated: false, isUnchanged: false))
        }
        switch value {
        case .array(let list):
            guard let items = schema.items, items.hasRules else { return }
            let before = OldItems(schema, past.old)
            for index in list.indices {
                path.push(.index(index))
                walk(items, list[index], child(of: past, list[index], before.item(matching: list[index])))
                path.pop()
            }
        case .object(let object):
            for pair in object.pairs {
                guard let member = schema.member(pair.key), member.hasRules else { continue }
                path.push(schema.properties[pair.key] == nil ? .key(pair.key) : .member(pair.key))
                walk(member, pair.value, child(of: past, pair.value, past.old?[pair.key]))
                path.pop()
            }
        default: break
        }
    }

    private func child(of past: Past, _ value: Value, _ old: Value?) -> Past {
        if past.isCorrelated, let old { return Past(old: old, isCorrelated: true, isUnchanged: old == value) }
        return Past(old: old, isCorrelated: false, isUnchanged: past.isUnchanged)
    }

    private mutating func evaluate(_ rules: [SchemaRule], _ schema: StructuralSchema, _ value: Value, _ past: Past) {
        guard !rules.isEmpty, let type = schema.expressionType else { return }
        let kind = Value.string(schema.kind?.rawValue ?? "")
        let field = FieldError.join(prefix, path.text)
        let current: CELValue
        var before: CELValue?
        do {
            current = try CELValue(value, as: type)
            before = try past.old.flatMap { $0.isNull ? Optional.none : $0 }.map { (old) throws(CELFailure) in
                try CELValue(old, as: type)
            }
        } catch {
            for rule in rules { errors.append(.invalid(field, kind, "\(error) evaluating rule: \(rule.errorName)")) }
            return
        }
        for rule in rules {
            if rule.usesOldSelf, before == nil, !rule.hasOptionalOldSelf { continue }
            let variables = [current, rule.hasOptionalOldSelf ? .optional(before) : before ?? .null]
            if let error = check(rule, variables, kind: kind, value: value, field: field) {
                if error.isFailedRule, !rule.usesOldSelf, past.isUnchanged {
                    warnings.append(error.error)
                } else {
                    errors.append(error.error)
                }
            }
            if budget < 0 { return }
        }
    }

    private mutating func check(
        _ rule: SchemaRule,
        _ variables: [CELValue],
        kind: Value,
        value: Value,
        field: String
    ) -> (error: FieldError, isFailedRule: Bool)? {
        var fuel = min(budget, CELProgram.defaultFuel)
        let start = fuel
        let result: CELValue
        do {
            result = try rule.program.evaluate(variables, fuel: &fuel)
            budget -= start - fuel
        } catch {
            budget -= start - max(fuel, 0)
            switch error.kind {
            case .outOfFuel:
                budget = -1
                let detail =
                    "'\(error)': no further validation rules will be run due to call cost exceeds limit for rule: \(rule.errorName)"
                return (.invalid(field, kind, detail), false)
            case .evaluation where error.message == "no such overload":
                let detail =
                    "'\(error)': call arguments did not match a supported operator, function or macro signature for rule: \(rule.errorName)"
                return (.invalid(field, kind, detail), false)
            case .evaluation:
                return (.invalid(field, kind, "\(error) evaluating rule: \(rule.errorName)"), false)
            }
        }
        if case .bool(true) = result { return nil }
        let place =
            field.isEmpty && rule.fieldPath.hasPrefix(".") ? String(rule.fieldPath.dropFirst()) : field + rule.fieldPath
        let detail = ownMessage(rule, variables) ?? rule.defaultMessage
        // Objects and lists are left out of the message.
        let shown: Value? = kind == "object" || kind == "array" ? Optional.none : value
        switch rule.reason {
        case .forbidden: return (.forbidden(place, detail), true)
        case .required: return (.required(place, detail), true)
        case .duplicate: return (.duplicate(place, shown), true)
        default: return (.invalid(place, shown, detail), true)
        }
    }

    /// What the rule's messageExpression gives, if it gives one line of text.
    private mutating func ownMessage(_ rule: SchemaRule, _ variables: [CELValue]) -> String? {
        guard let program = rule.message else { return nil }
        var fuel = min(max(budget, 0), CELProgram.defaultFuel)
        let start = fuel
        defer { budget -= start - max(fuel, 0) }
        // A message that cannot be computed gives way to the rule's own.
        guard case .string(let text)? = try? program.evaluate(variables, fuel: &fuel) else { return nil }
        var trimmed = text[...]
        while let first = trimmed.first, first.isWhitespace { trimmed.removeFirst() }
        while let last = trimmed.last, last.isWhitespace { trimmed.removeLast() }
        if trimmed.isEmpty || trimmed.contains("\n") || trimmed.utf8.count > 5_120 { return nil }
        return String(trimmed)
    }
}
