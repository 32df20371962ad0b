import CELExpressions
import LinearRegex
import StructuredValue

/// Validates the values of an object against its schema, in the order and the words of the API server.
struct ValueCheck {
    /// What one schema found, and how many of its checks held: that decides which alternative's errors are told.
    struct Outcome {
        var errors: [FieldError] = []
        var matches = 0

        mutating func merge(_ other: Outcome) {
            matches += other.matches
            for error in other.errors where !errors.contains(error) { errors.append(error) }
        }

        mutating func add(_ error: FieldError) { if !errors.contains(error) { errors.append(error) } }
    }

    private let prefix: String
    private let isResource: Bool
    private var path = FieldPath()

    init(prefix: String, isResource: Bool) {
        self.prefix = prefix
        self.isResource = isResource
    }

    /// The path in messages.
    private var name: String { path.validatorText() }

    private func field(appending member: String? = nil) -> String {
        var text = path.validatorText(appending: member)
        if text.hasPrefix(".") { text.removeFirst() }
        // An index at the root is a member to the API server: `default.[0]`.
        if text.hasPrefix("["), !prefix.isEmpty { return "\(prefix).\(text)" }
        return FieldError.join(prefix, text)
    }

    mutating func run(_ schema: StructuralSchema, _ value: Value, old: Value?) -> Outcome {
        // An unchanged value may stay as it is, whatever the schema says now.
        if let old, old == value { return Outcome(matches: 1) }
        var outcome = Outcome()
        if value.isNull {
            outcome.merge(typeCheck(schema, value))
            outcome.merge(enumerationCheck(schema, value))
            return outcome
        }
        if schema.kind != nil || schema.isIntOrString || schema.format != nil {
            outcome.merge(typeCheck(schema, value))
            outcome.matches += 1
        }
        if schema.hasAlternatives { outcome.merge(alternatives(schema, value, old: old)) } else { outcome.matches += 1 }
        outcome.matches += 1
        switch value {
        case .string(let text): outcome.merge(stringCheck(schema, text))
        case .int, .double, .number: outcome.merge(numberCheck(schema, value))
        case .array(let list): outcome.merge(listCheck(schema, list, old: old))
        default: break
        }
        outcome.merge(enumerationCheck(schema, value))
        outcome.matches += 1
        if case .object(let object) = value {
            outcome.merge(objectCheck(schema, object, old: old))
            outcome.matches += 1
        }
        outcome.matches += 1
        return outcome
    }

    // MARK: Types

