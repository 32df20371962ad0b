import GoTemplate
import StructuredValue

/// The objects that `lookup` finds: those given, never a cluster's.
final class LookupSource {
    private let objects: [Value]

    init(_ objects: [Value]) { self.objects = objects }

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
