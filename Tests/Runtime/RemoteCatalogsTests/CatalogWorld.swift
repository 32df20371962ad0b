import CatalogModel
import FleetModel
import FleetRendering
import HTTPTransport
import KubernetesModel
import RemoteCatalogs
import SourceDiagnostics
import StructuredValue
import Synchronization
import TestSupport

/// A Helm repository and an OCI registry on a loopback port, with charts that tests publish.
final class CatalogWorld: Sendable {
    struct State {
        /// By chart and version.
        var charts: [String: [String: [UInt8]]] = [:]
        var isDown = false
        /// What must stand in `Authorization`; anybody is let in when it is nil.
        var secret: String?
        var requests: [String] = []
    }

    let folder: TemporaryFolder
    let state = Mutex(State())
    private let holder = Mutex<LoopbackServer?>(nil)
    private let clock = Mutex(1_800_000_000)

    init() throws {
        folder = try TemporaryFolder()
        let server = try LoopbackServer { [weak self] request, connection in
            guard let self else { return connection.close() }
            let isKnown = self.state.withLock { $0.secret == nil || $0.secret == request.headers["authorization"] }
            if !isKnown {
                return connection.respond(401, "", headers: ["WWW-Authenticate": "Basic realm=\"charts\""])
            }
            let answer = self.answer(request.target)
            connection.respond(answer.status, answer.body)
        }
        holder.withLock { $0 = server }
    }

    deinit { holder.withLock { $0?.stop() } }

    var port: Int { holder.withLock { $0?.port ?? 0 } }
    var requests: [String] { state.withLock { $0.requests } }

    /// Packs a chart of one ConfigMap that tells its version, and offers it.
    func publish(_ name: String, _ version: String, text: String = "") throws {
        let place = "pack-\(name)-\(version)/\(name)"
        try folder.write("{apiVersion: v2, name: \(name), version: \(version)}", to: "\(place)/Chart.yaml")
        try folder.write(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\ndata: {version: \"\(version)\", text: \"\(text)\"}\n",
            to: "\(place)/templates/map.yaml"
        )
        let bytes = try folder.run("tar", ["-cz", "-C", "pack-\(name)-\(version)", name])
        state.withLock { $0.charts[name, default: [:]][version] = bytes }
    }

    func setDown(_ isDown: Bool) { state.withLock { $0.isDown = isDown } }

    func pass(seconds: Int) { clock.withLock { $0 += seconds } }

    /// A keeper over a data directory; a second one is what a restart leaves.
    func keeper(
        _ change: (inout CatalogKeeper.Settings) -> Void = { _ in },
        onResolution: @escaping @Sendable (CatalogKeeper.Resolution) async -> Void = { _ in }
    ) -> CatalogKeeper {
        var settings = CatalogKeeper.Settings(dataDirectory: folder.path + "/data")
        change(&settings)
        return CatalogKeeper(
            settings,
            transport: HTTPTransport(),
            now: { [self] in Timestamp(seconds: clock.withLock { $0 }) },
            onResolution: onResolution
        )
    }

    func helm(_ name: String = "helm", credentials: String? = nil) -> Catalog {
        catalog(name, .helm(urls: ["http://127.0.0.1:\(port)/helm/"], credentialsFile: credentials))
    }

    func oci(_ name: String = "oci", credentials: String? = nil) -> Catalog {
        catalog(name, .oci(urls: ["oci://127.0.0.1:\(port)/charts"], credentialsFile: credentials))
    }

    func catalog(_ name: String, _ source: CatalogSource) -> Catalog {
        Catalog(name: name, position: SourcePosition(file: "catalog.yaml", line: 1, column: 1), source: source)
    }

    private func answer(_ target: String) -> (status: Int, body: [UInt8]) {
        state.withLock { state in
            state.requests.append(target)
            if state.isDown { return (503, []) }
            if target == "/helm/index.yaml" { return (200, Self.index(state.charts)) }
            let parts = target.split(separator: "?")[0].split(separator: "/").map(String.init)
            if parts.first == "helm", let file = parts.last, let (name, version) = TreeCatalog.split(file) {
                return state.charts[name]?[version].map { (200, $0) } ?? (404, [])
            }
            guard parts.first == "v2", parts.count >= 4 else { return (404, []) }
            return Self.registry(parts[2], Array(parts[3...]), state.charts)
        }
    }

    private static func index(_ charts: [String: [String: [UInt8]]]) -> [UInt8] {
        var entries = Object()
        for (name, versions) in charts {
            entries[name] = .array(
                versions.map { version, bytes in
                    [
                        "name": .string(name), "version": .string(version),
                        "digest": .string(ContentDigest(of: bytes).digits), "urls": [.string("\(name)-\(version).tgz")],
                    ]
                }
            )
        }
        return JSON.bytes(["apiVersion": "v1", "entries": .object(entries)])
    }

    private static func registry(
        _ chart: String,
        _ path: [String],
        _ charts: [String: [String: [UInt8]]]
    ) -> (Int, [UInt8]) {
        guard let versions = charts[chart] else { return (404, []) }
        let config = JSON.bytes(["name": .string(chart)])
        switch (path.first ?? "", path.last ?? "") {
        case ("tags", _):
            return (200, JSON.bytes(["name": .string(chart), "tags": .array(versions.keys.map(Value.string))]))
        case ("manifests", let tag):
            guard let bytes = versions[tag] else { return (404, []) }
            func blob(_ type: String, _ bytes: [UInt8]) -> Value {
                [
                    "mediaType": .string(type), "digest": .string("\(ContentDigest(of: bytes))"),
                    "size": .int(bytes.count),
                ]
            }
            let manifest: Value = [
                "schemaVersion": 2, "config": blob("application/vnd.cncf.helm.config.v1+json", config),
                "layers": [blob("application/vnd.cncf.helm.chart.content.v1.tar+gzip", bytes)],
            ]
            return (200, JSON.bytes(manifest))
        case ("blobs", let digest):
            let all = [config] + versions.values
            return all.first { "\(ContentDigest(of: $0))" == digest }.map { (200, $0) } ?? (404, [])
        default: return (404, [])
        }
    }
}