    private static func typeName(_ value: Value) -> String {
        switch value {
        case .null: "null"
        case .bool: "boolean"
        case .int: "integer"
        case .double, .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    private func wrongType(_ wanted: String, _ actual: String) -> Outcome {
        let detail = "\(name) in body must be of type \(wanted): \(GoQuotation.quote(actual))"
        return Outcome(errors: [.typeInvalid(field(), .string(actual), detail)])
    }

    private func typeCheck(_ schema: StructuralSchema, _ value: Value) -> Outcome {
        let wanted: [String] = schema.isIntOrString ? ["integer", "string"] : schema.kind.map { [$0.rawValue] } ?? []
        let success = Outcome(matches: 1)
        if value.isNull {
            if wanted.isEmpty || schema.nullable { return success }
            return wrongType(wanted.joined(separator: ","), "null")
        }
        let actual = Self.typeName(value)
        var isWholeNumber = false
        if case .double(let number) = value { isWholeNumber = number == number.rounded() && wanted.contains("integer") }
        let isIntForNumber = actual == "integer" && wanted.contains("number")
        let fits = wanted.contains(actual) || isWholeNumber || isIntForNumber
        if let format = schema.format, actual != "string", actual != "array" {
            let inferred = actual == "integer" ? "int64" : actual == "number" ? "float64" : ""
            if !fits, inferred != format { return wrongType(format, inferred) }
        }
        let isNumeric = wanted.contains("number") || wanted.contains("integer")
        if !isNumeric, schema.format != nil, actual == "string" || actual == "array" { return success }
        if wanted.isEmpty { return success }
        return fits ? success : wrongType(wanted.joined(separator: ","), actual)
    }

    private func enumerationCheck(_ schema: StructuralSchema, _ value: Value) -> Outcome {
        guard let allowed = schema.checks.enumeration, !allowed.isEmpty else { return Outcome() }
        if !value.isNull, allowed.contains(where: { Self.isEqual($0, value) }) { return Outcome() }
        let shown = allowed.map { $0.string ?? JSON.text($0, .go) }
        return Outcome(errors: [.notSupported(field(), value, shown)])
    }

    private static func isEqual(_ left: Value, _ right: Value) -> Bool {
        if left == right { return true }
        if left.string != nil || right.string != nil { return false }
        if let left = left.double, let right = right.double { return left == right }
        return false
    }

    // MARK: Strings and numbers

    private func stringCheck(_ schema: StructuralSchema, _ text: String) -> Outcome {
        var outcome = Outcome()
        let checks = schema.checks
        if checks.maxLength != nil || checks.minLength != nil || checks.pattern != nil {
            let length = checks.maxLength != nil || checks.minLength != nil ? text.unicodeScalars.count : 0
            // Only the first of these is told.
            if let limit = checks.maxLength, length > limit {
                outcome.add(.tooLong(field(), limit: limit))
            } else if let limit = checks.minLength, length < limit {
                outcome.add(.invalid(field(), .string(text), "\(name) in body should be at least \(limit) chars long"))
            } else if let pattern = checks.pattern, !(pattern.expression?.matches(text) ?? false) {
                outcome.add(.invalid(field(), .string(text), "\(name) in body should match '\(pattern.source)'"))
            }
        }
        outcome.matches += 1
        if let format = schema.format, schema.kind == nil || schema.kind == .string, !StringFormat.fits(text, format) {
            outcome.add(
                .typeInvalid(
                    field(),
                    .string(text),
                    "\(name) in body must be of type \(format): \(GoQuotation.quote(text))"
                )
            )
        }
        return outcome
    }

    private func numberCheck(_ schema: StructuralSchema, _ value: Value) -> Outcome {
        let checks = schema.checks
        var outcome = Outcome(matches: 2)
        if schema.kind == .integer {
            let fits: Bool
            switch value {
            case .int(let number): fits = schema.format != "int32" || Int32(exactly: number) != nil
            case .double(let number):
                fits = schema.format == "int32" ? Int32(exactly: number) != nil : Int(exactly: number) != nil
            default: fits = false
            }
            if !fits {
                let format = schema.format.map { "with format \($0)" } ?? "(default format)"
                outcome.add(.invalid(prefix, "", "Checked value must be of type integer \(format) in \(name)"))
            }
        }
        if schema.kind == .number, schema.format == "float", let number = value.double,
            abs(number) > Double(Float.greatestFiniteMagnitude)
        {
            outcome.add(.invalid(prefix, "", "Checked value must be of type number with format float in \(name)"))
        }
        if let factor = checks.multipleOf { multiple(value, of: factor, into: &outcome) }
        if let limit = checks.minimum {
            let isBelow = Self.compare(value, limit) { checks.exclusiveMinimum ? $0 <= $1 : $0 < $1 }
            if isBelow {
                let words = checks.exclusiveMinimum ? "greater than" : "greater than or equal to"
                outcome.add(.invalid(field(), value, "\(name) in body should be \(words) \(Self.shown(limit, value))"))
            }
        }
        if let limit = checks.maximum {
            let isAbove = Self.compare(value, limit) { checks.exclusiveMaximum ? $0 >= $1 : $0 > $1 }
            if isAbove {
                let words = checks.exclusiveMaximum ? "less than" : "less than or equal to"
                outcome.add(.invalid(field(), value, "\(name) in body should be \(words) \(Self.shown(limit, value))"))
            }
        }
        return outcome
    }

    /// Whole numbers are compared with the whole part of a limit.
    private static func compare(_ value: Value, _ limit: Double, _ isOutside: (Double, Double) -> Bool) -> Bool {
        if case .int(let number) = value { return isOutside(Double(number), limit.rounded(.towardZero)) }
        return isOutside(value.double ?? 0, limit)
    }

    private static func shown(_ limit: Double, _ value: Value) -> String {
        if case .int = value, let whole = Int(exactly: limit.rounded(.towardZero)) { return String(whole) }
        return GoNumber.text(limit, shortest: "g")
    }

    private func multiple(_ value: Value, of factor: Double, into outcome: inout Outcome) {
        if case .int(let number) = value {
            let whole = Int(exactly: factor.rounded(.towardZero)) ?? 0
            if whole <= 0 {
                let detail = "factor MultipleOf declared for \(name) must be positive: \(whole)"
                outcome.add(.invalid(field(), .int(whole), detail))
            } else if number % whole != 0 {
                outcome.add(.invalid(field(), value, "\(name) in body should be a multiple of \(whole)"))
            }
            return
        }
        let shownFactor = GoNumber.text(factor, shortest: "g")
        guard factor > 0 else {
            let detail = "factor MultipleOf declared for \(name) must be positive: \(shownFactor)"
            outcome.add(.invalid(field(), .double(factor), detail))
            return
        }
        let number = value.double ?? 0
        let quotient = factor < 1 ? 1 / factor * number : number / factor
        // As a real server sees it, a quotient beyond the whole numbers is none.
        if abs(quotient - quotient.rounded()) > 1e-9 || abs(quotient) >= 0x1p63 {
            outcome.add(.invalid(field(), value, "\(name) in body should be a multiple of \(shownFactor)"))
        }
    }

    // MARK: Lists and objects

    private mutating func listCheck(_ schema: StructuralSchema, _ list: [Value], old: Value?) -> Outcome {
        var outcome = Outcome(matches: 2)
        if let items = schema.items {
            let before = OldItems(schema, old)
            for index in list.indices {
                path.push(.index(index))
                outcome.merge(run(items, list[index], old: before.item(matching: list[index])))
                path.pop()
            }
        }
        let checks = schema.checks
        if let limit = checks.minItems, list.count < limit {
            outcome.add(.invalid(field(), .int(list.count), "\(name) in body should have at least \(limit) items"))
        }
        if let limit = checks.maxItems, list.count > limit { outcome.add(.tooMany(field(), list.count, limit: limit)) }
        if checks.uniqueItems, Set(list).count < list.count {
            outcome.add(.invalid(field(), "", "\(name) in body shouldn't contain duplicates"))
        }
        return outcome
    }

    private mutating func objectCheck(_ schema: StructuralSchema, _ object: Object, old: Value?) -> Outcome {
        var outcome = Outcome()
        let checks = schema.checks
        if let limit = checks.minProperties, object.count < limit {
            outcome.add(
                .invalid(field(), .int(object.count), "\(name) in body should have at least \(limit) properties")
            )
        }
        if let limit = checks.maxProperties, object.count > limit {
            outcome.add(.tooMany(field(), object.count, limit: limit))
        }
        let isRoot = path.steps.isEmpty && isResource
        for pair in object.pairs {
            let isOwnProperty = schema.properties[pair.key] != nil
            guard let child = schema.member(pair.key) else {
                if case .allowed(false) = schema.additionalMembers {
                    outcome.add(
                        .invalid(field(), "", "\(name).\(pair.key) in body is a forbidden property")
                    )
                }
                continue
            }
            // The type of an object cannot be compared with that of the old one: both are converted to the same.
            let isUncorrelated = isRoot && (pair.key == "apiVersion" || pair.key == "kind")
            path.push(isOwnProperty ? .member(pair.key) : .key(pair.key))
            outcome.merge(run(child, pair.value, old: isUncorrelated ? nil : old?[pair.key]))
            path.pop()
        }
        for member in schema.required where !object.contains(member) {
            outcome.add(.required(field(appending: member)))
        }
        return outcome
    }

    // MARK: Alternatives

    private mutating func alternatives(_ schema: StructuralSchema, _ value: Value, old: Value?) -> Outcome {
        var outcome = Outcome()
        let checks = schema.checks
        func message(_ text: String) -> FieldError { .invalid(prefix, "", "\(GoQuotation.quote(name)) must \(text)") }
        if !checks.anyOf.isEmpty {
            var best: Outcome?
            var success: Outcome?
            for choice in checks.anyOf {
                let result = run(choice, value, old: nil)
                if result.errors.isEmpty {
                    success = result
                    break
                }
                if result.matches > best?.matches ?? -1 { best = result }
            }
            if success == nil { outcome.add(message("validate at least one schema (anyOf)")) }
            if let result = success ?? best { outcome.merge(result) }
        }
        if !checks.oneOf.isEmpty {
            var best: Outcome?
            var success: Outcome?
            var count = 0
            for choice in checks.oneOf {
                let result = run(choice, value, old: nil)
                if result.errors.isEmpty {
                    count += 1
                    success = success ?? result
                    best = nil
                } else if count == 0, result.matches > best?.matches ?? -1 {
                    best = result
                }
            }
            if count == 1, let success {
                outcome.merge(success)
            } else {
                let found = count == 0 ? "Found none valid" : "Found \(count) valid alternatives"
                outcome.add(message("validate one and only one schema (oneOf). \(found)"))
                if let best { outcome.merge(best) }
            }
        }
        if !checks.allOf.isEmpty {
            var count = 0
            for part in checks.allOf {
                let result = run(part, value, old: nil)
                if result.errors.isEmpty { count += 1 }
                outcome.merge(result)
            }
            if count != checks.allOf.count {
                outcome.add(message("validate all the schemas (allOf)" + (count == 0 ? ". None validated" : "")))
            }
        }
        if let not = checks.not.first, run(not, value, old: nil).errors.isEmpty {
            outcome.add(message("not validate the schema (not)"))
        }
        outcome.matches += 1
        return outcome
    }
}

extension StructuralSchema {
    fileprivate var hasAlternatives: Bool {
        !checks.anyOf.isEmpty || !checks.allOf.isEmpty || !checks.oneOf.isEmpty || !checks.not.isEmpty
    }
}

/// The items of a list before a change, found by the keys of a map list; other lists' items cannot be told apart.
struct OldItems {
    private let keys: [String]
    private var items: [Value: Value] = [:]

    init(_ schema: StructuralSchema, _ old: Value?) {
        keys = schema.listType == .map ? schema.listMapKeys : []
        guard !keys.isEmpty, case .array(let list)? = old else { return }
        for item in list { items[key(of: item)] = item }
    }

    private func key(of item: Value) -> Value { .array(keys.map { item[$0] ?? .null }) }

    func item(matching item: Value) -> Value? { items.isEmpty ? nil : items[key(of: item)] }
}
