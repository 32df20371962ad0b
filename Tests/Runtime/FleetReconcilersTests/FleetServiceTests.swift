import ClusterSimulator
import FleetReconcilers
import KubernetesClient
import KubernetesModel
import LabTestSupport
import StructuredValue
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(3))) struct FleetServiceTests {
    @Test func aStoppedManagementClusterDelaysNobodyAndCatchesUp() async throws {
        try await FleetScene.run(members: 20) { scene in
            let first = try scene.commit("one-and-a-half")
            try await scene.wait("all run the first commit") { scene.areSynced(scene.names, at: first) }
            let second = try scene.commit("two")
            let usual = try await scene.wait("all run the second") { scene.areSynced(scene.names, at: second) }

            let stopped = "mc-07"
            let others = scene.names.filter { $0 != stopped }
            let before = LabUnderTest.now()
            try await scene.lab.stop(stopped)
            // Nobody writes anything: the lost watches alone tell.
            try await scene.wait("it is unknown") { scene.member(stopped)?.state == .unknown }
            let since = try #require(scene.member(stopped)?.since)
            #expect(since >= before)

            let third = try scene.commit("three")
            let without = try await scene.wait("the others run the third") { scene.areSynced(others, at: third) }
            #expect(without < usual * 3 + .seconds(2), "\(without) without it, \(usual) with it")
            let member = try #require(scene.member(stopped))
            #expect(member.state == .unknown && member.since == since)
            #expect(member.appliedRevision == second)

            _ = try await scene.lab.start(stopped)
            try await scene.wait("it catches up") { scene.areSynced([stopped], at: third) }
            try await scene.wait("the rollout is done") { scene.board.fleets.first?.state == "Synced" }
        }
    }

    @Test func aMemberThatLeftTheRepositoryIsNotAskedAnyMore() async throws {
        try await FleetScene.run(members: 3) { scene in
            let first = try scene.commit("one-and-a-half")
            try await scene.wait("all run the first commit") { scene.areSynced(scene.names, at: first) }
            let link = try #require(await scene.links.existing("mc-01"))
            try scene.folder.run("rm", ["-r", "fleets/edge/management-clusters/mc-01"])
            let second = try scene.commit("two")
            try await scene.wait("the others go on") { scene.areSynced(["mc-00", "mc-02"], at: second) }
            #expect(scene.member("mc-01") == nil)
            #expect(await scene.links.existing("mc-01") == nil)
            #expect(await scene.links.count == 2)
            // What changes there is not heard of any more.
            let kind = GroupVersionKind(group: "", version: "v1", kind: "ConfigMap")
            let key = ObjectKey(groupKind: kind.groupKind, namespace: "default", name: "paint")
            #expect(await link.object(key)?.value["data"]?["colour"] == "one-and-a-half")
            _ = try await link.client.patch(
                kind,
                namespace: "default",
                name: "paint",
                with: ["data": ["colour": "green"]],
                as: .merge,
                fieldManager: "somebody"
            )
            try await Task.sleep(for: .milliseconds(300))
            #expect(await link.object(key)?.value["data"]?["colour"] == "one-and-a-half")
            // It may come back.
            try scene.write(member: "mc-01")
            let third = try scene.commit("three")
            try await scene.wait("it is a member again") { scene.areSynced(scene.names, at: third) }
        }
    }

    @Test func anIdleFleetSendsNothing() async throws {
        try await FleetScene.run(members: 4) { scene in
            let revision = try scene.commit("one-and-a-half")
            try await scene.wait("all run the commit") { scene.areSynced(scene.names, at: revision) }
            func total() async -> Int {
                var total = 0
                for name in scene.names { total += await scene.requestCount(to: name) }
                return total
            }
            // The looks that follow our own writes.
            try await Task.sleep(for: .seconds(1))
            let before = await total()
            try await Task.sleep(for: .seconds(2))
            let after = await total()
            #expect(before > 0 && after == before)
        }
    }

    @Test func wavesWhoseMembersChangeInNothingAreGatedByTheRevisionAllTheSame() async throws {
        let waves = """
            [{name: first, select: {matchLabels: {name: mc-00}}}, {name: second, select: {matchLabels: {name: mc-01}}}, \
            {name: third}]
            """
        try await FleetScene.run(members: 3, waves: waves) { scene in
            let first = try scene.commit("one-and-a-half")
            try await scene.wait("all run the first commit") { scene.areSynced(scene.names, at: first) }
            try await scene.lab.stop("mc-01")
            try await scene.wait("it is unknown") { scene.member("mc-01")?.state == .unknown }
            // Only the third changes, yet it waits for the second, which nobody can ask.
            try scene.folder.write(
                "{apiVersion: v1, kind: ConfigMap, metadata: {name: own, namespace: default}}",
                to: "fleets/edge/management-clusters/mc-02/own.yaml"
            )
            let second = try scene.commit("one-and-a-half")
            try await scene.wait("the first passes") { scene.areSynced(["mc-00"], at: second) }
            try await Task.sleep(for: .milliseconds(500))
            #expect(scene.member("mc-02")?.appliedRevision == first)
            _ = try await scene.lab.start("mc-01")
            try await scene.wait("then all") { scene.areSynced(scene.names, at: second) }
        }
    }
}
