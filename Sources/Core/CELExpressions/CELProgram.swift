/// The variables an expression may name, in the order in which their values are given.
package struct CELEnvironment: Sendable {
    package struct Variable: Sendable {
        package var name: String
        package var type: CELType
    }

    package var variables: [Variable]

    package init(_ variables: KeyValuePairs<String, CELType>) {
        self.variables = variables.map { Variable(name: $0.key, type: $0.value) }
    }
}

/// An expression that is compiled once and evaluated many times.
package struct CELProgram: Sendable {
    /// What one evaluation may cost at most, in steps: about what Kubernetes allows a rule.
    package static let defaultFuel = 1_000_000

    package let source: String
    /// What the expression gives, as far as it is known beforehand.
    package let type: CELType
    /// The variables of the environment that the expression reads.
    package let usedVariables: Set<String>
    let root: CELNode
    let slotCount: Int

    /// Checks and compiles an expression. `expecting` names the type that the result must have, nil for any.
    package init(_ source: String, in environment: CELEnvironment, expecting expected: CELType? = nil)
        throws(CELRejection)
    {
        let syntax: CELSyntax
        do throws(CELLexer.Failure) {
            syntax = try CELParser.parse(source)
        } catch {
            throw CELRejection(
                source: source,
                findings: [CELRejection.finding(error.message, at: error.offset, in: source)]
            )
        }
        var checker = CELChecker(environment: environment)
        let (node, type) = checker.check(syntax)
        if let expected, checker.findings.isEmpty, !type.matches(expected) {
            checker.report("must evaluate to \(expected)", at: 0)
        }
        guard checker.findings.isEmpty else {
            throw CELRejection(
                source: source,
                findings: checker.findings.map { CELRejection.finding($0.message, at: $0.offset, in: source) }
            )
        }
        self.source = source
        self.type = type
        usedVariables = checker.usedVariables
        root = node
        slotCount = checker.slotCount
    }

    /// The value of the expression for these variables, in the order of the environment. `fuel` is reduced by the cost.
    package func evaluate(_ variables: [CELValue], fuel: inout Int) throws(CELFailure) -> CELValue {
        var evaluation = CELEvaluation(variables: variables, slotCount: slotCount, fuel: fuel)
        defer { fuel = evaluation.fuel }
        return try evaluation.evaluate(root)
    }

    /// As `evaluate`, with the fuel that one rule has.
    package func evaluate(_ variables: [CELValue]) throws(CELFailure) -> CELValue {
        var fuel = Self.defaultFuel
        return try evaluate(variables, fuel: &fuel)
    }
}

extension CELRejection {
    fileprivate static func finding(_ message: String, at offset: Int, in source: String) -> Finding {
        var line = 1
        var column = 1
        for byte in source.utf8.prefix(offset) {
            if byte == 0x0A {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return Finding(line: line, column: column, message: message)
    }
}
