import Foundation
import SourceDiagnostics
package import StructuredValue
import YAMLFormat

/// Reads custom resource definitions from directories, for labs that simulate other providers.
package enum DefinitionFiles {
    /// Every definition in the YAML and JSON files of a directory and those below it, sorted by path.
    package static func read(_ directory: String) throws -> [Value] {
        var found: [Value] = []
        let root = URL(fileURLWithPath: directory, isDirectory: true)
        guard let paths = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil) else { return [] }
        let files = paths.compactMap { $0 as? URL }
            .filter { ["yaml", "yml", "json"].contains($0.pathExtension) }
            .sorted { $0.path < $1.path }
        for file in files {
            let bytes = Array(try Data(contentsOf: file))
            for document in YAML.documents(bytes, file: file.path, .lenient) {
                let value = try document.content.get()
                let items = value["kind"]?.string == "List" ? value["items"]?.array ?? [] : [value]
                found += items.filter { $0["kind"]?.string == "CustomResourceDefinition" }
            }
        }
        return found
    }
}
