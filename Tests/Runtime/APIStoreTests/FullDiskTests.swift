import APIStore
import StructuredValue
import TestSupport
import Testing

/// A store whose disk is full refuses writes, and is right about everything else.
@Suite(.timeLimit(.minutes(1)), .enabled(if: TinyDisk.isAvailable)) struct FullDiskTests {
    private func key(_ name: String) -> StoreKey { StoreKey(resource: "things", namespace: "a", name: name) }

    private func object(_ name: String, size: Int = 0) -> Value {
        ["metadata": ["name": .string(name)], "text": .string(String(repeating: "x", count: size))]
    }

    @Test func aWriteThatFindsNoRoomChangesNothing() async throws {
        let disk = try TinyDisk(kilobytes: 1_024)
        let path = disk.path + "/store.sqlite"
        let store = try SQLiteStore(path: path)
        let first = try store.commit(.create(key("a"), object("a")))
        let watch = try store.watch(StoreScope(resource: "things"), after: nil)
        try disk.fill()
        #expect(failure { _ = try store.commit(.create(key("b"), object("b", size: 500_000))) }?.isRetryable == true)
        #expect(
            failure { _ = try store.commit(.update(key("a"), object("a", size: 500_000), expected: first.revision)) }?
                .message.contains("full") == true
        )
        #expect(store.revision == first.revision)
        #expect(store.object(key("b")) == nil)
        #expect(store.object(key("a"))?.revision == first.revision)
        #expect(try store.list(StoreQuery(StoreScope(resource: "things"))).objects.map(\.key.name) == ["a"])

        disk.clear()
        let third = try store.commit(.create(key("c"), object("c", size: 100_000)))
        #expect(third.revision == first.revision + 1)
        // Nobody was told of what did not happen.
        var items = watch.items.makeAsyncIterator()
        guard case .event(let event)? = await items.next() else {
            Issue.record("the watch said nothing")
            return
        }
        #expect(event.key.name == "c")
        #expect(try SQLiteStore(path: path).list(StoreQuery(StoreScope(resource: "things"))).objects.count == 2)
    }

    private func failure(_ body: () throws -> Void) -> StoreFailure? {
        do {
            try body()
            return nil
        } catch {
            return error as? StoreFailure
        }
    }
}
