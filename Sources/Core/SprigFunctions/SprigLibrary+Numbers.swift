import GoTemplate

extension SprigLibrary {
    static let numbers: [GoFunction] = conversions + integerFunctions + floatFunctions + sequences

    private static let conversions: [GoFunction] = [
        GoFunction("atoi", [.string]) { arguments, _ in .int(atoi(arguments.string(0))) },
        GoFunction("int", [.any]) { arguments, _ in .int(GoCast.integer(arguments[0])) },
        GoFunction("int64", [.any]) { arguments, _ in .int64(GoCast.integer(arguments[0])) },
        GoFunction("float64", [.any]) { arguments, _ in .float(GoCast.float(arguments[0])) },
        GoFunction("toDecimal", [.any]) { arguments, _ in
            .int64(GoCast.parseInteger(GoFormat.text(arguments[0]), base: 8) ?? 0)
        },
    ]

    private static let integerFunctions: [GoFunction] = [
        GoFunction("add1", [.any]) { arguments, _ in .int64(GoCast.integer(arguments[0]) &+ 1) },
        GoFunction("add", [], variadic: .any) { arguments, _ in
            var sum = 0
            for index in 0..<arguments.count { sum &+= GoCast.integer(arguments[index]) }
            return .int64(sum)
        },
        GoFunction("sub", [.any, .any]) { arguments, _ in
            .int64(GoCast.integer(arguments[0]) &- GoCast.integer(arguments[1]))
        },
        GoFunction("mul", [.any], variadic: .any) { arguments, _ in
            var product = 1
            for index in 0..<arguments.count { product &*= GoCast.integer(arguments[index]) }
            return .int64(product)
        },
        GoFunction("div", [.any, .any]) { arguments, _ throws(GoFailure) in
            let divisor = GoCast.integer(arguments[1])
            if divisor == 0 { throw GoFailure("runtime error: integer divide by zero") }
            return .int64(GoCast.integer(arguments[0]).dividedReportingOverflow(by: divisor).partialValue)
        },
        GoFunction("mod", [.any, .any]) { arguments, _ throws(GoFailure) in
            let divisor = GoCast.integer(arguments[1])
            if divisor == 0 { throw GoFailure("runtime error: integer divide by zero") }
            return .int64(GoCast.integer(arguments[0]).remainderReportingOverflow(dividingBy: divisor).partialValue)
        },
        GoFunction("max", [.any], variadic: .any, largest),
        GoFunction("biggest", [.any], variadic: .any, largest),
        GoFunction("min", [.any], variadic: .any) { arguments, _ in
            var least = GoCast.integer(arguments[0])
            for index in 1..<max(arguments.count, 1) { least = min(least, GoCast.integer(arguments[index])) }
            return .int64(least)
        },
    ]

    private static let floatFunctions: [GoFunction] = [
        GoFunction("add1f", [.any]) { arguments, _ in .float(decimal([arguments[0], .int(1)], ExactDecimal.plus)) },
        GoFunction("addf", [], variadic: .any) { arguments, _ in
            .float(decimal([.float(0)] + arguments.rest(from: 0), ExactDecimal.plus))
        },
        GoFunction("subf", [.any], variadic: .any) { arguments, _ in
            .float(decimal(arguments.rest(from: 0), ExactDecimal.minus))
        },
        GoFunction("mulf", [.any], variadic: .any) { arguments, _ in
            .float(decimal(arguments.rest(from: 0), ExactDecimal.times))
        },
        GoFunction("divf", [.any], variadic: .any) { arguments, _ throws(GoFailure) in
            for index in 1..<max(arguments.count, 1) where GoCast.float(arguments[index]) == 0 {
                throw GoFailure("decimal division by 0")
            }
            return .float(decimal(arguments.rest(from: 0), ExactDecimal.divided))
        },
        GoFunction("maxf", [.any], variadic: .any) { arguments, _ in
            var most = GoCast.float(arguments[0])
            for index in 1..<max(arguments.count, 1) {
                let other = GoCast.float(arguments[index])
                most = most.isNaN || other.isNaN ? .nan : Swift.max(most, other)
            }
            return .float(most)
        },
        GoFunction("minf", [.any], variadic: .any) { arguments, _ in
            var least = GoCast.float(arguments[0])
            for index in 1..<max(arguments.count, 1) {
                let other = GoCast.float(arguments[index])
                least = least.isNaN || other.isNaN ? .nan : Swift.min(least, other)
            }
            return .float(least)
        },
        GoFunction("ceil", [.any]) { arguments, _ in .float(GoCast.float(arguments[0]).rounded(.up)) },
        GoFunction("floor", [.any]) { arguments, _ in .float(GoCast.float(arguments[0]).rounded(.down)) },
        GoFunction("round", [.any, .int], variadic: .float64) { arguments, _ in
            let threshold = arguments.count > 2 ? arguments.float(2) : 0.5
            return .float(round(GoCast.float(arguments[0]), places: arguments.int(1), threshold: threshold))
        },
    ]

