/// `+`, `-`, `*`, `/`, `%` and the unary minus. Integers overflow into an error, never around.
enum CELArithmetic {
    static func negate(_ value: CELValue) throws(CELFailure) -> CELValue {
        switch value {
        case .int(let number):
            guard number != .min else { throw .integerOverflow }
            return .int(-number)
        case .double(let number): return .double(-number)
        case .duration(let span): return .duration(CELDuration(nanoseconds: -span.nanoseconds))
        default: throw .noSuchOverload
        }
    }

    static func apply(_ operation: CELBinaryOperator, _ left: CELValue, _ right: CELValue) throws(CELFailure)
        -> CELValue
    {
        switch (left, right) {
        case (.int(let left), .int(let right)): return .int(try whole(operation, left, right))
        case (.uint(let left), .uint(let right)): return .uint(try whole(operation, left, right))
        case (.double(let left), .double(let right)):
            switch operation {
            case .add: return .double(left + right)
            case .subtract: return .double(left - right)
            case .multiply: return .double(left * right)
            case .divide: return .double(left / right)
            default: throw .noSuchOverload
            }
        case (.string(let left), .string(let right)) where operation == .add: return .string(left + right)
        case (.bytes(let left), .bytes(let right)) where operation == .add: return .bytes(left + right)
        case (.list(let left), .list(let right)) where operation == .add: return .list(try left.appending(right))
        case (.duration(let left), .duration(let right)) where operation == .add || operation == .subtract:
            return .duration(CELDuration(nanoseconds: try whole(operation, left.nanoseconds, right.nanoseconds)))
        case (.timestamp(let left), .duration(let right)) where operation == .add:
            return .timestamp(left.adding(nanoseconds: right.nanoseconds))
        case (.timestamp(let left), .duration(let right)) where operation == .subtract:
            return .timestamp(left.adding(nanoseconds: -right.nanoseconds))
        case (.duration(let left), .timestamp(let right)) where operation == .add:
            return .timestamp(right.adding(nanoseconds: left.nanoseconds))
        case (.timestamp(let left), .timestamp(let right)) where operation == .subtract:
            let seconds = try whole(.multiply, left.seconds - right.seconds, 1_000_000_000)
            return .duration(CELDuration(nanoseconds: seconds + left.nanoseconds - right.nanoseconds))
        default: throw .noSuchOverload
        }
    }

    private static func whole<Number: FixedWidthInteger>(
        _ operation: CELBinaryOperator,
        _ left: Number,
        _ right: Number
    ) throws(CELFailure) -> Number {
        let outcome: (partialValue: Number, overflow: Bool)
        switch operation {
        case .add: outcome = left.addingReportingOverflow(right)
        case .subtract: outcome = left.subtractingReportingOverflow(right)
        case .multiply: outcome = left.multipliedReportingOverflow(by: right)
        case .divide:
            if right == 0 { throw CELFailure("division by zero") }
            outcome = left.dividedReportingOverflow(by: right)
        case .remainder:
            if right == 0 { throw CELFailure("modulus by zero") }
            outcome = left.remainderReportingOverflow(dividingBy: right)
        default: throw .noSuchOverload
        }
        if outcome.overflow { throw Number.isSigned ? .integerOverflow : CELFailure("unsigned integer overflow") }
        return outcome.partialValue
    }
}
