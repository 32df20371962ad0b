/// What a path addresses.
enum RequestTarget: Hashable {
    /// Discovery, health and the like: not an object.
    case other([String])
    case resource(ResourceTarget)
}

/// A resource path: `/api/v1/namespaces/a/pods/b/status` or `/apis/GROUP/VERSION/…`.
struct ResourceTarget: Hashable {
    var group: String
    var version: String
    var plural: String
    /// nil means no namespace was given.
    var namespace: String?
    var name: String?
    var subresource: String?
    /// The old `/watch/` form.
    var isWatchPath = false

    /// nil when the path is not below a resource.
    init?(_ path: [String]) {
        var rest = path[...]
        switch rest.popFirst() {
        case "api":
            group = ""
        case "apis":
            guard let group = rest.popFirst() else { return nil }
            self.group = group
        default: return nil
        }
        guard let version = rest.popFirst() else { return nil }
        self.version = version
        if rest.first == "watch" {
            isWatchPath = true
            rest.removeFirst()
        }
        guard let first = rest.popFirst() else { return nil }
        // `/namespaces/a/pods` names a namespace; `/namespaces/a` and its subresources are the namespace itself.
        if first == "namespaces", rest.count >= 2,
            !(group.isEmpty && ["status", "finalize"].contains(rest[rest.startIndex + 1]) && rest.count == 2)
        {
            namespace = rest.removeFirst()
            plural = rest.removeFirst()
        } else {
            plural = first
        }
        name = rest.popFirst()
        subresource = rest.popFirst()
        if !rest.isEmpty { subresource = ([subresource ?? ""] + rest).joined(separator: "/") }
    }
}
