import FleetPlanning
import KubernetesModel
import StructuredValue
import Testing

@Suite struct InventoryTests {
    private func inventory(_ count: Int) -> Inventory {
        Inventory(
            (0..<count).map { number in
                Inventory.Entry(
                    key: ObjectKey(
                        groupKind: GroupKind(group: "apps", kind: "Deployment"),
                        namespace: "n\(number % 7)",
                        name: "d\(number)"
                    ),
                    apiVersion: "apps/v1",
                    uid: number % 3 == 0 ? nil : "uid-\(number)",
                    contentHash: "hash\(number)",
                    state: number % 3 == 0 ? .intended : .applied,
                    source: "fleets/edge/common/\(number).yaml",
                    cluster: number % 2 == 0 ? "org/c\(number)" : nil
                )
            },
            revision: "abc"
        )
    }

    @Test(arguments: [0, 1, 2000, 2001, 9000])
    func shardsReadBackAsTheyWereWritten(_ count: Int) throws {
        let inventory = inventory(count)
        let shards = inventory.shards(named: "base")
        #expect(try Inventory(shards: shards.shuffled()) == inventory)
        #expect(shards.last?.name == "base")
        #expect(shards.allSatisfy { shard in shard.data.values.reduce(0) { $0 + $1.utf8.count } < 1 << 20 })
    }

    @Test func aChangeOfOneEntryRewritesOneShard() throws {
        var inventory = inventory(9000)
        let before = inventory.shards(named: "base")
        inventory[try #require(inventory.keys.first)]?.contentHash = "changed"
        let after = inventory.shards(named: "base", atLeast: before.count)
        #expect(zip(before, after).filter { $0 != $1 }.count == 1)
    }

    @Test func aCrashWhileTheNumberOfShardsGrowsLosesNothing() throws {
        let small = inventory(2000)
        let large = inventory(9000)
        var stored = Dictionary(uniqueKeysWithValues: small.shards(named: "base").map { ($0.name, $0) })
        for shard in large.shards(named: "base") {
            // Whenever it crashes, what was known before is still known.
            let read = try Inventory(shards: Array(stored.values))
            #expect(Set(small.keys).isSubset(of: read.keys))
            stored[shard.name] = shard
        }
        #expect(try Inventory(shards: Array(stored.values)) == large)
    }

    @Test func damageIsNeverTakenForAnEmptyInventory() {
        var shards = inventory(3000).shards(named: "base")
        #expect(throws: Inventory.UnreadableShard.self) { try Inventory(shards: [shards[0]]) }
        shards[0].data["entries"] = "[[1]]"
        #expect(throws: Inventory.UnreadableShard.self) { try Inventory(shards: shards) }
        shards[0].data["entries"] = nil
        #expect(throws: Inventory.UnreadableShard.self) { try Inventory(shards: shards) }
        shards[0].data["format"] = "2"
        #expect(throws: Inventory.UnreadableShard.self) { try Inventory(shards: shards) }
    }
}
