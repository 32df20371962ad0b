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
    /// What stood in the folder, where every file of it counts.
    var listing: [String] = []
}

extension BuiltOverlay {
    /// Says that apps of the old generator lack what the original adds.
    mutating func noteKonfigure(_ manifests: [Manifest], at file: String) {
        let count = manifests.count { $0.annotation("martlet.dev/generator") == "konfigure" }
        guard count > 0 else { return }
        diagnostics.append(
            Diagnostic(
                .note,
                "konfigure-values",
                "\(count) apps of Konfigure generators come without the values that konfigure renders",
                at: SourcePosition(file: file, line: 1, column: 1),
                hint: "those stand in a repository of their own; give the apps `config` with a patch"
            )
        )
    }
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
            built.noteKonfigure(overlay.manifests, at: place)
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
}
