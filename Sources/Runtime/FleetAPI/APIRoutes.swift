internal import FleetLedger
internal import FleetReconcilers
internal import HTTPServer
internal import StructuredValue
internal import Telemetry

extension FleetAPI {
    /// Everything below `/api/v1`.
    static let routes: [APIRoute] = looks + deeds

    private static let fleet = APIRoute.Parameter(name: "fleet", meaning: "The name of a fleet.", isRequired: true)
    private static let member = APIRoute.Parameter(
        name: "managementCluster",
        meaning: "The name of a management cluster.",
        isRequired: true
    )
    private static let clusterPlaces = [
        APIRoute.Parameter(name: "name", meaning: "The name of a workload cluster.", isRequired: true)
    ]
    private static let whereItIs = [
        APIRoute.Parameter(name: "namespace", meaning: "Only in this namespace."),
        APIRoute.Parameter(name: "managementCluster", meaning: "Only on this management cluster."),
    ]

    private static func number(_ name: String, _ meaning: String) -> APIRoute.Parameter {
        APIRoute.Parameter(name: name, meaning: meaning, schema: ["type": "integer", "minimum": 0])
    }

    private static let looks: [APIRoute] = [
        APIRoute(
            method: .get,
            path: "/api/v1",
            operation: "listPaths",
            summary: "What can be asked here.",
            answer: .json("Index"),
            run: { _, _ in json(["paths": .array(routes.map { .string($0.line) })]) }
        ),
        APIRoute(
            method: .get,
            path: "/api/v1/openapi.json",
            operation: "describeAPI",
            summary: "This interface as an OpenAPI document.",
            answer: .json("OpenAPI"),
            run: { _, _ in json(APIDescription.document(of: routes)) }
        ),
        APIRoute(
            method: .get,
            path: "/api/v1/status",
            operation: "getStatus",
            summary: "The source, all fleets and their management clusters, as they stand.",
            query: [
                APIRoute.Parameter(
                    name: "brief",
                    meaning: "Management clusters without their clusters, apps and findings.",
                    schema: ["type": "boolean"]
                )
            ],
            answer: .json("Status"),
            run: { api, call in json(api.board.value(isBrief: call["brief"] == "true")) }
        ),
        APIRoute(
            method: .get,
            path: "/api/v1/events",
            operation: "followStatus",
            summary: "A stream with one event whenever the status changed.",
            answer: .text(type: "text/event-stream", meaning: "Events named status; their data is a growing number."),
            run: { api, _ in api.events() }
        ),
        APIRoute(
            method: .get,
            path: "/api/v1/catalogs",
            operation: "listCatalogs",
            summary: "The catalogs of the newest revision, and what version ranges came to.",
            answer: .json("CatalogList"),
            run: { api, _ in json(["items": .array(await api.actions.catalogs())]) }
        ),
        APIRoute(
            method: .get,
            path: "/api/v1/logs",
            operation: "listLogs",
            summary: "The daemon's newest log lines.",
            query: [
                number("after", "Only lines with a greater number."),
                number("limit", "At most so many lines: 200 when not given, 5000 at most."),
            ],
            answer: .json("LogLines"),
            run: { api, call in json(api.logLines(call)) }
        ),
        APIRoute(
            method: .get,
            path: "/api/v1/history",
            operation: "listHistory",
            summary: "What was done and found, newest first.",
            query: [
                APIRoute.Parameter(name: "fleet", meaning: "Only of this fleet."),
                APIRoute.Parameter(name: "managementCluster", meaning: "Only of this management cluster."),
                APIRoute.Parameter(name: "kind", meaning: "Only about objects of this kind."),
                APIRoute.Parameter(name: "name", meaning: "Only about objects of this name."),
                APIRoute.Parameter(name: "event", meaning: "Only these events, separated by commas."),
                number("limit", "At most so many entries: 200 when not given, 5000 at most."),
            ],
            answer: .json("History"),
            run: { api, call in json(try await api.history(call)) }
        ),
        APIRoute(
            method: .get,
            path: "/api/v1/plan",
            operation: "getPlan",
            summary: "What a revision would do to what is observed.",
            query: [
                APIRoute.Parameter(
                    name: "revision",
                    meaning: "A commit, branch or tag; the newest when not given."
                ),
                APIRoute.Parameter(name: "fleet", meaning: "Only of this fleet."),
            ],
            answer: .json("Plan"),
            run: { api, call in json(try await api.actions.plan(call["revision"], call["fleet"])) }
        ),
        APIRoute(
            method: .get,
            path: "/api/v1/observed/{fleet}/{managementCluster}",
            operation: "getObserved",
            summary:
                "What was observed on a management cluster, for plans that are made elsewhere. Secrets are digests.",
            places: [fleet, member],
            answer: .json("Observed"),
            run: { api, call in
                json(try await api.actions.observed(call.place("fleet"), call.place("managementCluster")))
            }
        ),
        APIRoute(
            method: .get,
            path: "/api/v1/clusters/{name}",
            operation: "describeCluster",
            summary: "One workload cluster: its tree, what blocks it, and its history.",
            places: clusterPlaces,
            query: whereItIs + [
                APIRoute.Parameter(
                    name: "grouping",
                    meaning: "false for each healthy Machine on a line of its own.",
                    schema: ["type": "boolean"]
                )
            ],
            answer: .json("ClusterDescription"),
            run: { api, call in
                let name = call.place("name")
                var description = try await api.actions.describe(
                    name,
                    call["namespace"],
                    call["managementCluster"],
                    call["grouping"] != "false"
                )
                description["history"] = try await api.history(call, limit: 10)
                return json(description)
            }
        ),
        APIRoute(
            method: .get,
            path: "/api/v1/clusters/{name}/kubeconfig",
            operation: "getKubeconfig",
            summary: "The kubeconfig of a workload cluster.",
            places: clusterPlaces,
            query: whereItIs,
            answer: .text(
                type: "application/yaml",
                meaning: "A kubeconfig with the rights of the cluster's administrator."
            ),
            run: { api, call in
                let text = try await api.actions.kubeconfig(
                    call.place("name"),
                    call["namespace"],
                    call["managementCluster"]
                )
                return .text(text, type: "application/yaml")
            }
        ),
    ]

