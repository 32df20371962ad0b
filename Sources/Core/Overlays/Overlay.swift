package import KubernetesModel
package import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// What a `kustomization.yaml` builds, as kustomize 5.5 does it, without network, plugins and Helm.
package struct Overlay: Sendable {
    /// The objects, in kustomize's order.
    package var manifests: [Manifest]
    /// Every file that was read or looked for; the result depends on nothing else.
    package var readFiles: Set<String>

    /// Names under which a directory's kustomization may stand.
    package static let fileNames = ["kustomization.yaml", "kustomization.yml", "Kustomization"]

    /// Whether a directory holds a kustomization.
    package static func isOverlay(_ directory: String, in files: OverlayFiles) -> Bool {
        // A file that cannot be read is reported when the overlay is built.
        fileNames.contains { (try? files.bytes(OverlayPath.join(directory, $0))) ?? nil != nil }
    }

    /// Builds the kustomization of a directory. Throws the first mistake found.
    package static func build(_ directory: String, in files: OverlayFiles) throws(RejectedSource) -> Overlay {
        let reads = FileReads(files)
        do {
            let builder = OverlayBuilder(directory: directory, root: directory, files: reads)
            let resources = try builder.build()
            return Overlay(manifests: resources, readFiles: reads.paths)
        } catch {
            throw error.rejected(reads)
        }
    }

    /// The objects as YAML documents.
    package var text: String { YAML.text(documents: manifests.map(\.value)) }
}

/// Reads files and remembers which.
final class FileReads {
    private let files: OverlayFiles
    private(set) var paths: Set<String> = []
    private var known: [String: (bytes: [UInt8], documents: [YAMLNode])] = [:]

    init(_ files: OverlayFiles) { self.files = files }

    func bytes(_ path: String) throws(OverlayFailure) -> [UInt8]? {
        paths.insert(path)
        do { return try files.bytes(path) } catch {
            throw OverlayFailure("overlay-unreadable-file", "\(path) cannot be read: \(error)")
        }
    }

    /// The documents of a file with the places of everything in it; read once.
    func located(_ path: String) throws(OverlayFailure) -> (bytes: [UInt8], documents: [YAMLNode]) {
        if let known = known[path] { return known }
        let bytes = try bytes(path) ?? []
        let result = (bytes, YAML.nodes(bytes, file: path, .lenient).compactMap(\.node))
        known[path] = result
        return result
    }

    func hasDirectory(_ path: String) -> Bool { files.hasDirectory(path) }
    func names(in directory: String) -> [String] { files.names(in: directory) }
}
