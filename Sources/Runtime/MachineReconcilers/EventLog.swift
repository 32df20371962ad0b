internal import KubernetesClient
internal import KubernetesModel
internal import StructuredValue

/// Tells people what happened to an object, as Kubernetes Events beside it.
struct EventLog: Sendable {
    enum Severity: String, Sendable {
        case normal = "Normal"
        case warning = "Warning"
    }

    let client: APIClient
    let component: String
    let now: @Sendable () -> Timestamp

    /// Writes one event. An event that cannot be written is no reason to fail.
    func tell(_ severity: Severity, _ reason: String, _ message: String, about object: Manifest) async {
        let now = now()
        let stamp = String(now.seconds * 1_000_000 + now.microseconds, radix: 16)
        var regarding: Object = [
            "apiVersion": .string(object.apiVersion), "kind": .string(object.kind), "name": .string(object.name),
            "namespace": .string(object.namespace),
        ]
        regarding["uid"] = object.uid.map(Value.string)
        let event = Manifest([
            "apiVersion": "v1", "kind": "Event",
            "metadata": ["name": .string("\(object.name).\(stamp)"), "namespace": .string(object.namespace)],
            "involvedObject": .object(regarding), "type": .string(severity.rawValue), "reason": .string(reason),
            "message": .string(message), "source": ["component": .string(component)],
            "firstTimestamp": .string(now.description), "lastTimestamp": .string(now.description), "count": 1,
            "reportingComponent": .string(component), "reportingInstance": .string(component),
        ])
        // What it tells stands in the object's conditions as well.
        _ = try? await client.create(event, fieldManager: component)
    }
}
