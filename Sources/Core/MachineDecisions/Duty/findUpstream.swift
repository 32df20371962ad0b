package import KubernetesModel
internal import StructuredValue

/// One of Cluster API's controllers that Martlet has of its own.
package enum EmbeddedReconciler: String, Sendable, CaseIterable {
    case machinePool = "MachinePool"
    case machineHealthCheck = "MachineHealthCheck"
    case clusterResourceSet = "ClusterResourceSet"

    /// The kind it reconciles.
    package var kind: GroupKind {
        let group = self == .clusterResourceSet ? "addons.cluster.x-k8s.io" : "cluster.x-k8s.io"
        return GroupKind(group: group, kind: rawValue)
    }
}

/// How long a trace in an object's managed fields counts as a sign that its writer is still there.
package let upstreamTraceLifetime = Duration.seconds(900)

/// Why Martlet must not reconcile a kind on a management cluster: Cluster API's own controllers do. Nil when nothing
/// tells of them.
///
/// Two signs count: a Deployment of Cluster API's core controllers that is meant to run and has the kind's feature gate
/// on, and an object of the kind whose status somebody else has written lately, which also finds controllers that run
/// outside of the cluster. Deployments that nobody may read are nil: then any trace counts, however old.
package func findUpstream(
    of reconciler: EmbeddedReconciler,
    deployments: [Manifest]?,
    objects: [Manifest],
    now: Timestamp
) -> UpstreamSign? {
    for deployment in (deployments ?? []).sorted(by: { $0.key < $1.key })
    where isCoreController(deployment) && deployment.spec["replicas"]?.int != 0 {
        if hasGateOff(reconciler.rawValue, deployment) { continue }
        let place = "\(deployment.namespace)/\(deployment.name)"
        return UpstreamSign(reason: "Cluster API's own controllers run in Deployment \(place)", endsAt: nil)
    }
    var newest: (key: ObjectKey, trace: (manager: String, time: Timestamp))?
    for object in objects where object.groupKind == reconciler.kind {
        guard let trace = statusTrace(object) else { continue }
        if deployments != nil, trace.time.advanced(by: upstreamTraceLifetime) <= now { continue }
        if let newest, (trace.time, newest.key) <= (newest.trace.time, object.key) { continue }
        newest = (object.key, trace)
    }
    guard let (key, trace) = newest else { return nil }
    return UpstreamSign(
        reason: "the status of \(key) is written by the field manager “\(trace.manager)”",
        endsAt: deployments == nil ? nil : trace.time.advanced(by: upstreamTraceLifetime)
    )
}

/// A sign that Cluster API's own controller reconciles a kind.
package struct UpstreamSign: Hashable, Sendable {
    package var reason: String
    /// When it stops to count; nil when only a change ends it.
    package var endsAt: Timestamp?
}

private func isCoreController(_ deployment: Manifest) -> Bool {
    if deployment.kind != "Deployment" { return false }
    if deployment.name == "capi-controller-manager" { return true }
    let containers = deployment.spec[path: "template", "spec", "containers"]?.array ?? []
    let isCoreImage = containers.contains { repository(of: $0["image"]?.string ?? "") == "cluster-api-controller" }
    return isCoreImage || deployment.label("cluster.x-k8s.io/provider") == "cluster-api"
}

/// The last part of an image's name, whatever registry it comes from, and whether a tag or a digest pins it.
private func repository(of image: String) -> Substring {
    let name = image.prefix { $0 != "@" }.split(separator: "/").last ?? ""
    return name.prefix { $0 != ":" }
}

/// Whether an argument of the controllers switches a feature off. Without the argument it is on.
private func hasGateOff(_ gate: String, _ deployment: Manifest) -> Bool {
    let containers = deployment.spec[path: "template", "spec", "containers"]?.array ?? []
    let arguments = containers.flatMap { ($0["args"]?.array ?? []) + ($0["command"]?.array ?? []) }
    let words = arguments.compactMap(\.string)
    for (place, word) in words.enumerated() where word.contains("feature-gates") {
        // One argument, or the list of gates in the next.
        let isWhole = word.contains("feature-gates=")
        let list = isWhole ? word.split(separator: "=", maxSplits: 1).last : words.dropFirst(place + 1).first?[...]
        let gates = list?.split(separator: ",") ?? []
        if gates.contains(where: { $0.lowercased() == "\(gate)=false".lowercased() }) { return true }
    }
    return false
}

/// The newest status entry of somebody else's controller in the managed fields.
private func statusTrace(_ object: Manifest) -> (manager: String, time: Timestamp)? {
    let entries = object.metadata["managedFields"]?.array ?? []
    return entries.compactMap { entry -> (manager: String, time: Timestamp)? in
        guard entry["subresource"]?.string == "status", let manager = entry["manager"]?.string,
            manager == "manager" || manager.hasPrefix("capi-") || manager.hasPrefix("cluster-api"),
            let time = entry["time"]?.string.flatMap({ Timestamp($0) })
        else { return nil }
        return (manager, time)
    }.max { $0.time < $1.time }
}
