import KubernetesModel

/// One thing wrong with one field of an object.
package struct FieldProblem: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable {
        case invalid = "FieldValueInvalid"
        case typeInvalid = "FieldValueTypeInvalid"
        case required = "FieldValueRequired"
        case duplicate = "FieldValueDuplicate"
        case forbidden = "FieldValueForbidden"
        case notSupported = "FieldValueNotSupported"
        case tooLong = "FieldValueTooLong"
        case tooMany = "FieldValueTooMany"
        case notFound = "FieldValueNotFound"
        case internalError = "InternalError"
    }

    package var kind: Kind
    package var field: String
    /// What follows the field in the message: `Invalid value: 3: must be …`.
    package var message: String

    package init(_ kind: Kind, _ field: String, _ message: String) {
        self.kind = kind
        self.field = field
        self.message = message
    }

    static func invalid(_ field: String, _ value: String, _ detail: String) -> FieldProblem {
        FieldProblem(.invalid, field, "Invalid value: \(value): \(detail)")
    }

    static func required(_ field: String, _ detail: String = "") -> FieldProblem {
        FieldProblem(.required, field, detail.isEmpty ? "Required value" : "Required value: \(detail)")
    }

    static func forbidden(_ field: String, _ detail: String) -> FieldProblem {
        FieldProblem(.forbidden, field, "Forbidden: \(detail)")
    }

    static func notSupported(_ field: String, _ value: String, _ supported: [String]) -> FieldProblem {
        let list = supported.map { "\"\($0)\"" }.joined(separator: ", ")
        return FieldProblem(.notSupported, field, "Unsupported value: \(value): supported values: \(list)")
    }
}

extension APIFailure {
    static func badRequest(_ message: String) -> APIFailure {
        APIFailure(code: 400, reason: "BadRequest", message: message)
    }

    static func notFound(_ resource: GroupResource, _ name: String) -> APIFailure {
        APIFailure(
            code: 404,
            reason: "NotFound",
            message: "\(resource) \"\(name)\" not found",
            details: Details(name: name, group: resource.group, kind: resource.resource)
        )
    }

    /// No such resource below a built-in group.
    static let unknownResource = APIFailure(
        code: 404,
        reason: "NotFound",
        message: "the server could not find the requested resource",
        details: Details()
    )

    /// No API answers at this path.
    static let unknownPath: APIFailure = {
        var failure = APIFailure(code: 404, reason: "", message: "404 page not found\n")
        failure.isPlainText = true
        return failure
    }()

    static func alreadyExists(_ resource: GroupResource, _ name: String, isBeingDeleted: Bool = false) -> APIFailure {
        APIFailure(
            code: 409,
            reason: "AlreadyExists",
            message: "\(isBeingDeleted ? "object is being deleted: " : "")\(resource) \"\(name)\" already exists",
            details: Details(name: name, group: resource.group, kind: resource.resource)
        )
    }

    static let modifiedText =
        "the object has been modified; please apply your changes to the latest version and try again"

    static func conflict(_ resource: GroupResource, _ name: String, _ why: String = modifiedText) -> APIFailure {
        APIFailure(
            code: 409,
            reason: "Conflict",
            message: "Operation cannot be fulfilled on \(resource) \"\(name)\": \(why)",
            details: Details(name: name, group: resource.group, kind: resource.resource)
        )
    }

    static func invalid(group: String, kind: String, name: String, _ problems: [FieldProblem]) -> APIFailure {
        // The sentence says nothing twice; the causes do, as on a real server.
        var texts: [String] = []
        for problem in problems {
            let text = "\(problem.field): \(problem.message)"
            if !texts.contains(text) { texts.append(text) }
        }
        let text = texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
        return APIFailure(
            code: 422,
            reason: "Invalid",
            message: "\(GroupKind(group: group, kind: kind)) \"\(name)\" is invalid: \(text)",
            details: Details(
                name: name,
                group: group,
                kind: kind,
                causes: problems.map { Cause(reason: $0.kind.rawValue, message: $0.message, field: $0.field) }
            )
        )
    }

    static func forbidden(_ resource: GroupResource, _ name: String, _ why: String, causes: [Cause] = []) -> APIFailure
    {
        APIFailure(
            code: 403,
            reason: "Forbidden",
            message: "\(resource) \"\(name)\" is forbidden: \(why)",
            details: Details(name: name, group: resource.group, kind: resource.resource, causes: causes)
        )
    }

    static let methodNotAllowed = APIFailure(
        code: 405,
        reason: "MethodNotAllowed",
        message: "the server does not allow this method on the requested resource",
        details: Details()
    )

    static func notSupported(_ action: String, on resource: GroupResource) -> APIFailure {
        APIFailure(
            code: 405,
            reason: "MethodNotAllowed",
            message: "\(action) is not supported on resources of kind \"\(resource)\"",
            details: Details(name: "", group: resource.group, kind: resource.resource)
        )
    }

    static func unsupportedMediaType(_ accepted: [String]) -> APIFailure {
        APIFailure(
            code: 415,
            reason: "UnsupportedMediaType",
            message: "the body of the request was in an unknown format - accepted media types include: "
                + accepted.joined(separator: ", ")
        )
    }

    /// The answer of built-in resources to a patch of an unknown type.
    static let unknownPatchType = APIFailure(
        code: 415,
        reason: "UnsupportedMediaType",
        message: "415: Unsupported Media Type",
        details: Details()
    )

    /// The answer of built-in resources to an Accept header without a type they have.
    static let unknownAnswerType = APIFailure(
        code: 406,
        reason: "NotAcceptable",
        message: "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, "
            + "application/vnd.kubernetes.protobuf",
        details: Details()
    )

    static let notAcceptable = APIFailure(
        code: 406,
        reason: "NotAcceptable",
        message: "only the following media types are accepted: application/json, application/yaml, "
            + "application/vnd.kubernetes.protobuf"
    )

    /// The kind of answer that was asked for cannot be made of what is there.
    static func notAcceptable(_ form: String, _ why: String) -> APIFailure {
        APIFailure(
            code: 406,
            reason: "NotAcceptable",
            message: "you requested \(form), but the requested object \(why)"
        )
    }

    static let unauthorized = APIFailure(code: 401, reason: "Unauthorized", message: "Unauthorized")

    /// A failure that real servers pass on without a reason.
    static func server(_ message: String) -> APIFailure { APIFailure(code: 500, reason: "", message: message) }

    static func internalError(_ message: String) -> APIFailure {
        var details = Details()
        details.causes = [Cause(reason: "", message: message, field: "")]
        return APIFailure(
            code: 500,
            reason: "InternalError",
            message: "Internal error occurred: \(message)",
            details: details
        )
    }

    /// The sentence about a resourceVersion that is no number.
    static func unreadableRevision(_ text: String) -> String {
        "resourceVersion: Invalid value: \"\(text)\": strconv.ParseUint: parsing \"\(text)\": invalid syntax"
    }

    static func expired(_ message: String) -> APIFailure { APIFailure(code: 410, reason: "Expired", message: message) }

    static func tooLargeRevision(_ wanted: Int, current: Int) -> APIFailure {
        var details = Details()
        details.causes = [
            Cause(reason: "ResourceVersionTooLarge", message: "Too large resource version", field: "")
        ]
        details.retryAfterSeconds = 1
        return APIFailure(
            code: 504,
            reason: "Timeout",
            message: "Timeout: Too large resource version: \(wanted), current: \(current)",
            details: details
        )
    }
}
