import FoundationEssentials
import GoTemplate
import StructuredValue
import YAMLFormat

/// `.Files`: a chart's files by path, without its templates.
final class FilesObject: GoObject {
    private let files: [ChartFile]

    init(_ files: [ChartFile]) {
        // An archive may hold a path twice; the later file counts.
        var paths: Set<String> = []
        self.files = files.reversed().filter { paths.insert($0.path).inserted }.sorted { $0.path < $1.path }
    }

    var typeName: String { "engine.files" }
    var kindName: String { "map" }

    var underlying: GoValue? {
        let map = GoMap(minimumCapacity: files.count, element: .named("[]uint8"))
        for file in files { map[file.path] = .bytes(file.bytes) }
        return .map(map)
    }

    func method(_ name: String) -> GoFunction? {
        let files = files
        switch name {
        case "Get":
            return GoFunction(name, [.string]) { arguments, _ in
                .string(bytes: Self.content(files, arguments.string(0)))
            }
        case "GetBytes":
            return GoFunction(name, [.string]) { arguments, _ in .bytes(Self.content(files, arguments.string(0))) }
        case "Glob":
            return GoFunction(name, [.string]) { arguments, _ in
                let pattern = PathPattern(arguments.string(0))
                // Helm takes a malformed pattern for one that matches everything.
                return .object(FilesObject(files.filter { !pattern.isValid || pattern.matches($0.path) }))
            }
        case "Lines":
            return GoFunction(name, [.string]) { arguments, _ in
                var text = String(decoding: Self.content(files, arguments.string(0)), as: UTF8.self)
                if text.isEmpty { return .strings([]) }
                if text.utf8.last == 0x0A { text.unicodeScalars.removeLast() }
                return .strings(
                    text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
                )
            }
        case "AsConfig":
            return GoFunction(name, []) { _, _ in
                Self.yaml(files) { .string(String(decoding: $0, as: UTF8.self)) }
            }
        case "AsSecrets":
            return GoFunction(name, []) { _, _ in Self.yaml(files) { .string(Data($0).base64EncodedString()) } }
        default: return nil
        }
    }

    private static func content(_ files: [ChartFile], _ path: String) -> [UInt8] {
        files.first { $0.path == path }?.bytes ?? []
    }

    /// The files as a YAML mapping from their names to what `value` makes of the content.
    private static func yaml(_ files: [ChartFile], _ value: ([UInt8]) -> Value) -> GoValue {
        var object = Object()
        for file in files { object[String(file.path.split(separator: "/").last ?? "")] = value(file.bytes) }
        var text = YAML.bytes(.object(object))
        if text.last == 0x0A { text.removeLast() }
        return .string(bytes: text)
    }
}
