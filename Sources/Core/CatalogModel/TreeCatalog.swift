import SemanticVersion
import SourceDiagnostics
package import SourceFiles
import StructuredValue
import YAMLFormat

/// Charts kept as files: directories with a Chart.yaml, and packed charts named NAME-VERSION.tgz.
package struct TreeCatalog: Sendable {
    /// Every chart found, the newest version of each first.
    package let index: ChartIndex
    /// The folder or file of each chart's version, keyed by name and version.
    private let places: [String: String]

    /// Looks at the folders right below `folder`, and at the packed charts in it and below.
    package init(_ tree: SourceTree, folder: String = "") {
        var entries: [CatalogEntry] = []
        var places: [String: String] = [:]
        let prefix = folder.isEmpty ? "" : folder + "/"
        for file in tree.files(under: folder) {
            let path = file.path
            let name = path.split(separator: "/").last.map(String.init) ?? path
            if name == "Chart.yaml" {
                let place = String(path.dropLast("/Chart.yaml".count))
                // A chart within a chart belongs to it.
                let isNested = Self.isBelowChart(place, within: prefix, tree)
                if isNested || path == name { continue }
                guard let bytes = try? file.bytes(), let value = try? YAML.value(bytes, file: path, .lenient) else {
                    continue  // Whoever renders the chart tells what is wrong with it.
                }
                let chart = value["name"]?.string ?? ""
                let version = value["version"]?.string ?? ""
                if chart.isEmpty || version.isEmpty { continue }
                var entry = OCIDocuments.entry(value, chart: chart, version: version)
                entry.urls = [place]
                entries.append(entry)
                places[chart + " " + version] = place
            } else if name.hasSuffix(".tgz"), let (chart, version) = Self.split(name) {
                if Self.isBelowChart(path, within: prefix, tree) { continue }
                var entry = CatalogEntry(name: chart, version: version)
                entry.urls = [path]
                entries.append(entry)
                places[chart + " " + version] = path
            }
        }
        index = ChartIndex(entries)
        self.places = places
    }

    /// Where an entry's chart is: a folder, or a packed chart.
    package func place(of entry: CatalogEntry) -> String? { places[entry.name + " " + entry.version] }

    private static func isBelowChart(_ place: String, within prefix: String, _ tree: SourceTree) -> Bool {
        var folder = Substring(place)
        while let slash = folder.lastIndex(of: "/") {
            folder = folder[..<slash]
            if folder.utf8.count + 1 < prefix.utf8.count { return false }
            if tree.file(folder + "/Chart.yaml") != nil { return true }
        }
        return false
    }

    /// Name and version of a packed chart: the version begins at the first hyphen that a version follows.
    package static func split(_ file: String) -> (name: String, version: String)? {
        let stem = file.hasSuffix(".tgz") ? file.dropLast(4) : file[...]
        for index in stem.indices where stem[index] == "-" {
            let rest = String(stem[stem.index(after: index)...])
            let bare = rest.hasPrefix("v") ? String(rest.dropFirst()) : rest
            if (try? SemanticVersion(strictly: bare)) != nil, index > stem.startIndex {
                return (String(stem[..<index]), rest)
            }
        }
        return nil
    }
}
