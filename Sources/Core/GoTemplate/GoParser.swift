import SourceDiagnostics
import StructuredValue

/// Parses a template's text straight into the nodes that are evaluated.
///
/// Variables become slots of the template's frame here, function names numbers of the table.
struct GoParser {
    let name: String
    let functions: GoFunctionTable
    private var lexer: GoLexer
    private var tokens: [GoToken]
    private var pending = 0
    /// Line of the action being parsed, for complaints about actions over several lines; 0 outside.
    private var actionStart = -1

    var nodes: [GoNode] = []
    var links: [Int32] = []
    var declarations: [GoDeclaration] = []
    var keys: [GoKey] = []
    var strings: [String] = []
    var numbers: [GoNumber] = []
    var definitions: [GoTemplateUnit.Definition] = []

    /// The variables visible now, outermost first; the position is the slot.
    var variables: [String] = ["$"]
    var mostVariables = 1
    /// Names being declared by the pipelines under way: not yet visible to their own commands.
    var undeclared: [String] = []
    var rangeDepth = 0
    /// Parentheses and control structures around the place being parsed.
    private var nesting = 0

    enum Item {
        case node(Int32)
        case end
        case otherwise(Int)
    }

    init(name: String, source: [UInt8], functions: GoFunctionTable) {
        self.name = name
        self.functions = functions
        lexer = GoLexer(source)
        tokens = Array(repeating: GoToken(kind: .eof, start: 0, end: 0), count: 3)
        nodes.reserveCapacity(source.count / 8)
        links.reserveCapacity(source.count / 8)
        keys.reserveCapacity(source.count / 24)
    }

    var source: [UInt8] { lexer.input }

    // MARK: Tokens

    mutating func next() -> GoToken {
        if pending > 0 { pending -= 1 } else { tokens[0] = lexer.next() }
        return tokens[pending]
    }

    mutating func backUp() { pending += 1 }

    mutating func backUp(_ first: GoToken) {
        tokens[1] = first
        pending = 2
    }

    mutating func backUp(_ first: GoToken, _ second: GoToken) {
        tokens[1] = second
        tokens[2] = first
        pending = 3
    }

    mutating func peek() -> GoToken {
        if pending > 0 { return tokens[pending - 1] }
        pending = 1
        tokens[0] = lexer.next()
        return tokens[0]
    }

    mutating func nextNonSpace() -> GoToken {
        while true {
            let token = next()
            if token.kind != .space { return token }
        }
    }

    mutating func peekNonSpace() -> GoToken {
        let token = nextNonSpace()
        backUp()
        return token
    }

    func text(_ token: GoToken) -> String { String(decoding: source[token.start..<token.end], as: UTF8.self) }

    // MARK: Complaints

    func failure(_ message: String) -> GoFailure {
        let (line, _) = GoTemplateUnit.place(tokens[0].start, in: source)
        var failure = GoFailure(message, kind: .syntax)
        failure.message = "template: \(name):\(line): \(message)"
        failure.position = SourcePosition(file: name, line: line, column: 1)
        return failure
    }

    func unexpected(_ token: GoToken, _ context: String) -> GoFailure {
        if token.kind == .error { return failure(lexer.complaint + actionNote(token)) }
        return failure("unexpected \(describe(token)) in \(context)")
    }

    private func actionNote(_ token: GoToken) -> String {
        guard actionStart >= 0 else { return "" }
        let started = GoTemplateUnit.place(actionStart, in: source).line
        if started == GoTemplateUnit.place(token.start, in: source).line { return "" }
        return (lexer.complaint.hasSuffix(" action") ? "" : " in action") + " started at \(name):\(started)"
    }

    private func describe(_ token: GoToken) -> String {
        switch token.kind {
        case .eof: return "EOF"
        case .error: return lexer.complaint
        default:
            let text = text(token)
            if token.kind.isKeyword { return "<\(text)>" }
            if text.unicodeScalars.count > 10 {
                return GoQuotation.quote(String(String.UnicodeScalarView(text.unicodeScalars.prefix(10)))) + "..."
            }
            return GoQuotation.quote(text)
        }
    }

