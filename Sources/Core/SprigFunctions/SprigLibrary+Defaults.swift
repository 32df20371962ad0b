import GoTemplate
import StructuredValue

extension SprigLibrary {
    static let defaults: [GoFunction] =
        [
            GoFunction("default", [.any], variadic: .any) { arguments, _ in
                arguments.count > 1 && arguments[1].isTrue ? arguments[1] : arguments[0]
            },
            GoFunction("empty", [.any]) { arguments, _ in .bool(!arguments[0].isTrue) },
            GoFunction("coalesce", [], variadic: .any) { arguments, _ in
                for index in 0..<arguments.count where arguments[index].isTrue { return arguments[index] }
                return .null
            },
            GoFunction("all", [], variadic: .any) { arguments, _ in
                for index in 0..<arguments.count where !arguments[index].isTrue { return .bool(false) }
                return .bool(true)
            },
            GoFunction("any", [], variadic: .any) { arguments, _ in
                for index in 0..<arguments.count where arguments[index].isTrue { return .bool(true) }
                return .bool(false)
            },
            GoFunction("ternary", [.any, .any, .bool]) { arguments, _ in
                arguments.bool(2) ? arguments[0] : arguments[1]
            },
            GoFunction("fail", [.string]) { arguments, _ throws(GoFailure) in
                throw GoFailure(arguments.string(0), kind: .refusal)
            },
            GoFunction("fromJson", [.string]) { arguments, _ in
                guard let value = try? JSON.parse(arguments.string(0)) else { return .null }  // Swallowed in Go too.
                return GoValue(value)
            },
            GoFunction("mustFromJson", [.string]) { arguments, _ throws(GoFailure) in
                do throws(JSON.SyntaxError) { return GoValue(try JSON.parse(arguments.string(0))) } catch {
                    throw GoFailure(error.message)
                }
            },
        ]
        + json("toJson", JSON.Style(sortedKeys: true, escapesHTML: true))
        + json("toPrettyJson", JSON.Style(sortedKeys: true, indent: 2, escapesHTML: true))
        + json("toRawJson", JSON.Style(sortedKeys: true))

    static let reflection: [GoFunction] = [
        GoFunction("typeOf", [.any]) { arguments, _ in .string(arguments[0].typeName) },
        GoFunction("typeIs", [.string, .any]) { arguments, _ in .bool(arguments[1].typeName == arguments.string(0)) },
        GoFunction("typeIsLike", [.string, .any]) { arguments, _ in
            let type = arguments[1].typeName
            return .bool(type == arguments.string(0) || type == "*" + arguments.string(0))
        },
        GoFunction("kindOf", [.any]) { arguments, _ in .string(arguments[0].kindName) },
        GoFunction("kindIs", [.string, .any]) { arguments, _ in .bool(arguments[1].kindName == arguments.string(0)) },
        GoFunction("deepEqual", [.any, .any]) { arguments, execution throws(GoFailure) in
            try execution.spend(walking: arguments[0])
            return .bool(GoCast.isDeepEqual(arguments[0], arguments[1]))
        },
    ]

    private static func json(_ name: String, _ style: JSON.Style) -> [GoFunction] {
        let body: GoFunction.Body = { arguments, execution throws(GoFailure) in
            try execution.spend(walking: arguments[0])
            let marked = InvalidText.marked(arguments[0])
            let bytes = JSON.bytes((marked ?? arguments[0]).document, style)
            try execution.spend(bytes.count / 100)
            let text = String(decoding: bytes, as: UTF8.self)
            return .string(marked == nil ? text : InvalidText.escaped(text))
        }
        let twin = "must" + name.prefix(1).uppercased() + name.dropFirst()
        return [GoFunction(name, [.any], body), GoFunction(twin, [.any], body)]
    }
}
