import KubernetesModel
import SchemaValidation
import StructuredValue

/// Labels, annotations and taints that classes and topologies put on machines.
enum MetadataCheck {
    private static let largestAnnotations = 256 * 1024

    /// `field` is the path of the metadata.
    static func metadata(_ metadata: Value, at field: String) -> [FieldError] {
        var errors: [FieldError] = []
        for pair in metadata.members("labels") {
            if let problem = keyProblem(pair.key) {
                errors.append(.invalid(field + ".labels", .string(pair.key), problem))
            }
            if let problem = labelValueProblem(pair.value.string ?? "") {
                errors.append(.invalid(field + ".labels", pair.value, problem))
            }
        }
        var size = 0
        for pair in metadata.members("annotations") {
            size += pair.key.utf8.count + (pair.value.string?.utf8.count ?? 0)
            if let problem = keyProblem(pair.key.lowercased()) {
                errors.append(.invalid(field + ".annotations", .string(pair.key), problem))
            }
        }
        if size > largestAnnotations {
            errors.append(
                FieldError(
                    .tooLong,
                    at: field + ".annotations",
                    message: "Too long: may not be more than \(largestAnnotations) bytes"
                )
            )
        }
        return errors
    }

    /// `field` is the path of the list.
    static func taints(_ taints: [Value], at field: String) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, taint) in taints.enumerated() {
            let key = taint.text("key")
            let place = "\(field)[\(index)].key"
            if let problem = reservedTaintProblem(key) { errors.append(.invalid(place, .string(key), problem)) }
            if let problem = keyProblem(key) { errors.append(.invalid(place, .string(key), problem)) }
        }
        return errors
    }

    private static func reservedTaintProblem(_ key: String) -> String? {
        switch key {
        case "node.cluster.x-k8s.io/uninitialized", "node.cluster.x-k8s.io/outdated-revision":
            return "taint key is not allowed"
        case "node.kubernetes.io/out-of-service": return nil
        case "node-role.kubernetes.io/master": return "taint is deprecated since 1.24 and should not be used anymore"
        default: break
        }
        if key.hasPrefix("node.kubernetes.io/") {
            return
                "taint key must not have the prefix node.kubernetes.io/, except for node.kubernetes.io/out-of-service"
        }
        if key.hasPrefix("node.cloudprovider.kubernetes.io/") {
            return "taint key must not have the prefix node.cloudprovider.kubernetes.io/"
        }
        return nil
    }

    /// Why the text is no qualified name, such as keys of labels are; nil when it is one.
    static func keyProblem(_ key: String) -> String? {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let name = parts.last else {
            return "a valid label key must consist of a name with an optional DNS subdomain prefix and one '/'"
        }
        if parts.count == 2 {
            if parts[0].isEmpty { return "prefix part must be non-empty" }
            if let problem = ObjectNames.subdomainProblem(String(parts[0])) { return "prefix part \(problem)" }
        }
        if name.isEmpty { return "name part must be non-empty" }
        if name.utf8.count > 63 { return "name part must be no more than 63 bytes" }
        if isName(name) { return nil }
        return "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
            + "alphanumeric character"
    }

    /// Why the text is no value of a label; nil when it is one.
    static func labelValueProblem(_ value: String) -> String? {
        if value.isEmpty { return nil }
        if value.utf8.count > 63 { return "must be no more than 63 bytes" }
        if isName(value[...]) { return nil }
        return "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
            + "start and end with an alphanumeric character"
    }

    private static func isName(_ text: Substring) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: false
            }
        }
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && text.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }
}
