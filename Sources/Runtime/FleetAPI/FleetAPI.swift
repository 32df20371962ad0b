package import FleetLedger
package import FleetReconcilers
package import HTTPServer
internal import StructuredValue
package import Telemetry

/// The daemon's HTTP interface: health, metrics, `/api/v1` in JSON, and the hooks of Git servers.
package struct FleetAPI: Sendable {
    let board: StatusBoard
    let ledger: Ledger
    private let metrics: MetricsRegistry
    let actions: FleetActions
    let logs: LogTail
    private let hooks: WebhookReceiver?
    private let process: @Sendable () -> ProcessFigures?
    private let page: @Sendable () -> String

    /// `hooks` is nil where the hooks are served elsewhere or nowhere; `process` gives what the system says of this process, `page` the dashboard's HTML.
    package init(
        board: StatusBoard,
        ledger: Ledger,
        metrics: MetricsRegistry,
        actions: FleetActions,
        logs: LogTail = LogTail(),
        hooks: WebhookReceiver? = nil,
        process: @escaping @Sendable () -> ProcessFigures? = { nil },
        page: @escaping @Sendable () -> String
    ) {
        self.board = board
        self.ledger = ledger
        self.metrics = metrics
        self.actions = actions
        self.logs = logs
        self.hooks = hooks
        self.process = process
        self.page = page
    }

    /// Answers one request.
    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        let target = RequestTarget(request.target)
        if target.path.first == "hooks", let hooks { return await hooks.respond(to: request) }
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
        case (_, let path) where path.starts(with: ["api", "v1"]): return try await answer(request, target)
        default: throw APIProblem(404, "there is nothing at this path; /api/v1 lists what there is")
        }
    }

    /// What the API has at a path, for the route that takes the method.
    private func answer(_ request: HTTPRequest, _ target: RequestTarget) async throws -> HTTPResponse {
        var allowed: [String] = []
        for route in Self.routes {
            guard let places = route.match(target.path) else { continue }
            if route.method.rawValue == request.method {
                return try await route.run(self, APICall(request, target, places: places))
            }
            allowed.append(route.method.rawValue)
        }
        if allowed.isEmpty { throw APIProblem(404, "there is nothing at this path; /api/v1 lists what there is") }
        throw APIProblem(405, "this path takes \(allowed.joined(separator: ", ")); /api/v1 lists what there is")
    }

    static func json(_ value: Value, status: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: HTTPHeaders([("content-type", "application/json"), ("cache-control", "no-store")]),
            body: .bytes(JSON.bytes(value) + [0x0A])
        )
    }
}
