/// Why a server could not start or go on.
package struct HTTPServerFailure: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// The address is in use or may not be bound.
        case address
        /// The certificate, key or authority cannot be used.
        case certificate
        case other
    }

    package var kind: Kind
    package var operation: String
    package var message: String
    package var isRetryable: Bool { kind == .address }
    package var description: String { "\(operation): \(message)" }

    package init(_ kind: Kind, operation: String, message: String) {
        self.kind = kind
        self.operation = operation
        self.message = message
    }
}
