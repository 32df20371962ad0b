import StructuredValue

/// The state of a store as a value: objects by resource, namespace and name, with a bounded history of changes.
struct VersionedIndex {
    private(set) var revision: Int
    /// Where the history of resources begins that have no own beginning.
    private var baseRevision: Int
    private let historyLimit: Int
    private var tables: [String: Table] = [:]

    init(revision: Int = 0, historyLimit: Int) {
        self.revision = revision
        baseRevision = revision
        self.historyLimit = historyLimit
    }

    /// Takes objects that were stored before; they have no history.
    mutating func load(_ objects: [StoredObject], revision: Int) {
        for object in objects {
            withTable(object.key.resource) { $0.put(object) }
            self.revision = max(self.revision, object.revision)
        }
        self.revision = max(self.revision, revision)
        baseRevision = self.revision
        let base = baseRevision
        for resource in Array(tables.keys) { withTable(resource) { $0.compacted = base } }
    }

    func object(_ key: StoreKey) -> StoredObject? { tables[key.resource]?.namespaces[key.namespace]?.objects[key.name] }

    func count(of resource: String) -> Int { tables[resource]?.count ?? 0 }

    /// What a change would do, checked against its conditions; nothing is changed yet.
    func prepare(_ change: StoreChange) throws(StoreFailure) -> StoreEvent {
        let next = revision + 1
        let current = object(change.key)
        switch change {
        case .create(let key, let value):
            if current != nil {
                throw StoreFailure(.alreadyExists, operation: "create \(key.name)", message: "it exists already")
            }
            return StoreEvent(
                kind: .created,
                object: StoredObject(stamping: value, key: key, revision: next),
                previous: nil
            )
        case .update(let key, let value, let expected):
            let current = try require(current, key, expected, "update")
            return StoreEvent(
                kind: .updated,
                object: StoredObject(stamping: value, key: key, revision: next),
                previous: current
            )
        case .delete(let key, let expected):
            let current = try require(current, key, expected, "delete")
            return StoreEvent(
                kind: .deleted,
                object: StoredObject(stamping: current.value, key: key, revision: next),
                previous: current
            )
        }
    }

    private func require(
        _ current: StoredObject?,
        _ key: StoreKey,
        _ expected: Int?,
        _ operation: String
    ) throws(StoreFailure) -> StoredObject {
        guard let current else {
            throw StoreFailure(.notFound, operation: "\(operation) \(key.name)", message: "it does not exist")
        }
        if let expected, expected != current.revision {
            throw StoreFailure(
                .conflict,
                operation: "\(operation) \(key.name)",
                message: "it has revision \(current.revision), not \(expected)"
            )
        }
        return current
    }

    /// Makes a prepared change.
    mutating func apply(_ event: StoreEvent) {
        revision = event.revision
        let limit = historyLimit
        withTable(event.key.resource) { table in
            switch event.kind {
            case .created, .updated: table.put(event.object)
            case .deleted: table.remove(event.key)
            }
            table.record(event, limit: limit)
        }
    }

    mutating func list(_ query: StoreQuery) throws(StoreFailure) -> StoreList {
        let at = query.revision ?? revision
        if at > revision {
            throw StoreFailure(.future(at), operation: "list", message: "revision \(at) is in the future")
        }
        guard tables[query.scope.resource] != nil else {
            if at < baseRevision { throw compacted(baseRevision) }
            return StoreList(revision: at, objects: [])
        }
        var objects: [StoredObject] = []
        var mark: Int?
        withTable(query.scope.resource) { table in
            if at < table.compacted {
                mark = table.compacted
            } else if at >= table.lastRevision {
                objects = table.present(query.scope)
            } else {
                objects = table.past(query.scope, at: at)
            }
        }
        if let mark { throw compacted(mark) }
        if let after = query.after {
            // Sorted, so the first key beyond the mark is found by halving.
            var low = 0
            var high = objects.count
            while low < high {
                let middle = (low + high) / 2
                if objects[middle].key <= after { low = middle + 1 } else { high = middle }
            }
            objects.removeFirst(low)
        }
        return StoreList(revision: at, objects: objects)
    }

    /// Changes in a scope after a revision.
    func events(_ scope: StoreScope, after since: Int) throws(StoreFailure) -> [StoreEvent] {
        guard let table = tables[scope.resource] else {
            if since < baseRevision { throw compacted(baseRevision) }
            return []
        }
        if since < table.compacted { throw compacted(table.compacted) }
        return table.events[table.firstEvent(after: since)...].filter { scope.contains($0.key) }
    }

    mutating func beginHistory(of resource: String) {
        let now = revision
        withTable(resource) { table in
            table.events.removeAll()
            table.compacted = now
        }
    }

    mutating func compact(through mark: Int) {
        baseRevision = max(baseRevision, mark)
        for resource in Array(tables.keys) {
            withTable(resource) { table in
                guard mark > table.compacted else { return }
                table.events.removeFirst(table.firstEvent(after: mark))
                table.compacted = mark
            }
        }
    }

