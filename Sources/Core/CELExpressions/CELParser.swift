/// Reads the tokens of one expression into its syntax tree.
struct CELParser {
    private var lexer: CELLexer
    private var token: CELToken = .end
    private var offset = 0
    private var depth = 0

    /// Deeper expressions are refused rather than risking the stack.
    private static let maximumDepth = 150
    /// A chain of operators is as deep as it is long.
    private static let maximumLength = 400

    private func node(_ form: CELSyntax.Form, offset: Int) throws(CELLexer.Failure) -> CELSyntax {
        let syntax = CELSyntax(form: form, offset: offset)
        guard syntax.depth <= Self.maximumLength else {
            throw CELLexer.Failure(
                offset: offset,
                message: "expression recursion limit exceeded: \(Self.maximumLength)"
            )
        }
        return syntax
    }

    private init(_ source: String) { lexer = CELLexer(source) }

    static func parse(_ source: String) throws(CELLexer.Failure) -> CELSyntax {
        var parser = CELParser(source)
        try parser.advance()
        let syntax = try parser.expression()
        guard parser.token == .end else { throw parser.unexpected() }
        return syntax
    }

    private mutating func advance() throws(CELLexer.Failure) { (token, offset) = try lexer.next() }

    private func unexpected() -> CELLexer.Failure {
        let text: String
        switch token {
        case .end: return CELLexer.Failure(offset: offset, message: "Syntax error: mismatched input '<EOF>'")
        case .identifier(let name): text = name
        case .int(let digits), .uint(let digits), .double(let digits): text = digits
        case .string(let string): text = "\"\(string)\""
        case .bytes: text = "bytes"
        case .symbol(let symbol): text = symbol
        }
        return CELLexer.Failure(offset: offset, message: "Syntax error: unexpected '\(text)'")
    }

    private mutating func accept(_ symbol: String) throws(CELLexer.Failure) -> Bool {
        guard token == .symbol(symbol) else { return false }
        try advance()
        return true
    }

    private mutating func expect(_ symbol: String) throws(CELLexer.Failure) {
        guard try accept(symbol) else { throw unexpected() }
    }

    private mutating func expression() throws(CELLexer.Failure) -> CELSyntax {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.maximumDepth {
            throw CELLexer.Failure(offset: offset, message: "expression recursion limit exceeded: \(Self.maximumDepth)")
        }
        let start = offset
        let condition = try disjunction()
        guard try accept("?") else { return condition }
        let whenTrue = try disjunction()
        try expect(":")
        let whenFalse = try expression()
        return CELSyntax(form: .conditional(condition, whenTrue, whenFalse), offset: start)
    }

    private mutating func disjunction() throws(CELLexer.Failure) -> CELSyntax {
        var left = try conjunction()
        while token == .symbol("||") {
            let start = offset
            try advance()
            left = try node(.binary(.or, left, try conjunction()), offset: start)
        }
        return left
    }

    private mutating func conjunction() throws(CELLexer.Failure) -> CELSyntax {
        var left = try relation()
        while token == .symbol("&&") {
            let start = offset
            try advance()
            left = try node(.binary(.and, left, try relation()), offset: start)
        }
        return left
    }

    private func relationOperator() -> CELBinaryOperator? {
        switch token {
        case .symbol("=="): .equal
        case .symbol("!="): .notEqual
        case .symbol("<"): .less
        case .symbol("<="): .lessOrEqual
        case .symbol(">"): .greater
        case .symbol(">="): .greaterOrEqual
        case .identifier("in"): .isIn
        default: nil
        }
    }

    private mutating func relation() throws(CELLexer.Failure) -> CELSyntax {
        var left = try addition()
        while let operation = relationOperator() {
            let start = offset
            try advance()
            left = try node(.binary(operation, left, try addition()), offset: start)
        }
        return left
    }

    private mutating func addition() throws(CELLexer.Failure) -> CELSyntax {
        var left = try multiplication()
        while token == .symbol("+") || token == .symbol("-") {
            let operation: CELBinaryOperator = token == .symbol("+") ? .add : .subtract
            let start = offset
            try advance()
            left = try node(.binary(operation, left, try multiplication()), offset: start)
        }
        return left
    }

    private mutating func multiplication() throws(CELLexer.Failure) -> CELSyntax {
        var left = try unary()
        while true {
            let operation: CELBinaryOperator
            switch token {
            case .symbol("*"): operation = .multiply
            case .symbol("/"): operation = .divide
            case .symbol("%"): operation = .remainder
            default: return left
            }
            let start = offset
            try advance()
            left = try node(.binary(operation, left, try unary()), offset: start)
        }
    }

    private mutating func unary() throws(CELLexer.Failure) -> CELSyntax {
        let start = offset
        var count = 0
        if token == .symbol("!") {
            while try accept("!") { count += 1 }
            let operand = try member()
            return count % 2 == 1 ? CELSyntax(form: .unary(.not, operand), offset: start) : operand
        }
        if token == .symbol("-") {
            while try accept("-") { count += 1 }
            if count == 1 {
                if case .int(let digits) = token {
                    let literal = CELSyntax(form: .literal(try integer("-" + digits)), offset: start)
                    try advance()
                    return try members(of: literal)
                }
                if case .double(let digits) = token {
                    let literal = CELSyntax(form: .literal(.double(-(Double(digits) ?? 0))), offset: start)
                    try advance()
                    return try members(of: literal)
                }
            }
            let operand = try member()
            return count % 2 == 1 ? CELSyntax(form: .unary(.negate, operand), offset: start) : operand
        }
        return try member()
    }

