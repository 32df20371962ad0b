import KubernetesClient
import StructuredValue
import Testing

@Suite struct WatchMachineTests {
    @Test func listsThenWatchesThenGoesOnWhereItStopped() {
        var machine = WatchMachine()
        #expect(text(machine.handle(.start)) == "list")
        #expect(text(machine.handle(.listed(resourceVersion: "7"))) == "watch 7")
        let event: Value = ["type": "MODIFIED", "object": ["metadata": ["name": "a", "resourceVersion": "9"]]]
        #expect(text(machine.handle(.event(event))) == "put a")
        let mark: Value = ["type": "BOOKMARK", "object": ["metadata": ["resourceVersion": "12"]]]
        #expect(text(machine.handle(.event(mark))) == "none")
        #expect(text(machine.handle(.ended)) == "watch 12")
    }

    @Test func listsAgainWhenTheServerForgot() {
        var machine = WatchMachine()
        _ = machine.handle(.listed(resourceVersion: "7"))
        let error: Value = ["type": "ERROR", "object": ["kind": "Status", "code": 410, "reason": "Expired"]]
        #expect(text(machine.handle(.event(error))) == "list")
    }

    @Test func pausesLongerWithEveryFailureAndForgetsThemOnSuccess() {
        var machine = WatchMachine()
        _ = machine.handle(.listed(resourceVersion: "7"))
        let failure = KubernetesFailure(.unreachable, operation: "watch", message: "no")
        #expect(text(machine.handle(.failed(failure))) == "pause 1")
        #expect(text(machine.handle(.failed(failure))) == "pause 2")
        #expect(text(machine.handle(.start)) == "watch 7")
        _ = machine.handle(.event(["type": "BOOKMARK", "object": ["metadata": ["resourceVersion": "8"]]]))
        #expect(text(machine.handle(.failed(failure))) == "pause 1")
    }

    /// A stream without a word is begun anew where it was, at once; how the server takes that is what counts.
    @Test func beginsAnewAfterASilence() {
        var machine = WatchMachine()
        _ = machine.handle(.listed(resourceVersion: "7"))
        #expect(!machine.wasSilent)
        #expect(text(machine.handle(.fellSilent)) == "watch 7")
        #expect(machine.wasSilent)
        let failure = KubernetesFailure(.timeout, operation: "watch", message: "no")
        #expect(text(machine.handle(.failed(failure))) == "pause 1")
        #expect(!machine.wasSilent)
        #expect(text(machine.handle(.start)) == "watch 7")
    }

    @Test func waitsAsLongAsTheServerAsksFor() {
        var machine = WatchMachine()
        _ = machine.handle(.listed(resourceVersion: "7"))
        let busy = KubernetesFailure(.tooManyRequests, operation: "watch", message: "busy", retryAfter: .seconds(9))
        #expect(text(machine.handle(.failed(busy))) == "pause 1, at least 9.0 seconds")
        let error: Value = [
            "type": "ERROR", "object": ["kind": "Status", "code": 500, "details": ["retryAfterSeconds": 3]],
        ]
        #expect(text(machine.handle(.event(error))) == "pause 2, at least 3.0 seconds")
        #expect(text(machine.handle(.start)) == "watch 7")
    }

    private func text(_ action: WatchMachine.Action) -> String {
        switch action {
        case .list: "list"
        case .watch(let version): "watch \(version)"
        case .apply(.put(let object)): "put \(object["metadata"]?["name"]?.string ?? "")"
        case .apply(.remove(let object)): "remove \(object["metadata"]?["name"]?.string ?? "")"
        case .pause(let failures, .zero): "pause \(failures)"
        case .pause(let failures, let least): "pause \(failures), at least \(least)"
        case .none: "none"
        }
    }
}