    /// What was last written, or replaced, up to a revision and was not answered by an earlier call.
    mutating func takeResting(through mark: Int) -> [StoredObject] {
        var resting: [StoredObject] = []
        for resource in Array(tables.keys) { withTable(resource) { resting += $0.takeResting(through: mark) } }
        return resting
    }

    private func compacted(_ mark: Int) -> StoreFailure {
        StoreFailure(.compacted(mark), operation: "read history", message: "history before revision \(mark) is gone")
    }

    private mutating func withTable(_ resource: String, _ body: (inout Table) -> Void) {
        let base = baseRevision
        body(&tables[resource, default: Table(compacted: base)])
    }
}

/// The objects of one resource and their recent changes.
private struct Table {
    struct Namespace {
        var objects: [String: StoredObject] = [:]
        /// The names in order; nil after a name came or went.
        var sortedNames: [String]?
    }

    var namespaces: [String: Namespace] = [:]
    /// Changes in the order of their revisions, older ones cut off.
    var events: [StoreEvent] = []
    /// The newest revision that history does not reach behind.
    var compacted: Int
    var lastRevision = 0
    var count = 0
    /// Everything up to this revision was put to rest.
    private var restedRevision = 0

    init(compacted: Int) { self.compacted = compacted }

    mutating func put(_ object: StoredObject) {
        lastRevision = max(lastRevision, object.revision)
        let old = namespaces[object.key.namespace, default: Namespace()].objects.updateValue(
            object,
            forKey: object.key.name
        )
        if old == nil {
            namespaces[object.key.namespace]?.sortedNames = nil
            count += 1
        }
    }

    mutating func remove(_ key: StoreKey) {
        guard namespaces[key.namespace]?.objects.removeValue(forKey: key.name) != nil else { return }
        count -= 1
        if namespaces[key.namespace]?.objects.isEmpty == true {
            namespaces.removeValue(forKey: key.namespace)
        } else {
            namespaces[key.namespace]?.sortedNames = nil
        }
    }

    /// How many changes of a resource watchers may be behind before they read old versions from their text.
    private static let freshEvents = 16

    mutating func record(_ event: StoreEvent, limit: Int) {
        lastRevision = event.revision
        events.append(event)
        if events.count > Self.freshEvents {
            let old = events[events.count - 1 - Self.freshEvents]
            old.previous?.retire()
            if old.kind == .deleted { old.object.retire() }
        }
        // Cut in steps, so that the cost of moving the rest is spread over many writes.
        if events.count > limit + limit / 4 + 1 {
            let excess = events.count - limit
            compacted = events[excess - 1].revision
            events.removeFirst(excess)
        }
    }

    mutating func takeResting(through mark: Int) -> [StoredObject] {
        let start = restedRevision
        guard mark > start else { return [] }
        restedRevision = mark
        guard lastRevision > start else { return [] }
        var resting: [StoredObject] = []
        for namespace in namespaces.values {
            for object in namespace.objects.values where object.revision > start && object.revision <= mark {
                resting.append(object)
            }
        }
        for event in events[firstEvent(after: start)..<firstEvent(after: mark)] {
            if let previous = event.previous { resting.append(previous) }
            if event.kind == .deleted { resting.append(event.object) }
        }
        return resting
    }

    func firstEvent(after revision: Int) -> Int {
        var low = 0
        var high = events.count
        while low < high {
            let middle = (low + high) / 2
            if events[middle].revision <= revision { low = middle + 1 } else { high = middle }
        }
        return low
    }

    mutating func present(_ scope: StoreScope) -> [StoredObject] {
        if let namespace = scope.namespace {
            if let name = scope.name { return namespaces[namespace]?.objects[name].map { [$0] } ?? [] }
            return sorted(namespace)
        }
        if let name = scope.name {
            return namespaces.keys.sorted().compactMap { namespaces[$0]?.objects[name] }
        }
        if namespaces.count == 1, let only = namespaces.keys.first { return sorted(only) }
        return namespaces.keys.sorted().flatMap { sorted($0) }
    }

    private mutating func sorted(_ namespace: String) -> [StoredObject] {
        guard var content = namespaces[namespace] else { return [] }
        let names = content.sortedNames ?? content.objects.keys.sorted()
        if content.sortedNames == nil {
            content.sortedNames = names
            namespaces[namespace] = content
        }
        return names.compactMap { content.objects[$0] }
    }

    /// The state at an earlier revision: the present with the later changes undone, the last one first.
    mutating func past(_ scope: StoreScope, at revision: Int) -> [StoredObject] {
        var state: [StoreKey: StoredObject] = [:]
        for object in present(scope) { state[object.key] = object }
        for event in events[firstEvent(after: revision)...].reversed() where scope.contains(event.key) {
            state[event.key] = event.previous
        }
        return state.values.sorted { $0.key < $1.key }
    }
}
