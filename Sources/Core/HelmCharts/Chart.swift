import JSONSchema
package import SourceDiagnostics
package import SourceFiles
package import StructuredValue
import YAMLFormat

/// A chart with everything in it, read and checked once. Immutable, so that renders on any thread share it.
package final class Chart: Sendable {
    package let metadata: ChartMetadata
    /// The default values; an object.
    package let values: Value
    /// The file the default values were read from, with its path as findings name it; nil when there is none.
    package let valuesFile: ChartFile?
    /// The text of values.schema.json, nil when there is none.
    package let schema: [UInt8]?
    /// Files below templates/.
    package let templates: [ChartFile]
    /// All other files, which templates reach as `.Files`; crds/ among them.
    package let files: [ChartFile]
    /// Charts below charts/, by folder or file name.
    package let dependencies: [Chart]

    /// Reads a chart from its files, in whatever order they come.
    package init(files all: [ChartFile], name: String, depth: Int = 0) throws(RejectedSource) {
        func refuse(_ file: String, _ message: String) -> RejectedSource {
            RejectedSource([
                Diagnostic(
                    .error,
                    "chart-load",
                    message,
                    at: SourcePosition(file: "\(name)/\(file)", line: 1, column: 1)
                )
            ])
        }
        guard let chartFile = all.last(where: { $0.path == "Chart.yaml" }) else {
            throw refuse("Chart.yaml", "Chart.yaml file is missing")
        }
        if depth > 32 { throw refuse("charts", "charts lie in one another too deeply") }
        var metadata = ChartMetadata(try Self.document(chartFile, name, "cannot load Chart.yaml"))
        var values = Value.object(Object())
        var valuesFile: ChartFile?
        var schema: [UInt8]?
        var templates: [ChartFile] = []
        var files: [ChartFile] = []
        var subcharts: [String: [ChartFile]] = [:]
        for file in all {
            switch file.path {
            case "Chart.yaml", "Chart.lock": continue
            case "values.yaml":
                valuesFile = ChartFile(path: "\(name)/values.yaml", bytes: file.bytes)
                values = try Self.values(file.bytes, file: "\(name)/values.yaml")
            case "values.schema.json": schema = file.bytes
            case "requirements.yaml":
                let required = try Self.document(file, name, "cannot load requirements.yaml")
                if let dependencies = required["dependencies"]?.array {
                    metadata.dependencies = dependencies.map(ChartDependency.init)
                }
                if metadata.apiVersion == "v1" { files.append(file) }
            case "requirements.lock": if metadata.apiVersion == "v1" { files.append(file) }
            case let path where path.hasPrefix("templates/"): templates.append(file)
            case let path where path.hasPrefix("charts/"):
                if path.hasSuffix(".prov") {
                    files.append(file)
                    continue
                }
                let inner = path.dropFirst("charts/".count)
                let folder = inner.prefix { $0 != "/" }
                subcharts[String(folder), default: []].append(ChartFile(path: String(inner), bytes: file.bytes))
            default: files.append(file)
            }
        }
        if let complaint = metadata.complaint {
            throw refuse("Chart.yaml", "validation: \(complaint)")
        }
        var dependencies: [Chart] = []
        for (folder, files) in subcharts.sorted(by: { $0.key < $1.key }) {
            if folder.hasPrefix("_") || folder.hasPrefix(".") { continue }
            let path = "\(name)/charts/\(folder)"
            if folder.hasSuffix(".tgz") {
                guard files[0].path == folder else { throw refuse("charts/\(folder)", "a packed chart was expected") }
                let unpacked = try ChartArchive.files(files[0].bytes, name: path)
                dependencies.append(try Chart(files: unpacked, name: path, depth: depth + 1))
                continue
            }
            let inner = files.compactMap { file in
                file.path == folder
                    ? nil : ChartFile(path: String(file.path.dropFirst(folder.count + 1)), bytes: file.bytes)
            }
            dependencies.append(try Chart(files: inner, name: path, depth: depth + 1))
        }
        self.metadata = metadata
        self.values = values
        self.valuesFile = valuesFile
        self.schema = schema
        self.templates = templates
        self.files = files
        self.dependencies = dependencies
    }

    /// Reads a packed chart.
    package convenience init(archive: [UInt8], name: String) throws(RejectedSource) {
        try self.init(files: try ChartArchive.files(archive, name: name), name: name)
    }

    /// Reads the chart in a folder of a tree, leaving out what its .helmignore names.
    package convenience init(tree: SourceTree, folder: String) throws(RejectedSource) {
        let prefix = folder.isEmpty ? "" : folder + "/"
        var rules = IgnoreRules()
        var files: [ChartFile] = []
        let found = Array(tree.files(under: folder))
        func content(_ file: SourceTree.File) throws(RejectedSource) -> [UInt8] {
            do { return ChartArchive.withoutMark(try file.bytes()[...]) } catch {
                throw RejectedSource([
                    Diagnostic(
                        .error,
                        "chart-load",
                        "the file cannot be read: \(error)",
                        at: SourcePosition(file: file.path, line: 1, column: 1)
                    )
                ])
            }
        }
        if let file = found.first(where: { $0.path == prefix + ".helmignore" }) {
            rules = try IgnoreRules(String(decoding: try content(file), as: UTF8.self), file: file.path)
        }
        for file in found {
            let path = String(file.path.dropFirst(prefix.count))
            if rules.ignores(path) { continue }
            let bytes = try content(file)
            if bytes.count > ChartArchive.largestFile {
                throw RejectedSource([
                    Diagnostic(
                        .error,
                        "chart-load",
                        "chart file \"\(path)\" is larger than the maximum file size \(ChartArchive.largestFile)",
                        at: SourcePosition(file: file.path, line: 1, column: 1)
                    )
                ])
            }
            files.append(ChartFile(path: path, bytes: bytes))
        }
        try self.init(files: files, name: folder.isEmpty ? "." : folder)
    }

    private static func document(_ file: ChartFile, _ name: String, _ context: String) throws(RejectedSource) -> Value {
        let value = try YAML.value(file.bytes, file: "\(name)/\(file.path)", .lenient)
        if value.object == nil, !value.isNull {
            throw RejectedSource([
                Diagnostic(
                    .error,
                    "chart-load",
                    "\(context): it is no mapping",
                    at: SourcePosition(file: "\(name)/\(file.path)", line: 1, column: 1)
                )
            ])
        }
        return value
    }

    /// Reads a values file: its documents merged, later ones over earlier ones.
    package static func values(_ bytes: [UInt8], file: String) throws(RejectedSource) -> Value {
        var merged = Value.object(Object())
        for value in try YAML.values(bytes, file: file, .lenient) {
            if value.isNull { continue }
            guard value.object != nil else {
                throw RejectedSource([
                    Diagnostic(
                        .error,
                        "chart-values",
                        "values must be a mapping, not \(value.typeName)",
                        at: SourcePosition(file: file, line: 1, column: 1)
                    )
                ])
            }
            merged = merge(merged, value)
        }
        return merged
    }

    /// Two mappings merged deeply; where both have something else, the second counts.
    package static func merge(_ base: Value, _ over: Value) -> Value {
        guard case .object(var result) = base, case .object(let changes) = over else { return over }
        if result.isEmpty { return over }
        for pair in changes {
            if pair.value.object != nil, let existing = result[pair.key], existing.object != nil {
                result[pair.key] = merge(existing, pair.value)
            } else {
                result[pair.key] = pair.value
            }
        }
        return .object(result)
    }
}
