import FleetModel
import FleetPlanning
import KubernetesClient
import KubernetesModel
import ManifestApply
import StructuredValue
import Testing

/// Death after every single request of a pass: whatever was done until then, the next life finishes it, and nothing is
/// ever deleted that is not proven to be ours.
@Suite(.timeLimit(.minutes(2))) struct ApplierTests {
    /// One fleet's objects in the test's namespace; their names begin with the fleet's.
    struct Scenario: Sendable {
        var cluster: TestCluster
        var fleet: String

        func name(_ short: String) -> String { "\(fleet)-\(short)" }
        func settings(_ short: String, _ colour: String) -> Manifest {
            cluster.settings(name(short), ["colour": .string(colour)])
        }

        var before: [Manifest] { ["a", "b", "c", "d", "stolen"].map { settings($0, "blue") } }
        var after: [Manifest] { [settings("a", "red"), settings("b", "blue"), settings("e", "green")] }

        func desired(_ manifests: [Manifest]) -> DesiredState {
            let objects = manifests.map { manifest in
                DesiredObject(
                    manifest,
                    source: .manifest(file: "git.yaml"),
                    contentHash: JSON.text(manifest.value, .canonical)
                )
            }
            return DesiredState(
                revision: "r\(manifests.count)",
                fleet: fleet,
                managementCluster: "mc",
                objects: objects
            )
        }

        func live(_ client: APIClient) async throws -> [String: Manifest] {
            let resource = try await client.resource(for: TestCluster.configMap)
            let list = try await client.list(resource, namespace: cluster.namespace)
            var result: [String: Manifest] = [:]
            for item in list.items where item.name.hasPrefix("\(fleet)-") {
                result[String(item.name.dropFirst(fleet.utf8.count + 1))] = item
            }
            return result
        }

        func store(_ client: APIClient) -> InventoryStore {
            InventoryStore(fleet: fleet, managementCluster: "mc", client: client)
        }

        /// Observe, plan, carry out, as a fresh process does it.
        @discardableResult
        func pass(_ manifests: [Manifest], through client: APIClient) async throws -> (ApplyPlan, ChangeSet) {
            let store = store(client)
            let inventory = try await store.load()
            let observed = ObservedState(Array(try await live(client).values))
            let plan = planApply(
                desired(manifests),
                observed,
                inventory: inventory,
                now: Timestamp(seconds: 1_800_000_000)
            )
            return (plan, await Applier(client: client, inventory: store, width: 2).carryOut(plan))
        }

        /// Passes until one has nothing to write.
        func converge(_ manifests: [Manifest], through client: APIClient) async throws {
            for _ in 0..<6 {
                let (plan, _) = try await pass(manifests, through: client)
                if !plan.writesAnything { return }
            }
            Issue.record("\(fleet): it does not come to rest")
        }

        func steal(_ client: APIClient) async throws {
            try await client.delete(TestCluster.configMap, namespace: cluster.namespace, name: name("stolen"))
            try await client.create(settings("stolen", "theirs"), fieldManager: "somebody")
        }

        func expectFinished(_ client: APIClient, proven: Set<String>, deletions: [KillableProxy.Request]) async throws {
            let live = try await live(client)
            #expect(Set(live.keys) == ["a", "b", "e", "foreign", "stolen"], "\(fleet)")
            #expect(live["a"]?.value["data"]?["colour"] == "red")
            #expect(live["stolen"]?.value["data"]?["colour"] == "theirs")
            let inventory = try await store(client).load()
            #expect(Set(inventory.keys.map(\.name)) == Set(["a", "b", "e"].map(name)), "\(fleet)")
            for short in ["a", "b", "e"] {
                let entry = inventory.entries.values.first { $0.key.name == name(short) }
                #expect(entry?.uid == live[short]?.uid, "\(fleet) \(short)")
                #expect(entry?.state == .applied, "\(fleet) \(short)")
            }
            for deletion in deletions {
                let uid = try JSON.parse(deletion.body)[path: "preconditions", "uid"]?.string
                #expect(uid.map(proven.contains) == true, "\(fleet): \(deletion.path) without proof")
            }
        }
    }

    @Test func dyingAfterAnyRequestOfAChangeLeavesNothingUndoneAndDeletesNothingElse() async throws {
        try await TestCluster.with { cluster in
            var steps = 0
            for requests in 1...60 {
                let scenario = Scenario(cluster: cluster, fleet: "change\(requests)")
                let client = cluster.client()
                try await client.create(scenario.settings("foreign", "theirs"), fieldManager: "somebody")
                try await scenario.pass(scenario.before, through: client)
                let live = try await scenario.live(client)
                let proven = Set(["c", "d"].compactMap { live[$0]?.uid })
                #expect(proven.count == 2)
                try await scenario.steal(client)

                let proxy = try KillableProxy(to: cluster.connection, dyingAfter: requests)
                defer { proxy.stop() }
                // What a dying process throws, nobody hears.
                _ = try? await scenario.pass(scenario.after, through: cluster.client(server: proxy.url))
                steps = max(steps, proxy.forwarded.count)

                let second = try KillableProxy(to: cluster.connection, dyingAfter: .max)
                defer { second.stop() }
                try await scenario.converge(scenario.after, through: cluster.client(server: second.url))
                let deletions = (proxy.forwarded + second.forwarded).filter { $0.method == "DELETE" }
                try await scenario.expectFinished(client, proven: proven, deletions: deletions)
                if !proxy.hasDied { break }
            }
            #expect(steps > 6)
        }
    }

    @Test func dyingAfterAnyRequestOfTheFirstPassLosesNothing() async throws {
        try await TestCluster.with { cluster in
            for requests in 1...60 {
                let scenario = Scenario(cluster: cluster, fleet: "first\(requests)")
                let client = cluster.client()
                let proxy = try KillableProxy(to: cluster.connection, dyingAfter: requests)
                defer { proxy.stop() }
                _ = try? await scenario.pass(scenario.before, through: cluster.client(server: proxy.url))
                try await scenario.converge(scenario.before, through: client)
                let live = try await scenario.live(client)
                #expect(Set(live.keys) == ["a", "b", "c", "d", "stolen"])
                let inventory = try await scenario.store(client).load()
                #expect(Set(inventory.entries.values.map(\.uid)) == Set(live.values.map(\.uid)), "\(scenario.fleet)")
                if !proxy.hasDied { break }
            }
        }
    }

    @Test func aPassWithoutChangesSendsNothing() async throws {
        try await TestCluster.with { cluster in
            let scenario = Scenario(cluster: cluster, fleet: "idle")
            let proxy = try KillableProxy(to: cluster.connection, dyingAfter: .max)
            defer { proxy.stop() }
            let client = cluster.client(server: proxy.url)
            let store = scenario.store(client)
            let applier = Applier(client: client, inventory: store)
            for turn in 0..<3 {
                let inventory = try await store.load()
                let observed = ObservedState(Array(try await scenario.live(client).values))
                let plan = planApply(
                    scenario.desired(scenario.before),
                    observed,
                    inventory: inventory,
                    now: Timestamp(seconds: 1_800_000_000)
                )
                let count = proxy.forwarded.count
                let changes = await applier.carryOut(plan)
                #expect(changes.isComplete)
                if turn > 0 { #expect(proxy.forwarded.count == count) }
            }
        }
    }

    @Test func ofTwoWritersOneLosesAndWritesNothing() async throws {
        try await TestCluster.with { cluster in
            let scenario = Scenario(cluster: cluster, fleet: "two")
            let client = cluster.client()
            try await scenario.pass(scenario.before, through: client)
            let store = scenario.store(client)
            let stale = try await store.load()
            let observed = ObservedState(Array(try await scenario.live(client).values))
            // Another leader is a pass ahead.
            try await scenario.pass(scenario.after, through: client)
            let plan = planApply(
                scenario.desired([scenario.settings("a", "stale")]),
                observed,
                inventory: stale,
                now: Timestamp(seconds: 1_800_000_000)
            )
            #expect(plan.writesAnything)
            let changes = await Applier(client: client, inventory: store).carryOut(plan)
            #expect(changes.inventoryFailure?.kind == .conflict)
            #expect(changes.changes.isEmpty)
            #expect(try await scenario.live(client)["a"]?.value["data"]?["colour"] == "red")
        }
    }
}