    private static let sequences: [GoFunction] = [
        GoFunction("until", [.int]) { arguments, execution throws(GoFailure) in
            let count = arguments.int(0)
            return integers(try steps(from: 0, to: count, by: count < 0 ? -1 : 1, execution))
        },
        GoFunction("untilStep", [.int, .int, .int]) { arguments, execution throws(GoFailure) in
            integers(try steps(from: arguments.int(0), to: arguments.int(1), by: arguments.int(2), execution))
        },
        GoFunction("seq", [], variadic: .int) { arguments, execution throws(GoFailure) in
            let numbers = try sequence((0..<arguments.count).map { arguments.int($0) }, execution)
            return .string(numbers.map(String.init).joined(separator: " "))
        },
    ]

    private static let largest: GoFunction.Body = { arguments, _ in
        var most = GoCast.integer(arguments[0])
        for index in 1..<max(arguments.count, 1) { most = max(most, GoCast.integer(arguments[index])) }
        return .int64(most)
    }

    /// Base ten only; what is too large stops at the limit.
    private static func atoi(_ text: String) -> Int {
        if let number = GoCast.parseInteger(text, base: 10) { return number }
        let digits = text.drop { $0 == "-" || $0 == "+" }
        let isNumber = !digits.isEmpty && digits.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
        if !isNumber || text.utf8.count - digits.utf8.count > 1 { return 0 }
        return text.hasPrefix("-") ? Int.min : Int.max
    }

    private static func round(_ number: Double, places: Int, threshold: Double) -> Double {
        var power = 1.0
        for _ in 0..<min(places.magnitude, 400) { power *= 10 }
        if places < 0 { power = 1 / power }
        let scaled = power * number
        let fraction = scaled - scaled.rounded(.towardZero)
        return (fraction >= threshold ? scaled.rounded(.up) : scaled.rounded(.down)) / power
    }

    private static func integers(_ numbers: [Int]) -> GoValue {
        .list(GoList(numbers.map { .int($0) }, element: .int))
    }

    /// From the start up (or down) to before the end.
    private static func steps(
        from start: Int,
        to end: Int,
        by step: Int,
        _ execution: GoExecution
    ) throws(GoFailure) -> [Int] {
        if end < start ? step >= 0 : step <= 0 { return [] }
        let distance = UInt(bitPattern: end < start ? start &- end : end &- start)
        let count = distance == 0 ? 0 : (distance - 1) / step.magnitude + 1
        // A number of a list takes some twenty bytes.
        try allow(Int(clamping: count.multipliedReportingOverflow(by: 20).overflow ? UInt.max : count * 20), execution)
        try execution.spend(Int(clamping: count))
        var numbers: [Int] = []
        numbers.reserveCapacity(Int(count))
        var number = start
        for _ in 0..<Int(count) {
            numbers.append(number)
            number &+= step
        }
        return numbers
    }

