import FleetReconcilers
import KubernetesModel
import StructuredValue
import Testing

@Suite struct StatusBoardTests {
    @Test func aNoticeStandsWithTheFindingsUntilItIsTakenBack() {
        let board = StatusBoard()
        board.updateFleet("edge") { $0.revision = "1" }
        board.updateMember("mc-1", of: "edge", at: Timestamp(seconds: 0)) { $0.findings = [.init("blocked: x")] }
        board.setNotice("Martlet does not reconcile MachinePools: others do", topic: "MachinePool", of: "mc-1")
        board.setNotice("elsewhere", topic: "MachinePool", of: "mc-2")
        let version = board.version
        #expect(
            board.fleets.first?.members.first?.findings.map(\.text)
                == ["blocked: x", "Martlet does not reconcile MachinePools: others do"]
        )
        board.setNotice("Martlet does not reconcile MachinePools: others do", topic: "MachinePool", of: "mc-1")
        #expect(board.version == version, "nothing has changed")
        board.setNotice(nil, topic: "MachinePool", of: "mc-1")
        #expect(board.fleets.first?.members.first?.findings.map(\.text) == ["blocked: x"])
        #expect(board.version > version)
    }
}
