import GoTemplate
import YAMLFormat

/// Helm's type of `.Values`: a map with a few methods, which charts do call.
final class ValuesType: GoNamedMap {
    static let shared = ValuesType()

    var typeName: String { "common.Values" }

    func method(_ name: String) -> GoFunction? {
        // All methods begin with a capital letter, while keys seldom do.
        guard let first = name.utf8.first, (0x41...0x5A).contains(first) else { return nil }
        return switch name {
        case "AsMap": Self.asMap
        case "YAML": Self.yaml
        case "Table": Self.table
        case "PathValue": Self.pathValue
        default: nil
        }
    }

    private static let asMap = GoFunction("AsMap", []) { arguments, _ in
        // The same entries under the plain type; what is set in the one map does not show in the other.
        let map = arguments.map(0)
        let plain = GoMap(minimumCapacity: map.count)
        for entry in map.entries { plain[entry.key] = entry.value }
        return .map(plain)
    }

    private static let yaml = GoFunction("YAML", []) { arguments, _ in
        .string(bytes: YAML.bytes(arguments[0].document))
    }

    private static let table = GoFunction("Table", [.string]) { arguments, _ throws(GoFailure) in
        var table = arguments.map(0)
        for name in arguments.string(1).split(separator: ".", omittingEmptySubsequences: false) {
            guard case .map(let inner)? = table[String(name)] else { throw GoFailure("\"\(name)\" is not a table") }
            table = inner
        }
        return .map(table)
    }

    private static let pathValue = GoFunction("PathValue", [.string]) { arguments, _ throws(GoFailure) in
        let path = arguments.string(1)
        if path.isEmpty { throw GoFailure("YAML path cannot be empty") }
        guard let value = ChartNode.scalar(arguments.map(0), path) else {
            throw GoFailure("\"\(path.split(separator: ".").last ?? "")\" is not a value")
        }
        return value
    }
}
