/// An expression as it was written, macros still calls. Offsets are bytes into the source.
struct CELSyntax: Sendable {
    indirect enum Form: Sendable {
        case literal(CELValue)
        case identifier(String)
        case select(CELSyntax, field: String, isOptional: Bool)
        case index(CELSyntax, CELSyntax, isOptional: Bool)
        case call(name: String, target: CELSyntax?, arguments: [CELSyntax])
        case unary(CELUnaryOperator, CELSyntax)
        case binary(CELBinaryOperator, CELSyntax, CELSyntax)
        case conditional(CELSyntax, CELSyntax, CELSyntax)
        case list([(item: CELSyntax, isOptional: Bool)])
        case map([(key: CELSyntax, value: CELSyntax, isOptional: Bool)])
    }

    var form: Form
    var offset: Int
    /// How many nodes the longest way down has, this one counted.
    let depth: Int

    init(form: Form, offset: Int) {
        self.form = form
        self.offset = offset
        let below: Int
        switch form {
        case .literal, .identifier: below = 0
        case .select(let operand, _, _), .unary(_, let operand): below = operand.depth
        case .index(let left, let right, _), .binary(_, let left, let right): below = max(left.depth, right.depth)
        case .call(_, let target, let arguments): below = arguments.reduce(target?.depth ?? 0) { max($0, $1.depth) }
        case .conditional(let test, let yes, let no): below = max(test.depth, yes.depth, no.depth)
        case .list(let items): below = items.reduce(0) { max($0, $1.item.depth) }
        case .map(let entries): below = entries.reduce(0) { max($0, $1.key.depth, $1.value.depth) }
        }
        depth = below + 1
    }
}

enum CELUnaryOperator: String, Sendable {
    case not = "!_"
    case negate = "-_"
}

enum CELBinaryOperator: String, Sendable {
    case or = "_||_"
    case and = "_&&_"
    case equal = "_==_"
    case notEqual = "_!=_"
    case less = "_<_"
    case lessOrEqual = "_<=_"
    case greater = "_>_"
    case greaterOrEqual = "_>=_"
    case isIn = "@in"
    case add = "_+_"
    case subtract = "_-_"
    case multiply = "_*_"
    case divide = "_/_"
    case remainder = "_%_"
}
