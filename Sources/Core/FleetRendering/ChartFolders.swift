import FleetModel
import HelmCharts
import SourceDiagnostics
package import SourceFiles
import StructuredValue
import YAMLFormat

/// The charts that a folder of a tree offers: `NAME/Chart.yaml` and below, or `NAME-VERSION.tgz`.
package enum ChartFolders {
    /// Every chart in the folder, each version once.
    package static func entries(in tree: SourceTree, folder: String) -> [ChartEntry] {
        var entries: [ChartEntry] = []
        var folders: [String: [SourceTree.File]] = [:]
        let prefix = folder.isEmpty ? "" : folder + "/"
        for file in tree.files(under: folder) {
            let rest = file.path.dropFirst(prefix.count)
            if let slash = rest.firstIndex(of: "/") {
                folders[String(rest[..<slash]), default: []].append(file)
            } else if let entry = packed(String(rest), file) {
                entries.append(entry)
            }
        }
        for (name, files) in folders {
            guard let chart = files.first(where: { $0.path == "\(prefix)\(name)/Chart.yaml" }) else { continue }
            // What is wrong with the file is said when the chart is loaded.
            guard let metadata = try? YAML.value(chart.bytes(), file: chart.path) else { continue }
            entries.append(
                ChartEntry(
                    name: metadata["name"]?.string ?? name,
                    version: text(metadata["version"]),
                    contentID: Digest.of(files.map { "\($0.path) \($0.contentID)" }.joined(separator: "\n")),
                    location: .folder(tree, path: prefix + name)
                )
            )
        }
        return entries.sorted { ($0.name, $0.version) < ($1.name, $1.version) }
    }

    private static func text(_ value: Value?) -> String { value?.string ?? value.map { JSON.text($0) } ?? "" }

    /// `NAME-VERSION.tgz`: the version begins at the first dash before a digit that leaves a whole version behind it.
    private static func packed(_ name: String, _ file: SourceTree.File) -> ChartEntry? {
        guard name.hasSuffix(".tgz") else { return nil }
        let stem = name.dropLast(4)
        for index in stem.indices where stem[index] == "-" {
            var version = stem[stem.index(after: index)...]
            if version.first == "v" { version = version.dropFirst() }
            guard VersionChoice.isExact(String(version)) else { continue }
            return ChartEntry(
                name: String(stem[..<index]),
                version: String(stem[stem.index(after: index)...]),
                contentID: file.contentID,
                location: .archive(file)
            )
        }
        return nil
    }
}
