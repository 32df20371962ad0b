import StructuredValue

/// Walks one value along a compiled schema.
struct SchemaValidator {
    let nodes: [SchemaNode]
    /// Only whether the value is valid matters: messages are not made and the first violation ends it.
    var stopsAtFirst: Bool
    private(set) var path: [String]
    private var frames: [Frame] = []
    private var valueNumber = 0
    private var lastUnevaluated = Unevaluated()

    init(nodes: [SchemaNode], stopsAtFirst: Bool = false, path: [String] = []) {
        self.nodes = nodes
        self.path = path
        self.stopsAtFirst = stopsAtFirst
    }

    /// How deeply schemas and values may nest; chart values are far below, and the stack is not endless.
    private static let maximumDepth = 400

    /// A schema being applied to a value; values are numbered so that a schema applied to the same value again shows.
    private struct Frame {
        var node: Int
        var value: Int
        var keyword: String
    }

    /// What of a value no schema has looked at yet. Empty unless someone asks for it.
    struct Unevaluated {
        var properties: Set<String> = []
        var items: Set<Int> = []
        var isEmpty: Bool { properties.isEmpty && items.isEmpty }
        mutating func formIntersection(_ other: Unevaluated) {
            if !properties.isEmpty { properties.formIntersection(other.properties) }
            if !items.isEmpty { items.formIntersection(other.items) }
        }
    }

    /// The state of one schema applied to one value.
    struct Work {
        let node: SchemaNode
        var unevaluated: Unevaluated
        var found: [SchemaViolation] = []
    }

    mutating func validate(_ value: Value, against node: Int) -> SchemaViolation? {
        apply(node, to: value, isSameValue: false, callerNeedsUnevaluated: false, keyword: "")
    }

    // MARK: One schema, one value

    private mutating func apply(
        _ index: Int,
        to value: Value,
        isSameValue: Bool,
        callerNeedsUnevaluated: Bool,
        keyword: String
    ) -> SchemaViolation? {
        let number = isSameValue ? frames.last?.value ?? 0 : valueNumber
        if !isSameValue { valueNumber += 1 }
        if frames.count >= Self.maximumDepth { return violation("nested too deeply to be validated") }
        for frame in frames.reversed() {
            if frame.value != number { break }
            if frame.node == index { return cycle(index) }
        }
        frames.append(Frame(node: index, value: number, keyword: keyword))
        defer { frames.removeLast() }
        let node = nodes[index]
        var work = Work(
            node: node,
            unevaluated: unevaluated(of: value, node, callerNeeds: callerNeedsUnevaluated)
        )
        let violation = check(value, &work)
        lastUnevaluated = work.unevaluated
        return violation
    }

    private func cycle(_ index: Int) -> SchemaViolation { violation("the schema refers to itself without an end") }

    private func unevaluated(of value: Value, _ node: SchemaNode, callerNeeds: Bool) -> Unevaluated {
        var result = Unevaluated()
        switch value {
        case .object(let object) where callerNeeds || node.rules.unevaluatedProperties != nil:
            if !node.rules.evaluatesAllProperties { result.properties = Set(object.lazy.map(\.key)) }
        case .array(let items) where callerNeeds || node.rules.unevaluatedItems != nil:
            if !node.rules.evaluatesAllItems, node.rules.evaluatedItems < items.count {
                result.items = Set(node.rules.evaluatedItems..<items.count)
            }
        default: break
        }
        return result
    }

    private mutating func check(_ value: Value, _ work: inout Work) -> SchemaViolation? {
        let node = work.node
        if let verdict = node.rules.verdict { return verdict ? nil : violation("false schema") }
        if let failure = checkScalarRules(value, node) { return failure }
        if let draft = node.rules.wantsSchema {
            work.found += Metaschema.violations(in: value, draft: draft, at: path)
        }
        if let reference = node.rules.reference {
            let failure = follow(reference, "$ref", value, &work)
            if node.rules.draft < 2019 { return failure }
            if let failure { work.found.append(failure) }
        }
        switch value {
        case .object(let object): checkObject(object, value, &work)
        case .array(let items): checkArray(items, &work)
        case .string(let text): checkString(text, &work)
        case .int, .double, .number: checkNumber(value, &work)
        case .null, .bool: break
        }
        if work.found.isEmpty || !stopsAtFirst {
            if node.rules.draft >= 2019 { followDynamic(value, &work) }
            checkCombinations(value, &work)
            if node.rules.draft >= 2019 { checkUnevaluated(value, &work) }
        }
        switch work.found.count {
        case 0: return nil
        case 1: return work.found[0]
        default: return SchemaViolation(pointer, "validation failed", causes: work.found, kind: .group)
        }
    }

