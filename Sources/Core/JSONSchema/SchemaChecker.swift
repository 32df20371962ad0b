import LinearRegex
import StructuredValue

/// Checks that a document has the shape of a schema: that each keyword's value is of the kind the draft asks for.
struct SchemaChecker {
    let draft: Int
    private var path: [String]
    private var found: [SchemaViolation] = []

    init(draft: Int, path: [String] = []) {
        self.draft = draft
        self.path = path
    }

    mutating func violations(in value: Value) -> [SchemaViolation] {
        found = []
        checkSchema(value)
        return found
    }

    /// What a keyword holds.
    private enum Shape {
        case schema, schemaOrBoolean, schemas, schemaOrSchemas, schemaMap, patternMap, dependencies
        case string, boolean, number, positive, count, strings, types, values, pattern, requirements, limit
    }

    private static let shapes: [String: (shape: Shape, since: Int)] = [
        "$id": (.string, 6), "id": (.string, 4), "$schema": (.string, 4), "$ref": (.string, 4),
        "$anchor": (.string, 2019),
        "$comment": (.string, 7), "$defs": (.schemaMap, 2019), "$recursiveRef": (.string, 2019),
        "$recursiveAnchor": (.boolean, 2019), "$dynamicRef": (.string, 2020), "$dynamicAnchor": (.string, 2020),
        "title": (.string, 4), "description": (.string, 4), "readOnly": (.boolean, 7), "writeOnly": (.boolean, 7),
        "deprecated": (.boolean, 2019), "multipleOf": (.positive, 4), "maximum": (.number, 4), "minimum": (.number, 4),
        "exclusiveMaximum": (.limit, 4), "exclusiveMinimum": (.limit, 4), "maxLength": (.count, 4),
        "minLength": (.count, 4), "pattern": (.pattern, 4), "additionalItems": (.schemaOrBoolean, 4),
        "items": (.schemaOrSchemas, 4), "maxItems": (.count, 4), "minItems": (.count, 4), "uniqueItems": (.boolean, 4),
        "contains": (.schema, 6), "minContains": (.count, 2019), "maxContains": (.count, 2019),
        "maxProperties": (.count, 4), "minProperties": (.count, 4), "required": (.strings, 4),
        "additionalProperties": (.schemaOrBoolean, 4), "definitions": (.schemaMap, 4), "properties": (.schemaMap, 4),
        "patternProperties": (.patternMap, 4), "dependencies": (.dependencies, 4),
        "dependentSchemas": (.schemaMap, 2019), "dependentRequired": (.requirements, 2019),
        "propertyNames": (.schema, 6), "enum": (.values, 4), "type": (.types, 4), "format": (.string, 4),
        "contentMediaType": (.string, 7), "contentEncoding": (.string, 7), "contentSchema": (.schema, 2019),
        "if": (.schema, 7), "then": (.schema, 7), "else": (.schema, 7), "allOf": (.schemas, 4), "anyOf": (.schemas, 4),
        "oneOf": (.schemas, 4), "not": (.schema, 4), "prefixItems": (.schemas, 2020),
        "unevaluatedItems": (.schema, 2019), "unevaluatedProperties": (.schema, 2019), "examples": (.values, 6),
    ]

    private static let maximumDepth = 400

    private mutating func checkSchema(_ value: Value) {
        if path.count > Self.maximumDepth {
            report("nested too deeply to be a schema")
            return
        }
        switch value {
        case .object(let object):
            for pair in object.sortedPairs {
                guard let (shape, since) = Self.shapes[pair.key], draft >= since else { continue }
                if pair.key == "id", draft > 4 { continue }
                at(pair.key) { $0.check(pair.value, shape) }
            }
        case .bool where draft >= 6: break
        default: report("got \(SchemaTypes(of: value).list), want \(draft >= 6 ? "boolean or object" : "object")")
        }
    }

