/// Why the lab cannot do what it was asked to.
package struct LabFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// No name for a management cluster.
        case name
        /// The data directory cannot be used.
        case storage
        /// A definition is not accepted.
        case definition
        /// The port cannot be had.
        case address
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