    private func checkScalarRules(_ value: Value, _ node: SchemaNode) -> SchemaViolation? {
        if !node.rules.types.isEmpty {
            let type = SchemaTypes(of: value)
            let isInteger =
                type == .number && node.rules.types.contains(.integer) && (ExactNumber(value)?.isInteger ?? false)
            if !node.rules.types.contains(type), !isInteger {
                let got = SchemaTypes(of: value).list
                return violation("got \(got), want \(node.rules.types.list)")
            }
        }
        if let const = node.rules.const, !value.isSchemaEqual(to: const) {
            switch const {
            case .array, .object: return violation("const failed")
            default: return violation("value must be \(SchemaText.display(const))")
            }
        }
        if let allowed = node.rules.enumeration {
            let isListed =
                node.rules.enumerationTypes.contains(SchemaTypes(of: value))
                && allowed.contains { value.isSchemaEqual(to: $0) }
            if !isListed { return violation(enumerationMessage(allowed)) }
        }
        if let format = node.rules.format, let reason = format.objection(to: value) {
            return violation("\(SchemaText.display(value)) is not valid \(format.rawValue): \(reason)")
        }
        return nil
    }

    private func enumerationMessage(_ allowed: [Value]) -> String {
        if stopsAtFirst { return "" }
        let isPlain = allowed.allSatisfy { $0.array == nil && $0.object == nil }
        if !isPlain { return "enum failed" }
        let list = allowed.map(SchemaText.display).joined(separator: ", ")
        return allowed.count == 1 ? "value must be \(list)" : "value must be one of \(list)"
    }

    // MARK: Going down and aside

    /// Applies a schema to a member or item of the value.
    mutating func descend(_ node: Int, _ value: Value, _ token: String) -> SchemaViolation? {
        path.append(token)
        defer { path.removeLast() }
        return apply(node, to: value, isSameValue: false, callerNeedsUnevaluated: false, keyword: "")
    }

    /// Applies another schema to the same value; what it evaluates counts here when it holds.
    mutating func applyAlso(
        _ node: Int,
        _ value: Value,
        _ work: inout Work,
        quietly: Bool = false,
        keyword: String = ""
    ) -> SchemaViolation? {
        let before = stopsAtFirst
        if quietly { stopsAtFirst = true }
        defer { stopsAtFirst = before }
        let needs = !work.unevaluated.isEmpty
        let failure = apply(node, to: value, isSameValue: true, callerNeedsUnevaluated: needs, keyword: keyword)
        if failure == nil, needs { work.unevaluated.formIntersection(lastUnevaluated) }
        return failure
    }

    private mutating func follow(_ node: Int, _ keyword: String, _ value: Value, _ work: inout Work) -> SchemaViolation?
    {
        guard let failure = applyAlso(node, value, &work, keyword: keyword) else { return nil }
        let causes = failure.kind == .group ? failure.causes : [failure]
        return SchemaViolation(pointer, "validation failed", causes: causes, kind: .reference)
    }

    private mutating func followDynamic(_ value: Value, _ work: inout Work) {
        if var target = work.node.rules.recursiveReference {
            if nodes[target].rules.isRecursiveAnchor {
                let outermost = frames.first { nodes[nodes[$0.node].rules.resource].rules.isRecursiveAnchor }
                if let outermost { target = outermost.node }
            }
            if let failure = follow(target, "$recursiveRef", value, &work) { work.found.append(failure) }
        }
        if var target = work.node.rules.dynamicReference {
            if let anchor = work.node.rules.dynamicReferenceAnchor, nodes[target].rules.dynamicAnchor == anchor {
                for frame in frames {
                    if let found = nodes[nodes[frame.node].rules.resource].rules.dynamicAnchors[anchor] {
                        target = found
                        break
                    }
                }
            }
            if let failure = follow(target, "$dynamicRef", value, &work) { work.found.append(failure) }
        }
    }

    private mutating func checkUnevaluated(_ value: Value, _ work: inout Work) {
        if let node = work.node.rules.unevaluatedProperties, case .object(let object) = value {
            for name in work.unevaluated.properties.sorted() {
                if let member = object[name], let failure = descend(node, member, name) { work.found.append(failure) }
            }
            work.unevaluated.properties = []
        }
        if let node = work.node.rules.unevaluatedItems, case .array(let items) = value {
            for index in work.unevaluated.items.sorted() {
                if let failure = descend(node, items[index], String(index)) { work.found.append(failure) }
            }
            work.unevaluated.items = []
        }
    }

    // MARK: Violations

    var pointer: String {
        var text = ""
        if stopsAtFirst { return text }
        for token in path { text += "/" + escapePointer(token) }
        return text
    }

    func violation(_ message: @autoclosure () -> String, causes: [SchemaViolation] = []) -> SchemaViolation {
        SchemaViolation(pointer, stopsAtFirst ? "" : message(), causes: causes)
    }
}

/// A member name as a token of a JSON pointer.
func escapePointer(_ token: String) -> String {
    guard token.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return token }
    var result = ""
    for character in token.unicodeScalars {
        switch character {
        case "~": result += "~0"
        case "/": result += "~1"
        default: result.unicodeScalars.append(character)
        }
    }
    return result
}