    private mutating func check(_ value: Value, _ shape: Shape) {
        switch shape {
        case .schema: checkSchema(value)
        case .schemaOrBoolean: if value.bool == nil { checkSchema(value) }
        case .schemas: checkSchemas(value)
        case .schemaOrSchemas:
            // From 2020-12 on a list of schemas is called prefixItems.
            if draft < 2020, case .array = value { checkSchemas(value) } else { checkSchema(value) }
        case .schemaMap: forEachMember(value) { $0.checkSchema($1) }
        case .patternMap:
            forEachMember(value) { $0.checkSchema($1) }
            for pair in value.object?.sortedPairs ?? [] {
                if let reason = SchemaFormat.regex.objection(to: .string(pair.key)) {
                    report("\(SchemaText.quote(pair.key)) is not valid regex: \(reason)")
                }
            }
        case .dependencies:
            forEachMember(value) { if case .array = $1 { $0.checkStrings($1) } else { $0.checkSchema($1) } }
        case .requirements: forEachMember(value) { $0.checkStrings($1) }
        case .string: want(.string, value)
        case .boolean: want(.boolean, value)
        case .number: want(.number, value)
        case .limit: want(draft == 4 ? .boolean : .number, value)
        case .positive:
            if want(.number, value), let number = ExactNumber(value), number.double <= 0 {
                let rule = draft == 4 ? "minimum" : "exclusiveMinimum"
                report("\(rule): got \(SchemaText.number(number.double)), want 0")
            }
        case .count:
            guard let number = ExactNumber(value), number.isInteger else {
                report("got \(SchemaTypes(of: value).list), want integer")
                return
            }
            if number.double < 0 { report("minimum: got \(SchemaText.number(number.double)), want 0") }
        case .strings: checkStrings(value)
        case .types: checkTypes(value)
        case .values: want(.array, value)
        case .pattern:
            if want(.string, value), let reason = SchemaFormat.regex.objection(to: value) {
                report("\(SchemaText.display(value)) is not valid regex: \(reason)")
            }
        }
    }

    private mutating func checkSchemas(_ value: Value) {
        guard want(.array, value), case .array(let items) = value else { return }
        if items.isEmpty { report("minItems: got 0, want 1") }
        for (index, item) in items.enumerated() { at(String(index)) { $0.checkSchema(item) } }
    }

    private mutating func checkStrings(_ value: Value) {
        guard want(.array, value), case .array(let items) = value else { return }
        if draft == 4, items.isEmpty { report("minItems: got 0, want 1") }
        for (index, item) in items.enumerated() { at(String(index)) { $0.want(.string, item) } }
        for second in items.indices.dropFirst() {
            if let first = items[..<second].firstIndex(of: items[second]) {
                report("items at \(first) and \(second) are equal")
                return
            }
        }
    }

    private mutating func checkTypes(_ value: Value) {
        let names = SchemaTypes.names.map(\.1).sorted()
        func isName(_ value: Value) -> Bool { value.string.map(names.contains) ?? false }
        if isName(value) { return }
        if case .array(let items) = value, !items.isEmpty, items.allSatisfy(isName), Set(items).count == items.count {
            return
        }
        let oneOf = "value must be one of \(SchemaText.quote(names))"
        var causes = [SchemaViolation(pointer, oneOf)]
        if case .array(let items) = value {
            for (index, item) in items.enumerated() where !isName(item) {
                causes.append(SchemaViolation(pointer + "/\(index)", oneOf))
            }
            if items.isEmpty { causes.append(SchemaViolation(pointer, "minItems: got 0, want 1")) }
        } else {
            causes.append(SchemaViolation(pointer, "got \(SchemaTypes(of: value).list), want array"))
        }
        found.append(SchemaViolation(pointer, "anyOf failed", causes: causes))
    }

    private mutating func forEachMember(_ value: Value, _ check: (inout SchemaChecker, Value) -> Void) {
        guard want(.object, value), case .object(let object) = value else { return }
        for pair in object.sortedPairs { at(pair.key) { check(&$0, pair.value) } }
    }

    @discardableResult
    private mutating func want(_ type: SchemaTypes, _ value: Value) -> Bool {
        let got = SchemaTypes(of: value)
        if got == type { return true }
        report("got \(got.list), want \(type.list)")
        return false
    }

    private mutating func at(_ token: String, _ check: (inout SchemaChecker) -> Void) {
        path.append(token)
        check(&self)
        path.removeLast()
    }

    private var pointer: String { path.map { "/" + escapePointer($0) }.joined() }
    private mutating func report(_ message: String) { found.append(SchemaViolation(pointer, message)) }
}
