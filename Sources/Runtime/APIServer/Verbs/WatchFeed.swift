import APIStore
import KubernetesModel
package import StructuredValue

/// A watch as a client sees it: events in its version and selection, one after the other.
package struct WatchFeed: Sendable {
    package enum Kind: String, Sendable {
        case added = "ADDED", modified = "MODIFIED", deleted = "DELETED", bookmark = "BOOKMARK", error = "ERROR"
    }

    package struct Event: Sendable {
        package var kind: Kind
        package var object: Value
    }

    /// An event before it is written: mostly a stored object as it stands.
    struct Entry {
        var kind: Kind
        var stored: StoredObject?
        var object: Value?
    }

    let resource: ServedResource
    let selection: Selection
    /// Events up to this revision are not told.
    let floor: Int
    /// What is there at the beginning.
    let initial: [StoredObject]
    let revision: Int
    let sendsEndMark: Bool
    let allowsBookmarks: Bool
    let watch: StoreWatch?
    /// An answer that ends the watch at once.
    let failure: APIFailure?
    let timeout: Duration
    let clock: ServerClock
    let store: any ObjectStore

    /// Hands every event to `body` until the time is over, the watch falls behind or the task is cancelled.
    func forEach(_ body: (Entry) async throws -> Void) async throws {
        if let failure {
            try await body(Entry(kind: .error, object: failure.status))
            return
        }
        for object in initial { try await body(Entry(kind: .added, stored: object)) }
        if sendsEndMark { try await body(Entry(kind: .bookmark, object: bookmark(revision, isEnd: true))) }
        guard let watch else { return }
        defer { watch.stop() }
        let clock = clock
        let timeout = timeout
        let allowsBookmarks = allowsBookmarks
        let store = store
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // Marks progress once a minute and ends the watch when its time is over.
                var rest = timeout
                while rest > .zero {
                    let step = min(rest, .seconds(60))
                    try await clock.sleep(step)
                    rest -= step
                    if allowsBookmarks, rest > .zero { watch.tick(store.revision) }
                }
                watch.stop()
            }
            for await item in watch.items {
                switch item {
                case .progress(let revision):
                    try await body(Entry(kind: .bookmark, object: bookmark(revision, isEnd: false)))
                case .event(let event):
                    if let entry = entry(for: event) { try await body(entry) }
                }
            }
            group.cancelAll()
        }
    }

    /// Every event as a value.
    package func events(_ body: (Event) async throws -> Void) async throws {
        try await forEach { entry in
            try await body(
                Event(kind: entry.kind, object: entry.object ?? entry.stored.map { resource.presented($0) } ?? .null)
            )
        }
    }

    private func entry(for event: StoreEvent) -> Entry? {
        if event.revision <= floor { return nil }
        if selection.isEmpty {
            switch event.kind {
            case .created: return Entry(kind: .added, stored: event.object)
            case .updated: return Entry(kind: .modified, stored: event.object)
            case .deleted: return Entry(kind: .deleted, stored: event.object)
            }
        }
        let was = event.previous.map { selection.matches($0, resource) } ?? false
        let isNow = event.kind != .deleted && selection.matches(event.object, resource)
        switch (was, isNow) {
        case (false, false): return nil
        case (false, true): return Entry(kind: .added, stored: event.object)
        case (true, true): return Entry(kind: .modified, stored: event.object)
        case (true, false):
            guard let previous = event.previous else { return nil }
            // The object as the client knows it, with the revision at which it left.
            var object = resource.presented(previous)
            object[path: "metadata", "resourceVersion"] = .string(String(event.revision))
            return Entry(kind: .deleted, object: object)
        }
    }

    private func bookmark(_ revision: Int, isEnd: Bool) -> Value {
        var object = resource.shape.map { ShapeReader.blank($0) } ?? [:]
        object["kind"] = .string(resource.kind)
        object["apiVersion"] = .string(resource.gvk.apiVersion)
        object[path: "metadata", "resourceVersion"] = .string(String(revision))
        if isEnd { object[path: "metadata", "annotations", "k8s.io/initial-events-end"] = "true" }
        return object
    }
}

extension APIServer {
    /// Begins a watch.
    func watch(_ resource: ServedResource, namespace: String?, name: String? = nil, _ options: ListOptions)
        throws(APIFailure)
        -> WatchFeed
    {
        let selection = try Selection(options, resource)
        var scope = StoreScope(resource: resource.storeResource, namespace: namespace ?? selection.namespace)
        scope.name = name ?? selection.name
        let text = options.resourceVersion
        var since: Int?
        if !text.isEmpty, text != "0" {
            guard let number = Int(text), number >= 0 else {
                throw .server(APIFailure.unreadableRevision(text))
            }
            since = number
        }
        var initial: [StoredObject] = []
        var failure: APIFailure?
        var running: StoreWatch?
        do throws(StoreFailure) {
            if options.sendsInitialEvents == true || (options.sendsInitialEvents == nil && since == nil) {
                if let since, since > store.revision {
                    throw StoreFailure(.future(since), operation: "watch", message: "")
                }
                let list = try store.list(StoreQuery(scope))
                initial = list.objects.filter { selection.matches($0, resource) }
                running = try store.watch(scope, after: list.revision)
                since = list.revision
            } else {
                // A watch from the future waits for it.
                running = try store.watch(scope, after: since.map { min($0, store.revision) })
            }
        } catch {
            switch error.kind {
            case .compacted(let mark): failure = .expired("too old resource version: \(since ?? 0) (\(mark))")
            case .future(let revision): failure = .tooLargeRevision(revision, current: store.revision)
            default: throw APIFailure(error, resource, name: "")
            }
        }
        return WatchFeed(
            resource: resource,
            selection: selection,
            floor: options.sendsInitialEvents == true ? 0 : since ?? 0,
            initial: initial,
            revision: since ?? store.revision,
            sendsEndMark: options.sendsInitialEvents == true && options.allowsBookmarks,
            allowsBookmarks: options.allowsBookmarks,
            watch: running,
            failure: failure,
            timeout: options.timeout ?? .seconds(1800 + Int(clock.random() % 1800)),
            clock: clock,
            store: store
        )
    }
}
