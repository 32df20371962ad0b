package import SourceDiagnostics

/// How a pass ended, and so when the next one is due.
package enum Outcome: Sendable, Hashable {
    /// Everything is as it should be; the next pass comes with the next change.
    case done
    /// Look again after this long although nothing failed, e.g. when a soak ends.
    case again(after: Duration)
    /// Something in the world failed; tried again with growing delays.
    case retry(String)
    /// A person has to change something first; nothing is retried until the source changes.
    case stalled([Diagnostic])
}
