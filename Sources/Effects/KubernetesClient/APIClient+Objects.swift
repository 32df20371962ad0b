package import KubernetesModel
package import StructuredValue

/// Objects of one kind at one resource version.
package struct ObjectList: Sendable {
    package var resourceVersion: String
    package var items: [Manifest]
}

/// What must hold for a deletion to happen.
package struct DeletePreconditions: Sendable, Hashable {
    package var uid: String?
    package var resourceVersion: String?

    package init(uid: String? = nil, resourceVersion: String? = nil) {
        self.uid = uid
        self.resourceVersion = resourceVersion
    }
}

/// How a patch is written.
package enum PatchFormat: String, Sendable {
    case json = "application/json-patch+json"
    case merge = "application/merge-patch+json"
    case strategicMerge = "application/strategic-merge-patch+json"
}

extension APIClient {
    /// How the server serves this kind. Throws `notFound` when it does not.
    package func resource(for kind: GroupVersionKind) async throws(KubernetesFailure) -> APIResource {
        if let known = await discovery.resource(for: kind) { return known }
        try await refreshDiscovery(of: kind.apiVersion)
        if let known = await discovery.resource(for: kind) { return known }
        throw KubernetesFailure(
            .notFound,
            operation: "find \(kind.kind)",
            message:
                "the server has no kind “\(kind.kind)” in \(kind.apiVersion); is its CustomResourceDefinition installed?",
            status: 404
        )
    }

    /// One object; nil when there is none.
    package func get(
        _ kind: GroupVersionKind,
        namespace: String,
        name: String
    ) async throws(KubernetesFailure) -> Manifest? {
        let resource = try await resource(for: kind)
        let call = Call(
            method: "GET",
            path: resource.path(namespace: namespace, name: name),
            operation: "get \(kind.kind) \(objectName(namespace, name))"
        )
        do {
            return Manifest(try await send(call))
        } catch {
            if error.kind == .notFound { return nil }
            throw error
        }
    }

    /// All objects of a kind, read in chunks. A chunk that expired in between starts the list again, once.
    package func list(
        _ resource: APIResource,
        namespace: String = "",
        labelSelector: LabelSelector? = nil,
        fieldSelector: String? = nil,
        chunk: Int = 500
    ) async throws(KubernetesFailure) -> ObjectList {
        let apiVersion = Value.string(resource.groupVersionKind.apiVersion)
        let kind = Value.string(resource.groupVersionKind.kind)
        var items: [Manifest] = []
        var continuation = ""
        var restarted = false
        while true {
            var call = Call(
                method: "GET",
                path: resource.path(namespace: namespace),
                query: [("limit", String(chunk))],
                operation: "list \(resource.name)"
            )
            if !continuation.isEmpty { call.query.append(("continue", continuation)) }
            if let labelSelector, !labelSelector.isEmpty { call.query.append(("labelSelector", labelSelector.text)) }
            if let fieldSelector { call.query.append(("fieldSelector", fieldSelector)) }
            let answer: Value
            do {
                answer = try await send(call)
            } catch {
                guard error.kind == .gone, !restarted else { throw error }
                restarted = true
                items = []
                continuation = ""
                continue
            }
            for item in answer["items"]?.array ?? [] {
                var item = item
                // Lists leave out what all their items share.
                if item["apiVersion"] == nil { item["apiVersion"] = apiVersion }
                if item["kind"] == nil { item["kind"] = kind }
                items.append(Manifest(item))
            }
            continuation = answer["metadata"]?["continue"]?.string ?? ""
            if continuation.isEmpty {
                return ObjectList(
                    resourceVersion: answer["metadata"]?["resourceVersion"]?.string ?? "",
                    items: items
                )
            }
        }
    }

    /// Creates an object and answers it as the server stored it.
    @discardableResult
    package func create(
        _ manifest: Manifest,
        fieldManager: String,
        dryRun: Bool = false
    ) async throws(KubernetesFailure) -> Manifest {
        let resource = try await resource(for: manifest.groupVersionKind)
        var call = Call(
            method: "POST",
            path: resource.path(namespace: manifest.namespace),
            query: [("fieldManager", fieldManager)],
            operation: "create \(describe(manifest))"
        )
        if dryRun { call.query.append(("dryRun", "All")) }
        call.body = JSON.bytes(manifest.value)
        return Manifest(try await send(call))
    }

