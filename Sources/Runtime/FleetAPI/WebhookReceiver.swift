package import HTTPServer
package import KubernetesModel
internal import StructuredValue
internal import Synchronization
package import Telemetry

/// Takes the calls of Git servers at `/hooks/{github,gitlab,gitea,generic}`. All that a call can do is to have the
/// repository looked at now instead of at the next turn: nothing of its body is read but for the signature.
///
/// ```
/// method, path → budget → size → proof → event → look
/// ```
package final class WebhookReceiver: Sendable {
    /// Bodies of pushes are some kilobytes; those of huge ones are refused, and the next turn sees the push.
    package static let maximumBodySize = 1 << 20
    private let secrets: @Sendable () -> [[UInt8]]
    private let now: @Sendable () -> Timestamp
    private let metrics: MetricsRegistry
    private let look: @Sendable () async -> Void
    private let budget = Mutex(RequestBudget(burst: 60, perSecond: 10))

    /// How a call ended, as metrics count it.
    enum Outcome: String, Sendable {
        case accepted, ignored, refused, throttled
    }

    /// `secrets` are asked for each time, so that they can be changed while the daemon runs; with several, each counts.
    package init(
        secrets: @escaping @Sendable () -> [[UInt8]],
        metrics: MetricsRegistry,
        now: @escaping @Sendable () -> Timestamp,
        look: @escaping @Sendable () async -> Void
    ) {
        self.secrets = secrets
        self.metrics = metrics
        self.now = now
        self.look = look
    }

    /// Names what is counted. Once, at start.
    package static func declareMetrics(_ metrics: MetricsRegistry) {
        metrics.declare("martlet_hooks_total", .counter, "Calls of Git servers, by sender and how they ended.")
    }

    /// The secrets in a file: one in each line that is not empty. Nil when one is too short to be any.
    package static func secrets(in bytes: [UInt8]) -> [[UInt8]]? {
        let lines = bytes.split { $0 == 0x0A || $0 == 0x0D }.map { line in
            let text = line.drop { $0 == 0x20 || $0 == 0x09 }
            return Array(text.reversed().drop { $0 == 0x20 || $0 == 0x09 }.reversed())
        }.filter { !$0.isEmpty }
        return lines.isEmpty || lines.contains { $0.count < 16 } ? nil : lines
    }

    /// Answers one call. Whoever cannot prove to be the Git server learns nothing, not even what was wrong.
    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        let path = RequestTarget(request.target).path
        guard path.count == 2, path.first == "hooks", let sender = WebhookSender(rawValue: path[1]) else {
            return FleetAPI.json(["error": "there is nothing at this path"], status: 404)
        }
        guard request.method == "POST" else {
            return FleetAPI.json(["error": "hooks are called with POST"], status: 405)
        }
        let time = now()
        let seconds = Double(time.seconds) + Double(time.microseconds) / 1_000_000
        guard budget.withLock({ $0.take(at: seconds) }) else {
            var answer = finish(sender, .throttled, 429, "too many calls; the repository is looked at anyway")
            answer.headers["retry-after"] = "10"
            return answer
        }
        guard request.body.count <= Self.maximumBodySize else {
            return finish(sender, .refused, 413, "the body is too large")
        }
        guard sender.isProven(request, by: secrets()) else {
            return finish(sender, .refused, 401, "the call is not signed with the secret of this daemon")
        }
        guard sender.isPush(request.headers) else { return finish(sender, .ignored, 202) }
        await look()
        return finish(sender, .accepted, 202)
    }

    private func finish(
        _ sender: WebhookSender,
        _ outcome: Outcome,
        _ status: Int,
        _ reason: String? = nil
    ) -> HTTPResponse {
        metrics.add("martlet_hooks_total", 1, ["sender": sender.rawValue, "outcome": outcome.rawValue])
        let body: Value = reason.map { ["error": .string($0)] } ?? ["outcome": .string(outcome.rawValue)]
        return FleetAPI.json(body, status: status)
    }
}
