import SourceDiagnostics

/// Why an overlay cannot be built: the first mistake, with its place.
struct OverlayFailure: Error {
    var code: String
    var message: String
    /// Nil as long as only those further up know it.
    var place: OverlayPlace?
    /// The place in a text of which only those further up know where it stands.
    var inner: OverlayPlace.Spot?
    /// What asked for it, innermost first.
    var trail: [OverlayPlace] = []
    var hint: String?

    init(_ code: String, _ message: String, at place: OverlayPlace? = nil, hint: String? = nil) {
        self.code = code
        self.message = message
        self.place = place
        self.hint = hint
    }

    /// The same failure at a place, unless it has one.
    func at(_ place: OverlayPlace) -> OverlayFailure {
        if self.place != nil { return self }
        var failure = self
        failure.place = place
        if let inner { failure.place?.inner = inner }
        failure.inner = nil
        return failure
    }

    /// The same failure, seen from what asked for it.
    func from(_ place: OverlayPlace) -> OverlayFailure {
        guard let known = self.place else { return at(place) }
        var failure = self
        // A place within what asked for it says enough.
        let isWithin = known.file == place.file && known.spot.path.starts(with: place.spot.path)
        if !isWithin || !trail.isEmpty, trail.last != place { failure.trail.append(place) }
        return failure
    }

    /// The failure as a diagnostic, with lines and columns.
    func rejected(_ files: FileReads) -> RejectedSource {
        let position = place?.position(in: files)
        return RejectedSource([
            Diagnostic(
                .error,
                code,
                message,
                at: position,
                hint: hint,
                trail: trail.map { $0.position(in: files) }.filter { $0 != position }
            )
        ])
    }
}
