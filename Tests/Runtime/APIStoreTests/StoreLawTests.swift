import APIStore
import Foundation
import StructuredValue
import TestSupport
import Testing

/// The laws that every store obeys.
@Suite(.timeLimit(.minutes(1)))
struct StoreLawTests {
    enum Kind: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case memory, sqlite
        var testDescription: String { rawValue }

        func make(historyLimit: Int = 100, queueLimit: Int = 100) throws -> any ObjectStore {
            switch self {
            case .memory: return MemoryStore(historyLimit: historyLimit, queueLimit: queueLimit)
            case .sqlite:
                let path = Scratch.place("store", suffix: ".sqlite")
                return try SQLiteStore(path: path.path(), historyLimit: historyLimit, queueLimit: queueLimit)
            }
        }
    }

    private func key(_ name: String, namespace: String = "a", resource: String = "things") -> StoreKey {
        StoreKey(resource: resource, namespace: namespace, name: name)
    }

    private func object(_ name: String, _ number: Int = 0) -> Value {
        ["metadata": ["name": .string(name)], "number": .int(number)]
    }

    private func kind(of body: () throws -> Void) -> StoreFailure.Kind? {
        do { try body() } catch { return (error as? StoreFailure)?.kind }
        return nil
    }

    @Test(arguments: Kind.allCases)
    func everyWriteGetsTheNextRevision(_ kind: Kind) throws {
        let store = try kind.make()
        let one = try store.commit(.create(key("x"), object("x")))
        let two = try store.commit(.update(key("x"), object("x", 1), expected: one.revision))
        let three = try store.commit(.delete(key("x"), expected: nil))
        let revisions: [Int] = [one.revision, two.revision, three.revision]
        let expected: [Int] = [1, 2, 3]
        #expect(revisions == expected)
        #expect(store.revision == 3)
        #expect(two.value[path: "metadata", "resourceVersion"] == "2")
        #expect(three.value["number"] == 1, "a deletion answers the last version")
        #expect(store.object(key("x")) == nil)
    }

    @Test(arguments: Kind.allCases)
    func conditionsAreKept(_ kind: Kind) throws {
        let store = try kind.make()
        try store.commit(.create(key("x"), object("x")))
        if case .alreadyExists? = self.kind(of: { try store.commit(.create(key("x"), object("x"))) }) {
        } else {
            Issue.record("a second creation must fail")
        }
        if case .conflict? = self.kind(of: { try store.commit(.update(key("x"), object("x"), expected: 7)) }) {
        } else {
            Issue.record("an update of another revision must fail")
        }
        if case .conflict? = self.kind(of: { try store.commit(.delete(key("x"), expected: 7)) }) {
        } else {
            Issue.record("a deletion of another revision must fail")
        }
        if case .notFound? = self.kind(of: { try store.commit(.update(key("y"), object("y"), expected: nil)) }) {
        } else {
            Issue.record("an update of nothing must fail")
        }
        #expect(store.revision == 1, "what fails changes nothing")
    }

    @Test(arguments: Kind.allCases)
    func listsAreSortedAndScoped(_ kind: Kind) throws {
        let store = try kind.make()
        for (namespace, name) in [("b", "2"), ("a", "2"), ("a", "1"), ("b", "1")] {
            try store.commit(.create(key(name, namespace: namespace), object(name)))
        }
        try store.commit(.create(key("z", resource: "others"), object("z")))
        let all = try store.list(StoreQuery(StoreScope(resource: "things"))).objects.map {
            "\($0.key.namespace)/\($0.key.name)"
        }
        #expect(all == ["a/1", "a/2", "b/1", "b/2"])
        #expect(try store.list(StoreQuery(StoreScope(resource: "things", namespace: "b"))).objects.count == 2)
        let rest = try store.list(StoreQuery(StoreScope(resource: "things"), after: key("2"))).objects.map(\.key.name)
        #expect(rest == ["1", "2"])
        #expect(store.count(of: "things") == 4)
    }

    @Test(arguments: Kind.allCases)
    func thePastCanBeListed(_ kind: Kind) throws {
        let store = try kind.make()
        try store.commit(.create(key("x"), object("x", 1)))
        try store.commit(.create(key("y"), object("y", 1)))
        try store.commit(.update(key("x"), object("x", 2), expected: nil))
        try store.commit(.delete(key("y"), expected: nil))
        func at(_ revision: Int) throws -> [String] {
            try store.list(StoreQuery(StoreScope(resource: "things"), revision: revision)).objects.map {
                "\($0.key.name)\($0.value["number"]?.int ?? 0)"
            }
        }
        #expect(try at(1) == ["x1"])
        #expect(try at(2) == ["x1", "y1"])
        #expect(try at(3) == ["x2", "y1"])
        #expect(try at(4) == ["x2"])
        if case .future? = self.kind(of: { _ = try at(5) }) {} else { Issue.record("the future must not be listed") }
    }

    @Test(arguments: Kind.allCases)
    func watchesGetEveryChangeInOrder(_ kind: Kind) async throws {
        let store = try kind.make()
        try store.commit(.create(key("x"), object("x")))
        try store.commit(.create(key("q", namespace: "other"), object("q")))
        let watch = try store.watch(StoreScope(resource: "things", namespace: "a"), after: 0)
        try store.commit(.update(key("x"), object("x", 2), expected: nil))
        try store.commit(.delete(key("x"), expected: nil))
        watch.tick(store.revision)
        watch.stop()
        try store.commit(.create(key("x"), object("x")))
        var seen: [String] = []
        for await item in watch.items {
            switch item {
            case .event(let event): seen.append("\(event.kind) \(event.revision) \(event.previous?.revision ?? 0)")
            case .progress(let revision): seen.append("progress \(revision)")
            }
        }
        #expect(seen == ["created 1 0", "updated 3 1", "deleted 4 3", "progress 4"])
    }

    @Test(arguments: Kind.allCases)
    func aWatcherThatFallsBehindIsEnded(_ kind: Kind) async throws {
        let store = try kind.make(queueLimit: 3)
        let watch = try store.watch(StoreScope(resource: "things"), after: nil)
        for number in 0..<10 { try store.commit(.create(key("\(number)"), object("x"))) }
        var count = 0
        for await _ in watch.items { count += 1 }
        #expect(count == 3)
        #expect(watch.hasOverflowed)
    }

    @Test(arguments: Kind.allCases)
    func historyIsBoundedAndCanBeForgotten(_ kind: Kind) throws {
        let store = try kind.make(historyLimit: 10)
        for number in 0..<40 { try store.commit(.create(key("\(number)"), object("x"))) }
        if case .compacted? = self.kind(of: { _ = try store.watch(StoreScope(resource: "things"), after: 1) }) {
        } else {
            Issue.record("old history must be gone")
        }
        #expect(throws: Never.self) { try store.watch(StoreScope(resource: "things"), after: 35).stop() }
        store.compact(through: 38)
        if case .compacted? = self.kind(of: { _ = try store.watch(StoreScope(resource: "things"), after: 35) }) {
        } else {
            Issue.record("compacted history must be gone")
        }
        store.beginHistory(of: "things")
        if case .compacted? = self.kind(of: { _ = try store.watch(StoreScope(resource: "things"), after: 39) }) {
        } else {
            Issue.record("history begins anew")
        }
        #expect(store.count(of: "things") == 40)
    }

    @Test(arguments: Kind.allCases)
    func whatRestsIsStillThere(_ kind: Kind) throws {
        let store = try kind.make()
        for name in ["a", "b"] { try store.commit(.create(key(name), object(name, 1))) }
        for name in ["a", "b"] { _ = store.object(key(name))?.bytes }
        let mark = store.revision
        try store.commit(.create(key("c"), object("c", 1)))
        #expect(store.rest(through: mark) == 2, "the third was written meanwhile")
        #expect(store.rest(through: mark) == 0, "nothing is left to do")
        for name in ["a", "b", "c"] {
            let found = try #require(store.object(key(name)))
            #expect(found.value["number"] == 1)
            #expect(try JSON.parse(found.bytes) == found.value)
        }
        let revision = store.object(key("a"))?.revision
        try store.commit(.update(key("a"), object("a", 2), expected: revision))
        #expect(store.object(key("a"))?.value["number"] == 2)
        let watch = try store.watch(StoreScope(resource: "things"), after: mark)
        watch.stop()
        #expect(try store.list(StoreQuery(StoreScope(resource: "things"), revision: mark)).objects.count == 2)
    }

    /// Objects that resemble each other, as those of one resource do, and one that does not.
    @Test(arguments: Kind.allCases)
    func whatRestsIsReadByLateWatchersAndLists(_ kind: Kind) async throws {
        let store = try kind.make()
        func big(_ name: String, _ number: Int) -> Value {
            var value = object(name, number)
            for index in 0..<40 { value["member\(index)"] = ["text": .string("the \(index)th text of \(name)")] }
            return value
        }
        let names = (0..<5).map { "n\($0)" }
        for number in 1...3 {
            for name in names {
                let found = store.object(key(name))
                _ = try store.commit(
                    found == nil
                        ? .create(key(name), big(name, number)) : .update(key(name), big(name, number), expected: nil)
                )
            }
        }
        try store.commit(.create(key("secret", resource: "secrets"), big("secret", 1)))
        try store.commit(.delete(key("n4"), expected: nil))
        let mark = store.revision
        // Fifteen writes of five objects, a deletion that answers a last version, and an object of another resource.
        #expect(store.rest(through: mark) == 17)
        #expect(store.rest(through: store.revision) == 0)
        let watch = try store.watch(StoreScope(resource: "things"), after: 0)
        watch.stop()
        var seen: [String] = []
        for await item in watch.items {
            guard case .event(let event) = item else { continue }
            #expect(try JSON.parse(event.object.bytes) == event.object.value)
            #expect(event.object.value["member7"] == big(event.key.name, 0)["member7"])
            seen.append("\(event.key.name)=\(event.object.value["number"]?.int ?? 0)")
        }
        let rounds = (1...3).flatMap { number in names.map { "\($0)=\(number)" } }
        #expect(seen == rounds + ["n4=3"])
        let past = try store.list(StoreQuery(StoreScope(resource: "things"), revision: 10)).objects
        #expect(past.map { $0.value["number"] } == Array(repeating: 2, count: 5))
        #expect(store.object(key("secret", resource: "secrets"))?.value["number"] == 1)
        try store.commit(.update(key("n1"), big("n1", 4), expected: nil))
        #expect(store.rest(through: store.revision) == 1)
    }

    @Test(arguments: Kind.allCases)
    func randomWritesLeaveWhatAModelSays(_ kind: Kind) throws {
        let store = try kind.make(historyLimit: 10_000)
        var generator = SeededGenerator(state: 42)
        var model: [String: Int] = [:]
        var snapshots: [Int: [String: Int]] = [:]
        for number in 1...400 {
            let name = "n\(generator.below(12))"
            if model[name] == nil {
                try store.commit(.create(key(name), object(name, number)))
                model[name] = number
            } else if generator.below(3) == 0 {
                try store.commit(.delete(key(name), expected: nil))
                model[name] = nil
            } else {
                try store.commit(.update(key(name), object(name, number), expected: nil))
                model[name] = number
            }
            snapshots[store.revision] = model
        }
        for (revision, expected) in snapshots where revision % 17 == 0 {
            let list = try store.list(StoreQuery(StoreScope(resource: "things"), revision: revision)).objects
            let found = Dictionary(uniqueKeysWithValues: list.map { ($0.key.name, $0.value["number"]?.int ?? 0) })
            #expect(found == expected)
        }
    }

    @Test
    func sqliteKeepsObjectsAndRevisionOverARestart() throws {
        let path = Scratch.place("store", suffix: ".sqlite")
            .path()
        do {
            let store = try SQLiteStore(path: path)
            try store.commit(.create(key("x"), object("x", 1)))
            try store.commit(.create(key("y"), object("y", 1)))
            try store.commit(.update(key("x"), object("x", 2), expected: nil))
            try store.commit(.delete(key("y"), expected: nil))
        }
        let store = try SQLiteStore(path: path)
        #expect(store.revision == 4, "a deletion counts even though its row is gone")
        #expect(store.object(key("x"))?.value["number"] == 2)
        #expect(store.object(key("x"))?.revision == 3)
        if case .compacted? = self.kind(of: { _ = try store.watch(StoreScope(resource: "things"), after: 2) }) {
        } else {
            Issue.record("history does not survive a restart")
        }
        #expect(throws: Never.self) { try store.watch(StoreScope(resource: "things"), after: 4).stop() }
    }
}
