import LinearRegex
import StructuredValue

/// Turns a schema document into a table of nodes.
///
/// First the document is walked for resources (`$id`) and anchors, then every schema that is reachable from the root
/// is compiled once, whether it is reached as a part or by reference.
struct SchemaCompiler {
    /// The address Helm gives to a chart's schema; it shows in messages.
    static let documentURL = "file:///values.schema.json"

    let document: Value
    var resources: [String: SchemaResource] = [:]
    private var collected: Set<String> = []
    private var indexes: [String: Int] = [:]
    private var queue: [(pointer: String, value: Value?)] = []
    private var patterns: [String: LinearPattern] = [:]

    /// Whether the document is known to be a schema.
    private let isTrusted: Bool

    init(_ document: Value, isTrusted: Bool = false) {
        self.document = document
        self.isTrusted = isTrusted
    }

    mutating func compile() throws(SchemaCompileError) -> (nodes: [SchemaNode], root: Int) {
        try collect(document, base: Self.documentURL, pointer: "", inherited: 2020)
        try checkShape(document, pointer: "", draft: resources[""]?.draft ?? 2020)
        let root = enqueue("", document)
        var nodes: [SchemaNode] = []
        var next = 0
        while next < queue.count {
            let (pointer, known) = queue[next]
            nodes.append(SchemaNode(try compile(pointer, known)))
            next += 1
        }
        return (nodes, root)
    }

    private func checkShape(_ value: Value, pointer: String, draft: Int) throws(SchemaCompileError) {
        if isTrusted { return }
        let violations = Metaschema.violations(in: value, draft: draft)
        if violations.isEmpty { return }
        throw SchemaCompileError(
            .malformed,
            "\"\(Self.documentURL)#\(pointer)\" is not valid against metaschema: jsonschema validation failed with "
                + "'\(SchemaDraft.url(draft))#'\n" + SchemaViolation.text(violations)
        )
    }

    // MARK: Resources and anchors

    private mutating func collect(
        _ value: Value,
        base: String,
        pointer: String,
        inherited: Int
    ) throws(SchemaCompileError) {
        guard collected.insert(pointer).inserted else { return }
        if case .bool = value, pointer.isEmpty {
            resources[""] = SchemaResource(pointer: "", id: base, draft: inherited)
        }
        guard case .object(let object) = value else {
            if pointer.isEmpty, resources[""] == nil {
                resources[""] = SchemaResource(pointer: "", id: base, draft: inherited)
            }
            return
        }
        var draft = inherited
        if let named = object["$schema"]?.string, pointer.isEmpty || id(object, inherited) != nil {
            guard let known = SchemaDraft.named(named) else {
                throw SchemaCompileError(.unsupported, "draft \"\(named)\" is not supported")
            }
            draft = known
        }
        var base = base
        if let id = id(object, draft) {
            base = SchemaAddress.join(base, id)
            if let other = resources.values.first(where: { $0.id == base && $0.pointer != pointer }) {
                throw SchemaCompileError(
                    .malformed,
                    "duplicate id \"\(base)\" in \"\(Self.documentURL)\" at \"\(pointer)\" and \"\(other.pointer)\""
                )
            }
            resources[pointer] = SchemaResource(pointer: pointer, id: base, draft: draft)
        } else if pointer.isEmpty {
            resources[pointer] = SchemaResource(pointer: pointer, id: base, draft: draft)
        }
        try collectAnchors(object, pointer, draft)
        for (keyword, shape) in SchemaDraft.subschemas(draft) {
            guard let member = object[keyword] else { continue }
            let place = pointer + "/" + escapePointer(keyword)
            switch (shape, member) {
            case (.map, .object(let members)):
                for pair in members {
                    try collect(
                        pair.value,
                        base: base,
                        pointer: place + "/" + escapePointer(pair.key),
                        inherited: draft
                    )
                }
            case (.list, .array(let items)), (.oneOrList, .array(let items)):
                for (index, item) in items.enumerated() {
                    try collect(item, base: base, pointer: place + "/\(index)", inherited: draft)
                }
            case (.one, _), (.oneOrList, _): try collect(member, base: base, pointer: place, inherited: draft)
            default: break
            }
        }
    }

    /// The resource's own name, without a fragment; nil when it has none. Beside `$ref` old drafts ignore it.
    private func id(_ object: Object, _ draft: Int) -> String? {
        if draft < 2019, object.contains("$ref") { return nil }
        guard let text = object[SchemaDraft.idKeyword(draft)]?.string else { return nil }
        let id = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
        return id.isEmpty ? nil : String(id)
    }

    private mutating func collectAnchors(
        _ object: Object,
        _ pointer: String,
        _ draft: Int
    ) throws(SchemaCompileError) {
        var names: [String] = []
        if draft < 2019 {
            if object.contains("$ref") { return }
            if let id = object[SchemaDraft.idKeyword(draft)]?.string, let fragment = SchemaAddress.split(id)?.fragment,
                !fragment.isEmpty, !fragment.hasPrefix("/")
            {
                names.append(fragment)
            }
        } else {
            if let name = object["$anchor"]?.string { names.append(name) }
            if draft >= 2020, let name = object["$dynamicAnchor"]?.string { names.append(name) }
        }
        if names.isEmpty { return }
        let owner = resourcePointer(of: pointer)
        for name in names {
            if let other = resources[owner]?.anchors[name], other != pointer {
                throw SchemaCompileError(
                    .malformed,
                    "duplicate anchor \"\(name)\" in \"\(Self.documentURL)\" at \"\(other)\" and \"\(pointer)\""
                )
            }
            resources[owner]?.anchors[name] = pointer
        }
        if draft >= 2020, let name = object["$dynamicAnchor"]?.string {
            resources[owner]?.dynamicAnchors.append(name)
        }
    }

