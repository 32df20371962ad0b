import LinearRegex
import StructuredValue

/// Reads the keywords of one schema.
extension SchemaCompiler {
    mutating func fill(
        _ rules: inout SchemaNode.Rules,
        from object: Object,
        at pointer: String
    ) throws(SchemaCompileError) {
        let draft = rules.draft
        if let reference = object["$ref"]?.string {
            rules.reference = try resolve(reference, from: pointer)
            // Old drafts ignore everything beside a reference.
            if draft < 2019 { return }
        }
        try fillDynamic(&rules, object, pointer)
        fillScalars(&rules, object)
        rules.allOf = list("allOf", object, pointer)
        rules.anyOf = list("anyOf", object, pointer)
        rules.oneOf = list("oneOf", object, pointer)
        rules.not = one("not", object, pointer)
        if draft >= 7, let condition = one("if", object, pointer) {
            rules.condition = condition
            rules.then = one("then", object, pointer)
            rules.otherwise = one("else", object, pointer)
        }
        if draft >= 2019 {
            rules.unevaluatedItems = one("unevaluatedItems", object, pointer)
            rules.unevaluatedProperties = one("unevaluatedProperties", object, pointer)
        }
        rules.object = try objectRules(object, pointer, draft)
        rules.array = arrayRules(object, pointer, draft)
        rules.string = try stringRules(object, pointer)
        rules.number = numberRules(object)
    }

    private mutating func fillDynamic(
        _ rules: inout SchemaNode.Rules,
        _ object: Object,
        _ pointer: String
    ) throws(SchemaCompileError) {
        if rules.draft == 2019 {
            if let reference = object["$recursiveRef"]?.string {
                rules.recursiveReference = try resolve(reference, from: pointer)
            }
            rules.isRecursiveAnchor = object["$recursiveAnchor"]?.bool ?? false
        }
        if rules.draft >= 2020 {
            if let reference = object["$dynamicRef"]?.string {
                rules.dynamicReference = try resolve(reference, from: pointer)
                if let fragment = SchemaAddress.split(reference)?.fragment, !fragment.isEmpty, !fragment.hasPrefix("/")
                {
                    rules.dynamicReferenceAnchor = fragment
                }
            }
            rules.dynamicAnchor = object["$dynamicAnchor"]?.string
        }
    }

    private func fillScalars(_ rules: inout SchemaNode.Rules, _ object: Object) {
        switch object["type"] {
        case .string(let name): rules.types = SchemaTypes(named: name)
        case .array(let names):
            for name in names { rules.types.formUnion(name.string.map(SchemaTypes.init(named:)) ?? []) }
        default: break
        }
        if rules.draft >= 6 { rules.const = object["const"] }
        if let values = object["enum"]?.array {
            rules.enumeration = values
            for value in values { rules.enumerationTypes.formUnion(SchemaTypes(of: value)) }
        }
        if SchemaDraft.isAsserted(vocabulary: "format", in: rules.draft), let name = object["format"]?.string {
            rules.format = SchemaFormat(rawValue: name)
        }
    }

    private mutating func objectRules(
        _ object: Object,
        _ pointer: String,
        _ draft: Int
    ) throws(SchemaCompileError) -> SchemaNode.ObjectRules? {
        var rules = SchemaNode.ObjectRules()
        var isSaid = false
        func said<Rule>(_ value: Rule?) -> Rule? {
            if value != nil { isSaid = true }
            return value
        }
        rules.minimum = said(whole("minProperties", object))
        rules.maximum = said(whole("maxProperties", object))
        rules.required = said(object["required"]?.array)?.compactMap(\.string) ?? []
        for pair in said(object["properties"]?.object) ?? Object() {
            rules.properties[pair.key] = enqueue(place(pointer, "properties", pair.key), pair.value)
        }
        for pair in (said(object["patternProperties"]?.object) ?? Object()).sortedPairs {
            let compiled = try pattern(pair.key, at: pointer + "/patternProperties")
            rules.patterns.append((compiled, enqueue(place(pointer, "patternProperties", pair.key), pair.value)))
        }
        rules.additional = additional("additionalProperties", object, pointer)
        if rules.additional.isSaid { isSaid = true }
        for pair in (said(object["dependencies"]?.object) ?? Object()).sortedPairs {
            let dependency: SchemaNode.Dependency
            if case .array(let names) = pair.value {
                dependency = .properties(names.compactMap(\.string))
            } else {
                dependency = .schema(enqueue(place(pointer, "dependencies", pair.key), pair.value))
            }
            rules.dependencies.append((pair.key, dependency))
        }
        if draft >= 6 { rules.propertyNames = said(one("propertyNames", object, pointer)) }
        if draft >= 2019 {
            for pair in (said(object["dependentSchemas"]?.object) ?? Object()).sortedPairs {
                rules.dependentSchemas.append(
                    (pair.key, enqueue(place(pointer, "dependentSchemas", pair.key), pair.value))
                )
            }
            for pair in (said(object["dependentRequired"]?.object) ?? Object()).sortedPairs {
                rules.dependentRequired.append((pair.key, pair.value.array?.compactMap(\.string) ?? []))
            }
        }
        return isSaid ? rules : nil
    }

