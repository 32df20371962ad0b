import HTTPServer
import KubernetesModel
import StructuredValue

extension APIServer {
    /// Answers paths that are no resources: what the server offers, and how it is.
    func discover(_ request: APIRequest) throws(APIFailure) -> APIResponse {
        let catalog = catalog
        let path = request.path
        // What a real server answers by a plain handler does not look at the method.
        let isOpen = path.first == "apis" && (path.count == 1 || catalog.group(path[1])?.isCustom ?? true)
        if request.method != "GET", !isOpen, ["api", "apis", "version"].contains(path.first ?? "") {
            throw .methodNotAllowed
        }
        switch path.first {
        case "healthz", "livez", "readyz": return try health(request)
        case "version": return .json(version)
        case nil: return .json(["paths": .array(rootPaths(catalog).map { .string($0) })])
        case "openapi": return try openAPI(path, request)
        case "api":
            if path.count == 1 {
                if let answer = try aggregated(request, catalog, isCore: true) { return answer }
                return .json(["kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []])
            }
            guard path.count == 2, path[1] == "v1" else { throw .unknownResource }
            return .json(resourceList(catalog, group: "", version: "v1"))
        case "apis":
            if path.count == 1 {
                if let answer = try aggregated(request, catalog, isCore: false) { return answer }
                return .json(groupList(catalog))
            }
            guard let group = catalog.group(path[1]), !group.name.isEmpty else { throw .unknownPath }
            if path.count == 2 { return .json(groupValue(group, isAlone: true)) }
            guard path.count == 3, group.versions.contains(where: { $0.name == path[2] }) else {
                throw group.isCustom ? .unknownPath : .unknownResource
            }
            return .json(resourceList(catalog, group: group.name, version: path[2]))
        default: throw .unknownPath
        }
    }

    /// What is looked at, by the question that is asked.
    private static let checks = [
        "healthz": ["ping", "log", "etcd"], "livez": ["ping", "log", "etcd"],
        "readyz": ["ping", "log", "informer-sync", "shutdown"],
    ]

    /// How the server is: in one word, or check by check.
    private func health(_ request: APIRequest) throws(APIFailure) -> APIResponse {
        let name = request.path.first ?? ""
        let checks = Self.checks[name] ?? []
        if request.path.count > 1 {
            guard request.path.count == 2, checks.contains(request.path[1]) else { throw .unknownPath }
            return .text("ok")
        }
        guard request.query["verbose"] != nil else { return .text("ok") }
        let excluded = Set(request.query.all("exclude"))
        let lines = checks.map { "[+]\($0) \(excluded.contains($0) ? "excluded: ok" : "ok")\n" }
        return .text(lines.joined() + "\(name) check passed\n")
    }

    private var version: Value {
        let parts = settings.gitVersion.drop { $0 == "v" }.split(separator: ".")
        return [
            "major": .string(String(parts.first ?? "1")), "minor": .string(parts.count > 1 ? String(parts[1]) : "0"),
            "gitVersion": .string(settings.gitVersion), "gitCommit": "martlet", "gitTreeState": "clean",
            "buildDate": "2026-01-01T00:00:00Z", "goVersion": "go1.24.0", "compiler": "swift",
            "platform": "linux/amd64",
        ]
    }

    private func rootPaths(_ catalog: ResourceCatalog) -> [String] {
        var paths = ["/api", "/api/v1", "/apis", "/apis/"]
        for group in catalog.groups where !group.name.isEmpty {
            paths.append("/apis/\(group.name)")
            paths += group.versions.map { "/apis/\(group.name)/\($0.name)" }
        }
        return (paths + ["/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/openapi/v3/", "/readyz", "/version"])
            .sorted()
    }

    private func groupList(_ catalog: ResourceCatalog) -> Value {
        [
            "kind": "APIGroupList", "apiVersion": "v1",
            "groups": .array(catalog.groups.filter { !$0.name.isEmpty }.map { groupValue($0, isAlone: false) }),
        ]
    }

    private func groupValue(_ group: ResourceCatalog.Group, isAlone: Bool) -> Value {
        let versions = group.versions.map { version -> Value in
            ["groupVersion": .string("\(group.name)/\(version.name)"), "version": .string(version.name)]
        }
        var object = Object()
        if isAlone {
            object.append("kind", "APIGroup")
            object.append("apiVersion", "v1")
        }
        object.append("name", .string(group.name))
        object.append("versions", .array(versions))
        object.append("preferredVersion", versions.first ?? .null)
        return .object(object)
    }

    private func resourceList(_ catalog: ResourceCatalog, group: String, version: String) -> Value {
        let resources = catalog.group(group)?.versions.first { $0.name == version }?.resources ?? []
        let isCustom = catalog.group(group)?.isCustom ?? false
        var object: Object = ["kind": "APIResourceList"]
        if !group.isEmpty { object.append("apiVersion", "v1") }
        object.append("groupVersion", .string(group.isEmpty ? version : "\(group)/\(version)"))
        var entries: [Value] = []
        for resource in isCustom ? resources : resources.sorted(by: { $0.plural < $1.plural }) {
            entries.append(entry(resource))
            for (name, kind, verbs) in subresources(resource) {
                var sub: Object = [
                    "name": .string("\(resource.plural)/\(name)"), "singularName": "",
                    "namespaced": .bool(resource.isNamespaced),
                ]
                if kind.kind == "Scale" {
                    sub.append("group", .string(kind.group))
                    sub.append("version", .string(kind.version))
                }
                sub.append("kind", .string(kind.kind))
                sub.append("verbs", .array(verbs.map { .string($0) }))
                entries.append(.object(sub))
            }
        }
        object.append("resources", .array(entries))
        return .object(object)
    }

    private func entry(_ resource: ServedResource) -> Value {
        var object: Object = [
            "name": .string(resource.plural), "singularName": .string(resource.singular),
            "namespaced": .bool(resource.isNamespaced), "kind": .string(resource.kind),
            "verbs": .array(resource.verbs.map { .string($0) }),
        ]
        if !resource.shortNames.isEmpty { object.append("shortNames", .array(resource.shortNames.map { .string($0) })) }
        if !resource.categories.isEmpty { object.append("categories", .array(resource.categories.map { .string($0) })) }
        return .object(object)
    }

    func subresources(_ resource: ServedResource) -> [(name: String, kind: GroupVersionKind, verbs: [String])] {
        var result: [(name: String, kind: GroupVersionKind, verbs: [String])] = []
        if resource.hasFinalize { result.append(("finalize", resource.gvk, ["update"])) }
        if !resource.isCustom, resource.scale != nil { result.append(scaleEntry) }
        if resource.hasStatus { result.append(("status", resource.gvk, ["get", "patch", "update"])) }
        if resource.isCustom, resource.scale != nil { result.append(scaleEntry) }
        return result
    }

    private var scaleEntry: (name: String, kind: GroupVersionKind, verbs: [String]) {
        ("scale", GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale"), ["get", "patch", "update"])
    }

    /// Everything in one answer, for clients that ask for it so.
    private func aggregated(_ request: APIRequest, _ catalog: ResourceCatalog, isCore: Bool) throws(APIFailure)
        -> APIResponse?
    {
        let presentation = try Presentation(accept: request.headers["accept"])
        guard presentation.form == .discovery else { return nil }
        let groups = catalog.groups.filter { $0.name.isEmpty == isCore }
        let value: Value = [
            "kind": "APIGroupDiscoveryList", "apiVersion": .string("apidiscovery.k8s.io/\(presentation.version)"),
            "metadata": [:],
            "items": .array(
                groups.map { group in
                    [
                        "metadata": group.name.isEmpty ? [:] : ["name": .string(group.name)],
                        "versions": .array(
                            group.versions.map { version in
                                [
                                    "version": .string(version.name),
                                    "resources": .array(version.resources.map { aggregatedEntry($0) }),
                                    "freshness": "Current",
                                ]
                            }
                        ),
                    ]
                }
            ),
        ]
        var response = APIResponse.json(value)
        response.contentType =
            "application/json;g=apidiscovery.k8s.io;v=\(presentation.version);as=APIGroupDiscoveryList"
        return response
    }

    private func aggregatedEntry(_ resource: ServedResource) -> Value {
        func kind(_ gvk: GroupVersionKind) -> Value {
            ["group": .string(gvk.group), "version": .string(gvk.version), "kind": .string(gvk.kind)]
        }
        // Built-in resources name their own kind alone.
        func own(_ gvk: GroupVersionKind) -> GroupVersionKind {
            resource.isCustom || gvk != resource.gvk ? gvk : GroupVersionKind(group: "", version: "", kind: gvk.kind)
        }
        var object: Object = [
            "resource": .string(resource.plural), "responseKind": kind(own(resource.gvk)),
            "scope": resource.isNamespaced ? "Namespaced" : "Cluster", "singularResource": .string(resource.singular),
            "verbs": .array(resource.verbs.map { .string($0) }),
        ]
        if !resource.shortNames.isEmpty { object.append("shortNames", .array(resource.shortNames.map { .string($0) })) }
        if !resource.categories.isEmpty { object.append("categories", .array(resource.categories.map { .string($0) })) }
        let parts = subresources(resource)
        if !parts.isEmpty {
            object.append(
                "subresources",
                .array(
                    parts.map { part in
                        [
                            "subresource": .string(part.name), "responseKind": kind(own(part.kind)),
                            "verbs": .array(part.verbs.map { .string($0) }),
                        ]
                    }
                )
            )
        }
        return .object(object)
    }
}
