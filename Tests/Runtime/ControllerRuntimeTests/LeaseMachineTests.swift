import ControllerRuntime
import KubernetesModel
import StructuredValue
import TestSupport
import Testing

@Suite struct LeaseMachineTests {
    static let wall = Timestamp(seconds: 1_000)

    static func record(_ holder: String, transitions: Int = 3, renewed: Int = 0) -> LeaseRecord {
        LeaseRecord(
            holder: holder,
            duration: .seconds(15),
            acquired: wall,
            renewed: Timestamp(seconds: 1_000 + renewed),
            transitions: transitions
        )
    }

    struct Process {
        var machine: LeaseMachine
        init(_ name: String) { machine = LeaseMachine(identity: name, timing: LeaseTiming()) }

        mutating func at(_ seconds: Int, _ input: LeaseMachine.Input) -> LeaseMachine.Action {
            machine.handle(input, now: .seconds(seconds), wall: LeaseMachineTests.wall)
        }

        mutating func lead(at seconds: Int) {
            _ = at(seconds, .due)
            _ = at(seconds, .read(nil, resourceVersion: ""))
            _ = at(seconds, .wrote(begun: .seconds(seconds)))
        }
    }

    @Test func takesALeaseThatNobodyHas() {
        var process = Process("a")
        #expect(process.at(0, .due) == .read)
        let first = LeaseRecord(
            holder: "a",
            duration: .seconds(15),
            acquired: Self.wall,
            renewed: Self.wall,
            transitions: 0
        )
        #expect(process.at(0, .read(nil, resourceVersion: "")) == .write(first, over: nil))
        #expect(process.at(0, .wrote(begun: .zero)) == .lead(token: 0))
        #expect(process.machine.isLeading)
    }

    @Test func takesAFreedLeaseWithAHigherToken() {
        var process = Process("a")
        guard case .write(let next, over: "7") = process.at(0, .read(Self.record(""), resourceVersion: "7")) else {
            Issue.record("it did not take the lease")
            return
        }
        #expect(next.holder == "a")
        #expect(next.transitions == 4)
        #expect(process.at(0, .wrote(begun: .zero)) == .lead(token: 4))
    }

    @Test func waitsUntilTheHolderWasSilentForTheWholeDurationByItsOwnClock() {
        var process = Process("b")
        // The time in the lease is long past, which says nothing: the holder's clock may be wrong.
        #expect(process.at(100, .read(Self.record("a"), resourceVersion: "1")) == .pause(.seconds(2)))
        #expect(process.at(114, .read(Self.record("a"), resourceVersion: "1")) == .pause(.seconds(2)))
        #expect(process.at(114, .read(Self.record("a", renewed: 2), resourceVersion: "2")) == .pause(.seconds(2)))
        #expect(process.at(128, .read(Self.record("a", renewed: 2), resourceVersion: "2")) == .pause(.seconds(2)))
        guard
            case .write(let next, over: "2") = process.at(
                129,
                .read(Self.record("a", renewed: 2), resourceVersion: "2")
            )
        else {
            Issue.record("it did not take over")
            return
        }
        #expect(next.transitions == 4)
    }

    @Test func aLeaderThatCannotRenewStopsBeforeAnotherMayStart() {
        var process = Process("a")
        process.lead(at: 0)
        #expect(process.at(2, .failed) == .pause(.seconds(2)))
        #expect(process.at(9, .failed) == .pause(.seconds(2)))
        #expect(process.at(10, .failed) == .stepDown)
        #expect(!process.machine.isLeading)
    }

    @Test func aRenewalCountsFromWhenItWasBegun() {
        var process = Process("a")
        process.lead(at: 0)
        #expect(process.at(12, .wrote(begun: .seconds(1))) == .stepDown)
        process = Process("a")
        process.lead(at: 0)
        #expect(process.at(10, .wrote(begun: .seconds(8))) == .pause(.seconds(2)))
        #expect(process.machine.leadsUntil == .seconds(18))
    }

    @Test func aLeaderThatFindsAnotherStopsAtOnce() {
        var process = Process("a")
        process.lead(at: 0)
        #expect(process.at(2, .conflicted) == .read)
        #expect(process.at(2, .read(Self.record("b"), resourceVersion: "9")) == .stepDown)
    }

    @Test func aLeaderGoesOnWhenOnlyTheObjectChanged() {
        var process = Process("a")
        process.lead(at: 0)
        #expect(process.at(2, .conflicted) == .read)
        guard
            case .write(let next, over: "9") = process.at(
                2,
                .read(Self.record("a", transitions: 0), resourceVersion: "9")
            )
        else {
            Issue.record("it did not renew")
            return
        }
        #expect(next.transitions == 0)
    }

    @Test func freesTheLeaseAtTheEnd() {
        var process = Process("a")
        #expect(process.machine.release(wall: Self.wall) == nil)
        process.lead(at: 0)
        process.machine.remember(resourceVersion: "5")
        guard case .write(let free, over: "5") = process.machine.release(wall: Self.wall) else {
            Issue.record("it did not free the lease")
            return
        }
        #expect(free.holder.isEmpty)
        #expect(!process.machine.isLeading)
    }

    @Test func recordsReadWhatTheyWrote() {
        let record = Self.record("a")
        #expect(LeaseRecord(spec: record.spec) == record)
    }

    /// Two processes on one store with lost, late and refused writes never both believe they lead.
    @Test(arguments: 0..<200)
    func neverTwoLeadersAtOnce(seed: Int) {
        var random = SeededGenerator(state: UInt64(seed))
        var processes = [Process("a"), Process("b"), Process("c")]
        var next: [(at: Int, input: LeaseMachine.Input)] = Array(repeating: (0, .due), count: 3)
        var record: LeaseRecord?
        var version = 0
        var versionsSeen = [String?](repeating: nil, count: 3)
        for now in 0..<400 {
            for index in processes.indices where next[index].at <= now {
                let action = processes[index].at(now, next[index].input)
                let leaders = processes.filter { ($0.machine.leadsUntil ?? .zero) > .seconds(now) }
                #expect(leaders.count <= 1)
                // The network is away for a while now and then.
                let isCut = (now / 20 + index * 7 + seed) % 5 == 0
                let delay = random.below(4)
                switch action {
                case .read:
                    next[index] = (now + delay, isCut ? .failed : .read(record, resourceVersion: "\(version)"))
                    versionsSeen[index] = record == nil ? nil : "\(version)"
                case .write(let wanted, let over):
                    if isCut, random.below(2) == 0 {
                        next[index] = (now + delay, .failed)
                    } else if over.map({ $0 == "\(version)" && record != nil }) ?? (record == nil) {
                        record = wanted
                        version += 1
                        processes[index].machine.remember(resourceVersion: "\(version)")
                        // Written, but the answer may be late or lost.
                        next[index] = (now + delay, isCut ? .failed : .wrote(begun: .seconds(now)))
                    } else {
                        next[index] = (now + delay, .conflicted)
                    }
                case .pause(let duration): next[index] = (now + Int(duration.components.seconds), .due)
                case .lead: next[index] = (now + 2, .due)
                case .stepDown: next[index] = (now + 2, .due)
                }
            }
        }
    }
}
