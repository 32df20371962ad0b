import GoTemplate
import StructuredValue

extension SprigLibrary {
    static let strings: [GoFunction] =
        [GoFunction("hello", []) { _, _ in .string("Hello!") }] + caseFunctions + cuttingFunctions + searchFunctions
        + layoutFunctions + joiningFunctions

    private static let caseFunctions: [GoFunction] = [
        GoFunction("upper", [.string]) { arguments, _ in .string(GoText.upper(arguments.string(0))) },
        GoFunction("lower", [.string]) { arguments, _ in .string(GoText.lower(arguments.string(0))) },
        GoFunction("title", [.string]) { arguments, _ in .string(GoText.title(arguments.string(0))) },
        GoFunction("untitle", [.string]) { arguments, _ in .string(GoText.untitle(arguments.string(0))) },
        GoFunction("swapcase", [.string]) { arguments, _ in .string(GoText.swapCase(arguments.string(0))) },
        GoFunction("snakecase", [.string]) { arguments, _ in
            .string(WordCase.separated(arguments.string(0), by: "_"))
        },
        GoFunction("kebabcase", [.string]) { arguments, _ in
            .string(WordCase.separated(arguments.string(0), by: "-"))
        },
        GoFunction("camelcase", [.string]) { arguments, _ in .string(WordCase.pascal(arguments.string(0))) },
        GoFunction("initials", [.string]) { arguments, _ in .string(GoText.initials(arguments.bytes(0))) },
    ]

    private static let cuttingFunctions: [GoFunction] = [
        GoFunction("trim", [.string]) { arguments, _ in .string(GoText.trim(arguments.string(0))) },
        GoFunction("trimAll", [.string, .string], trimAll),
        GoFunction("trimall", [.string, .string], trimAll),
        GoFunction("trimSuffix", [.string, .string]) { arguments, _ in
            let (suffix, text) = (arguments.bytes(0), arguments.bytes(1))
            if suffix.isEmpty || suffix.count > text.count || !text.suffix(suffix.count).elementsEqual(suffix) {
                return arguments[1]
            }
            return .string(bytes: Array(text.dropLast(suffix.count)))
        },
        GoFunction("trimPrefix", [.string, .string]) { arguments, _ in
            let (prefix, text) = (arguments.bytes(0), arguments.bytes(1))
            if prefix.isEmpty || !text.starts(with: prefix) { return arguments[1] }
            return .string(bytes: Array(text.dropFirst(prefix.count)))
        },
        GoFunction("nospace", [.string]) { arguments, _ in .string(GoText.withoutSpaces(arguments.bytes(0))) },
        GoFunction("abbrev", [.int, .string]) { arguments, _ in
            let (width, text) = (arguments.int(0), arguments.bytes(1))
            return width < 4 ? arguments[1] : .string(bytes: GoText.abbreviate(text, offset: 0, width: width))
        },
        GoFunction("abbrevboth", [.int, .int, .string]) { arguments, _ in
            let (left, right) = (arguments.int(0), arguments.int(1))
            if right < 4 || (left > 0 && right < 7) { return arguments[2] }
            return .string(bytes: GoText.abbreviate(arguments.bytes(2), offset: left, width: right))
        },
        GoFunction("trunc", [.int, .string]) { arguments, _ in
            let (count, text) = (arguments.int(0), arguments.bytes(1))
            if count < 0, text.count + count > 0 { return .string(bytes: Array(text.suffix(-count))) }
            if count >= 0, text.count > count { return .string(bytes: Array(text.prefix(count))) }
            return arguments[1]
        },
        GoFunction("substr", [.int, .int, .string], substring),
    ]

    private static let searchFunctions: [GoFunction] = [
        GoFunction("contains", [.string, .string]) { arguments, _ in
            .bool(GoText.contains(arguments.string(1), arguments.string(0)))
        },
        GoFunction("hasPrefix", [.string, .string]) { arguments, _ in
            .bool(arguments.string(1).utf8.starts(with: arguments.string(0).utf8))
        },
        GoFunction("hasSuffix", [.string, .string]) { arguments, _ in
            .bool(arguments.string(1).utf8.reversed().starts(with: arguments.string(0).utf8.reversed()))
        },
        GoFunction("replace", [.string, .string, .string]) { arguments, execution throws(GoFailure) in
            try execution.spend(
                bytes: GoText.occurrences(of: arguments.bytes(0), in: arguments.bytes(2))
                    .multipliedReportingOverflow(by: arguments.string(1).utf8.count).partialValue
            )
            let result = GoText.replace(arguments.bytes(2), arguments.bytes(0), with: arguments.bytes(1))
            try execution.spend(result.count / 100)
            return .string(bytes: result)
        },
        GoFunction("plural", [.string, .string, .int]) { arguments, _ in
            arguments.int(2) == 1 ? arguments[0] : arguments[1]
        },
        GoFunction("split", [.string, .string]) { arguments, _ in
            numbered(GoText.split(arguments.string(1), by: arguments.string(0), limit: -1))
        },
        GoFunction("splitn", [.string, .int, .string]) { arguments, _ in
            numbered(GoText.split(arguments.string(2), by: arguments.string(0), limit: arguments.int(1)))
        },
        GoFunction("splitList", [.string, .string]) { arguments, _ in
            .strings(GoText.split(arguments.string(1), by: arguments.string(0), limit: -1))
        },
    ]

