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
        for object in found.objects {
            if options.limit > 0, result.objects.count == options.limit, let last = result.objects.last?.key {
                // Something follows, whether it is wanted or not: the page ends here.
                result.continuation =
                    ContinueToken(revision: found.revision, namespace: last.namespace, name: last.name).text
                break
            }
            if selection.matches(object, resource) { result.objects.append(object) }
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
        func problem(_ why: String) -> APIFailure {
            .badRequest("invalid continue token: continue key is not valid: \(why)")
        }
        // URL-safe letters, without padding.
        var standard = text.replacing("-", with: "+").replacing("_", with: "/")
        while standard.utf8.count % 4 != 0 { standard += "=" }
        guard let bytes = Base64.decode(standard) else {
            let isLetter = { (byte: UInt8) in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == 0x2D || byte == 0x5F
            }
            let valid = text.utf8.prefix(while: isLetter).count
            throw problem("illegal base64 data at input byte \(min(valid, text.utf8.count - 1))")
        }
        guard let value = try? JSON.parse(bytes) /* what is no JSON has no version */, let object = value.object else {
            throw problem("unexpected end of JSON input")
        }
        let version = object["v"]?.string ?? ""
        guard version == "meta.k8s.io/v1" else {
            throw problem("server does not recognize this encoded version \(version)")
        }
        guard let revision = object["rv"]?.int, revision != 0 else {
            throw problem("incorrect encoded start resourceVersion (version meta.k8s.io/v1)")
        }
        guard let start = object["start"]?.string, !start.isEmpty else {
            throw problem("encoded start key empty (version meta.k8s.io/v1)")
        }
        let parts = start.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        self.init(
            revision: revision,
            namespace: parts.count == 2 ? String(parts[0]) : "",
            name: String(parts[parts.count - 1])
        )
    }

    var text: String {
        let value: Value = ["v": "meta.k8s.io/v1", "rv": .int(revision), "start": .string("\(namespace)/\(name)")]
        return Base64.encode(JSON.bytes(value)).replacing("+", with: "-").replacing("/", with: "_").replacing(
            "=",
            with: ""
        )
    }
}
