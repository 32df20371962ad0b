package import SourceDiagnostics

/// Why a catalog could not be read or a chart not be had.
package struct CatalogFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// No answer, or one that broke off.
        case connection
        /// The server says no: 401 or 403.
        case unauthorized
        case notFound
        /// Any other answer that is not a success.
        case refused
        /// The answer is not what it should be.
        case malformed
        /// The content is not what its digest promised.
        case digestMismatch
        case tooLarge
        /// The cache cannot be written.
        case disk
    }

    package var kind: Kind
    package var operation: String
    package var message: String
    /// What a person wrote, when that is the reason.
    package var diagnostics: [Diagnostic]

    package init(_ kind: Kind, operation: String, message: String, diagnostics: [Diagnostic] = []) {
        self.kind = kind
        self.operation = operation
        self.message = message
        self.diagnostics = diagnostics
    }

    /// Whether the same may work later.
    package var isRetryable: Bool {
        switch kind {
        case .connection, .disk: true
        case .refused, .unauthorized, .notFound, .malformed, .digestMismatch, .tooLarge: false
        }
    }

    package var description: String { "\(operation): \(message)" }
}