    private static func sequence(_ bounds: [Int], _ execution: GoExecution) throws(GoFailure) -> [Int] {
        switch bounds.count {
        case 1:
            let step = bounds[0] < 1 ? -1 : 1
            return try steps(from: 1, to: bounds[0] &+ step, by: step, execution)
        case 2:
            let step = bounds[1] < bounds[0] ? -1 : 1
            return try steps(from: bounds[0], to: bounds[1] &+ step, by: step, execution)
        case 3:
            let isDown = bounds[2] < bounds[0]
            if isDown, bounds[1] > 0 { return [] }
            return try steps(from: bounds[0], to: bounds[2] &+ (isDown ? -1 : 1), by: bounds[1], execution)
        default: return []
        }
    }

    private static func decimal(
        _ values: [GoValue],
        _ combine: (ExactDecimal) -> (ExactDecimal) -> ExactDecimal
    ) -> Double {
        var result = ExactDecimal(GoCast.float(values.first ?? .float(0)))
        for value in values.dropFirst() { result = combine(result)(ExactDecimal(GoCast.float(value))) }
        return result.double
    }
}

/// Decimal arithmetic without binary rounding, so that 0.1 and 0.2 make 0.3.
struct ExactDecimal {
    private var mantissa: Int128
    private var exponent: Int

    init(_ number: Double) {
        let text = number.description.lowercased().split(separator: "e")
        let parts = (text.first ?? "0").split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? parts[1] : ""
        mantissa = Int128(parts[0] + fraction) ?? 0
        exponent = (text.count > 1 ? Int(text[1]) ?? 0 : 0) - fraction.utf8.count
        if parts[0].hasPrefix("-"), mantissa > 0 { mantissa = -mantissa }
        reduce()
    }

    private init(_ mantissa: Int128, _ exponent: Int) {
        self.mantissa = mantissa
        self.exponent = exponent
        reduce()
    }

    var double: Double { Double("\(mantissa)e\(exponent)") ?? 0 }

    private mutating func reduce() {
        if mantissa == 0 { exponent = 0 }
        while mantissa != 0, mantissa % 10 == 0 {
            mantissa /= 10
            exponent += 1
        }
    }

    private static func scaled(_ mantissa: Int128, _ power: Int) -> Int128? {
        var result = mantissa
        for _ in 0..<min(power, 40) where result != 0 {
            let (product, overflow) = result.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            result = product
        }
        return power > 40 && result != 0 ? nil : result
    }

    func plus(_ other: ExactDecimal) -> ExactDecimal {
        let lowest = min(exponent, other.exponent)
        if let left = Self.scaled(mantissa, exponent - lowest),
            let right = Self.scaled(other.mantissa, other.exponent - lowest)
        {
            let (sum, overflow) = left.addingReportingOverflow(right)
            if !overflow { return ExactDecimal(sum, lowest) }
        }
        return ExactDecimal(double + other.double)
    }

    func minus(_ other: ExactDecimal) -> ExactDecimal { plus(ExactDecimal(-other.mantissa, other.exponent)) }

    func times(_ other: ExactDecimal) -> ExactDecimal {
        let (product, overflow) = mantissa.multipliedReportingOverflow(by: other.mantissa)
        return overflow ? ExactDecimal(double * other.double) : ExactDecimal(product, exponent + other.exponent)
    }

    /// To 16 decimal places, halves away from zero.
    func divided(_ other: ExactDecimal) -> ExactDecimal {
        let places = 16
        let shift = exponent - other.exponent + places
        guard shift >= 0, let dividend = Self.scaled(mantissa, shift), other.mantissa != 0 else {
            return ExactDecimal(double / other.double)
        }
        let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: other.mantissa)
        let roundsAway = remainder.magnitude >= other.mantissa.magnitude - remainder.magnitude
        let sign: Int128 = (dividend < 0) == (other.mantissa < 0) ? 1 : -1
        return ExactDecimal(roundsAway && remainder != 0 ? quotient + sign : quotient, -places)
    }
}
