import FleetModel
import KubernetesModel
import Overlays
import SourceDiagnostics
import SourceFiles

/// What a folder with a kustomization came to, and every file that it depends on.
struct BuiltOverlay: Sendable {
    var inputs: [RenderInputs.File]
    var documents: [SourceDocument]
    var diagnostics: [Diagnostic]
}

extension RenderDraft {
    /// Builds folders that hold a kustomization. Our own kinds and foreign Apps among the results are read as if they stood
    /// in a file.
    mutating func renderKustomizations() {
        for folder in kustomizations {
            let built = overlay(of: folder)
            diagnostics += built.diagnostics
            blobs.formUnion(built.inputs.map(\.contentID))
            for document in built.documents {
                switch document {
                case .manifest(let manifest):
                    objects.append(Self.desired(manifest, source: .kustomization(directory: folder)))
                case .app(let app): apps.append(app)
                case .catalog(let catalog) where catalog.isForeign: localCatalogs[catalog.name] = catalog
                case .catalog, .collection, .fleet, .managementCluster:
                    report(misplaced(document, "only Apps and manifests belong into \(folder)", folder))
                }
            }
        }
    }

    /// Builds again only when one of the files changed that the last build read or looked for.
    private func overlay(of folder: String) -> BuiltOverlay {
        if let known = cache.overlays.content(folder),
            known.inputs.allSatisfy({ contentID(of: $0.path) == $0.contentID })
        {
            return known
        }
        var built = BuiltOverlay(inputs: [], documents: [], diagnostics: [])
        do {
            let overlay = try Overlay.build(folder, in: OverlayFiles(repository.tree))
            built.inputs = overlay.readFiles.sorted().map { RenderInputs.File(path: $0, contentID: contentID(of: $0)) }
            let place =
                repository.tree.files(under: folder).first { SourceUnits.isKustomization($0.path) }?.path ?? folder
            for manifest in overlay.manifests { read(manifest, made: place, &built) }
            cache.overlays.keep(built, for: folder)
        } catch {
            // What a failed build read is not known, so it is not kept.
            built.diagnostics = error.diagnostics
        }
        return built
    }

    private func read(_ manifest: Manifest, made place: String, _ built: inout BuiltOverlay) {
        var manifest = manifest
        let origin = manifest.origin ?? Origin(position: SourcePosition(file: place, line: 1, column: 1))
        manifest.origin = Origin(
            position: origin.position,
            trail: origin.trail,
            maker: origin.maker ?? "kustomization \(place)"
        )
        let (document, findings) = readGeneratedDocument(manifest)
        built.diagnostics += findings
        if let document { built.documents.append(document) }
    }

    /// Empty for a file that is not there: that it appears is a change too.
    private func contentID(of path: String) -> String { repository.tree.file(path)?.contentID ?? "" }
}