    private mutating func member() throws(CELLexer.Failure) -> CELSyntax { try members(of: try primary()) }

    private mutating func members(of primary: CELSyntax) throws(CELLexer.Failure) -> CELSyntax {
        var operand = primary
        while true {
            let start = offset
            if try accept(".") {
                let isOptional = try accept("?")
                guard case .identifier(let name) = token else { throw unexpected() }
                try advance()
                if !isOptional, token == .symbol("(") {
                    let opening = offset
                    try advance()
                    let arguments = try arguments(until: ")")
                    operand = try node(.call(name: name, target: operand, arguments: arguments), offset: opening)
                } else {
                    operand = try node(.select(operand, field: name, isOptional: isOptional), offset: start)
                }
            } else if try accept("[") {
                let isOptional = try accept("?")
                let index = try expression()
                try expect("]")
                operand = try node(.index(operand, index, isOptional: isOptional), offset: start)
            } else {
                return operand
            }
        }
    }

    private mutating func arguments(until closing: String) throws(CELLexer.Failure) -> [CELSyntax] {
        var arguments: [CELSyntax] = []
        if try accept(closing) { return arguments }
        repeat { arguments.append(try expression()) } while try accept(",")
        try expect(closing)
        return arguments
    }

    private func integer(_ digits: String) throws(CELLexer.Failure) -> CELValue {
        guard let value = Self.wholeNumber(digits) else {
            throw CELLexer.Failure(offset: offset, message: "invalid int literal")
        }
        return .int(value)
    }

    private static func wholeNumber(_ digits: String) -> Int? {
        if digits.hasPrefix("0x") || digits.hasPrefix("0X") { return Int(digits.dropFirst(2), radix: 16) }
        if digits.hasPrefix("-0x") || digits.hasPrefix("-0X") { return Int("-" + digits.dropFirst(3), radix: 16) }
        return Int(digits)
    }

    private mutating func primary() throws(CELLexer.Failure) -> CELSyntax {
        let start = offset
        func literal(_ value: CELValue) -> CELSyntax { CELSyntax(form: .literal(value), offset: start) }
        switch token {
        case .int(let digits):
            let value = try integer(digits)
            try advance()
            return literal(value)
        case .uint(let digits):
            let isHexadecimal = digits.hasPrefix("0x") || digits.hasPrefix("0X")
            guard let value = isHexadecimal ? UInt(digits.dropFirst(2), radix: 16) : UInt(digits) else {
                throw CELLexer.Failure(offset: start, message: "invalid uint literal")
            }
            try advance()
            return literal(.uint(value))
        case .double(let digits):
            guard let value = Double(digits) else {
                throw CELLexer.Failure(offset: start, message: "invalid double literal")
            }
            try advance()
            return literal(.double(value))
        case .string(let text):
            try advance()
            return literal(.string(text))
        case .bytes(let bytes):
            try advance()
            return literal(.bytes(bytes))
        case .identifier(let name): return try named(name, at: start)
        case .symbol("."):
            try advance()
            guard case .identifier(let name) = token else { throw unexpected() }
            return try named(name, at: start)
        case .symbol("("):
            try advance()
            let inner = try expression()
            try expect(")")
            return inner
        case .symbol("["):
            try advance()
            return CELSyntax(form: .list(try items()), offset: start)
        case .symbol("{"):
            try advance()
            return CELSyntax(form: .map(try entries()), offset: start)
        default: throw unexpected()
        }
    }

    private mutating func named(_ name: String, at start: Int) throws(CELLexer.Failure) -> CELSyntax {
        switch name {
        case "true", "false":
            try advance()
            return CELSyntax(form: .literal(.bool(name == "true")), offset: start)
        case "null":
            try advance()
            return CELSyntax(form: .literal(.null), offset: start)
        default: break
        }
        if CELIdentifier.isReserved(name) {
            throw CELLexer.Failure(offset: start, message: "reserved identifier: \(name)")
        }
        try advance()
        guard token == .symbol("(") else { return CELSyntax(form: .identifier(name), offset: start) }
        let opening = offset
        try advance()
        return CELSyntax(form: .call(name: name, target: nil, arguments: try arguments(until: ")")), offset: opening)
    }

    private mutating func items() throws(CELLexer.Failure) -> [(item: CELSyntax, isOptional: Bool)] {
        var items: [(item: CELSyntax, isOptional: Bool)] = []
        while token != .symbol("]") {
            let isOptional = try accept("?")
            items.append((try expression(), isOptional))
            if try !accept(",") { break }
        }
        try expect("]")
        return items
    }

    private mutating func entries() throws(CELLexer.Failure) -> [(key: CELSyntax, value: CELSyntax, isOptional: Bool)] {
        var entries: [(key: CELSyntax, value: CELSyntax, isOptional: Bool)] = []
        while token != .symbol("}") {
            let isOptional = try accept("?")
            let key = try expression()
            try expect(":")
            entries.append((key, try expression(), isOptional))
            if try !accept(",") { break }
        }
        try expect("}")
        return entries
    }
}
