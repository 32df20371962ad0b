import APIStore
import KubernetesMerge
import KubernetesModel
import StructuredValue

extension APIServer {
    /// The Scale of an object.
    func scale(_ resource: ServedResource, of live: StoredObject) throws(APIFailure) -> Value {
        try scale(resource, of: resource.presented(live))
    }

    /// - Parameter unset: The number that stands for none.
    private func scale(_ resource: ServedResource, of object: Value, unset: Int? = nil) throws(APIFailure) -> Value {
        guard let paths = resource.scale else { throw .unknownResource }
        guard let replicas = object[path: paths.specReplicas]?.int ?? unset else {
            throw .internalError(
                "the spec replicas field \".\(paths.specReplicas.joined(separator: "."))\" does not exist"
            )
        }
        let metadata = object["metadata"]
        var scaled: Object = ["name": metadata?["name"] ?? ""]
        for name in ["namespace", "uid", "resourceVersion", "creationTimestamp"] {
            if let value = metadata?[name] { scaled.append(name, value) }
        }
        var status: Object = ["replicas": .int(object[path: paths.statusReplicas]?.int ?? 0)]
        if let selector = paths.selector.flatMap({ object[path: $0] })?.string, !selector.isEmpty {
            status.append("selector", .string(selector))
        }
        return [
            "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": .object(scaled),
            "spec": replicas == 0 ? [:] : ["replicas": .int(replicas)], "status": .object(status),
        ]
    }

    /// Writes an object through its Scale.
    ///
    /// - Parameter change: Makes the new Scale of the present one, which carries its managed fields.
    func updateScale(
        _ resource: ServedResource,
        namespace: String,
        name: String,
        _ options: WriteOptions,
        _ notes: inout RequestNotes,
        _ change: (_ scale: Value, _ tracker: ServerSideApply) throws(APIFailure) -> Value
    ) throws(APIFailure) -> Value {
        guard let paths = resource.scale else { throw .unknownResource }
        let key = StoreKey(resource: resource.storeResource, namespace: namespace, name: name)
        for _ in 0..<20 {
            guard let live = store.object(key) else { throw .notFound(resource.groupResource, name) }
            let object = resource.presented(live)
            let ownership = ScaleOwnership(apiVersion: resource.gvk.apiVersion, replicas: replicaPaths(resource, paths))
            // Entries that cannot be read count as none.
            let managed = (try? ManagedFields.of(object)) ?? ManagedFields()
            // A number that nobody set yet must be set by the change.
            let unset = Int(Int32.min)
            var current = try scale(resource, of: object, unset: unset)
            ownership.entriesOfScale(object: managed).store(in: &current)
            let tracker = ServerSideApply(
                schema: BuiltInTypes.type("Scale").typeSchema(),
                apiVersion: ScaleOwnership.scaleVersion,
                subresource: "scale",
                time: clock.now().description
            )
            let changed = try change(current, tracker)
            guard changed[path: "spec", "replicas"]?.int != unset else {
                let path = paths.specReplicas.joined(separator: ".")
                throw .badRequest("the spec replicas field \".\(path)\" cannot be empty")
            }
            if let wanted = try Self.revision(changed[path: "metadata", "resourceVersion"]?.string),
                wanted != live.revision
            {
                throw .conflict(resource.groupResource, name)
            }
            if let uid = changed[path: "metadata", "uid"]?.string, !uid.isEmpty,
                uid != object[path: "metadata", "uid"]?.string
            {
                throw .conflict(resource.groupResource, name, "Precondition failed: UID in precondition: \(uid)")
            }
            var next = object
            let hadParent = object[path: Array(paths.specReplicas.dropLast())] != nil
            next[path: paths.specReplicas] = .int(changed[path: "spec", "replicas"]?.int ?? 0)
            // A parent that was missing brings its defaults.
            if !hadParent { resource.custom?.schema.applyDefaults(&next) }
            let scaleEntries = (try? ManagedFields.of(changed)) ?? ManagedFields()
            ownership.entriesOfObject(managed, scale: scaleEntries).store(in: &next)
            guard let outcome = try finish(next, over: live, resource, "scale", .scale, options, &notes) else {
                continue
            }
            switch outcome {
            case .stored(let stored): return try scale(resource, of: stored)
            case .transient(let value): return try scale(resource, of: value)
            case .removed: throw .notFound(resource.groupResource, name)
            }
        }
        throw .conflict(resource.groupResource, name)
    }

    private func replicaPaths(_ resource: ServedResource, _ paths: ServedResource.ScalePaths) -> [String: FieldPath?] {
        var result: [String: FieldPath?] = [:]
        if let group = catalog.group(resource.group) {
            for version in group.versions {
                guard let sibling = version.resources.first(where: { $0.plural == resource.plural }) else { continue }
                result[sibling.gvk.apiVersion] = sibling.scale.map { Self.fieldPath($0.specReplicas) }
            }
        }
        result[resource.gvk.apiVersion] = Self.fieldPath(paths.specReplicas)
        return result
    }

    private static func fieldPath(_ members: [String]) -> FieldPath { FieldPath(members.map { .field($0) }) }
}
