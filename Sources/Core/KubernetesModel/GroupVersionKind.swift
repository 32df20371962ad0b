/// An API group and a kind, whatever the version: what an object is.
package struct GroupKind: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The API group, empty for the core group.
    package var group: String
    package var kind: String

    package init(group: String, kind: String) {
        self.group = group
        self.kind = kind
    }

    /// `Kind.group`, or just the kind in the core group, as kubectl writes it.
    package var description: String { group.isEmpty ? kind : "\(kind).\(group)" }

    package static func < (left: GroupKind, right: GroupKind) -> Bool {
        (left.group, left.kind) < (right.group, right.kind)
    }
}

/// An API group, version and kind: what an object is and in which form it is written.
package struct GroupVersionKind: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The API group, empty for the core group.
    package var group: String
    package var version: String
    package var kind: String

    package init(group: String, version: String, kind: String) {
        self.group = group
        self.version = version
        self.kind = kind
    }

    /// From an object's `apiVersion` (`v1`, `apps/v1`) and `kind`.
    package init(apiVersion: String, kind: String) {
        if let slash = apiVersion.firstIndex(of: "/") {
            group = String(apiVersion[..<slash])
            version = String(apiVersion[apiVersion.index(after: slash)...])
        } else {
            group = ""
            version = apiVersion
        }
        self.kind = kind
    }

    /// What stands in an object's `apiVersion` field.
    package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
    package var groupKind: GroupKind { GroupKind(group: group, kind: kind) }
    package var description: String { "\(apiVersion), Kind=\(kind)" }

    package static func < (left: GroupVersionKind, right: GroupVersionKind) -> Bool {
        (left.group, left.kind, left.version) < (right.group, right.kind, right.version)
    }
}

/// An API group and a resource (the lower-case plural in URLs).
package struct GroupResource: Hashable, Sendable, CustomStringConvertible {
    package var group: String
    package var resource: String

    package init(group: String, resource: String) {
        self.group = group
        self.resource = resource
    }

    /// `resource.group`, or just the resource in the core group.
    package var description: String { group.isEmpty ? resource : "\(resource).\(group)" }
}

/// Which object: kind, namespace and name. The version does not matter: one object can be read in several.
package struct ObjectKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    package var groupKind: GroupKind
    /// Empty for objects without a namespace.
    package var namespace: String
    package var name: String

    package init(groupKind: GroupKind, namespace: String, name: String) {
        self.groupKind = groupKind
        self.namespace = namespace
        self.name = name
    }

    package var kind: String { groupKind.kind }
    package var group: String { groupKind.group }

    /// `Kind.group namespace/name`, for people.
    package var description: String {
        namespace.isEmpty ? "\(groupKind) \(name)" : "\(groupKind) \(namespace)/\(name)"
    }

    package static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        if left.groupKind != right.groupKind { return left.groupKind < right.groupKind }
        return (left.namespace, left.name) < (right.namespace, right.name)
    }
}
