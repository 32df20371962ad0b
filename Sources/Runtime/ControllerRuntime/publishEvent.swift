package import KubernetesClient
package import KubernetesModel
internal import StructuredValue

extension APIClient {
    /// Writes an Event about an object, as `kubectl describe` shows them.
    package func publishEvent(
        _ reason: String,
        _ message: String,
        about object: Manifest,
        isWarning: Bool = false,
        from component: String,
        now: Timestamp
    ) async throws(KubernetesFailure) {
        let time = Value.string(now.description)
        let suffix = String(UInt64(pace.random() * 0x1_0000_0000), radix: 16)
        let event: Value = [
            "apiVersion": "v1", "kind": "Event",
            "metadata": ["name": .string("\(object.name).\(suffix)"), "namespace": .string(object.namespace)],
            "involvedObject": [
                "apiVersion": .string(object.apiVersion), "kind": .string(object.kind), "name": .string(object.name),
                "namespace": .string(object.namespace), "uid": .string(object.uid ?? ""),
                "resourceVersion": .string(object.resourceVersion ?? ""),
            ],
            "type": isWarning ? "Warning" : "Normal", "reason": .string(reason),
            "message": .string(String(message.prefix(1000))), "count": 1, "firstTimestamp": time,
            "lastTimestamp": time, "source": ["component": .string(component)],
            "reportingComponent": .string(component), "reportingInstance": "",
        ]
        try await create(Manifest(event), fieldManager: component)
    }
}
