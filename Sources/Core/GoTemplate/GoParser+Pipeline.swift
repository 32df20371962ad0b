import StructuredValue

extension GoParser {
    /// Declarations, then commands separated by `|`.
    mutating func pipeline(_ context: String, until end: GoToken.Kind) throws(GoFailure) -> Int32 {
        try enterLevel()
        defer { leaveLevel() }
        let position = peekNonSpace().start
        var names: [GoToken] = []
        var isAssignment = false
        while peekNonSpace().kind == .variable {
            let variable = nextNonSpace()
            let afterVariable = peek()
            let following = peekNonSpace()
            if following.kind == .assign || following.kind == .declare {
                isAssignment = following.kind == .assign
                _ = nextNonSpace()
                names.append(variable)
            } else if following.kind == .char, source[following.start] == UInt8(ascii: ",") {
                _ = nextNonSpace()
                names.append(variable)
                guard context == "range", names.count < 2 else { throw failure("too many declarations in \(context)") }
                switch peekNonSpace().kind {
                case .variable, .rightDelimiter, .rightParenthesis: continue
                default: throw failure("range can only initialize variables")
                }
            } else if afterVariable.kind == .space {
                backUp(variable, afterVariable)
            } else {
                backUp(variable)
            }
            break
        }
        undeclared.append(contentsOf: names.map(text))
        var commands: [Int32] = []
        while true {
            let token = nextNonSpace()
            if token.kind == end { break }
            guard token.kind.startsOperand else { throw unexpected(token, context) }
            backUp()
            commands.append(try command())
        }
        undeclared.removeLast(names.count)
        if commands.isEmpty { throw failure("missing value for \(context)") }
        for (index, command) in commands.enumerated().dropFirst() {
            switch nodes[Int(links[Int(nodes[Int(command)].a)])].kind {
            case .bool, .dot, .nil, .number, .string:
                throw failure("non executable command in pipeline stage \(index + 1)")
            default: break
            }
        }
        let firstDeclaration = declarations.count
        for token in names {
            let name = text(token)
            let slot: Int32
            if isAssignment {
                slot = Int32(variables.lastIndex(of: name) ?? -1)
            } else {
                variables.append(name)
                mostVariables = max(mostVariables, variables.count)
                slot = Int32(variables.count - 1)
            }
            declarations.append(GoDeclaration(slot: slot, name: addKey(name)))
        }
        return add(
            GoNode(
                kind: .pipe,
                flag: isAssignment,
                position: Int32(position),
                a: addLinks(commands),
                b: Int32(firstDeclaration),
                c: Int32(names.count),
                count: Int32(commands.count)
            )
        )
    }

    /// Operands separated by spaces.
    private mutating func command() throws(GoFailure) -> Int32 {
        let position = peekNonSpace().start
        var arguments: [Int32] = []
        loop: while true {
            _ = peekNonSpace()
            if let operand = try operand() { arguments.append(operand) }
            let token = next()
            switch token.kind {
            case .space: continue
            case .rightDelimiter, .rightParenthesis: backUp()
            case .pipe: break
            default: throw unexpected(token, "operand")
            }
            break loop
        }
        if arguments.isEmpty { throw failure("empty command") }
        return add(
            GoNode(
                kind: .command,
                position: Int32(position),
                a: addLinks(arguments),
                count: Int32(arguments.count)
            )
        )
    }

    /// A term and the fields after it.
    private mutating func operand() throws(GoFailure) -> Int32? {
        guard let node = try term() else { return nil }
        guard peek().kind == .field else { return node }
        let position = Int32(peek().start)
        let kind = nodes[Int(node)].kind
        // A field's or variable's own names stand last in the table, unless a name list cannot be extended in place.
        let first = Int32(keys.count)
        if kind == .field || kind == .variable {
            let range = Int(nodes[Int(node)].a)..<Int(nodes[Int(node)].a + nodes[Int(node)].count)
            if range.upperBound != keys.count { keys.append(contentsOf: keys[range]) }
        }
        while peek().kind == .field {
            let token = next()
            keys.append(GoKey(String(decoding: source[(token.start + 1)..<token.end], as: UTF8.self)))
        }
        switch kind {
        case .field, .variable:
            var extended = nodes[Int(node)]
            if Int(extended.a + extended.count) != Int(first) { extended.a = first }
            extended.count = Int32(keys.count) - extended.a
            extended.position = position
            nodes[Int(node)] = extended
            return node
        case .bool, .string, .number, .nil, .dot:
            throw failure("unexpected . after term \(GoQuotation.quote(termText(node)))")
        default:
            return add(
                GoNode(
                    kind: .chain,
                    position: position,
                    a: node,
                    b: first,
                    count: Int32(keys.count) - first
                )
            )
        }
    }

    private func termText(_ index: Int32) -> String {
        let node = nodes[Int(index)]
        switch node.kind {
        case .bool: return node.flag ? "true" : "false"
        case .nil: return "nil"
        case .dot: return "."
        case .number: return numbers[Int(node.a)].text
        default: return String(decoding: source[Int(node.position)..<Int(node.position + node.b)], as: UTF8.self)
        }
    }

    private mutating func term() throws(GoFailure) -> Int32? {
        let token = nextNonSpace()
        let position = Int32(token.start)
        switch token.kind {
        case .identifier:
            let name = text(token)
            guard let function = functions.position(of: name) else {
                throw failure("function \(GoQuotation.quote(name)) not defined")
            }
            return add(GoNode(kind: .function, position: position, a: Int32(function)))
        case .dot: return add(GoNode(kind: .dot, position: position))
        case .nil: return add(GoNode(kind: .nil, position: position))
        case .variable:
            let name = text(token)
            let slot = variables.lastIndex(of: name)
            if slot == nil, !undeclared.contains(name) {
                throw failure("undefined variable \(GoQuotation.quote(name))")
            }
            return add(
                GoNode(kind: .variable, position: position, a: addKey(name), b: Int32(slot ?? -1), count: 1)
            )
        case .field:
            let key = addKey(String(decoding: source[(token.start + 1)..<token.end], as: UTF8.self))
            return add(GoNode(kind: .field, position: position, a: key, count: 1))
        case .bool:
            return add(GoNode(kind: .bool, flag: source[token.start] == UInt8(ascii: "t"), position: position))
        case .charConstant, .complex, .number:
            do throws(GoFailure) {
                numbers.append(
                    try GoNumber(
                        text(token),
                        isCharacter: token.kind == .charConstant,
                        isComplex: token.kind == .complex
                    )
                )
            } catch {
                throw failure(error.reason)
            }
            return add(GoNode(kind: .number, position: position, a: Int32(numbers.count - 1)))
        case .leftParenthesis: return try pipeline("parenthesized pipeline", until: .rightParenthesis)
        case .string, .rawString:
            guard let bytes = GoQuoting.unquote(source[token.start..<token.end]) else {
                throw failure("invalid syntax")
            }
            strings.append(String(decoding: bytes, as: UTF8.self))
            return add(
                GoNode(
                    kind: .string,
                    position: position,
                    a: Int32(strings.count - 1),
                    b: Int32(token.end - token.start)
                )
            )
        case .error: throw unexpected(token, "operand")
        default:
            backUp()
            return nil
        }
    }
}
