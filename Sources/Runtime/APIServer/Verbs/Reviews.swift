import KubernetesModel
import StructuredValue

/// The reviews that clients ask for: who am I, may I, may somebody. Whoever is let in here may do everything;
/// strangers may do nothing.
enum Reviews {
    /// Fails for questions that say too little or contradict themselves.
    static func check(_ review: Value, _ resource: ServedResource, namespace: String) throws(APIFailure) {
        let spec = review["spec"]
        switch resource.kind {
        case "TokenReview":
            if spec?["token"]?.string?.isEmpty ?? true {
                throw .badRequest("token is required for TokenReview in authentication")
            }
        case "SelfSubjectRulesReview":
            if spec?["namespace"]?.string?.isEmpty ?? true { throw .badRequest("no namespace on request") }
        case "SelfSubjectAccessReview", "SubjectAccessReview", "LocalSubjectAccessReview":
            let problems = accessProblems(review, resource, namespace: namespace)
            guard problems.isEmpty else {
                // A real server knows no name for what it refuses here.
                throw .invalid(group: resource.group, kind: "", name: "", problems)
            }
        default: break
        }
    }

    private static func accessProblems(_ review: Value, _ resource: ServedResource, namespace: String) -> [FieldProblem]
    {
        let spec = review["spec"]
        let about = spec?["resourceAttributes"]
        let path = spec?["nonResourceAttributes"]
        var problems: [FieldProblem] = []
        switch (about, path) {
        case (nil, nil):
            problems.append(
                .invalid(
                    "spec.resourceAttributes",
                    "null",
                    "exactly one of nonResourceAttributes or resourceAttributes must be specified"
                )
            )
        case (.some, .some(let path)):
            let shown: Value = ["Path": path["path"] ?? "", "Verb": path["verb"] ?? ""]
            problems.append(
                .invalid(
                    "spec.nonResourceAttributes",
                    JSON.text(shown, .go),
                    "cannot be specified in combination with resourceAttributes"
                )
            )
        default: break
        }
        if resource.kind != "SelfSubjectAccessReview", spec?["user"]?.string?.isEmpty ?? true,
            spec?["groups"]?.isEmpty ?? true
        {
            problems.append(.invalid("spec.user", "\"\"", "at least one of user or group must be specified"))
        }
        if resource.kind == "LocalSubjectAccessReview" {
            let target = about?["namespace"]?.string ?? ""
            if about != nil, target != namespace {
                let field = "spec.resourceAttributes.namespace"
                problems.append(.invalid(field, "\"\(target)\"", "must match metadata.namespace"))
            }
        }
        let metadata = review["metadata"]?.object ?? Object()
        let allowed = ["managedFields"] + (resource.isNamespaced ? ["namespace"] : [])
        if metadata.contains(where: { !allowed.contains($0.key) && !$0.value.isNull }) {
            problems.append(.invalid("metadata", JSON.text(.object(metadata), .go), "must be empty"))
        }
        return problems
    }

    /// The answer to a question that was found in order.
    static func answer(_ review: Value, _ resource: ServedResource, _ user: APIUser, now: Timestamp) -> Value {
        var answer = review
        answer["kind"] = .string(resource.kind)
        answer["apiVersion"] = .string(resource.gvk.apiVersion)
        let info: Value = ["username": .string(user.name), "groups": .array(user.groups.map { .string($0) })]
        switch resource.kind {
        case "SelfSubjectReview":
            answer["metadata"] = ["creationTimestamp": .string(now.description)]
            answer["status"] = ["userInfo": info]
        // Clients' own credentials are never handed in for review here, and other tokens are unknown.
        case "TokenReview":
            answer["status"] = ["user": [:], "error": "[invalid bearer token, token lookup failed]"]
        case "SelfSubjectRulesReview":
            answer["metadata"] = [:]
            answer["spec"] = [:]
            answer["status"] = [
                "resourceRules": [["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]]],
                "nonResourceRules": [["verbs": ["*"], "nonResourceURLs": ["*"]]], "incomplete": false,
            ]
        case "SelfSubjectAccessReview": answer["status"] = ["allowed": true]
        default:
            let spec = review["spec"]
            let isKnown =
                spec?["user"]?.string == user.name
                || (spec?["groups"]?.array ?? []).contains("system:masters")
            answer["status"] = ["allowed": .bool(isKnown)]
        }
        return answer
    }
}
