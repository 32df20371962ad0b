import FleetModel
import SourceDiagnostics
import SourceFiles

extension RenderDraft {
    /// Builds folders that hold a kustomization.
    mutating func renderKustomizations() {
        for folder in kustomizations {
            let file = repository.tree.files(under: folder).first { SourceUnits.isKustomization($0.path) }
            report(
                Diagnostic(
                    .error,
                    "kustomization-unsupported",
                    "kustomizations are not built yet",
                    at: SourcePosition(file: file?.path ?? folder, line: 1, column: 1)
                )
            )
        }
    }
}
