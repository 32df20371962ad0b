import GoTemplate
package import StructuredValue

/// One question that a template asked with `lookup`. Without a name it is for a list.
package struct LookupRead: Sendable, Hashable {
    package var apiVersion: String
    package var kind: String
    package var namespace: String
    package var name: String
}

/// The objects that `lookup` finds: those given, never a cluster's. Remembers what was asked.
///
/// Belongs to one render.
package final class LookupSource {
    private let objects: [Value]
    /// Everything that templates asked for, found or not.
    package private(set) var reads: Set<LookupRead> = []

    package init(_ objects: [Value]) { self.objects = objects }

    /// `lookup APIVERSION KIND NAMESPACE NAME`: one object, or without a name a list; an empty map when there is none.
    static let function = GoFunction("lookup", [.string, .string, .string, .string]) { arguments, execution in
        guard let host = execution.host as? RenderHost else { return .map(GoMap()) }
        return host.lookup.find(
            apiVersion: arguments.string(0),
            kind: arguments.string(1),
            namespace: arguments.string(2),
            name: arguments.string(3)
        )
    }

    private func find(apiVersion: String, kind: String, namespace: String, name: String) -> GoValue {
        reads.insert(LookupRead(apiVersion: apiVersion, kind: kind, namespace: namespace, name: name))
        if objects.isEmpty { return .map(GoMap()) }
        let found = objects.filter { object in
            guard object["apiVersion"]?.string == apiVersion, object["kind"]?.string == kind else { return false }
            let metadata = object["metadata"]
            if !namespace.isEmpty, (metadata?["namespace"]?.string ?? "") != namespace { return false }
            return name.isEmpty || metadata?["name"]?.string == name
        }
        if !name.isEmpty { return found.first.map { GoValue($0, numbers: .int64) } ?? .map(GoMap()) }
        return .map(
            GoMap([
                ("apiVersion", .string(apiVersion)), ("kind", .string(kind + "List")),
                ("metadata", .map(GoMap([("resourceVersion", .string(""))]))),
                ("items", .list(found.map { GoValue($0, numbers: .int64) })),
            ])
        )
    }
}
