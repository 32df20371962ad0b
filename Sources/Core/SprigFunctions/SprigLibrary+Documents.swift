import GoTemplate
import SourceDiagnostics
import StructuredValue
import YAMLFormat

extension SprigLibrary {
    /// Helm's functions that write and read documents.
    static let documents: [GoFunction] =
        [
            yaml("toYaml", .kubernetes, isStrict: false), yaml("mustToYaml", .kubernetes, isStrict: true),
            yaml("toYamlPretty", .pretty, isStrict: false),
            GoFunction("fromYaml", [.string]) { arguments, execution throws(GoFailure) in
                try execution.spend(arguments.string(0).utf8.count / 20)
                switch readYAML(arguments.string(0)) {
                case .success(.object(let object)): return GoValue(.object(object))
                case .success(.null): return .map(GoMap())
                case .success(let other): return failed(mismatch(other, wanted: "map[string]interface {}", yaml: true))
                case .failure(let error): return failed(error.message)
                }
            },
            GoFunction("fromYamlArray", [.string]) { arguments, execution throws(GoFailure) in
                try execution.spend(arguments.string(0).utf8.count / 20)
                switch readYAML(arguments.string(0)) {
                case .success(.array(let items)): return GoValue(.array(items))
                case .success(.null): return .list([])
                case .success(let other):
                    return .list([.string(mismatch(other, wanted: "[]interface {}", yaml: true))])
                case .failure(let error): return .list([.string(error.message)])
                }
            },
            GoFunction("fromJson", [.string]) { arguments, execution throws(GoFailure) in
                try execution.spend(arguments.string(0).utf8.count / 20)
                do throws(JSON.SyntaxError) {
                    switch try JSON.parse(arguments.string(0)) {
                    case .object(let object): return GoValue(.object(object))
                    case .null: return .map(GoMap())
                    case let other: return failed(mismatch(other, wanted: "map[string]interface {}", yaml: false))
                    }
                } catch {
                    return failed(error.message)
                }
            },
            GoFunction("fromJsonArray", [.string]) { arguments, execution throws(GoFailure) in
                try execution.spend(arguments.string(0).utf8.count / 20)
                do throws(JSON.SyntaxError) {
                    switch try JSON.parse(arguments.string(0)) {
                    case .array(let items): return GoValue(.array(items))
                    case .null: return .list([])
                    case let other: return .list([.string(mismatch(other, wanted: "[]interface {}", yaml: false))])
                    }
                } catch {
                    return .list([.string(error.message)])
                }
            },
            GoFunction("toToml", [.any]) { arguments, execution throws(GoFailure) in
                do throws(TOMLWriter.Refusal) { return .string(try toml(arguments[0], execution)) } catch {
                    return .string(error.message)
                }
            },
            GoFunction("mustToToml", [.any]) { arguments, execution throws(GoFailure) in
                do throws(TOMLWriter.Refusal) { return .string(try toml(arguments[0], execution)) } catch {
                    throw GoFailure(error.message)
                }
            },
            GoFunction("fromToml", [.string]) { arguments, execution throws(GoFailure) in
                try execution.spend(arguments.string(0).utf8.count / 20)
                var reader = TOMLReader(arguments.string(0))
                do throws(TOMLReader.Mistake) { return .map(try reader.document()) } catch {
                    return failed(error.message)
                }
            },
        ]

    private static func yaml(_ name: String, _ style: YAML.Style, isStrict: Bool) -> GoFunction {
        GoFunction(name, [.any]) { arguments, execution throws(GoFailure) in
            try execution.spend(walking: arguments[0])
            let document = style.indentsSequences ? arguments[0].documentWithFloats : arguments[0].document
            var bytes = YAML.bytes(document, style)
            try execution.spend(bytes.count / 100)
            // What changes on the way through JSON could only be written with an escape.
            if !style.indentsSequences, bytes.contains(UInt8(ascii: "\\")) {
                guard let carried = YAMLThroughJSON.carried(document) else {
                    if !isStrict { return .string("") }
                    throw GoFailure("error converting JSON to YAML: yaml: control characters are not allowed")
                }
                if carried != document { bytes = YAML.bytes(carried, style) }
            }
            if bytes.last == 0x0A { bytes.removeLast() }
            return .string(String(decoding: bytes, as: UTF8.self))
        }
    }

    /// What Helm gives for text it cannot read: a map that says why.
    private static func failed(_ message: String) -> GoValue { .map(GoMap([("Error", .string(message))])) }

    private struct Unreadable: Error { var message: String }

    private static func readYAML(_ text: String) -> Result<Value, Unreadable> {
        let document = YAML.firstDocument(text, .lenient)
        switch document.content {
        case .success(let value): return .success(value)
        case .failure(let rejected):
            let reason = document.goMessages.first ?? rejected.diagnostics.first?.message ?? "yaml: unreadable"
            return .failure(Unreadable(message: "error converting YAML to JSON: \(reason)"))
        }
    }

    private static func mismatch(_ value: Value, wanted: String, yaml: Bool) -> String {
        let kind =
            switch value {
            case .bool: "bool"
            case .object: "object"
            default: value.typeName
            }
        let reason = "json: cannot unmarshal \(kind) into Go value of type \(wanted)"
        return yaml ? "error unmarshaling JSON: while decoding JSON: " + reason : reason
    }

    private static func toml(
        _ value: GoValue,
        _ execution: GoExecution
    ) throws(TOMLWriter.Refusal) -> String {
        var writer = TOMLWriter()
        try writer.write(value)
        return String(decoding: writer.output, as: UTF8.self)
    }
}