    mutating func expect(_ kind: GoToken.Kind, _ context: String) throws(GoFailure) {
        let token = nextNonSpace()
        if token.kind != kind { throw unexpected(token, context) }
    }

    /// Goes one level down; no template that a person wrote nests so deeply as this refuses.
    mutating func enterLevel() throws(GoFailure) {
        nesting += 1
        if nesting > 150 { throw failure("the template is nested too deeply") }
    }

    mutating func leaveLevel() { nesting -= 1 }

    // MARK: Nodes

    mutating func add(_ node: GoNode) -> Int32 {
        nodes.append(node)
        return Int32(nodes.count - 1)
    }

    mutating func addLinks(_ items: [Int32]) -> Int32 {
        links.append(contentsOf: items)
        return Int32(links.count - items.count)
    }

    mutating func addKey(_ text: String) -> Int32 {
        keys.append(GoKey(text))
        return Int32(keys.count - 1)
    }

    // MARK: The structure of a text

    mutating func parse() throws(GoFailure) {
        var items: [Int32] = []
        while true {
            let token = peek()
            if token.kind == .eof { break }
            if token.kind == .leftDelimiter {
                let delimiter = next()
                if nextNonSpace().kind == .define {
                    try definition()
                    continue
                }
                backUp(delimiter)
            }
            switch try textOrAction() {
            case .node(let node): items.append(node)
            case .end: throw failure("unexpected {{end}}")
            case .otherwise: throw failure("unexpected {{else}}")
            }
        }
        try define(name, items, position: 0)
    }

    private mutating func define(_ name: String, _ items: [Int32], position: Int) throws(GoFailure) {
        let root = add(
            GoNode(kind: .list, position: Int32(position), a: addLinks(items), count: Int32(items.count))
        )
        let isBlank = items.allSatisfy { item in
            let node = nodes[Int(item)]
            guard node.kind == .text else { return false }
            return source[Int(node.a)..<Int(node.a + node.b)].allSatisfy {
                GoLexer.isSpace($0) || $0 == 0x0B || $0 == 0x0C
            }
        }
        let definition = GoTemplateUnit.Definition(name: name, root: root, slots: mostVariables, isBlank: isBlank)
        if let earlier = definitions.firstIndex(where: { $0.name == name }) {
            if definitions[earlier].isBlank {
                definitions[earlier] = definition
            } else if !isBlank {
                throw failure("template: multiple definition of template \(GoQuotation.quote(name))")
            }
        } else {
            definitions.append(definition)
        }
    }

    /// Parses a body with variables of its own and installs it under a name.
    private mutating func body(_ name: String, _ context: String) throws(GoFailure) {
        let outer = (variables, mostVariables, rangeDepth)
        variables = ["$"]
        mostVariables = 1
        rangeDepth = 0
        let position = peekNonSpace().start
        let (items, end) = try itemList()
        guard case .end = end else { throw failure("unexpected {{else}} in \(context)") }
        try define(name, items, position: position)
        (variables, mostVariables, rangeDepth) = outer
    }

    private mutating func definition() throws(GoFailure) {
        let name = try templateName(nextNonSpace(), "define clause")
        try expect(.rightDelimiter, "define clause")
        try body(name, "define clause")
    }

    func templateName(_ token: GoToken, _ context: String) throws(GoFailure) -> String {
        guard token.kind == .string || token.kind == .rawString else { throw unexpected(token, context) }
        guard let bytes = GoQuoting.unquote(source[token.start..<token.end]) else { throw failure("invalid syntax") }
        return String(decoding: bytes, as: UTF8.self)
    }

    mutating func itemList() throws(GoFailure) -> ([Int32], Item) {
        var items: [Int32] = []
        while peekNonSpace().kind != .eof {
            let item = try textOrAction()
            guard case .node(let node) = item else { return (items, item) }
            items.append(node)
        }
        throw failure("unexpected EOF")
    }