    /// Replaces an object, or one of its subresources; its `resourceVersion` guards against lost updates.
    @discardableResult
    package func update(
        _ manifest: Manifest,
        subresource: String? = nil,
        fieldManager: String
    ) async throws(KubernetesFailure) -> Manifest {
        let resource = try await resource(for: manifest.groupVersionKind)
        var call = Call(
            method: "PUT",
            path: resource.path(namespace: manifest.namespace, name: manifest.name, subresource: subresource),
            query: [("fieldManager", fieldManager)],
            operation: "update \(describe(manifest))"
        )
        call.body = JSON.bytes(manifest.value)
        return Manifest(try await send(call))
    }

    /// Patches an object, or one of its subresources.
    @discardableResult
    package func patch(
        _ kind: GroupVersionKind,
        namespace: String,
        name: String,
        with patch: Value,
        as format: PatchFormat,
        subresource: String? = nil,
        fieldManager: String
    ) async throws(KubernetesFailure) -> Manifest {
        let resource = try await resource(for: kind)
        let call = Call(
            method: "PATCH",
            path: resource.path(namespace: namespace, name: name, subresource: subresource),
            query: [("fieldManager", fieldManager)],
            body: JSON.bytes(patch),
            contentType: format.rawValue,
            operation: "patch \(kind.kind) \(objectName(namespace, name))"
        )
        return Manifest(try await send(call))
    }

    /// Server-side apply. Without `force` a conflict with other field managers is a failure that names them.
    @discardableResult
    package func apply(
        _ manifest: Manifest,
        subresource: String? = nil,
        fieldManager: String,
        force: Bool,
        dryRun: Bool = false
    ) async throws(KubernetesFailure) -> Manifest {
        let resource = try await resource(for: manifest.groupVersionKind)
        var call = Call(
            method: "PATCH",
            path: resource.path(namespace: manifest.namespace, name: manifest.name, subresource: subresource),
            query: [("fieldManager", fieldManager), ("force", force ? "true" : "false")],
            body: JSON.bytes(manifest.value),
            contentType: "application/apply-patch+yaml",
            operation: "apply \(describe(manifest))"
        )
        if dryRun { call.query.append(("dryRun", "All")) }
        return Manifest(try await send(call))
    }

    /// Deletes an object. True when it is gone at once, false when finalizers keep it for a while or it was gone before.
    @discardableResult
    package func delete(
        _ kind: GroupVersionKind,
        namespace: String,
        name: String,
        preconditions: DeletePreconditions = .init(),
        propagation: String = "Background"
    ) async throws(KubernetesFailure) -> Bool {
        let resource = try await resource(for: kind)
        var options: Object = [
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": .string(propagation),
        ]
        var conditions = Object()
        if let uid = preconditions.uid { conditions["uid"] = .string(uid) }
        if let version = preconditions.resourceVersion { conditions["resourceVersion"] = .string(version) }
        if !conditions.isEmpty { options["preconditions"] = .object(conditions) }
        let call = Call(
            method: "DELETE",
            path: resource.path(namespace: namespace, name: name),
            body: JSON.bytes(.object(options)),
            operation: "delete \(kind.kind) \(objectName(namespace, name))"
        )
        do {
            let answer = try await send(call)
            return answer["kind"]?.string == "Status"
        } catch {
            if error.kind == .notFound { return false }
            throw error
        }
    }

    /// What the server answers to a GET of this path, e.g. `/version` or `/livez`.
    package func raw(_ path: String) async throws(KubernetesFailure) -> Value {
        try await send(Call(method: "GET", path: path, operation: "get \(path)"))
    }

    private func describe(_ manifest: Manifest) -> String {
        "\(manifest.kind) \(objectName(manifest.namespace, manifest.name))"
    }

    private func objectName(_ namespace: String, _ name: String) -> String {
        namespace.isEmpty ? name : "\(namespace)/\(name)"
    }
}
