import GoTemplate
import StructuredValue

/// Functions for tests: Helm's two that run templates, and a few that show arguments.
let testFunctions = GoFunctionTable([
    .include, .tpl,
    GoFunction("dict", [], variadic: .any) { arguments, _ in
        let map = GoMap()
        for index in stride(from: 0, to: arguments.count - 1, by: 2) {
            map[arguments.string(index)] = arguments[index + 1]
        }
        return .map(map)
    },
    GoFunction("list", [], variadic: .any) { arguments, _ in .list(arguments.rest(from: 0)) },
    GoFunction("set", [.map, .string, .any]) { arguments, _ in
        arguments.map(0)[arguments.string(1)] = arguments[2]
        return arguments[0]
    },
    GoFunction("upper", [.string]) { arguments, _ in .string(arguments.string(0).uppercased()) },
    GoFunction("trunc", [.int, .string]) { arguments, _ in
        .string(String(arguments.string(1).prefix(arguments.int(0))))
    },
    GoFunction("half", [.float64]) { arguments, _ in .float(arguments.float(0) / 2) },
    GoFunction("int64", [.any]) { arguments, _ in .int64(arguments[0].integer ?? 0) },
    GoFunction("fail", [.string]) { arguments, _ throws(GoFailure) in
        throw GoFailure(arguments.string(0), kind: .refusal)
    },
])

/// Renders a text with data given as JSON.
func render(_ text: String, _ data: String = "{}", limits: GoLimits = GoLimits()) throws(GoFailure) -> String {
    try render(["t": text], "t", data, limits: limits)
}

/// Renders one of several texts.
func render(_ texts: [String: String], _ name: String, _ data: String = "{}", limits: GoLimits = GoLimits())
    throws(GoFailure) -> String
{
    var set = GoTemplateSet()
    for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
        set.add(try GoTemplateUnit(name: name, source: Array(text.utf8), functions: testFunctions))
    }
    let execution = GoExecution(set, limits: limits)
    let value = (try? JSON.parse(Array(data.utf8))) ?? .null  // broken test data shows in the output
    return String(decoding: try execution.execute(name, GoValue(value)), as: UTF8.self)
}
