import SourceDiagnostics

/// Why an overlay cannot be built: the first mistake, with the kustomization it is in.
struct OverlayFailure: Error {
    var code: String
    var message: String
    var file: String?
    /// The kustomizations that asked for it, innermost first.
    var trail: [String] = []
    var hint: String?

    init(_ code: String, _ message: String, file: String? = nil, hint: String? = nil) {
        self.code = code
        self.message = message
        self.file = file
        self.hint = hint
    }

    /// The same failure seen from a kustomization file.
    func `in`(_ kustomization: String) -> OverlayFailure {
        var failure = self
        if failure.file == nil { failure.file = kustomization } else { failure.trail.append(kustomization) }
        return failure
    }

    var rejected: RejectedSource {
        func position(_ file: String) -> SourcePosition { SourcePosition(file: file, line: 1, column: 1) }
        return RejectedSource([
            Diagnostic(
                .error,
                code,
                message,
                at: file.map(position),
                hint: hint,
                trail: trail.map(position)
            )
        ])
    }
}
