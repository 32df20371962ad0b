package import KubernetesModel
package import StructuredValue

/// The verbs of a server for callers in the process: with values, without sockets and text.
package struct InProcessClient: Sendable {
    private let server: APIServer
    private let manager: String

    /// - Parameter manager: The field manager of all writes.
    package init(_ server: APIServer, manager: String) {
        self.server = server
        self.manager = manager
    }

    private func resource(_ gvk: GroupVersionKind) throws(APIFailure) -> ServedResource {
        guard let resource = server.catalog.resource(gvk) else { throw .unknownResource }
        return resource
    }

    private func options(force: Bool = false) -> WriteOptions {
        WriteOptions(manager: manager, fieldValidation: .ignore, force: force)
    }

    private func value(_ outcome: Outcome, _ resource: ServedResource) -> Value {
        switch outcome {
        case .stored(let object): resource.presented(object)
        case .transient(let value): value
        case .removed: .null
        }
    }

    private func kind(of object: Value) -> GroupVersionKind {
        GroupVersionKind(apiVersion: object["apiVersion"]?.string ?? "", kind: object["kind"]?.string ?? "")
    }

    private func place(of object: Value) -> (namespace: String, name: String) {
        (object[path: "metadata", "namespace"]?.string ?? "", object[path: "metadata", "name"]?.string ?? "")
    }

    /// Whether the server knows this kind.
    package func serves(_ gvk: GroupVersionKind) -> Bool { server.catalog.resource(gvk) != nil }

    /// Every kind that is served, in its preferred version.
    package var kinds: [GroupVersionKind] { server.catalog.storedResources.map(\.gvk) }

    /// The preferred version of a kind; nil when it is not served.
    package func preferredVersion(of kind: GroupKind) -> GroupVersionKind? { server.catalog.resource(kind)?.gvk }

    package func isNamespaced(_ gvk: GroupVersionKind) throws(APIFailure) -> Bool { try resource(gvk).isNamespaced }

    /// Whether objects of this kind have a status of their own.
    package func hasStatus(_ gvk: GroupVersionKind) throws(APIFailure) -> Bool { try resource(gvk).hasStatus }

    /// The OpenAPI schema of a custom kind's version; nil for built-in kinds.
    package func schema(of gvk: GroupVersionKind) throws(APIFailure) -> Value? { try resource(gvk).custom?.schema.text }

    package func get(_ gvk: GroupVersionKind, namespace: String = "", name: String) throws(APIFailure) -> Value {
        let resource = try resource(gvk)
        return resource.presented(try server.get(resource, namespace: namespace, name: name))
    }

    /// The object, or nil when there is none.
    package func find(_ gvk: GroupVersionKind, namespace: String = "", name: String) throws(APIFailure) -> Value? {
        do { return try get(gvk, namespace: namespace, name: name) } catch {
            if error.kind == .notFound { return nil }
            throw error
        }
    }

    /// Objects, with the revision they were read at. No namespace means all.
    package func list(
        _ gvk: GroupVersionKind,
        namespace: String? = nil,
        labels: String = "",
        fields: String = ""
    ) throws(APIFailure) -> (items: [Value], resourceVersion: String) {
        let resource = try resource(gvk)
        var options = ListOptions()
        options.labels = labels
        options.fields = fields
        let list = try server.list(resource, namespace: namespace, options)
        return (list.objects.map { resource.presented($0) }, String(list.revision))
    }

    @discardableResult
    package func create(_ object: Value) throws(APIFailure) -> Value {
        let resource = try resource(kind(of: object))
        var notes = RequestNotes()
        let decoded = try server.decode(BodyText(value: object), resource, options(), &notes)
        return value(
            try server.create(decoded, resource, namespace: place(of: object).namespace, options(), &notes),
            resource
        )
    }

    /// Replaces the object. With a `resourceVersion` in it the write fails when somebody else was quicker.
    @discardableResult
    package func update(_ object: Value) throws(APIFailure) -> Value { try replace(object, subresource: "") }

    /// Replaces the object's status.
    @discardableResult
    package func updateStatus(_ object: Value) throws(APIFailure) -> Value {
        try replace(object, subresource: "status")
    }

    private func replace(_ object: Value, subresource: String) throws(APIFailure) -> Value {
        let resource = try resource(kind(of: object))
        let (namespace, name) = place(of: object)
        var notes = RequestNotes()
        let decoded = try server.decode(BodyText(value: object), resource, options(), &notes)
        let outcome = try server.replace(
            decoded,
            resource,
            namespace: namespace,
            name: name,
            subresource: subresource,
            options(),
            &notes
        )
        return value(outcome, resource)
    }

    /// Changes the object by a JSON merge patch.
    @discardableResult
    package func patch(
        _ gvk: GroupVersionKind,
        namespace: String = "",
        name: String,
        _ patch: Value,
        subresource: String = ""
    ) throws(APIFailure) -> Value {
        let resource = try resource(gvk)
        var notes = RequestNotes()
        let outcome = try server.patch(
            .merge(patch),
            resource,
            namespace: namespace,
            name: name,
            subresource: subresource,
            options(),
            &notes
        )
        return value(outcome, resource)
    }

    /// Server-side apply.
    @discardableResult
    package func apply(_ object: Value, force: Bool = false, subresource: String = "") throws(APIFailure) -> Value {
        let resource = try resource(kind(of: object))
        let (namespace, name) = place(of: object)
        var notes = RequestNotes()
        let (outcome, _) = try server.apply(
            object,
            resource,
            namespace: namespace,
            name: name,
            subresource: subresource,
            options(force: force),
            &notes
        )
        return value(outcome, resource)
    }

    /// How a deletion treats what the object owns.
    package enum Propagation: Sendable { case background, foreground, orphan }

    /// Deletes the object, or marks it when finalizers hold it. One that is gone already is no failure.
    package func delete(
        _ gvk: GroupVersionKind,
        namespace: String = "",
        name: String,
        uid: String? = nil,
        propagation: Propagation? = nil
    ) throws(APIFailure) {
        let resource = try resource(gvk)
        var options = DeleteOptions()
        options.uid = uid
        switch propagation {
        case .background: options.propagation = .background
        case .foreground: options.propagation = .foreground
        case .orphan: options.propagation = .orphan
        case nil: break
        }
        do { _ = try server.delete(resource, namespace: namespace, name: name, options) } catch {
            if error.kind != .notFound { throw error }
        }
    }

    /// Every change after a revision; without one, first what is there. Ends when the task is cancelled or the watch falls
    /// behind: begin again with a list then.
    package func watch(
        _ gvk: GroupVersionKind,
        namespace: String? = nil,
        after resourceVersion: String = "",
        labels: String = ""
    ) throws(APIFailure) -> WatchFeed {
        var options = ListOptions()
        options.isWatch = true
        options.labels = labels
        options.resourceVersion = resourceVersion
        options.timeout = .seconds(86_400)
        return try server.watch(resource(gvk), namespace: namespace, options)
    }
}
