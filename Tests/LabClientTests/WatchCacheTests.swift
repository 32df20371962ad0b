import KubernetesClient
import KubernetesModel
import StructuredValue
import Testing

@Suite(.timeLimit(.minutes(1))) struct WatchCacheTests {
    @Test func followsEveryChangeWithinASecond() async throws {
        try await TestCluster.with { cluster in
            let client = cluster.client()
            try await client.create(cluster.settings("before"), fieldManager: "one")
            let (changes, continuation) = AsyncStream<String>.makeStream()
            let namespace = cluster.namespace
            let cache = WatchCache(
                try await client.resource(for: TestCluster.configMap),
                client: client,
                transform: { manifest in
                    var manifest = manifest
                    manifest.value[path: "metadata", "managedFields"] = nil
                    return manifest
                },
                onChange: { change in
                    switch change {
                    case .put(let object, let previous) where object.namespace == namespace:
                        continuation.yield("\(previous == nil ? "new" : "changed") \(object.name)")
                    case .removed(let object) where object.namespace == namespace:
                        continuation.yield("gone \(object.name)")
                    default: break
                    }
                }
            )
            let run = Task { await cache.run() }
            defer { run.cancel() }
            try await cache.waitForFirstFill()
            #expect(cache.state == .live)
            let before = cache.objects.values.first { $0.name == "before" && $0.namespace == namespace }
            #expect(before != nil)
            #expect(before?.value["metadata"]?["managedFields"] == nil)

            var seen = changes.makeAsyncIterator()
            let start = ContinuousClock.now
            try await client.create(cluster.settings("a"), fieldManager: "one")
            #expect(await seen.next() == "new a")
            try await client.apply(cluster.settings("a", ["colour": "red"]), fieldManager: "one", force: true)
            #expect(await seen.next() == "changed a")
            try await client.delete(TestCluster.configMap, namespace: namespace, name: "a")
            #expect(await seen.next() == "gone a")
            #expect(start.duration(to: .now) < .seconds(10))
        }
    }

    @Test func aWaiterThatIsCancelledDoesNotWaitOn() async throws {
        try await TestCluster.with { cluster in
            let client = cluster.client()
            let cache = WatchCache(try await client.resource(for: TestCluster.configMap), client: client)
            let waiter = Task { try await cache.waitForFirstFill() }
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value }
        }
    }
}
