import ControllerRuntime
import KubernetesClient
import KubernetesModel
import Logging
import Synchronization
import Testing

@Suite struct DenialsTests {
    private final class Told: Sendable {
        let texts = Mutex<[String?]>([])
        var all: [String?] { texts.withLock { $0 } }
    }

    private static func denials(_ told: Told) -> Denials {
        Denials("MachinePool", log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) { text in
            told.texts.withLock { $0.append(text) }
        }
    }

    private static func forbidden(_ message: String) -> KubernetesFailure {
        KubernetesFailure(.forbidden, operation: "patch", message: message)
    }

    @Test func aThousandObjectsThatMayNotBeWrittenAreOneSentence() {
        let told = Told()
        let denials = Self.denials(told)
        for number in 0..<1_000 { denials.note(Self.forbidden("m\(number) is forbidden"), at: "m\(number)") }
        #expect(
            told.all == ["Martlet may not reconcile MachinePools fully: m0 is forbidden; grant its user what it needs"]
        )
        for number in 1..<1_000 { denials.clear("m\(number)") }
        #expect(told.all.count == 1)
        denials.clear("m0")
        #expect(told.all.count == 2 && told.all.last == .some(nil))
    }

    @Test func whenOneIsGrantedAnotherIsNamed() {
        let told = Told()
        let denials = Self.denials(told)
        denials.note(Self.forbidden("a"), at: "1")
        denials.note(Self.forbidden("b"), at: "2")
        denials.clear("1")
        #expect(told.all.last??.contains("fully: b;") == true)
        denials.end()
        #expect(told.all.last == .some(nil))
    }

    @Test(arguments: KubernetesFailure.Kind.allCases)
    func onlyDenialsCount(_ kind: KubernetesFailure.Kind) {
        let told = Told()
        let denials = Self.denials(told)
        let isDenial = denials.note(KubernetesFailure(kind, operation: "x", message: "y"), at: "z")
        #expect(isDenial == [.forbidden, .unauthorized].contains(kind))
        #expect(told.all.count == (isDenial ? 1 : 0))
    }

    @Test func aComplaintIsNewUntilItChangesOrEnds() {
        let complaints = Complaints()
        let key = ObjectKey(groupKind: GroupKind(group: "", kind: "K"), namespace: "n", name: "x")
        #expect(!complaints.isNew("", of: key))
        #expect(complaints.isNew("a", of: key))
        #expect(!complaints.isNew("a", of: key))
        #expect(complaints.isNew("b", of: key))
        #expect(complaints.isNew("", of: key))
        #expect(complaints.isNew("b", of: key))
    }
}
