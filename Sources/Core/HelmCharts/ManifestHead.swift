import StructuredValue

/// What Helm reads of each document before it sorts them: version, kind, name and annotations, which must be text.
///
/// Scalars become text where text is wanted; names of members match in any case, and the first misfit in the order of
/// the keys is the one that is told.
enum ManifestHead {
    /// What does not fit and where, in the words of Go's encoding/json; nil for a document Helm takes.
    static func complaint(about document: Value) -> String? {
        if document.isNull { return nil }
        guard let members = document.object else { return "\(kind(document)) into Go value of type util.SimpleHead" }
        for pair in sorted(members) {
            switch pair.key.lowercased() {
            case "apiversion":
                if isContainer(pair.value) { return misfit(pair.value, "SimpleHead.apiVersion", "string") }
            case "kind":
                if isContainer(pair.value) { return misfit(pair.value, "SimpleHead.kind", "string") }
            case "metadata":
                if pair.value.isNull { continue }
                guard let metadata = pair.value.object else {
                    return misfit(pair.value, "SimpleHead.metadata", metadataType)
                }
                if let complaint = complaint(aboutMetadata: metadata) { return complaint }
            default: continue
            }
        }
        return nil
    }

    private static let metadataType =
        #"struct { Name string "json:\"name\""; Annotations map[string]string "json:\"annotations\"" }"#

    private static func complaint(aboutMetadata metadata: Object) -> String? {
        for pair in sorted(metadata) {
            switch pair.key.lowercased() {
            case "name":
                if isContainer(pair.value) { return misfit(pair.value, ".metadata.name", "string") }
            case "annotations":
                if pair.value.isNull { continue }
                guard let annotations = pair.value.object else {
                    return misfit(pair.value, ".metadata.annotations", "map[string]string")
                }
                for annotation in sorted(annotations) where isContainer(annotation.value) {
                    return misfit(annotation.value, ".metadata.annotations", "string")
                }
            default: continue
            }
        }
        return nil
    }

    private static func sorted(_ object: Object) -> [Object.Pair] { object.sorted { $0.key < $1.key } }

    private static func misfit(_ value: Value, _ field: String, _ type: String) -> String {
        "\(kind(value)) into Go struct field \(field) of type \(type)"
    }

    private static func isContainer(_ value: Value) -> Bool { value.object != nil || value.array != nil }

    /// The kind of a value as encoding/json names it.
    private static func kind(_ value: Value) -> String {
        switch value {
        case .object: "object"
        case .array: "array"
        case .string: "string"
        case .bool: "bool"
        case .null: "null"
        case .int, .double, .number: "number"
        }
    }
}