    private mutating func arrayRules(_ object: Object, _ pointer: String, _ draft: Int) -> SchemaNode.ArrayRules? {
        var rules = SchemaNode.ArrayRules()
        rules.minimum = whole("minItems", object)
        rules.maximum = whole("maxItems", object)
        rules.isUnique = object["uniqueItems"]?.bool ?? false
        if draft >= 2020 {
            rules.prefix = list("prefixItems", object, pointer)
            rules.items = one("items", object, pointer)
        } else if case .array = object["items"] {
            rules.prefix = list("items", object, pointer)
            rules.additional = additional("additionalItems", object, pointer)
        } else {
            rules.items = one("items", object, pointer)
        }
        if draft >= 6 { rules.contains = one("contains", object, pointer) }
        if draft >= 2019, rules.contains != nil {
            rules.minimumContains = whole("minContains", object)
            rules.maximumContains = whole("maxContains", object)
        }
        let isSaid =
            rules.minimum != nil || rules.maximum != nil || rules.isUnique || !rules.prefix.isEmpty
            || rules.items != nil || rules.additional.isSaid || rules.contains != nil
        return isSaid ? rules : nil
    }

    private mutating func stringRules(
        _ object: Object,
        _ pointer: String
    ) throws(SchemaCompileError) -> SchemaNode.StringRules? {
        var rules = SchemaNode.StringRules()
        rules.minimum = whole("minLength", object)
        rules.maximum = whole("maxLength", object)
        if let source = object["pattern"]?.string { rules.pattern = try pattern(source, at: pointer + "/pattern") }
        return rules.minimum != nil || rules.maximum != nil || rules.pattern != nil ? rules : nil
    }

    private func numberRules(_ object: Object) -> SchemaNode.NumberRules? {
        var rules = SchemaNode.NumberRules()
        func number(_ keyword: String) -> ExactNumber? { object[keyword].flatMap { ExactNumber($0) } }
        rules.multipleOf = number("multipleOf")
        rules.minimum = number("minimum")
        rules.maximum = number("maximum")
        // Draft 04 makes the limit itself exclusive; later ones give the limit here.
        if object["exclusiveMinimum"]?.bool == true {
            rules.exclusiveMinimum = rules.minimum
            rules.minimum = nil
        } else {
            rules.exclusiveMinimum = number("exclusiveMinimum")
        }
        if object["exclusiveMaximum"]?.bool == true {
            rules.exclusiveMaximum = rules.maximum
            rules.maximum = nil
        } else {
            rules.exclusiveMaximum = number("exclusiveMaximum")
        }
        let isSaid =
            rules.multipleOf != nil || rules.minimum != nil || rules.maximum != nil || rules.exclusiveMinimum != nil
            || rules.exclusiveMaximum != nil
        return isSaid ? rules : nil
    }

    // MARK: Shapes

    private func place(_ pointer: String, _ keyword: String, _ name: String) -> String {
        pointer + "/" + escapePointer(keyword) + "/" + escapePointer(name)
    }

    private mutating func one(_ keyword: String, _ object: Object, _ pointer: String) -> Int? {
        object[keyword].map { enqueue(pointer + "/" + escapePointer(keyword), $0) }
    }

    private mutating func list(_ keyword: String, _ object: Object, _ pointer: String) -> [Int] {
        guard let items = object[keyword]?.array else { return [] }
        return items.enumerated().map { enqueue(place(pointer, keyword, String($0.offset)), $0.element) }
    }

    private mutating func additional(_ keyword: String, _ object: Object, _ pointer: String) -> SchemaNode.Additional {
        switch object[keyword] {
        case nil: .unsaid
        case .bool(let isAllowed): isAllowed ? .allowed : .forbidden
        case let schema: .schema(enqueue(pointer + "/" + keyword, schema))
        }
    }

    private func whole(_ keyword: String, _ object: Object) -> Int? {
        object[keyword].flatMap { ExactNumber($0) }?.int
    }
}
