package import KubernetesModel
package import SourceDiagnostics

/// Why a topology cannot be expanded: every finding, each with the object and the field it is about.
package struct TopologyRejection: Error, Hashable, Sendable {
    package struct Finding: Hashable, Sendable {
        /// Stable, for searching: `topology-variable`, `topology-patch`, `topology-class`, `topology-cluster`, …
        package var code: String
        package var message: String
        /// Where the object stands that the finding is about.
        package var origin: Origin?
        /// The way to the field inside the object: member names, and indexes as digits.
        package var path: [String]
        package var hint: String?

        package init(_ code: String, _ message: String, in object: Manifest?, path: [String] = [], hint: String? = nil)
        {
            self.code = code
            self.message = message
            origin = object?.origin
            self.path = path
            self.hint = hint
        }
    }

    package var findings: [Finding]
    /// What an extension has to answer first; everything else is right so far.
    package var request: ExtensionRequest?

    package init(_ findings: [Finding]) { self.findings = findings }

    /// As diagnostics. `locate` finds the place of a field; without one the object's own place is given.
    package func diagnostics(
        locate: (_ origin: Origin, _ path: [String]) -> SourcePosition? = { _, _ in nil }
    ) -> [Diagnostic] {
        findings.map { finding in
            let position = finding.origin.map { origin in locate(origin, finding.path) ?? origin.position }
            return Diagnostic(.error, finding.code, finding.message, at: position, hint: finding.hint)
        }
    }
}

extension TopologyRejection: CustomStringConvertible {
    package var description: String { findings.map(\.message).joined(separator: "\n") }
}
