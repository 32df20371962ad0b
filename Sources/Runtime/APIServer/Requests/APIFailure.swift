package import StructuredValue

/// A request that failed, as the API's Status object tells it.
package struct APIFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// One reason more, about one field or one conflicting manager.
    package struct Cause: Sendable, Hashable {
        package var reason: String
        package var message: String
        package var field: String

        package init(reason: String, message: String, field: String) {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }

    /// Which object it is about; all fields may be empty.
    package struct Details: Sendable, Hashable {
        package var name = ""
        package var group = ""
        package var kind = ""
        package var uid = ""
        package var causes: [Cause] = []
        package var retryAfterSeconds: Int?

        package init() {}

        package init(name: String, group: String, kind: String, causes: [Cause] = []) {
            self.name = name
            self.group = group
            self.kind = kind
            self.causes = causes
        }
    }

    /// What callers switch on.
    package enum Kind: Sendable, Hashable {
        case notFound, alreadyExists, conflict, invalid, badRequest, forbidden, unauthorized, expired, timeout, other
    }

    package var code: Int
    /// The API's word for it (`NotFound`); empty where a real server gives none.
    package var reason: String
    package var message: String
    package var details: Details?
    /// Answered as text, as a real server does where no API answers at all.
    package var isPlainText = false

    package init(code: Int, reason: String, message: String, details: Details? = nil) {
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
    }

    package var kind: Kind {
        switch reason {
        case "NotFound": .notFound
        case "AlreadyExists": .alreadyExists
        case "Conflict": .conflict
        case "Invalid": .invalid
        case "BadRequest": .badRequest
        case "Forbidden": .forbidden
        case "Unauthorized": .unauthorized
        case "Expired", "Gone": .expired
        case "Timeout": .timeout
        default: .other
        }
    }

    package var isRetryable: Bool { kind == .timeout || kind == .conflict || code == 429 || code == 503 }
    package var description: String { "\(code) \(reason): \(message)" }

    /// The Status object of API group version v1.
    package var status: Value {
        var object: Object = [
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(message),
        ]
        if !reason.isEmpty { object.append("reason", .string(reason)) }
        if let details { object.append("details", details.value) }
        object.append("code", .int(code))
        return .object(object)
    }
}

extension APIFailure.Details {
    var value: Value {
        var object = Object()
        if !name.isEmpty { object.append("name", .string(name)) }
        if !group.isEmpty { object.append("group", .string(group)) }
        if !kind.isEmpty { object.append("kind", .string(kind)) }
        if !uid.isEmpty { object.append("uid", .string(uid)) }
        if !causes.isEmpty {
            object.append(
                "causes",
                .array(
                    causes.map { cause in
                        var entry = Object()
                        if !cause.reason.isEmpty { entry.append("reason", .string(cause.reason)) }
                        if !cause.message.isEmpty { entry.append("message", .string(cause.message)) }
                        if !cause.field.isEmpty { entry.append("field", .string(cause.field)) }
                        return .object(entry)
                    }
                )
            )
        }
        if let retryAfterSeconds { object.append("retryAfterSeconds", .int(retryAfterSeconds)) }
        return .object(object)
    }
}
