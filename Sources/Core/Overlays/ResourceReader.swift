import KubernetesModel
import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// Reads files and texts of a kustomization's directory.
struct ResourceReader {
    /// The directory of the kustomization; files must be in or below it.
    var directory: String
    var files: FileReads

    /// The bytes of a file named by the kustomization.
    func bytes(_ path: String) throws(OverlayFailure) -> [UInt8] {
        guard let bytes = try bytesIfPresent(path) else {
            throw OverlayFailure(
                "overlay-missing-file",
                "there is no file \(path) in \(directory.isEmpty ? "." : directory)",
                hint: nearest(to: path)
            )
        }
        return bytes
    }

    /// As `bytes`, nil when there is no such file.
    func bytesIfPresent(_ path: String) throws(OverlayFailure) -> [UInt8]? {
        guard let full = OverlayPath.resolve(path, from: directory) else { return nil }
        guard let bytes = try files.bytes(full) else { return nil }
        guard OverlayPath.contains(directory, full) else {
            throw OverlayFailure(
                "overlay-file-outside",
                "security; file '\(full)' is not in or below '\(directory)'",
                hint: "make the file part of a base with its own kustomization.yaml and name that directory"
            )
        }
        return bytes
    }

    func text(_ path: String) throws(OverlayFailure) -> String {
        String(decoding: try bytes(path), as: UTF8.self)
    }

    /// A file that holds one mapping.
    func value(_ path: String) throws(OverlayFailure) -> Value {
        do { return try YAML.value(try bytes(path), file: OverlayPath.join(directory, path)) } catch let rejected
            as RejectedSource
        {
            throw Self.failure(rejected, OverlayPath.join(directory, path))
        } catch let failure as OverlayFailure {
            throw failure
        } catch {
            throw OverlayFailure("overlay-yaml", "\(error)", at: OverlayPlace(OverlayPath.join(directory, path)))
        }
    }

    /// The objects of a file.
    func resources(_ bytes: [UInt8], file: String) throws(OverlayFailure) -> [OverlayResource] {
        var open: [OverlayResource] = []
        if PlainScalars.needCare(bytes) {
            let scalars = PlainScalars(bytes)
            for document in YAML.nodes(bytes, file: file) {
                if !document.diagnostics.isEmpty { throw Self.failure(RejectedSource(document.diagnostics), file) }
                guard let node = document.node else { continue }
                var resource = OverlayResource(scalars.value(of: node), position: node.position)
                if resource.value.isEmpty { continue }
                resource.emptyMembers = scalars.emptyMembers(of: node)
                open.append(resource)
            }
            return try Self.checked(open, file)
        }
        for document in YAML.documents(bytes, file: file) {
            switch document.content {
            case .failure(let rejected): throw Self.failure(rejected, file)
            case .success(let value):
                if value.isEmpty { continue }
                open.append(OverlayResource(value, position: document.position))
            }
        }
        return try Self.checked(open, file)
    }

    /// The objects of a text within a kustomization. Their lines, and those of mistakes, are the text's.
    func resources(text: String) throws(OverlayFailure) -> [OverlayResource] {
        do { return try resources(Array(text.utf8), file: directory) } catch {
            var failure = error
            failure.inner = error.place?.spot
            failure.place = nil
            throw failure
        }
    }

    /// The file of nearly this name, in the directory where it was looked for.
    func nearest(to path: String) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let folder = parts.dropLast().joined(separator: "/")
        guard let name = parts.last, let place = OverlayPath.resolve(folder.isEmpty ? "." : folder, from: directory)
        else { return nil }
        return closestName(to: String(name), in: files.names(in: place))
            .map { "did you mean “\(folder.isEmpty ? "" : folder + "/")\($0)”?" }
    }

    private static func failure(_ rejected: RejectedSource, _ file: String) -> OverlayFailure {
        let first = rejected.diagnostics.first
        return OverlayFailure(
            first?.code ?? "overlay-yaml",
            first?.message ?? "it is no YAML",
            at: first?.position.map { OverlayPlace($0) } ?? OverlayPlace(file),
            hint: first?.hint
        )
    }

    /// Objects with kind and name; lists are taken apart, their items follow after everything else.
    private static func checked(_ resources: [OverlayResource], _ file: String) throws(OverlayFailure)
        -> [OverlayResource]
    {
        var open = resources[...]
        var result: [OverlayResource] = []
        while let resource = open.popFirst() {
            try check(resource, file)
            guard resource.kind.kind.hasSuffix("List"), let items = resource.value["items"] else {
                result.append(resource)
                continue
            }
            switch items {
            case .null: continue
            case .array(let items):
                open += items.filter { !$0.isEmpty }.map { OverlayResource($0, position: resource.position) }
            default:
                throw OverlayFailure(
                    "overlay-resource",
                    "expected array in \(resource.kind.kind)/items, but found a \(items.typeName)",
                    at: OverlayPlace(file, ["items"], line: resource.position?.line ?? 1)
                )
            }
        }
        return result
    }

    private static func check(_ resource: OverlayResource, _ file: String) throws(OverlayFailure) {
        let place = OverlayPlace(file, line: resource.position?.line ?? 1)
        guard resource.value.object != nil else {
            throw OverlayFailure(
                "overlay-resource",
                "a document has to be an object, and this is of type \(resource.value.typeName)",
                at: place
            )
        }
        guard !resource.kind.kind.isEmpty else {
            throw OverlayFailure("overlay-resource", "missing kind in an object", at: place)
        }
        if resource.kind.kind.hasSuffix("List") { return }
        guard !resource.name.isEmpty else {
            throw OverlayFailure(
                "overlay-resource",
                "missing metadata.name in a \(resource.kind.kind)",
                at: place.field("metadata")
            )
        }
    }
}
