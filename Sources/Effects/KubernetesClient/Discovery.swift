package import KubernetesModel
internal import StructuredValue

/// The kinds a server serves, as far as they were asked for. Filled by `APIClient.refreshDiscovery`.
package actor Discovery {
    private var resources: [GroupVersionKind: APIResource] = [:]
    private var preferred: [GroupKind: String] = [:]
    private var isComplete = false

    init() {}

    func resource(for kind: GroupVersionKind) -> APIResource? { resources[kind] }

    /// The resource of a kind in the version the server prefers; nil when it is not known.
    package func preferredResource(for kind: GroupKind) -> APIResource? {
        guard let version = preferred[kind] else { return nil }
        return resources[GroupVersionKind(group: kind.group, version: version, kind: kind.kind)]
    }

    /// Every known kind with whether it lives in namespaces.
    package var scopes: [GroupKind: Bool] {
        var result: [GroupKind: Bool] = [:]
        for (kind, resource) in resources { result[kind.groupKind] = resource.isNamespaced }
        return result
    }

    /// Whether the whole API was discovered at least once.
    package var hasDiscoveredAll: Bool { isComplete }

    /// Takes the aggregated discovery document (`APIGroupDiscoveryList`), replacing what was known of its groups.
    func take(aggregated document: Value) {
        for group in document["items"]?.array ?? [] {
            let name = group["metadata"]?["name"]?.string ?? ""
            resources = resources.filter { $0.key.group != name }
            preferred = preferred.filter { $0.key.group != name }
            for version in group["versions"]?.array ?? [] {
                guard let versionName = version["version"]?.string else { continue }
                for entry in version["resources"]?.array ?? [] {
                    guard let resource = entry["resource"]?.string, let response = entry["responseKind"],
                        let kind = response["kind"]?.string
                    else { continue }
                    add(
                        APIResource(
                            groupVersionKind: GroupVersionKind(group: name, version: versionName, kind: kind),
                            name: resource,
                            isNamespaced: entry["scope"]?.string == "Namespaced",
                            verbs: Set((entry["verbs"]?.array ?? []).compactMap(\.string)),
                            subresources: Set(
                                (entry["subresources"]?.array ?? []).compactMap { $0["subresource"]?.string }
                            )
                        )
                    )
                }
            }
        }
    }

    func markComplete() { isComplete = true }

    /// Forgets the group version that a request's path belongs to; the next question asks the server again.
    func forget(path: String) {
        let parts = path.split(separator: "/")
        switch parts.first {
        case "api" where parts.count > 2:
            resources = resources.filter { !$0.key.group.isEmpty || $0.key.version != parts[1] }
        case "apis" where parts.count > 3:
            resources = resources.filter { $0.key.group != parts[1] || $0.key.version != parts[2] }
        default: return
        }
    }

    /// Takes one group version's `APIResourceList`.
    func take(list document: Value, apiVersion: String) {
        var found: [String: APIResource] = [:]
        var subresources: [String: Set<String>] = [:]
        for entry in document["resources"]?.array ?? [] {
            guard let name = entry["name"]?.string, let kind = entry["kind"]?.string else { continue }
            let parts = name.split(separator: "/", maxSplits: 1)
            if parts.count == 2 {
                subresources[String(parts[0]), default: []].insert(String(parts[1]))
                continue
            }
            found[name] = APIResource(
                groupVersionKind: GroupVersionKind(apiVersion: apiVersion, kind: kind),
                name: name,
                isNamespaced: entry["namespaced"]?.bool ?? true,
                verbs: Set((entry["verbs"]?.array ?? []).compactMap(\.string))
            )
        }
        let wanted = GroupVersionKind(apiVersion: apiVersion, kind: "")
        resources = resources.filter { $0.key.group != wanted.group || $0.key.version != wanted.version }
        for (name, resource) in found {
            var resource = resource
            resource.subresources = subresources[name] ?? []
            add(resource)
        }
    }

    /// Servers name the preferred version first.
    private func add(_ resource: APIResource) {
        resources[resource.groupVersionKind] = resource
        if preferred[resource.groupVersionKind.groupKind] == nil {
            preferred[resource.groupVersionKind.groupKind] = resource.groupVersionKind.version
        }
    }
}

extension APIClient {
    /// Asks the server for everything it serves: two requests where it knows aggregated discovery, else one per group.
    package func discoverAll() async throws(KubernetesFailure) {
        let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
        for root in ["/api", "/apis"] {
            let answer = try await send(Call(method: "GET", path: root, accept: accept, operation: "discover \(root)"))
            if answer["kind"]?.string == "APIGroupDiscoveryList" {
                await discovery.take(aggregated: answer)
            } else if root == "/api" {
                for version in answer["versions"]?.array ?? [] {
                    if let version = version.string { try await refreshDiscovery(of: version) }
                }
            } else {
                for group in answer["groups"]?.array ?? [] {
                    let first = group["preferredVersion"]?["groupVersion"]?.string
                    let all = (group["versions"]?.array ?? []).compactMap { $0["groupVersion"]?.string }
                    for version in [first].compactMap({ $0 }) + all.filter({ $0 != first }) {
                        try await refreshDiscovery(of: version)
                    }
                }
            }
        }
        await discovery.markComplete()
    }

    /// Asks for one group version again: kinds come and go with CustomResourceDefinitions.
    package func refreshDiscovery(of apiVersion: String) async throws(KubernetesFailure) {
        let path = apiVersion.contains("/") ? "/apis/\(apiVersion)" : "/api/\(apiVersion)"
        do {
            let answer = try await send(Call(method: "GET", path: path, operation: "discover \(apiVersion)"))
            await discovery.take(list: answer, apiVersion: apiVersion)
        } catch {
            if error.kind != .notFound { throw error }
        }
    }
}
