import GoTemplate

extension SprigLibrary {
    static let dates: [GoFunction] = [
        GoFunction("now", []) { _, execution throws(GoFailure) in
            .object(TimeObject(try SprigContext.of(execution).now(for: "now")))
        },
        GoFunction("date", [.string, .any]) { arguments, execution throws(GoFailure) in
            .string(try shown(arguments[1], "Local", "date", execution).formatted(arguments.string(0)))
        },
        GoFunction("htmlDate", [.any]) { arguments, execution throws(GoFailure) in
            .string(try shown(arguments[0], "Local", "htmlDate", execution).formatted("2006-01-02"))
        },
        GoFunction("htmlDateInZone", [.any, .string]) { arguments, execution throws(GoFailure) in
            .string(try shown(arguments[0], arguments.string(1), "htmlDateInZone", execution).formatted("2006-01-02"))
        },
        GoFunction("dateInZone", [.string, .any, .string], dateInZone),
        GoFunction("date_in_zone", [.string, .any, .string], dateInZone),
        GoFunction("dateModify", [.string, TimeObject.type], dateModify),
        GoFunction("date_modify", [.string, TimeObject.type], dateModify),
        GoFunction("mustDateModify", [.string, TimeObject.type], mustDateModify),
        GoFunction("must_date_modify", [.string, TimeObject.type], mustDateModify),
        GoFunction("toDate", [.string, .string]) { arguments, execution in
            .object(TimeObject((try? parsed(arguments, execution)) ?? .zero))  // Sprig swallows the reason.
        },
        GoFunction("mustToDate", [.string, .string]) { arguments, execution throws(GoFailure) in
            .object(TimeObject(try parsed(arguments, execution)))
        },
        GoFunction("unixEpoch", [TimeObject.type]) { arguments, _ in
            .string(String(TimeObject.instant(arguments[0])?.seconds ?? 0))
        },
        GoFunction("ago", [.any]) { arguments, execution throws(GoFailure) in
            let now = try SprigContext.of(execution).now(for: "ago")
            let then = instant(arguments[0]) ?? now
            let passed = GoDuration(nanoseconds: now.nanoseconds(since: then))
            return .string(passed.rounded(to: GoDuration(nanoseconds: 1_000_000_000)).text)
        },
        GoFunction("duration", [.any]) { arguments, _ in
            let seconds: Int =
                switch arguments[0] {
                case .string(let text): GoCast.parseInteger(text, base: 10) ?? 0
                case .int64(let number): number
                default: 0
                }
            return .string(GoDuration(nanoseconds: seconds &* 1_000_000_000).text)
        },
        GoFunction("durationRound", [.any], durationRound),
    ]

    private static func instant(_ value: GoValue) -> GoInstant? {
        switch value {
        case .int(let seconds), .int64(let seconds), .sized(let seconds, .int32): GoInstant(seconds: seconds)
        default: TimeObject.instant(value)
        }
    }

    /// The time in an argument, shown in a zone; an argument that is no time means now.
    private static func shown(
        _ value: GoValue,
        _ zone: String,
        _ function: String,
        _ execution: GoExecution
    ) throws(GoFailure) -> GoInstant {
        let context = SprigContext.of(execution)
        var shown: GoInstant
        if let instant = instant(value) { shown = instant } else { shown = try context.now(for: function) }
        shown.zone = context.zone(zone) ?? .utc
        return shown
    }

    private static let dateInZone: GoFunction.Body = { arguments, execution throws(GoFailure) in
        let time = try shown(arguments[1], arguments.string(2), "dateInZone", execution)
        return .string(time.formatted(arguments.string(0)))
    }

    private static let dateModify: GoFunction.Body = { arguments, _ in
        guard let time = TimeObject.instant(arguments[1]), let amount = try? GoDuration(arguments.string(0)) else {
            return arguments[1]  // Sprig leaves the time as it is.
        }
        return .object(TimeObject(time.adding(nanoseconds: amount.nanoseconds)))
    }

    private static let mustDateModify: GoFunction.Body = { arguments, _ throws(GoFailure) in
        let time = TimeObject.instant(arguments[1]) ?? .zero
        do throws(GoDuration.ParseError) {
            return .object(TimeObject(time.adding(nanoseconds: try GoDuration(arguments.string(0)).nanoseconds)))
        } catch {
            throw GoFailure(error.message)
        }
    }

    private static func parsed(_ arguments: GoArguments, _ execution: GoExecution) throws(GoFailure) -> GoInstant {
        let zone = SprigContext.of(execution).zone("Local") ?? .utc
        do throws(TimeParseError) {
            return try GoInstant(arguments.string(1), layout: arguments.string(0), in: zone)
        } catch {
            throw GoFailure(error.message)
        }
    }

    private static let durationRound: GoFunction.Body = { arguments, execution throws(GoFailure) in
        var nanoseconds = 0
        switch arguments[0] {
        case .string(let text): nanoseconds = (try? GoDuration(text))?.nanoseconds ?? 0  // Sprig swallows the reason.
        case .int64(let number): nanoseconds = number
        default:
            if let time = TimeObject.instant(arguments[0]) {
                nanoseconds = try SprigContext.of(execution).now(for: "durationRound").nanoseconds(since: time)
            }
        }
        let hours: UInt = 3_600_000_000_000
        let units: [(UInt, String)] = [
            (hours * 24 * 365, "y"), (hours * 24 * 30, "mo"), (hours * 24, "d"), (hours, "h"), (60_000_000_000, "m"),
            (1_000_000_000, "s"),
        ]
        for (size, name) in units where nanoseconds.magnitude > size {
            return .string("\(nanoseconds.magnitude / size)\(name)")
        }
        return .string("0s")
    }
}
