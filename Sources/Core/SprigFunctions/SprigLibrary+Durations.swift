import GoTemplate
import StructuredValue

extension SprigLibrary {
    /// Sprig has none; see `helmDurations`.
    static let durations: [GoFunction] = []

    /// Helm's own functions on durations.
    static let helmDurations: [GoFunction] =
        [
            GoFunction("mustToDuration", [.any]) { arguments, _ throws(GoFailure) in
                .object(DurationObject(try duration(arguments[0])))
            },
            GoFunction("durationRoundTo", [.any, .any]) { arguments, _ in
                combined(arguments) { $0.rounded(to: $1) }
            },
            GoFunction("durationTruncateTo", [.any, .any]) { arguments, _ in
                combined(arguments) { $0.truncated(to: $1) }
            },
        ]
        + measured("durationNanoseconds") { .int64($0) } + measured("durationMicroseconds") { .int64($0 / 1_000) }
        + measured("durationMilliseconds") { .int64($0 / 1_000_000) }
        + measured("durationSeconds") { .float(parts($0, of: 1_000_000_000)) }
        + measured("durationMinutes") { .float(parts($0, of: 60_000_000_000)) }
        + measured("durationHours") { .float(parts($0, of: 3_600_000_000_000)) }
        + measured("durationDays") { .float(parts($0, of: 3_600_000_000_000) / 24) }
        + measured("durationWeeks") { .float(parts($0, of: 3_600_000_000_000) / 24 / 7) }

    /// As Go divides a duration: whole units first, so that no digit is lost.
    private static func parts(_ nanoseconds: Int, of unit: Int) -> Double {
        Double(nanoseconds / unit) + Double(nanoseconds % unit) / Double(unit)
    }

    private static func measured(_ name: String, _ measure: @escaping @Sendable (Int) -> GoValue) -> [GoFunction] {
        [
            GoFunction(name, [.any]) { arguments, _ in
                measure((try? duration(arguments[0]))?.nanoseconds ?? 0)  // Helm takes no duration for zero.
            }
        ]
    }

    private static func combined(_ arguments: GoArguments, _ combine: (GoDuration, GoDuration) -> GoDuration) -> GoValue
    {
        guard let value = try? duration(arguments[0]) else {
            return .object(DurationObject(GoDuration(nanoseconds: 0)))  // As Helm does.
        }
        guard let unit = try? duration(arguments[1]) else { return .object(DurationObject(value)) }  // As Helm does.
        return .object(DurationObject(combine(value, unit)))
    }

    /// Durations, their texts, and numbers of seconds.
    private static func duration(_ value: GoValue) throws(GoFailure) -> GoDuration {
        if let duration = DurationObject.duration(value) { return duration }
        if value.isNil { throw GoFailure("invalid duration") }
        if let text = value.string {
            let trimmed = GoText.trim(text)
            if trimmed.isEmpty { throw GoFailure("empty duration") }
            if let duration = try? GoDuration(trimmed) { return duration }  // Else it may be a number.
            if let seconds = GoCast.parseFloat(trimmed) { return try duration(seconds: seconds) }
            throw GoFailure("could not parse duration \(GoQuotation.quote(text))")
        }
        if let seconds = value.integer {
            let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
            if overflow { throw GoFailure("duration seconds overflow: \(seconds)") }
            return GoDuration(nanoseconds: nanoseconds)
        }
        if case .float(let seconds) = value { return try duration(seconds: seconds) }
        throw GoFailure("unsupported duration type \(value.typeName)")
    }

    private static func duration(seconds: Double) throws(GoFailure) -> GoDuration {
        if seconds.isNaN || seconds.isInfinite {
            throw GoFailure("invalid duration seconds: \(GoFormat.shortest(seconds))")
        }
        guard let nanoseconds = Int(exactly: (seconds * 1e9).rounded(.towardZero)) else {
            throw GoFailure("duration seconds overflow: \(GoFormat.shortest(seconds))")
        }
        return GoDuration(nanoseconds: nanoseconds)
    }
}
