import KubernetesModel
import StructuredValue

extension KindRules {
    private static let roleGroup = "rbac.authorization.k8s.io"

    /// What is wrong with the rules of a role.
    static func role(_ object: Value, isNamespaced: Bool) -> [FieldProblem] {
        (object["rules"]?.array ?? []).enumerated().flatMap { index, rule in
            policyRule(rule, "rules[\(index)]", isNamespaced: isNamespaced)
        }
    }

    private static func policyRule(_ rule: Value, _ place: String, isNamespaced: Bool) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        func isEmpty(_ name: String) -> Bool { rule[name]?.isEmpty ?? true }
        if isEmpty("verbs") { problems.append(.required("\(place).verbs", "verbs must contain at least one value")) }
        guard isEmpty("nonResourceURLs") else {
            let field = "\(place).nonResourceURLs"
            let shown = JSON.text(rule["nonResourceURLs"] ?? .null, .go)
            if isNamespaced {
                problems.append(.invalid(field, shown, "namespaced rules cannot apply to non-resource URLs"))
            }
            if !["apiGroups", "resources", "resourceNames"].allSatisfy(isEmpty) {
                let detail = "rules cannot apply to both regular resources and non-resource URLs"
                problems.append(.invalid(field, shown, detail))
            }
            return problems
        }
        if isEmpty("apiGroups") {
            problems.append(.required("\(place).apiGroups", "resource rules must supply at least one api group"))
        }
        if isEmpty("resources") {
            problems.append(.required("\(place).resources", "resource rules must supply at least one resource"))
        }
        return problems
    }

    /// What is wrong with a binding: to which role, and of whom.
    static func roleBinding(_ object: Value, old: Value?, isNamespaced: Bool) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        func text(_ value: Value?, _ name: String) -> String { value?[name]?.string ?? "" }
        let reference = object["roleRef"]
        let group = text(reference, "apiGroup")
        if group != roleGroup { problems.append(.notSupported("roleRef.apiGroup", "\"\(group)\"", [roleGroup])) }
        let kinds = isNamespaced ? ["Role", "ClusterRole"] : ["ClusterRole"]
        let kind = text(reference, "kind")
        if !kinds.contains(kind) { problems.append(.notSupported("roleRef.kind", "\"\(kind)\"", kinds)) }
        if text(reference, "name").isEmpty { problems.append(.required("roleRef.name")) }
        for (index, subject) in (object["subjects"]?.array ?? []).enumerated() {
            problems += roleSubject(subject, "subjects[\(index)]", isNamespaced: isNamespaced)
        }
        if let before = old?["roleRef"], let reference, before != reference {
            // A real server shows its internal type here.
            let shown =
                #"{"APIGroup":"\#(group)","Kind":"\#(kind)","Name":"\#(text(reference, "name"))"}"#
            problems.append(.invalid("roleRef", shown, "cannot change roleRef"))
        }
        return problems
    }

    private static func roleSubject(_ subject: Value, _ place: String, isNamespaced: Bool) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        func text(_ name: String) -> String { subject[name]?.string ?? "" }
        if text("name").isEmpty { problems.append(.required("\(place).name")) }
        func checkGroup(_ wanted: String) {
            guard text("apiGroup") != wanted else { return }
            problems.append(.notSupported("\(place).apiGroup", "\"\(text("apiGroup"))\"", [wanted]))
        }
        switch text("kind") {
        case "ServiceAccount":
            if !text("name").isEmpty, let why = ObjectNames.subdomainProblem(text("name")) {
                problems.append(.invalid("\(place).name", "\"\(text("name"))\"", why))
            }
            checkGroup("")
            if !isNamespaced, text("namespace").isEmpty { problems.append(.required("\(place).namespace")) }
        case "User", "Group": checkGroup(roleGroup)
        default:
            problems.append(
                .notSupported("\(place).kind", "\"\(text("kind"))\"", ["ServiceAccount", "User", "Group"])
            )
        }
        return problems
    }

    /// No rules are none.
    static func dropEmptyRules(_ object: inout Value) {
        if case .array(let rules) = object["rules"], rules.isEmpty { object["rules"] = .null }
    }

    /// People and their groups are named in the group of roles.
    static func completeRole(_ object: inout Value) {
        if let role = object["roleRef"], role["apiGroup"]?.string?.isEmpty ?? true {
            object[path: "roleRef", "apiGroup"] = .string(roleGroup)
        }
        guard case .array(let subjects) = object["subjects"] else { return }
        object["subjects"] = .array(
            subjects.map { subject in
                guard subject["kind"] == "User" || subject["kind"] == "Group", subject["apiGroup"]?.isEmpty ?? true
                else { return subject }
                var subject = subject
                subject["apiGroup"] = .string(roleGroup)
                return subject
            }
        )
    }
}