    private mutating func textOrAction() throws(GoFailure) -> Item {
        let token = nextNonSpace()
        switch token.kind {
        case .text:
            return .node(
                add(
                    GoNode(
                        kind: .text,
                        position: Int32(token.start),
                        a: Int32(token.start),
                        b: Int32(token.end - token.start)
                    )
                )
            )
        case .leftDelimiter:
            actionStart = token.start
            defer { actionStart = -1 }
            return try action()
        default: throw unexpected(token, "input")
        }
    }

    private mutating func action() throws(GoFailure) -> Item {
        let token = nextNonSpace()
        switch token.kind {
        case .block: return .node(try block())
        case .break, .continue:
            let isBreak = token.kind == .break
            let word = isBreak ? "{{break}}" : "{{continue}}"
            let following = nextNonSpace()
            if following.kind != .rightDelimiter { throw unexpected(following, word) }
            if rangeDepth == 0 { throw failure("\(word) outside {{range}}") }
            return .node(add(GoNode(kind: isBreak ? .break : .continue, position: Int32(token.start))))
        case .else:
            let following = peekNonSpace()
            if following.kind == .if || following.kind == .with { return .otherwise(following.start) }
            try expect(.rightDelimiter, "else")
            return .otherwise(token.start)
        case .end:
            try expect(.rightDelimiter, "end")
            return .end
        case .if: return .node(try control(.if))
        case .range: return .node(try control(.range))
        case .with: return .node(try control(.with))
        case .template: return .node(try template())
        default: break
        }
        backUp()
        let position = peek().start
        let pipe = try pipeline("command", until: .rightDelimiter)
        return .node(add(GoNode(kind: .action, position: Int32(position), a: pipe)))
    }

    /// `if`, `with` and `range`, whose keyword is past.
    private mutating func control(_ kind: GoNode.Kind) throws(GoFailure) -> Int32 {
        let context = kind == .if ? "if" : kind == .with ? "with" : "range"
        try enterLevel()
        defer { leaveLevel() }
        let visible = variables.count
        let pipe = try pipeline(context, until: .rightDelimiter)
        let declared = variables.count
        if kind == .range { rangeDepth += 1 }
        let (items, next) = try itemList()
        if kind == .range { rangeDepth -= 1 }
        let list = add(GoNode(kind: .list, position: 0, a: addLinks(items), count: Int32(items.count)))
        var otherwise: Int32 = -1
        if case .otherwise = next {
            // The first branch's variables pass Go's parser in the second one, but have no value when that runs: a name
            // there means the variable outside.
            let hidden = variables[declared...]
            variables.removeSubrange(declared...)
            undeclared += hidden
            defer { undeclared.removeLast(hidden.count) }
            let following = peek().kind
            var elseItems: [Int32]
            if kind == .if, following == .if {
                _ = self.next()
                elseItems = [try control(.if)]
            } else if kind == .with, following == .with {
                _ = self.next()
                elseItems = [try control(.with)]
            } else {
                let end: Item
                (elseItems, end) = try itemList()
                guard case .end = end else { throw failure("expected end; found {{else}}") }
            }
            otherwise = add(
                GoNode(kind: .list, position: 0, a: addLinks(elseItems), count: Int32(elseItems.count))
            )
        }
        variables.removeSubrange(visible...)
        return add(GoNode(kind: kind, position: nodes[Int(pipe)].position, a: pipe, b: list, c: otherwise))
    }

    private mutating func block() throws(GoFailure) -> Int32 {
        let token = nextNonSpace()
        let name = try templateName(token, "block clause")
        let pipe = try pipeline("block clause", until: .rightDelimiter)
        try body(name, "block clause")
        return add(GoNode(kind: .template, position: Int32(token.start), a: addKey(name), b: pipe))
    }

    private mutating func template() throws(GoFailure) -> Int32 {
        let token = nextNonSpace()
        let name = try templateName(token, "template clause")
        var pipe: Int32 = -1
        if nextNonSpace().kind != .rightDelimiter {
            backUp()
            pipe = try pipeline("template clause", until: .rightDelimiter)
        }
        return add(GoNode(kind: .template, position: Int32(token.start), a: addKey(name), b: pipe))
    }
}
