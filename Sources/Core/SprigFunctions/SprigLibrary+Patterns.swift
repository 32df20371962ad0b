import GoTemplate
import LinearRegex
import StructuredValue

extension SprigLibrary {
    static let patterns: [GoFunction] =
        [
            GoFunction("regexMatch", [.string, .string]) { arguments, execution in
                // Sprig takes an invalid pattern for one that never matches.
                let pattern = try? SprigContext.of(execution).pattern(arguments.string(0))
                return .bool(pattern?.matches(arguments.string(1)) ?? false)
            },
            GoFunction("mustRegexMatch", [.string, .string]) { arguments, execution throws(GoFailure) in
                .bool(try pattern(arguments, execution, isMust: true).matches(arguments.string(1)))
            },
            GoFunction("regexQuoteMeta", [.string]) { arguments, _ in
                .string(LinearPattern.escape(arguments.string(0)))
            },
        ]
        + pair("regexFindAll", [.string, .string, .int]) { pattern, arguments in
            let limit = arguments.int(2)
            if limit == 0 { return .strings([]) }
            return .strings(pattern.allTexts(in: arguments.string(1), limit: limit < 0 ? .max : limit))
        }
        + pair("regexFind", [.string, .string]) { pattern, arguments in
            .string(pattern.firstText(in: arguments.string(1)) ?? "")
        }
        + pair("regexReplaceAll", [.string, .string, .string]) { pattern, arguments in
            .string(pattern.replaceAll(in: arguments.string(1), with: arguments.string(2)))
        }
        + pair("regexReplaceAllLiteral", [.string, .string, .string]) { pattern, arguments in
            .string(pattern.replaceAll(in: arguments.string(1), withLiteral: arguments.string(2)))
        }
        + pair("regexSplit", [.string, .string, .int]) { pattern, arguments in
            .strings(pattern.split(arguments.string(1), limit: arguments.int(2)))
        }

    private static func pair(
        _ name: String,
        _ parameters: [GoType],
        _ work: @escaping @Sendable (LinearPattern, GoArguments) -> GoValue
    ) -> [GoFunction] {
        func function(_ name: String, isMust: Bool) -> GoFunction {
            GoFunction(name, parameters) { arguments, execution throws(GoFailure) in
                let result = work(try pattern(arguments, execution, isMust: isMust), arguments)
                try execution.spend(arguments.string(1).utf8.count / 50 + (result.string?.utf8.count ?? 0) / 100)
                return result
            }
        }
        return [function(name, isMust: false), function("mustRegex" + name.dropFirst(5), isMust: true)]
    }

    private static func pattern(
        _ arguments: GoArguments,
        _ execution: GoExecution,
        isMust: Bool
    ) throws(GoFailure) -> LinearPattern {
        let source = arguments.string(0)
        do throws(PatternError) { return try SprigContext.of(execution).pattern(source) } catch {
            if isMust { throw GoFailure("\(error)") }
            let shown = source.contains("`") ? GoQuotation.quote(source) : "`\(source)`"
            throw GoFailure("regexp: Compile(\(shown)): \(error)")
        }
    }
}
