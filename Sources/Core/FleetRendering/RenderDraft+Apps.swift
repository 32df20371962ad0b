import FleetModel
import SourceDiagnostics

extension RenderDraft {
    mutating func renderApps() {
        for app in apps {
            report(
                Diagnostic(
                    .error,
                    "app-unsupported",
                    "app “\(app.name)”: charts are not rendered yet",
                    at: app.position
                )
            )
        }
    }
}
