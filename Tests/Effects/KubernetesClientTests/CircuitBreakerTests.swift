import HTTPTransport
import KubernetesClient
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct CircuitBreakerTests {
    /// What happens at a time in milliseconds: `-` no answer, `+` an answer, `?` may one ask, `!` may one not.
    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var steps: [(Int, Character)]
    }

    static let examples: [Example] = [
        Example(testDescription: "closed at first", steps: [(0, "?")]),
        Example(testDescription: "two failures are not enough", steps: [(0, "-"), (0, "-"), (0, "?")]),
        Example(
            testDescription: "an answer in between begins the count anew",
            steps: [(0, "-"), (0, "-"), (0, "+"), (0, "-"), (0, "-"), (0, "?")]
        ),
        Example(
            testDescription: "three open it for a second",
            steps: [(0, "-"), (0, "-"), (0, "-"), (0, "!"), (999, "!"), (1_000, "?")]
        ),
        Example(
            testDescription: "pauses double up to the ceiling",
            steps: [
                (0, "-"), (0, "-"), (0, "-"), (1_000, "?"), (1_000, "-"), (2_999, "!"), (3_000, "?"), (3_000, "-"),
                (5_999, "!"), (6_000, "?"), (6_000, "-"), (8_999, "!"), (9_000, "?"),
            ]
        ),
        Example(
            testDescription: "an answer closes it",
            steps: [(0, "-"), (0, "-"), (0, "-"), (1_000, "?"), (1_000, "+"), (1_000, "-"), (1_000, "?")]
        ),
        Example(
            testDescription: "what was under way when it opened does not lengthen the pause",
            steps: [(0, "-"), (0, "-"), (0, "-"), (500, "-"), (500, "-"), (1_000, "?")]
        ),
    ]

    @Test(arguments: examples) func opensPausesAndTriesAgain(_ example: Example) {
        var breaker = CircuitBreaker(limit: 3, base: .seconds(1), ceiling: .seconds(3))
        for (time, step) in example.steps {
            let now = Duration.milliseconds(time)
            switch step {
            case "-": breaker.fail(now: now, random: 0.5)
            case "+": breaker.succeed()
            default:
                let isAllowed = breaker.allows(now: now)
                #expect(isAllowed == (step == "?"), "at \(time)")
            }
        }
    }

    private final class Told: Sendable {
        let failures = Mutex<[String?]>([])
        let time = Mutex(Duration.zero)
        let isDown = Mutex(true)
        let requests = Mutex(0)
    }

    @Test func aServerThatDoesNotAnswerIsLeftAloneAndFoundAgain() async throws {
        let told = Told()
        let server = try LoopbackServer { _, connection in
            told.requests.withLock { $0 += 1 }
            if told.isDown.withLock({ $0 }) { return connection.close() }
            connection.respond(200, "{}", headers: ["Content-Type": "application/json"])
        }
        defer { server.stop() }
        var pace = Pace(clock: ContinuousClock(), random: { 0.5 })
        pace.now = { told.time.withLock { $0 } }
        let breaker = ServerBreaker(CircuitBreaker(limit: 3, base: .seconds(1)), pace: pace) { failure in
            told.failures.withLock { $0.append(failure.map { "\($0.kind)" }) }
        }
        let client = APIClient(
            ServerConnection(server: server.url),
            transport: HTTPTransport(),
            pace: pace,
            breaker: breaker
        )
        func ask() async -> KubernetesFailure.Kind? {
            do throws(KubernetesFailure) {
                _ = try await client.raw("/version")
                return nil
            } catch {
                return error.kind
            }
        }
        for _ in 0..<10 {
            let kind = await ask()
            #expect(kind == .unreachable)
        }
        let asked = told.requests.withLock { $0 }
        #expect(asked <= 6, "three requests, each of which the transport may have repeated once")
        #expect(told.failures.withLock { $0 } == ["unreachable"])
        told.isDown.withLock { $0 = false }
        let early = await ask()
        #expect(early == .unreachable, "its pause is not over")
        told.time.withLock { $0 = .seconds(2) }
        let late = await ask()
        #expect(late == nil)
        #expect(told.failures.withLock { $0 } == ["unreachable", nil])
    }
}
