extension CELFunctions {
    private typealias Field = @Sendable (CELTimestamp.Fields) -> Int

    /// A getter of a timestamp, alone and with a time zone, and for the units that a duration has too.
    private static func getter(_ name: String, _ field: @escaping Field) -> [CELOverload] {
        [
            CELOverload(name, on: .timestamp, .int) { (a) throws(CELFailure) in
                guard case .timestamp(let moment) = a[0] else { throw .noSuchOverload }
                return .int(field(moment.fields()))
            },
            CELOverload(name, on: .timestamp, [.string], .int) { (a) throws(CELFailure) in
                guard case .timestamp(let moment) = a[0] else { throw .noSuchOverload }
                return .int(field(moment.fields(offset: try offset(text(a[1])))))
            },
        ]
    }

    /// `UTC` or a fixed offset such as `-08:30`; there is no zone database here.
    private static func offset(_ zone: String) throws(CELFailure) -> Int {
        if zone.isEmpty || zone == "UTC" || zone == "Z" { return 0 }
        var digits = Substring(zone)
        var sign = 1
        if let first = digits.first, first == "+" || first == "-" {
            sign = first == "-" ? -1 : 1
            digits.removeFirst()
        }
        let parts = digits.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let hours = Int(parts[0]), let minutes = Int(parts[1]), minutes < 60 else {
            throw CELFailure("unknown time zone \(zone)")
        }
        return sign * (hours * 3600 + minutes * 60)
    }

    private static func span(_ name: String, _ divisor: Int) -> CELOverload {
        CELOverload(name, on: .duration, .int) { (a) throws(CELFailure) in
            guard case .duration(let span) = a[0] else { throw .noSuchOverload }
            return .int(span.nanoseconds / divisor)
        }
    }

    static let times: [CELOverload] =
        getter("getFullYear") { $0.year } + getter("getMonth") { $0.month - 1 } + getter("getDate") { $0.day }
        + getter("getDayOfMonth") { $0.day - 1 } + getter("getDayOfWeek") { $0.dayOfWeek }
        + getter("getDayOfYear") { $0.dayOfYear } + getter("getHours") { $0.hour } + getter("getMinutes") { $0.minute }
        + getter("getSeconds") { $0.second } + [
            CELOverload("getMilliseconds", on: .timestamp, .int) { (a) throws(CELFailure) in
                guard case .timestamp(let moment) = a[0] else { throw .noSuchOverload }
                return .int(moment.nanoseconds / 1_000_000)
            },
            span("getHours", 3_600_000_000_000), span("getMinutes", 60_000_000_000), span("getSeconds", 1_000_000_000),
            CELOverload("getMilliseconds", on: .duration, .int) { (a) throws(CELFailure) in
                guard case .duration(let span) = a[0] else { throw .noSuchOverload }
                return .int(span.nanoseconds / 1_000_000)
            },
        ]
}
