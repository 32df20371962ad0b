import FleetAPI
import Foundation
import HTTPServer
import KubernetesModel
import Synchronization
import Telemetry
import Testing

@Suite struct WebhookTests {
    private static let secret = "It's a Secret to Everybody"
    private static let body = Array("Hello, World!".utf8)
    /// Of `body` with `secret`, as GitHub's documentation has it.
    private static let code = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

    /// A receiver and how often it had the repository looked at.
    private final class Bench: Sendable {
        let looks = Mutex(0)
        let secrets = Mutex([Array(WebhookTests.secret.utf8)])
        let time = Mutex(Timestamp(seconds: 1_800_000_000))
        let metrics = MetricsRegistry()

        func receiver() -> WebhookReceiver {
            WebhookReceiver.declareMetrics(metrics)
            return WebhookReceiver(
                secrets: { self.secrets.withLock { $0 } },
                metrics: metrics,
                now: { self.time.withLock { $0 } },
                look: { self.looks.withLock { $0 += 1 } }
            )
        }
    }

    struct Call: Sendable, CustomTestStringConvertible {
        var name: String
        var target: String
        var headers: [(String, String)]
        var body = WebhookTests.body
        var method = "POST"
        var status: Int
        var looks: Int
        var testDescription: String { name }
    }

    private static let signed = [("X-Hub-Signature-256", "sha256=\(code)")]

    static let calls = [
        Call(name: "a push on GitHub", target: "/hooks/github", headers: signed, status: 202, looks: 1),
        Call(
            name: "a push on GitHub, named",
            target: "/hooks/github?x=y",
            headers: signed + [("X-GitHub-Event", "push")],
            status: 202,
            looks: 1
        ),
        Call(
            name: "a ping of GitHub",
            target: "/hooks/github",
            headers: signed + [("X-GitHub-Event", "ping")],
            status: 202,
            looks: 0
        ),
        Call(name: "no signature", target: "/hooks/github", headers: [], status: 401, looks: 0),
        Call(
            name: "another's signature",
            target: "/hooks/github",
            headers: [("X-Hub-Signature-256", "sha256=" + String(repeating: "0", count: 64))],
            status: 401,
            looks: 0
        ),
        Call(
            name: "half a signature",
            target: "/hooks/github",
            headers: [("X-Hub-Signature-256", "sha256=" + code.prefix(32))],
            status: 401,
            looks: 0
        ),
        Call(
            name: "a signature of other digits",
            target: "/hooks/github",
            headers: [("X-Hub-Signature-256", "sha256=" + code.dropLast() + "g")],
            status: 401,
            looks: 0
        ),
        Call(
            name: "a signature of digits that are not ASCII",
            target: "/hooks/github",
            headers: [("X-Hub-Signature-256", "sha256=" + code.dropLast() + "７")],
            status: 401,
            looks: 0
        ),
        Call(
            name: "another body",
            target: "/hooks/github",
            headers: signed,
            body: Array("Hello, World?".utf8),
            status: 401,
            looks: 0
        ),
        Call(
            name: "the older signature of GitHub alone",
            target: "/hooks/github",
            headers: [("X-Hub-Signature", "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59")],
            status: 401,
            looks: 0
        ),
        Call(
            name: "a push on GitLab",
            target: "/hooks/gitlab",
            headers: [("X-Gitlab-Token", secret), ("X-Gitlab-Event", "Push Hook")],
            status: 202,
            looks: 1
        ),
        Call(
            name: "an issue on GitLab",
            target: "/hooks/gitlab",
            headers: [("X-Gitlab-Token", secret), ("X-Gitlab-Event", "Issue Hook")],
            status: 202,
            looks: 0
        ),
        Call(
            name: "the begin of the token",
            target: "/hooks/gitlab",
            headers: [("X-Gitlab-Token", String(secret.dropLast()))],
            status: 401,
            looks: 0
        ),
        Call(name: "no token", target: "/hooks/gitlab", headers: [], status: 401, looks: 0),
        Call(
            name: "GitHub's proof for GitLab",
            target: "/hooks/gitlab",
            headers: signed,
            status: 401,
            looks: 0
        ),
        Call(
            name: "a push on Gitea",
            target: "/hooks/gitea",
            headers: [("X-Gitea-Signature", code), ("X-Gitea-Event", "push")],
            status: 202,
            looks: 1
        ),
        Call(
            name: "a push on Forgejo",
            target: "/hooks/gitea",
            headers: [("X-Forgejo-Signature", code)],
            status: 202,
            looks: 1
        ),
        Call(
            name: "any other server",
            target: "/hooks/generic",
            headers: [("X-Signature", "sha256=\(code)")],
            status: 202,
            looks: 1
        ),
        Call(
            name: "a large body",
            target: "/hooks/generic",
            headers: signed,
            body: Array(repeating: 0x20, count: WebhookReceiver.maximumBodySize + 1),
            status: 413,
            looks: 0
        ),
        Call(name: "a look", target: "/hooks/github", headers: signed, method: "GET", status: 405, looks: 0),
        Call(name: "an unknown sender", target: "/hooks/bitbucket", headers: signed, status: 404, looks: 0),
        Call(name: "no sender", target: "/hooks", headers: signed, status: 404, looks: 0),
        Call(name: "another path", target: "/api/v1/poke", headers: signed, status: 404, looks: 0),
    ]

