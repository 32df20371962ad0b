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
