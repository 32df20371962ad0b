package import FleetLedger
package import FleetReconcilers
package import HTTPServer
internal import StructuredValue
package import Telemetry

/// The daemon's HTTP interface: health, metrics, and `/api/v1` in JSON.
package struct FleetAPI: Sendable {
    private let board: StatusBoard
    private let ledger: Ledger
    private let metrics: MetricsRegistry
    private let actions: FleetActions
    private let logs: LogTail
    private let process: @Sendable () -> ProcessFigures?
    private let page: @Sendable () -> String

    /// `process` gives what the system says of this process, `page` the dashboard's HTML.
    package init(
        board: StatusBoard,
        ledger: Ledger,
        metrics: MetricsRegistry,
        actions: FleetActions,
        logs: LogTail = LogTail(),
        process: @escaping @Sendable () -> ProcessFigures? = { nil },
        page: @escaping @Sendable () -> String
    ) {
        self.board = board
        self.ledger = ledger
        self.metrics = metrics
        self.actions = actions
        self.logs = logs
        self.process = process
        self.page = page
    }

    /// Answers one request.
    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        let target = RequestTarget(request.target)
        do {
            try Self.refuseForeignPages(request)
            return try await route(request, target)
        } catch let problem as APIProblem {
            return Self.json(["error": .string(problem.description)], status: problem.status)
        } catch {
            return Self.json(["error": .string("\(error)")], status: 500)
        }
    }

    /// Browsers tell where a request comes from: a page of another site may change nothing here.
    private static func refuseForeignPages(_ request: HTTPRequest) throws {
        guard request.method != "GET", let origin = request.headers["origin"] else { return }
        let host = request.headers["host"] ?? ""
        guard origin == "http://\(host)" || origin == "https://\(host)" else {
            throw APIProblem(403, "requests of other sites' pages are refused")
        }
    }

    private func route(_ request: HTTPRequest, _ target: RequestTarget) async throws -> HTTPResponse {
        let method = request.method
        switch (method, target.path) {
        case ("GET", ["healthz"]): return .text("ok\n")
        case ("GET", ["readyz"]): return board.isReady ? .text("ok\n") : .text("starting\n", status: 503)
        case ("GET", ["metrics"]):
            let text = metrics.text() + statusMetrics(board, process()).text()
            return .text(text, type: "text/plain; version=0.0.4; charset=utf-8")
        case ("GET", []): return .text(page(), type: "text/html; charset=utf-8")
        case ("GET", ["api", "v1"]): return Self.json(Self.index)
        case ("POST", let path) where path.starts(with: ["api", "v1", "dry-run"]) && path.count == 5:
            guard let body = try? JSON.parse(request.body) else { throw APIProblem(400, "the body is not JSON") }
            return Self.json(try await actions.dryRun(path[3], path[4], body))
        case (_, _) where target.path.starts(with: ["api", "v1"]):
            return try await routeVersion1(method, Array(target.path.dropFirst(2)), target)
        default: throw APIProblem(404, "there is nothing at this path; /api/v1 lists what there is")
        }
    }

    private func routeVersion1(_ method: String, _ path: [String], _ target: RequestTarget) async throws -> HTTPResponse
    {
        switch (method, path.first ?? "", path.count) {
        case ("GET", "status", 1): return Self.json(board.value(isBrief: target["brief"] == "true"))
        case ("GET", "events", 1): return events()
        case ("GET", "catalogs", 1): return Self.json(["items": .array(await actions.catalogs())])
        case ("GET", "logs", 1): return Self.json(logLines(target))
        case ("GET", "history", 1): return Self.json(try await history(target))
        case ("GET", "plan", 1):
            return Self.json(try await actions.plan(target["revision"], target["fleet"]))
        case ("GET", "observed", 3): return Self.json(try await actions.observed(path[1], path[2]))
        case ("GET", "clusters", 2):
            let name = path[1]
            var description = try await actions.describe(
                name,
                target["namespace"],
                target["managementCluster"],
                target["grouping"] != "false"
            )
            description["history"] = try await history(target, name: name, limit: 10)
            return Self.json(description)
        case ("GET", "clusters", 3) where path[2] == "kubeconfig":
            let text = try await actions.kubeconfig(path[1], target["namespace"], target["managementCluster"])
            return .text(text, type: "application/yaml")
        case ("POST", "poke", 1):
            await actions.poke()
            return Self.json(["poked": true])
        case ("POST", "fleets", 3):
            switch path[2] {
            case "approve":
                guard let wave = target["wave"] else { throw APIProblem(400, "which wave? Give ?wave=NAME") }
                return Self.json(try await actions.approve(path[1], wave))
            case "pause": return Self.json(try await actions.pause(path[1], true))
            case "resume": return Self.json(try await actions.pause(path[1], false))
            default: throw APIProblem(404, "a fleet can be asked to approve, pause or resume")
            }
        case ("POST", "objects", 4):
            return Self.json(
                try await actions.operate(
                    ObjectOperation(
                        operation: path[3],
                        kind: path[1],
                        name: path[2],
                        namespace: target["namespace"],
                        managementCluster: target["managementCluster"]
                    )
                )
            )
        case (_, "status", _), (_, "catalogs", _), (_, "logs", _), (_, "history", _), (_, "plan", _),
            (_, "observed", _),
            (_, "clusters", _):
            throw APIProblem(method == "GET" ? 404 : 405, "not in this way; /api/v1 lists what there is")
        default: throw APIProblem(404, "there is nothing at this path; /api/v1 lists what there is")
        }
    }

    private func logLines(_ target: RequestTarget) -> Value {
        let limit = target["limit"].flatMap { Int($0) } ?? 200
        let lines = logs.lines(after: target["after"].flatMap { Int($0) } ?? 0, limit: min(limit, 5_000))
        return ["lines": .array(lines.map { ["number": .int($0.number), "text": .string($0.text)] })]
    }

    private func history(_ target: RequestTarget, name: String? = nil, limit: Int? = nil) async throws -> Value {
        let events = target["event"].map { Set($0.split(separator: ",").map(String.init)) }
        let entries = try await ledger.history(
            Ledger.Query(
                fleet: target["fleet"],
                managementCluster: target["managementCluster"],
                kind: target["kind"],
                name: name ?? target["name"],
                limit: min(limit ?? target["limit"].flatMap { Int($0) } ?? 200, 5_000)
            )
        )
        let shown = entries.filter { events?.contains($0.event.rawValue) ?? true }
        return ["entries": .array(shown.map(\.value))]
    }

    /// Server-sent events: a line whenever the status changed, so that pages need not ask.
    private func events() -> HTTPResponse {
        let board = board
        return HTTPResponse(
            headers: HTTPHeaders([("content-type", "text/event-stream"), ("cache-control", "no-store")]),
            body: .stream { writer in
                var seen = -1
                while !Task.isCancelled {
                    seen = try await board.waitForChange(after: seen)
                    try await writer.write(Array("event: status\ndata: \(seen)\n\n".utf8))
                }
            }
        )
    }

    private static func json(_ value: Value, status: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: HTTPHeaders([("content-type", "application/json"), ("cache-control", "no-store")]),
            body: .bytes(JSON.bytes(value) + [0x0A])
        )
    }

    private static let index: Value = [
        "paths": [
            "GET /api/v1/status?brief=", "GET /api/v1/events", "GET /api/v1/catalogs",
            "GET /api/v1/logs?after=&limit=",
            "GET /api/v1/history?fleet=&managementCluster=&kind=&name=&event=&limit=",
            "GET /api/v1/plan?revision=&fleet=", "GET /api/v1/observed/FLEET/MANAGEMENT-CLUSTER",
            "GET /api/v1/clusters/NAME?namespace=&managementCluster=", "GET /api/v1/clusters/NAME/kubeconfig",
            "POST /api/v1/poke", "POST /api/v1/fleets/FLEET/approve?wave=", "POST /api/v1/fleets/FLEET/pause",
            "POST /api/v1/fleets/FLEET/resume",
            "POST /api/v1/objects/Machine/NAME/remediate?namespace=&managementCluster=",
            "POST /api/v1/objects/Machine/NAME/drain?namespace=&managementCluster=",
            "POST /api/v1/objects/KIND/NAME/restart?namespace=&managementCluster=",
        ]
    ]
}