    @Test(arguments: calls)
    func takesOnlyWhatIsProven(_ call: Call) async {
        let bench = Bench()
        let response = await bench.receiver().respond(
            to: HTTPRequest(
                method: call.method,
                target: call.target,
                headers: HTTPHeaders(call.headers),
                body: call.body
            )
        )
        #expect(response.status == call.status)
        #expect(bench.looks.withLock { $0 } == call.looks)
    }

    private static func status(_ receiver: WebhookReceiver, _ headers: [(String, String)] = signed) async -> Int {
        await receiver.respond(
            to: HTTPRequest(method: "POST", target: "/hooks/github", headers: HTTPHeaders(headers), body: body)
        ).status
    }

    /// A new secret counts at once, the old one for as long as it stands beside it.
    @Test func secretsCanBeExchanged() async {
        let bench = Bench()
        let receiver = bench.receiver()
        bench.secrets.withLock { $0.insert(Array("the next secret, not in use yet".utf8), at: 0) }
        #expect(await Self.status(receiver) == 202)
        bench.secrets.withLock { _ = $0.removeLast() }
        #expect(await Self.status(receiver) == 401)
        bench.secrets.withLock { $0 = [] }
        #expect(await Self.status(receiver) == 401)
    }

    /// Guessing is slow, and a flood costs no looks.
    @Test func tooManyCallsAreTurnedAway() async {
        let bench = Bench()
        let receiver = bench.receiver()
        var statuses: [Int: Int] = [:]
        for _ in 0..<100 { statuses[await Self.status(receiver, []), default: 0] += 1 }
        #expect(statuses == [401: 60, 429: 40])
        #expect(await Self.status(receiver) == 429)
        bench.time.withLock { $0 = Timestamp(seconds: $0.seconds + 1) }
        #expect(await Self.status(receiver) == 202)
        bench.time.withLock { $0 = Timestamp(seconds: $0.seconds - 3_600) }
        #expect(await Self.status(receiver) == 202)
        #expect(bench.looks.withLock { $0 } == 2)
        let counted = bench.metrics.text()
        #expect(counted.contains(#"martlet_hooks_total{outcome="throttled",sender="github"} 41"#), "\(counted)")
        #expect(counted.contains(#"martlet_hooks_total{outcome="accepted",sender="github"} 2"#), "\(counted)")
    }

    /// What does not come through tells nothing of the secret, and all wrong proofs get the same words.
    @Test func refusalsAreAllTheSame() async {
        let receiver = Bench().receiver()
        var texts: Set<String> = []
        for call in Self.calls where call.status == 401 {
            let response = await receiver.respond(
                to: HTTPRequest(
                    method: "POST",
                    target: call.target,
                    headers: HTTPHeaders(call.headers),
                    body: call.body
                )
            )
            if case .bytes(let bytes) = response.body { texts.insert(String(decoding: bytes, as: UTF8.self)) }
        }
        #expect(texts.count == 1)
        #expect(!texts.joined().contains(Self.secret))
    }

    @Test(
        arguments: [
            ("0123456789abcdef\n", ["0123456789abcdef"]),
            ("  0123456789abcdef  \r\n\r\nfedcba9876543210 x", ["0123456789abcdef", "fedcba9876543210 x"]),
            ("short\n", nil),
            ("0123456789abcdef\nshort\n", nil),
            ("\n", nil),
            ("", nil),
        ] as [(String, [String]?)]
    )
    func readsSecrets(_ text: String, _ secrets: [String]?) {
        #expect(WebhookReceiver.secrets(in: Array(text.utf8)) == secrets?.map { Array($0.utf8) })
    }
}