    private static let layoutFunctions: [GoFunction] = [
        GoFunction("repeat", [.int, .string]) { arguments, execution throws(GoFailure) in
            let (count, text) = (arguments.int(0), arguments.bytes(1))
            if count < 0 { throw GoFailure("strings: negative Repeat count") }
            let (size, overflow) = count.multipliedReportingOverflow(by: text.count)
            if overflow { throw GoFailure("strings: Repeat output length overflow") }
            try allow(size, execution)
            try execution.spend(size / 100)
            if size == 0 { return .string("") }
            var output: [UInt8] = []
            output.reserveCapacity(size)
            for _ in 0..<count { output += text }
            return .string(bytes: output)
        },
        GoFunction("wrap", [.int, .string]) { arguments, _ in
            let text = arguments.bytes(1)
            return .string(bytes: GoText.wrap(text, width: arguments.int(0), lineEnd: [], breaksLongWords: false))
        },
        GoFunction("wrapWith", [.int, .string, .string]) { arguments, _ in
            let (lineEnd, text) = (arguments.bytes(1), arguments.bytes(2))
            return .string(
                bytes: GoText.wrap(text, width: arguments.int(0), lineEnd: lineEnd, breaksLongWords: true)
            )
        },
        GoFunction("indent", [.int, .string]) { arguments, execution throws(GoFailure) in
            try indented(arguments, execution, afterLineEnd: false)
        },
        GoFunction("nindent", [.int, .string]) { arguments, execution throws(GoFailure) in
            try indented(arguments, execution, afterLineEnd: true)
        },
    ]

    private static let joiningFunctions: [GoFunction] = [
        GoFunction("quote", [], variadic: .any) { arguments, _ in
            if arguments.count == 1 {
                if arguments[0].isNil { return .string("") }
                return .string(GoCast.quoted(arguments[0]))
            }
            let texts = arguments.rest(from: 0).filter { !$0.isNil }.map { GoCast.quoted($0) }
            return .string(texts.joined(separator: " "))
        },
        GoFunction("squote", [], variadic: .any) { arguments, _ in
            let texts = arguments.rest(from: 0).filter { !$0.isNil }.map { "'" + GoFormat.text($0) + "'" }
            return .string(texts.joined(separator: " "))
        },
        GoFunction("cat", [], variadic: .any) { arguments, _ in
            let texts = arguments.rest(from: 0).filter { !$0.isNil }.map { GoFormat.text($0) }
            return .string(texts.joined(separator: " "))
        },
        GoFunction("join", [.string, .any]) { arguments, execution throws(GoFailure) in
            let texts = GoCast.texts(arguments[1])
            let separators = texts.count.multipliedReportingOverflow(by: arguments.string(0).utf8.count).partialValue
            try execution.spend(bytes: texts.reduce(separators) { $0 &+ $1.utf8.count })
            let result = texts.joined(separator: arguments.string(0))
            return .string(result)
        },
        GoFunction("sortAlpha", [.any]) { arguments, _ in
            .strings(arguments[0].isNil ? ["<nil>"] : GoCast.texts(arguments[0]).sorted())
        },
        GoFunction("toString", [.any]) { arguments, _ in GoCast.text(arguments[0]) },
        GoFunction("toStrings", [.any]) { arguments, _ in .strings(GoCast.texts(arguments[0])) },
    ]

    private static let trimAll: GoFunction.Body = { arguments, _ in
        .string(GoText.trim(arguments.string(1), of: arguments.string(0)))
    }

    private static let substring: GoFunction.Body = { arguments, _ throws(GoFailure) in
        let (start, end, text) = (arguments.int(0), arguments.int(1), arguments.bytes(2))
        func outOfBounds(_ range: String) -> GoFailure {
            GoFailure("runtime error: slice bounds out of range [\(range)]")
        }
        if start < 0 {
            if end < 0 { throw outOfBounds(":\(end)") }
            if end > text.count { throw GoFailure(outOfBounds(":\(end)").reason + " with length \(text.count)") }
            return .string(bytes: Array(text[..<end]))
        }
        let stop = end < 0 || end > text.count ? text.count : end
        if start > stop { throw outOfBounds("\(start):\(stop)") }
        return .string(bytes: Array(text[start..<stop]))
    }

    private static func numbered(_ parts: [String]) -> GoValue {
        let map = GoMap(minimumCapacity: parts.count, element: .string)
        for (index, part) in parts.enumerated() { map["_\(index)"] = .string(part) }
        return .map(map)
    }

    private static func indented(
        _ arguments: GoArguments,
        _ execution: GoExecution,
        afterLineEnd: Bool
    ) throws(GoFailure) -> GoValue {
        let width = arguments.int(0)
        if width < 0 { throw GoFailure("strings: negative Repeat count") }
        let bytes = arguments.bytes(1)
        let lines = bytes.reduce(into: 1) { count, byte in if byte == 0x0A { count += 1 } }
        let (padding, overflow) = lines.multipliedReportingOverflow(by: width)
        let (size, tooLarge) = padding.addingReportingOverflow(bytes.count + (afterLineEnd ? 1 : 0))
        try allow(overflow || tooLarge ? Int.max : size, execution)
        try execution.spend(size / 100)
        guard case .string(var text) = arguments[1] else {
            return .string(bytes: GoText.indent(bytes[...], by: width, afterLineEnd: afterLineEnd))
        }
        return .string(
            String(unsafeUninitializedCapacity: size) { output in
                text.withUTF8 { GoText.indent($0, by: width, afterLineEnd: afterLineEnd, into: output) }
            }
        )
    }
}
