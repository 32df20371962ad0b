internal import Crypto
package import KubernetesModel
internal import StructuredValue

/// How an object in a workload cluster differs from what a ClusterResourceSet applied.
///
/// Only fields that were applied count: what servers fill in and what other controllers add is theirs. The fields are
/// compared with how the server stored them then, not with how they were written, because servers write some things
/// in their own way.
package struct ClusterResourceSetDrift: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case missing
        /// The applied fields that differ from the manifest now.
        case changed([String])
    }

    package var manifest: Manifest
    package var kind: Kind

    package init(_ manifest: Manifest, _ kind: Kind) {
        self.manifest = manifest
        self.kind = kind
    }

    /// For people: `ConfigMap kube-system/cni: data.mtu differs`.
    package var text: String {
        let place = manifest.namespace.isEmpty ? manifest.name : "\(manifest.namespace)/\(manifest.name)"
        switch kind {
        case .missing: return "\(manifest.kind) \(place) is gone"
        case .changed(let paths):
            let shown = paths.prefix(3).joined(separator: ", ")
            return "\(manifest.kind) \(place): \(shown.isEmpty ? "it" : shown) differs"
        }
    }

    /// What the live object says to those fields that the manifest has.
    static func projection(of live: Value, onto manifest: Value) -> Value {
        switch (live, manifest) {
        case (.object(let live), .object(let manifest)):
            var result = Object()
            for pair in manifest {
                guard let value = live[pair.key] else { continue }
                result[pair.key] = projection(of: value, onto: pair.value)
            }
            return .object(result)
        case (.array(let live), .array(let manifest)) where live.count == manifest.count:
            return .array(zip(live, manifest).map { projection(of: $0, onto: $1) })
        default: return live
        }
    }

    private static func applied(_ object: Manifest) -> Value {
        var object = object.value
        object["status"] = nil
        if var metadata = object["metadata"]?.object {
            for field in ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"] {
                metadata[field] = nil
            }
            object["metadata"] = .object(metadata)
        }
        return object
    }

    /// A hash of what the live object says to the fields of the manifest.
    package static func hash(of live: Manifest, onto manifest: Manifest) -> String {
        let text = JSON.text(projection(of: live.value, onto: applied(manifest)), .canonical)
        return SHA256.hash(data: Array(text.utf8)).prefix(12).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    /// How a live object differs from what was noted when it was applied; nil when it does not.
    package static func compare(
        _ live: Manifest?,
        with applied: ClusterResourceSetInventory.Applied,
        _ manifest: Manifest
    ) -> ClusterResourceSetDrift? {
        guard let live, !live.isBeingDeleted else { return ClusterResourceSetDrift(manifest, .missing) }
        if hash(of: live, onto: manifest) == applied.hash { return nil }
        var paths: [String] = []
        let wanted = Self.applied(manifest)
        collect(projection(of: live.value, onto: wanted), wanted, at: "", &paths)
        return ClusterResourceSetDrift(manifest, .changed(paths))
    }

    private static func collect(_ live: Value, _ manifest: Value, at path: String, _ paths: inout [String]) {
        if live == manifest { return }
        guard let left = live.object, let right = manifest.object else {
            paths.append(path)
            return
        }
        for pair in right {
            let inner = path.isEmpty ? pair.key : "\(path).\(pair.key)"
            if let value = left[pair.key] { collect(value, pair.value, at: inner, &paths) } else { paths.append(inner) }
        }
    }
}

/// What a pass over a ClusterResourceSet has seen of drift in its clusters.
package struct ClusterResourceSetDriftReport: Hashable, Sendable {
    package static let conditionType = "martlet.dev/Drifted"

    /// What differs and stays so, for people.
    package var found: [String] = []
    /// What was put back.
    package var repaired: [String] = []
    /// Whether some cluster could not be looked at, so that finding nothing says nothing.
    package var isIncomplete = false

    package init() {}

    package mutating func merge(_ other: Self) {
        found += other.found
        repaired += other.repaired
        isIncomplete = isIncomplete || other.isIncomplete
    }

    /// The condition that tells of drift; nil when it stays as it was.
    func condition(before: [Value]) -> Object? {
        func condition(_ status: String, _ reason: String, _ texts: [String]) -> Object {
            let shown = texts.sorted().prefix(10).joined(separator: "; ")
            let rest = texts.count > 10 ? "; and \(texts.count - 10) more" : ""
            return [
                "type": .string(Self.conditionType), "status": .string(status), "reason": .string(reason),
                "message": .string(shown + rest),
            ]
        }
        if !found.isEmpty { return condition("True", "DriftFound", found) }
        if !repaired.isEmpty { return condition("False", "DriftRepaired", repaired) }
        if isIncomplete { return nil }
        let known = before.first { $0["type"]?.string == Self.conditionType }
        // What was repaired last stays to be read.
        if known?["reason"]?.string == "DriftRepaired" { return nil }
        return condition("False", "NoDrift", [])
    }
}

/// How often an object was repaired of late. Somebody who changes it back again and again is not fought for ever.
package struct ClusterResourceSetRepairs: Sendable {
    package static let limit = 3
    package static let memory = Duration.seconds(600)

    private var times: [String: [Timestamp]] = [:]

    package init() {}

    /// Whether one more repair is sensible; notes it when it is.
    package mutating func mayRepair(_ object: String, now: Timestamp) -> Bool {
        let recent = (times[object] ?? []).filter { $0.duration(to: now) < Self.memory }
        times[object] = recent
        guard recent.count < Self.limit else { return false }
        times[object]?.append(now)
        return true
    }

    package mutating func forget(where matches: (String) -> Bool) { times = times.filter { !matches($0.key) } }
}
