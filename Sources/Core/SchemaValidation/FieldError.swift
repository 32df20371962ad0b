package import StructuredValue

/// What is wrong with one field of an object, in the API server's words.
package struct FieldError: Error, Hashable, Sendable {
    /// The causes that the API server tells apart, spelled as in `Status.details.causes`.
    package enum Reason: String, Sendable {
        case required = "FieldValueRequired"
        case invalid = "FieldValueInvalid"
        case typeInvalid = "FieldValueTypeInvalid"
        case notSupported = "FieldValueNotSupported"
        case forbidden = "FieldValueForbidden"
        case duplicate = "FieldValueDuplicate"
        case tooLong = "FieldValueTooLong"
        case tooMany = "FieldValueTooMany"
        case internalError = "InternalError"
    }

    /// The path of the field, `<nil>` when the whole object is meant.
    package var field: String
    package var reason: Reason
    /// What follows the path: `Invalid value: "x": must be …`.
    package var message: String

    package init(_ reason: Reason, at field: String, message: String) {
        self.field = field.isEmpty ? "<nil>" : field
        self.reason = reason
        self.message = message
    }
}

extension FieldError: CustomStringConvertible {
    /// The path and the message, as one error of a list is written.
    package var description: String { "\(field): \(message)" }

    /// All errors of a list in one line: as it is for one, in brackets for several.
    package static func joined(_ errors: [FieldError]) -> String {
        errors.count == 1 ? errors[0].description : "[" + errors.map(\.description).joined(separator: ", ") + "]"
    }
}

extension FieldError {
    /// `value` is left out of the message when nil.
    package static func invalid(_ field: String, _ value: Value?, _ detail: String) -> FieldError {
        FieldError(.invalid, at: field, message: text("Invalid value", value, detail))
    }

    package static func typeInvalid(_ field: String, _ value: Value?, _ detail: String) -> FieldError {
        FieldError(.typeInvalid, at: field, message: text("Invalid value", value, detail))
    }

    package static func required(_ field: String, _ detail: String = "") -> FieldError {
        FieldError(.required, at: field, message: text("Required value", nil, detail))
    }

    package static func forbidden(_ field: String, _ detail: String) -> FieldError {
        FieldError(.forbidden, at: field, message: text("Forbidden", nil, detail))
    }

    package static func duplicate(_ field: String, _ value: Value?) -> FieldError {
        FieldError(.duplicate, at: field, message: text("Duplicate value", value, ""))
    }

    package static func tooLong(_ field: String, limit: Int) -> FieldError {
        FieldError(.tooLong, at: field, message: "Too long: may not be more than \(limit) bytes")
    }

    package static func tooMany(_ field: String, _ count: Int, limit: Int) -> FieldError {
        FieldError(.tooMany, at: field, message: "Too many: \(count): must have at most \(limit) items")
    }

    package static func notSupported(_ field: String, _ value: Value?, _ supported: [String]) -> FieldError {
        let list =
            supported.isEmpty
            ? "" : "supported values: " + supported.map { GoQuotation.quote($0) }.joined(separator: ", ")
        return FieldError(.notSupported, at: field, message: text("Unsupported value", value, list))
    }

    private static func text(_ kind: String, _ value: Value?, _ detail: String) -> String {
        var text = kind
        if let value { text += ": " + shown(value) }
        return detail.isEmpty ? text : text + ": " + detail
    }

    /// A value as the API server shows it in an error.
    package static func shown(_ value: Value) -> String {
        if case .string(let text) = value { return GoQuotation.quote(text) }
        return JSON.text(value, .go)
    }
}

/// Thrown when a schema cannot be used, with everything that is wrong with it.
package struct SchemaRejection: Error, Hashable, Sendable, CustomStringConvertible {
    package var errors: [FieldError]
    package init(_ errors: [FieldError]) { self.errors = errors }
    package var description: String { FieldError.joined(errors) }
}
