import APIStore
import KubernetesModel
import StructuredValue

/// Objects that a list found.
struct ObjectList {
    var revision: Int
    var objects: [StoredObject]
    /// Where the next page begins; empty when there is none.
    var continuation = ""
}

extension APIServer {
    func get(_ resource: ServedResource, namespace: String, name: String) throws(APIFailure) -> StoredObject {
        guard let object = store.object(StoreKey(resource: resource.storeResource, namespace: namespace, name: name))
        else {
            throw .notFound(resource.groupResource, name)
        }
        return object
    }

    func list(_ resource: ServedResource, namespace: String?, _ options: ListOptions) throws(APIFailure) -> ObjectList {
        let selection = try Selection(options, resource)
        var options = options
        // Whatever is at hand is answered whole.
        if options.resourceVersion == "0", options.match != .exact { options.limit = 0 }
        var scope = StoreScope(resource: resource.storeResource, namespace: namespace)
        scope.name = selection.name
        if scope.namespace == nil { scope.namespace = selection.namespace }
        var query = StoreQuery(scope)
        if !options.continuation.isEmpty {
            guard options.resourceVersion.isEmpty || options.resourceVersion == "0" else {
                throw .badRequest("specifying resource version is not allowed when using continue")
            }
            let token = try ContinueToken(options.continuation)
            query.revision = token.revision
            query.after = StoreKey(resource: resource.storeResource, namespace: token.namespace, name: token.name)
        } else if options.match == .exact || (options.limit > 0 && options.match == nil),
            let revision = try revisionOfList(options.resourceVersion)
        {
            query.revision = revision
        } else {
            _ = try revisionOfList(options.resourceVersion)
        }
        let found: StoreList
        do { found = try store.list(query) } catch {
            switch error.kind {
            case .compacted where !options.continuation.isEmpty:
                throw .expired(
                    "The provided continue parameter is too old to display a consistent list result. You can start a new list "
                        + "without the continue parameter."
                )
            case .compacted(let mark):
                throw .expired("too old resource version: \(query.revision ?? 0) (\(mark))")
            case .future(let revision): throw .tooLargeRevision(revision, current: store.revision)
            default: throw APIFailure(error, resource, name: "")
            }
        }
        var result = ObjectList(revision: found.revision, objects: [])
        if selection.isEmpty, options.limit == 0 {
            result.objects = found.objects
            return result
        }
        for (index, object) in found.objects.enumerated() where selection.matches(object, resource) {
            if options.limit > 0, result.objects.count == options.limit {
                // Something follows: the page ends here.
                let last = found.objects[index - 1].key
                result.continuation =
                    ContinueToken(
                        revision: found.revision,
                        namespace: result.objects.last?.key.namespace ?? last.namespace,
                        name: result.objects.last?.key.name ?? last.name
                    ).text
                break
            }
            result.objects.append(object)
        }
        return result
    }

    /// A revision asked for by a list; nil for the present.
    private func revisionOfList(_ text: String) throws(APIFailure) -> Int? {
        guard !text.isEmpty, text != "0" else { return nil }
        guard let number = Int(text), number >= 0 else {
            throw .badRequest("invalid resource version: \(APIFailure.unreadableRevision(text))")
        }
        if number > store.revision { throw .tooLargeRevision(number, current: store.revision) }
        return number
    }

    /// Waits for a revision that is not there yet, but not for long.
    func awaitRevision(_ text: String) async {
        guard let wanted = Int(text), wanted > store.revision else { return }
        var rest = settings.revisionPatience
        let step = Duration.milliseconds(50)
        while wanted > store.revision, rest > .zero {
            // A cancelled wait ends like one that took too long.
            guard (try? await clock.sleep(step)) != nil else { return }
            rest -= step
        }
    }
}

/// Where a list goes on.
struct ContinueToken {
    var revision: Int
    var namespace: String
    var name: String

    init(revision: Int, namespace: String, name: String) {
        self.revision = revision
        self.namespace = namespace
        self.name = name
    }

    init(_ text: String) throws(APIFailure) {
        let problem = APIFailure.badRequest("invalid continue token: continue key is not valid: \(text)")
        // URL-safe letters, without padding.
        var standard = text.replacing("-", with: "+").replacing("_", with: "/")
        while standard.utf8.count % 4 != 0 { standard += "=" }
        guard let bytes = Base64.decode(standard), let value = try? JSON.parse(bytes), let revision = value["rv"]?.int,
            value["v"]?.string == "meta.k8s.io/v1", let start = value["start"]?.string
        else { throw problem }
        let parts = start.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw problem }
        self.init(revision: revision, namespace: String(parts[0]), name: String(parts[1]))
    }

    var text: String {
        let value: Value = ["v": "meta.k8s.io/v1", "rv": .int(revision), "start": .string("\(namespace)/\(name)")]
        return Base64.encode(JSON.bytes(value)).replacing("+", with: "-").replacing("/", with: "_").replacing(
            "=",
            with: ""
        )
    }
}
