internal import StructuredValue

/// Why a request to a Kubernetes API server did not do what was asked.
package struct KubernetesFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// No such object, or no such resource.
        case notFound
        case alreadyExists
        /// Another writer was faster, or other field managers own what was to be applied.
        case conflict
        /// The object breaks a rule of its schema.
        case invalid
        /// The request itself makes no sense to the server.
        case badRequest
        case unauthorized
        case forbidden
        /// The asked-for resource version is too old: list again.
        case gone
        case tooManyRequests
        case timeout
        /// No connection, or it broke.
        case unreachable
        /// The server's certificate is not trusted.
        case certificate
        /// The server failed (5xx).
        case serverError
        /// The answer could not be understood.
        case malformedAnswer
        /// The connection's own settings are wrong.
        case configuration
        case cancelled
    }

    /// One entry of the answer's `details.causes`.
    package struct Cause: Hashable, Sendable {
        package var reason: String
        package var message: String
        package var field: String

        package init(reason: String, message: String, field: String) {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }

    package var kind: Kind
    /// What was being done, e.g. `apply ConfigMap default/settings`.
    package var operation: String
    /// The server's own sentence where it gave one.
    package var message: String
    /// The HTTP status, 0 when there was no answer.
    package var status: Int
    package var causes: [Cause]
    /// Whether the server named the object it speaks of.
    package var namesObject = false
    /// How long the server asks to wait before the next try.
    package var retryAfter: Duration?

    package init(
        _ kind: Kind,
        operation: String,
        message: String,
        status: Int = 0,
        causes: [Cause] = [],
        retryAfter: Duration? = nil
    ) {
        self.kind = kind
        self.operation = operation
        self.message = message
        self.status = status
        self.causes = causes
        self.retryAfter = retryAfter
    }

    /// Whether the same request may succeed later with nothing changed on our side.
    package var isRetryable: Bool {
        switch kind {
        case .tooManyRequests, .timeout, .unreachable, .serverError, .malformedAnswer, .gone: true
        case .conflict: causes.isEmpty
        case .notFound, .alreadyExists, .invalid, .badRequest, .unauthorized, .forbidden, .certificate, .configuration,
            .cancelled:
            false
        }
    }

    /// Whether the server could not be asked at all, so that nothing is known about it.
    package var isUnreachable: Bool {
        switch kind {
        case .timeout, .unreachable, .certificate: true
        default: false
        }
    }

    package var description: String { "\(operation): \(message)" }

    /// Reads a `Status` answer, or any answer with an error's HTTP status.
    init(status: Int, body: Value?, text: String, retryAfter: Duration?, operation: String) {
        let reason = body?["reason"]?.string ?? ""
        self.init(
            Self.kind(status: status, reason: reason),
            operation: operation,
            message: body?["message"]?.string ?? (text.isEmpty ? "the server answered \(status)" : text),
            status: status,
            causes: (body?["details"]?["causes"]?.array ?? []).map {
                Cause(
                    reason: $0["reason"]?.string ?? "",
                    message: $0["message"]?.string ?? "",
                    field: $0["field"]?.string ?? ""
                )
            },
            retryAfter: retryAfter ?? body?["details"]?["retryAfterSeconds"]?.int.map { .seconds($0) }
        )
        namesObject = !(body?["details"]?["name"]?.string ?? "").isEmpty
    }

    private static func kind(status: Int, reason: String) -> Kind {
        switch (status, reason) {
        case (_, "AlreadyExists"): .alreadyExists
        case (_, "Conflict"), (409, _): .conflict
        case (_, "Expired"), (_, "Gone"), (410, _): .gone
        case (_, "Invalid"), (422, _): .invalid
        case (401, _): .unauthorized
        case (403, _): .forbidden
        case (404, _): .notFound
        case (429, _): .tooManyRequests
        case (408, _), (504, _): .timeout
        case (400..<500, _): .badRequest
        default: .serverError
        }
    }
}
