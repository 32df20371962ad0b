import ClusterInspection
import FleetAPI
import FleetLedger
import FleetReconcilers
import HTTPServer
import KubernetesModel
import StructuredValue
import Synchronization
import Telemetry
import Testing

@Suite struct FleetAPITests {
    private static let now = Timestamp(seconds: 1_800_000_000)

    /// What was asked of the daemon, in order.
    final class Calls: Sendable {
        private let made = Mutex<[String]>([])
        func note(_ call: String) { made.withLock { $0.append(call) } }
        var all: [String] { made.withLock { $0 } }
    }

    static func board() -> StatusBoard {
        let board = StatusBoard()
        board.updateSource { source in
            source.branch = "main"
            source.revision = "abc"
            source.fetched = now
        }
        board.updateFleet("edge") { fleet in
            fleet.revision = "abc"
            fleet.state = "Rolling out"
        }
        for (name, state, applied) in [
            ("mc-1", MemberStatus.State.synced, "abc"), ("mc-2", .unknown, "old"),
        ] {
            board.updateMember(name, of: "edge", at: now) { member in
                member.state = state
                member.appliedRevision = applied
                member.objects = 20
                member.apps = [.healthy, .healthy, Health(.degraded, reason: "no")].map { health in
                    AppStatus(
                        namespace: "default",
                        name: "a",
                        catalog: "c",
                        chart: "a",
                        requested: "1",
                        version: "1",
                        hold: "",
                        objects: 1,
                        health: health
                    )
                }
            }
        }
        return board
    }

    static func api(_ board: StatusBoard = board(), _ calls: Calls = Calls()) throws -> FleetAPI {
        FleetAPI(
            board: board,
            ledger: try Ledger(path: nil),
            metrics: MetricsRegistry(),
            actions: FleetActions(
                plan: { revision, fleet in
                    ["revision": .string(revision ?? "newest"), "fleet": .string(fleet ?? "all")]
                },
                observed: { fleet, member in [.string(fleet), .string(member)] },
                describe: { name, namespace, _, _ in
                    guard name == "berlin" else { throw APIProblem(404, "no cluster is named “\(name)”") }
                    return ["name": .string(name), "namespace": .string(namespace ?? "")]
                },
                catalogs: { [["name": "demo"]] },
                kubeconfig: { name, _, _ in "kubeconfig of \(name)\n" },
                poke: { calls.note("poke") },
                approve: { fleet, wave in
                    calls.note("approve \(fleet) \(wave)")
                    return ["message": "ok"]
                },
                pause: { fleet, isPaused in
                    calls.note("\(isPaused ? "pause" : "resume") \(fleet)")
                    return ["message": "ok"]
                },
                operate: { operation in
                    calls.note(
                        "\(operation.operation) \(operation.kind) \(operation.namespace ?? "-")/\(operation.name)"
                    )
                    return ["message": "ok"]
                }
            ),
            process: {
                ProcessFigures(
                    version: "1.2.3",
                    residentMemory: 4096,
                    processorSeconds: 1.5,
                    openFiles: 7,
                    started: 1_800_000_000
                )
            },
            page: { "<title>Martlet</title>" }
        )
    }

