package import SemanticVersion
package import SourceDiagnostics

/// Which version of a chart somebody wants: an exact one, the newest in a range, or the newest of all.
package enum VersionWish: Sendable, Hashable, CustomStringConvertible {
    case exact(String)
    case range(SemanticVersionRange)
    case newest

    /// Reads what a person writes: nothing (or `latest`, `*`) for the newest release, a version, or a range.
    package init(_ text: String) throws(SemanticVersionError) {
        let text = text.filter { !$0.isWhitespace || $0 == " " }
        if text.isEmpty || text == "latest" || text == "*" {
            self = .newest
        } else if isExact(text) {
            self = .exact(text)
        } else {
            self = .range(try SemanticVersionRange(parsing: text))
        }
    }

    package var description: String {
        switch self {
        case .exact(let version): version
        case .range(let range): range.original
        case .newest: "newest"
        }
    }

    /// The entry to take from those of one chart; throws a finding that says what there is instead.
    package func choose(
        from entries: [CatalogEntry],
        chart: String,
        at position: SourcePosition? = nil
    ) throws(RejectedSource) -> CatalogEntry {
        let chosen: CatalogEntry?
        switch self {
        case .exact(let version):
            // The very text first; else the same version under another spelling (`v1.2.3`).
            let wanted = SemanticVersion(version)
            chosen =
                entries.first { $0.version == version }
                ?? entries.first { entry in
                    guard let wanted, let other = entry.semanticVersion else { return false }
                    return wanted == other && wanted.buildMetadata == other.buildMetadata
                }
        case .range(let range): chosen = newest(entries) { range.contains($0) }
        case .newest: chosen = newest(entries) { !$0.isPrerelease } ?? newest(entries) { _ in true }
        }
        if let chosen { return chosen }
        let known = entries.prefix(5).map(\.version).joined(separator: ", ")
        throw RejectedSource([
            Diagnostic(
                .error,
                "chart-unknown-version",
                "chart “\(chart)” has no version “\(self)”",
                at: position,
                hint: known.isEmpty
                    ? "the catalog has no version of it" : "there are \(known)\(entries.count > 5 ? ", …" : "")"
            )
        ])
    }

    private func newest(_ entries: [CatalogEntry], where admits: (SemanticVersion) -> Bool) -> CatalogEntry? {
        var best: (entry: CatalogEntry, version: SemanticVersion)?
        for entry in entries {
            guard let version = entry.semanticVersion, admits(version) else { continue }
            if let held = best, version <= held.version { continue }
            best = (entry, version)
        }
        return best?.entry
    }
}

/// All three numbers, with or without a `v`.
private func isExact(_ text: String) -> Bool {
    let bare = text.hasPrefix("v") ? String(text.dropFirst()) : text
    do throws(SemanticVersionError) {
        _ = try SemanticVersion(strictly: bare)
        return true
    } catch {
        return false
    }
}
