import StructuredValue
import Synchronization
import TestSupport

/// A management cluster with some kinds and no objects, which forbids what it is told to.
final class GuardedServer: Sendable {
    private final class State: Sendable {
        let forbidden: Mutex<Set<String>>
        let refusals = Mutex(0)
        let items = Mutex<[String: [Value]]>([:])

        init(_ forbidden: Set<String>) { self.forbidden = Mutex(forbidden) }
    }

    private let state: State
    private let server: LoopbackServer

    private static let kinds: [(group: String, version: String, plural: String, kind: String)] = [
        ("cluster.x-k8s.io", "v1beta2", "clusters", "Cluster"), ("cluster.x-k8s.io", "v1beta2", "machines", "Machine"),
        ("cluster.x-k8s.io", "v1beta2", "machinehealthchecks", "MachineHealthCheck"),
        ("apps", "v1", "deployments", "Deployment"),
    ]

    /// Forbids to list and to watch these kinds, by their plural.
    init(forbidding plurals: Set<String>) throws {
        let state = State(plurals)
        self.state = state
        server = try LoopbackServer { request, connection in
            let path = request.target.split(separator: "?")[0]
            let plural = String(path.split(separator: "/").last ?? "")
            func respond(_ status: Int, _ value: Value) {
                connection.respond(status, JSON.bytes(value), headers: ["Content-Type": "application/json"])
            }
            if let answer = Self.discovery(String(path)) { return respond(200, answer) }
            guard let kind = Self.kinds.first(where: { $0.plural == plural }) else {
                return respond(404, ["kind": "Status", "code": 404, "reason": "NotFound"])
            }
            if state.forbidden.withLock({ $0.contains(plural) }) {
                state.refusals.withLock { $0 += 1 }
                let message = "\(plural).\(kind.group) is forbidden: User \"u\" cannot list resource \"\(plural)\""
                return respond(
                    403,
                    ["kind": "Status", "code": 403, "reason": "Forbidden", "message": .string(message)]
                )
            }
            if request.target.contains("watch=true") {
                connection.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
                return
            }
            let items = state.items.withLock { $0[plural] ?? [] }
            respond(
                200,
                [
                    "apiVersion": .string("\(kind.group)/\(kind.version)"), "kind": .string("\(kind.kind)List"),
                    "metadata": ["resourceVersion": "7"], "items": .array(items),
                ]
            )
        }
    }

    var url: String { server.url }
    var refusals: Int { state.refusals.withLock { $0 } }

    func forbid(_ plurals: Set<String>) { state.forbidden.withLock { $0 = plurals } }
    func setItems(_ plural: String, _ items: [Value]) { state.items.withLock { $0[plural] = items } }
    func stop() { server.stop() }

    private static func discovery(_ path: String) -> Value? {
        switch path {
        case "/api": return ["kind": "APIVersions", "versions": []]
        case "/apis":
            let groups = Set(kinds.map { "\($0.group)/\($0.version)" }).sorted().map { version -> Value in
                let entry: Value = ["groupVersion": .string(version)]
                return [
                    "name": .string(String(version.split(separator: "/")[0])), "versions": [entry],
                    "preferredVersion": entry,
                ]
            }
            return ["kind": "APIGroupList", "groups": .array(groups)]
        default:
            let found = kinds.filter { path == "/apis/\($0.group)/\($0.version)" }
            if found.isEmpty { return nil }
            return [
                "kind": "APIResourceList", "groupVersion": .string(String(path.dropFirst("/apis/".count))),
                "resources": .array(
                    found.map { kind in
                        [
                            "name": .string(kind.plural), "kind": .string(kind.kind), "namespaced": true,
                            "singularName": "", "verbs": ["get", "list", "watch"],
                        ]
                    }
                ),
            ]
        }
    }
}