    static func text(_ response: HTTPResponse) -> String {
        guard case .bytes(let bytes) = response.body else { return "a stream" }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: [
        ("GET", "/healthz", 200, "ok"),
        ("GET", "/readyz", 503, "starting"),
        ("GET", "/", 200, "<title>Martlet</title>"),
        ("GET", "/api/v1", 200, "POST /api/v1/poke"),
        ("GET", "/api/v1/status", 200, #""revision":"abc""#),
        ("GET", "/api/v1/catalogs", 200, #"{"items":[{"name":"demo"}]}"#),
        ("GET", "/api/v1/plan?fleet=edge", 200, #"{"revision":"newest","fleet":"edge"}"#),
        ("GET", "/api/v1/observed/edge/mc-1", 200, #"["edge","mc-1"]"#),
        ("GET", "/api/v1/clusters/berlin?namespace=org%2Dacme", 200, #""namespace":"org-acme""#),
        ("GET", "/api/v1/clusters/berlin/kubeconfig", 200, "kubeconfig of berlin"),
        ("GET", "/api/v1/clusters/bern", 404, "no cluster is named “bern”"),
        ("GET", "/api/v1/history?limit=5", 200, #"{"entries":[]}"#),
        ("GET", "/api/v1/logs", 200, #"{"lines":[]}"#),
        ("POST", "/api/v1/status", 405, "/api/v1 lists what there is"),
        ("POST", "/api/v1/fleets/edge/approve", 400, "which wave?"),
        ("POST", "/api/v1/fleets/edge/burn", 404, "there is nothing at this path"),
        ("POST", "/api/v1/dry-run/edge/mc-1", 400, "the body is not JSON"),
        ("GET", "/hooks/github", 404, "there is nothing at this path"),
        ("GET", "/api/v1/nothing", 404, "there is nothing at this path"),
        ("GET", "/nothing", 404, "there is nothing at this path"),
    ])
    func answers(_ method: String, _ target: String, _ status: Int, _ part: String) async throws {
        let response = await (try Self.api()).respond(to: HTTPRequest(method: method, target: target))
        #expect(response.status == status)
        #expect(Self.text(response).contains(part), "\(Self.text(response))")
    }

    @Test(arguments: [
        ("/api/v1/poke", "poke"),
        ("/api/v1/fleets/edge/approve?wave=rest", "approve edge rest"),
        ("/api/v1/fleets/edge/pause", "pause edge"),
        ("/api/v1/fleets/edge/resume", "resume edge"),
        ("/api/v1/objects/Machine/m-1/drain?namespace=org", "drain Machine org/m-1"),
        ("/api/v1/objects/KubeadmControlPlane/k/restart", "restart KubeadmControlPlane -/k"),
    ])
    func asksTheDaemon(_ target: String, _ call: String) async throws {
        let calls = Calls()
        let response = await (try Self.api(Self.board(), calls)).respond(
            to: HTTPRequest(method: "POST", target: target)
        )
        #expect(response.status == 200)
        #expect(calls.all == [call])
    }

    @Test func pagesOfOtherSitesChangeNothing() async throws {
        let calls = Calls()
        let api = try Self.api(Self.board(), calls)
        func answer(_ origin: String) async -> Int {
            let headers = HTTPHeaders([("host", "127.0.0.1:8080"), ("origin", origin)])
            return await api.respond(to: HTTPRequest(method: "POST", target: "/api/v1/poke", headers: headers)).status
        }
        #expect(await answer("https://evil.example") == 403)
        #expect(calls.all.isEmpty)
        #expect(await answer("http://127.0.0.1:8080") == 200)
    }

    @Test func becomesReady() async throws {
        let board = Self.board()
        board.markReady()
        let response = await (try Self.api(board)).respond(to: HTTPRequest(method: "GET", target: "/readyz"))
        #expect(response.status == 200)
    }

    @Test(arguments: [
        #"martlet_source_info{branch="main",revision="abc"} 1"#,
        "martlet_source_failing 0",
        "martlet_source_fetched_timestamp_seconds 1800000000",
        #"martlet_fleet_state{fleet="edge",state="Rolling out"} 1"#,
        #"martlet_member_state{fleet="edge",management_cluster="mc-2",state="Unknown"} 1"#,
        #"martlet_member_behind{fleet="edge",management_cluster="mc-1"} 0"#,
        #"martlet_member_behind{fleet="edge",management_cluster="mc-2"} 1"#,
        #"martlet_member_objects{fleet="edge",management_cluster="mc-1"} 20"#,
        #"martlet_apps{fleet="edge",health="Healthy",management_cluster="mc-1"} 2"#,
        #"martlet_apps{fleet="edge",health="Degraded",management_cluster="mc-1"} 1"#,
        #"martlet_build_info{version="1.2.3"} 1"#,
        "process_resident_memory_bytes 4096",
        "process_cpu_seconds_total 1.5",
    ])
    func measures(_ line: String) async throws {
        let response = await (try Self.api()).respond(to: HTTPRequest(method: "GET", target: "/metrics"))
        let lines = Self.text(response).split(separator: "\n").map(String.init)
        #expect(lines.contains(line), "\(lines.filter { !$0.hasPrefix("#") })")
    }
}