    private static let deeds: [APIRoute] = [
        APIRoute(
            method: .post,
            path: "/api/v1/poke",
            operation: "poke",
            summary: "Look at the repository now, and go over every management cluster.",
            answer: .json("Poked"),
            run: { api, _ in
                await api.actions.poke()
                return json(["poked": true])
            }
        ),
        APIRoute(
            method: .post,
            path: "/api/v1/dry-run/{fleet}/{managementCluster}",
            operation: "dryRun",
            summary: "Ask a cluster's own server what it would store, without storing it.",
            places: [fleet, member],
            body: "DryRun",
            answer: .json("DryRunAnswer"),
            run: { api, call in
                guard let body = try? JSON.parse(call.request.body) else {
                    throw APIProblem(400, "the body is not JSON")
                }
                return json(try await api.actions.dryRun(call.place("fleet"), call.place("managementCluster"), body))
            }
        ),
        APIRoute(
            method: .post,
            path: "/api/v1/fleets/{fleet}/approve",
            operation: "approveWave",
            summary: "Let a wave begin that waits for approval.",
            places: [fleet],
            query: [APIRoute.Parameter(name: "wave", meaning: "The name of the wave.", isRequired: true)],
            answer: .json("Approved"),
            run: { api, call in
                guard let wave = call["wave"] else { throw APIProblem(400, "which wave? Give ?wave=NAME") }
                return json(try await api.actions.approve(call.place("fleet"), wave))
            }
        ),
        APIRoute(
            method: .post,
            path: "/api/v1/fleets/{fleet}/pause",
            operation: "pauseFleet",
            summary: "Hold the rollout of a fleet where it is.",
            places: [fleet],
            answer: .json("Paused"),
            run: { api, call in json(try await api.actions.pause(call.place("fleet"), true)) }
        ),
        APIRoute(
            method: .post,
            path: "/api/v1/fleets/{fleet}/resume",
            operation: "resumeFleet",
            summary: "Let the rollout of a paused fleet go on.",
            places: [fleet],
            answer: .json("Paused"),
            run: { api, call in json(try await api.actions.pause(call.place("fleet"), false)) }
        ),
        APIRoute(
            method: .post,
            path: "/api/v1/objects/{kind}/{name}/{operation}",
            operation: "operateObject",
            summary: "Remediate or drain a Machine, or replace all Machines of an owner one after the other.",
            places: [
                APIRoute.Parameter(name: "kind", meaning: "Machine, or a kind that owns Machines.", isRequired: true),
                APIRoute.Parameter(name: "name", meaning: "The name of the object.", isRequired: true),
                APIRoute.Parameter(
                    name: "operation",
                    meaning: "What to do.",
                    isRequired: true,
                    schema: ["type": "string", "enum": ["remediate", "drain", "restart"]]
                ),
            ],
            query: whereItIs,
            answer: .json("Message"),
            run: { api, call in
                json(
                    try await api.actions.operate(
                        ObjectOperation(
                            operation: call.place("operation"),
                            kind: call.place("kind"),
                            name: call.place("name"),
                            namespace: call["namespace"],
                            managementCluster: call["managementCluster"]
                        )
                    )
                )
            }
        ),
    ]

    private func logLines(_ call: APICall) -> Value {
        let limit = call["limit"].flatMap { Int($0) } ?? 200
        let lines = logs.lines(after: call["after"].flatMap { Int($0) } ?? 0, limit: min(limit, 5_000))
        return ["lines": .array(lines.map { ["number": .int($0.number), "text": .string($0.text)] })]
    }

    private func history(_ call: APICall, limit: Int? = nil) async throws -> Value {
        let events = call["event"].map { Set($0.split(separator: ",").map(String.init)) }
        let entries = try await ledger.history(
            Ledger.Query(
                fleet: call["fleet"],
                managementCluster: call["managementCluster"],
                kind: call["kind"],
                name: call["name"],
                limit: min(limit ?? call["limit"].flatMap { Int($0) } ?? 200, 5_000)
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
}
