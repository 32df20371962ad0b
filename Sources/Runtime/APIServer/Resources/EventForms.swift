import StructuredValue

/// Events exist in two forms, `v1` and `events.k8s.io/v1`; they are stored as `v1`.
enum EventForms {
    /// Names in `v1` and in `events.k8s.io/v1`.
    private static let names = [
        ("involvedObject", "regarding"), ("message", "note"), ("source", "deprecatedSource"),
        ("firstTimestamp", "deprecatedFirstTimestamp"), ("lastTimestamp", "deprecatedLastTimestamp"),
        ("count", "deprecatedCount"), ("reportingComponent", "reportingController"),
    ]

    static func convert(_ value: Value, to resource: ServedResource) -> Value {
        guard resource.group == "events.k8s.io" else { return value }
        return renamed(value, apiVersion: "events.k8s.io/v1", names.map { ($0.0, $0.1) })
    }

    static func stored(_ value: Value, from resource: ServedResource) -> Value {
        guard resource.group == "events.k8s.io" else { return value }
        return renamed(value, apiVersion: "v1", names.map { ($0.1, $0.0) })
    }

    private static func renamed(_ value: Value, apiVersion: String, _ names: [(String, String)]) -> Value {
        guard case .object(let object) = value else { return value }
        let map = Dictionary(uniqueKeysWithValues: names)
        var result = Object()
        for pair in object { result.append(map[pair.key] ?? pair.key, pair.value) }
        result["apiVersion"] = .string(apiVersion)
        // Always there in the old form, only when set in the new one.
        for field in ["reportingController", "reportingInstance"] where result[field] == "" {
            if apiVersion != "v1" { result[field] = nil }
        }
        return .object(result)
    }
}