    /// The pointer of the nearest resource at or above a place.
    func resourcePointer(of pointer: String) -> String {
        // Nearly every document is one resource.
        if resources.count == 1, resources[""] != nil { return "" }
        var place = Substring(pointer)
        while true {
            if resources[String(place)] != nil { return String(place) }
            guard let slash = place.lastIndex(of: "/") else { return "" }
            place = place[..<slash]
        }
    }

    // MARK: Nodes

    mutating func enqueue(_ pointer: String, _ value: Value?) -> Int {
        if let index = indexes[pointer] { return index }
        indexes[pointer] = queue.count
        queue.append((pointer, value))
        return queue.count - 1
    }

    private mutating func compile(_ pointer: String, _ known: Value?) throws(SchemaCompileError) -> SchemaNode.Rules {
        if pointer.hasPrefix("!") { return foreignRules(pointer) }
        guard let value = known ?? lookUp(pointer) else {
            throw SchemaCompileError(.unresolved, "json-pointer in \"\(Self.documentURL)#\(pointer)\" not found")
        }
        if !collected.contains(pointer) {
            // A reference into a part that is no schema by its place.
            let owner = resources[resourcePointer(of: pointer)]
            let draft = owner?.draft ?? 2020
            try collect(value, base: owner?.id ?? Self.documentURL, pointer: pointer, inherited: draft)
            try checkShape(value, pointer: pointer, draft: draft)
        }
        let owner = resourcePointer(of: pointer)
        var rules = SchemaNode.Rules()
        rules.draft = resources[owner]?.draft ?? 2020
        rules.resource = enqueue(owner, nil)
        if rules.draft >= 2020, owner == pointer, let resource = resources[owner] {
            for name in resource.dynamicAnchors {
                guard let place = resource.anchors[name] else { continue }
                rules.dynamicAnchors[name] = enqueue(place, nil)
            }
        }
        switch value {
        case .bool(let verdict): rules.verdict = verdict
        case .object(let object) where object.isEmpty: rules.verdict = true
        case .object(let object): try fill(&rules, from: object, at: pointer)
        default: break
        }
        return rules
    }

    func lookUp(_ pointer: String) -> Value? {
        var value = document
        for token in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            switch value {
            case .object(let object):
                guard let member = object[unescape(token)] else { return nil }
                value = member
            case .array(let items):
                guard let index = Int(token), items.indices.contains(index) else { return nil }
                value = items[index]
            default: return nil
            }
        }
        return value
    }

    private func unescape(_ token: Substring) -> String {
        guard token.contains("~") else { return String(token) }
        var result = ""
        var rest = token
        while let tilde = rest.firstIndex(of: "~") {
            result += rest[..<tilde]
            let after = rest[tilde...].dropFirst()
            result += after.first == "0" ? "~" : after.first == "1" ? "/" : "~" + after.prefix(1)
            rest = after.dropFirst()
        }
        return result + rest
    }

    // MARK: References

    /// The node a reference leads to. Targets outside of the document get pseudo pointers that begin with `!`.
    mutating func resolve(_ reference: String, from pointer: String) throws(SchemaCompileError) -> Int {
        let base = resources[resourcePointer(of: pointer)]?.id ?? Self.documentURL
        guard var address = SchemaAddress.split(reference) else {
            throw SchemaCompileError(.malformed, "error in parsing \"\(reference)\": invalid URL escape")
        }
        address.url = SchemaAddress.join(base, address.url)
        let resource: SchemaResource?
        if address.url == Self.documentURL {
            resource = resources[""]
        } else {
            resource = resources.values.first { $0.id == address.url }
        }
        guard let resource else {
            if address.url.hasPrefix("urn:") { return enqueue("!anything", nil) }
            if address.fragment.isEmpty, let draft = SchemaDraft.named(address.url) {
                return enqueue("!schema-\(draft)", nil)
            }
            throw SchemaCompileError(
                .remoteReference,
                "the schema refers to \"\(address.url)\", which is outside of the document; such references are not followed"
            )
        }
        if address.fragment.isEmpty || address.fragment.hasPrefix("/") {
            return enqueue(resource.pointer + address.fragment, nil)
        }
        guard let place = resource.anchors[address.fragment] else {
            throw SchemaCompileError(
                .unresolved,
                "anchor in \"\(resource.id)#\(address.fragment)\" not found in schema \"\(Self.documentURL)\""
            )
        }
        return enqueue(place, nil)
    }

    private func foreignRules(_ pointer: String) -> SchemaNode.Rules {
        var rules = SchemaNode.Rules()
        if pointer.hasPrefix("!schema-"), let draft = Int(pointer.dropFirst("!schema-".count)) {
            rules.wantsSchema = draft
        } else {
            rules.verdict = true
        }
        return rules
    }

    /// The pattern, compiled once however often it occurs.
    mutating func pattern(_ source: String, at place: String) throws(SchemaCompileError) -> LinearPattern {
        if let pattern = patterns[source] { return pattern }
        do throws(PatternError) {
            let pattern = try LinearPattern(source)
            patterns[source] = pattern
            return pattern
        } catch {
            throw SchemaCompileError(
                .badPattern,
                "invalid regex \"\(source)\" at \"\(Self.documentURL)#\(place)\": \(error)"
            )
        }
    }
}
