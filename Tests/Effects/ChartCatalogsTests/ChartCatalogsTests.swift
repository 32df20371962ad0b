import CatalogModel
import ChartCatalogs
import FoundationEssentials
import HTTPTransport
import SemanticVersion
import StructuredValue
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ChartCatalogsTests {
    static let archive = Array("a packed chart".utf8)
    static let digest = ContentDigest(of: archive)

    static func temporaryCache(limit: Int = 1 << 30) -> (cache: ContentCache, folder: String) {
        let folder = Scratch.place("catalog")
            .path()
        return (ContentCache(folder: folder, limit: limit), folder)
    }

    static func index(_ digest: String, url: String) -> [UInt8] {
        Array(
            """
            apiVersion: v1
            entries:
              demo:
              - {name: demo, version: 1.1.0, digest: \(digest), urls: ["\(url)"]}
              - {name: demo, version: 1.0.0, digest: \(digest), urls: ["\(url)"]}
            """.utf8
        )
    }

    static func connection(_ server: LocalServer, user: CatalogCredentials? = nil) -> CatalogConnection {
        let host = "127.0.0.1:\(server.port)"
        return CatalogConnection(transport: HTTPTransport(), plainHosts: [host]) { $0 == host ? user : nil }
    }

    // MARK: Helm repositories

    @Test func readsAnIndexAndFetchesAChartOnce() async throws {
        let server = LocalServer { request in
            switch request.path {
            case "/charts/index.yaml":
                if request.headers["if-none-match"] == "\"1\"" { return .init(status: 304) }
                return .init(headers: [("ETag", "\"1\"")], body: Self.index(Self.digest.digits, url: "demo.tgz"))
            case "/charts/demo.tgz": return .init(status: 302, headers: [("Location", "/real/demo.tgz")])
            case "/real/demo.tgz": return .init(body: Self.archive)
            default: return .init(status: 404)
            }
        }
        let (cache, folder) = Self.temporaryCache()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let url = "http://127.0.0.1:\(server.port)/charts/"
        let repository = HelmRepository(url: url, connection: Self.connection(server), cache: cache)
        let source = ChartSource.helm([repository])
        let first = try await source.fetch("demo", try VersionWish("^1"))
        #expect(first.archive == Self.archive && first.entry.version == "1.1.0" && first.digest == Self.digest)
        let second = try await source.fetch("demo", .newest)
        #expect(second.archive == Self.archive)
        // The index was asked for twice, the second time in vain; the chart came from the cache.
        #expect(
            server.requests.map(\.path) == [
                "/charts/index.yaml", "/charts/demo.tgz", "/real/demo.tgz", "/charts/index.yaml",
            ]
        )
        #expect(try await repository.index(offline: true).entries["demo"]?.count == 2)
    }

    @Test func refusesAChartThatIsNotWhatTheIndexPromises() async throws {
        let server = LocalServer { request in
            request.path.hasSuffix("index.yaml")
                ? .init(body: Self.index(Self.digest.digits, url: "demo.tgz"))
                : .init(body: Array("something else".utf8))
        }
        let (cache, folder) = Self.temporaryCache()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let repository = HelmRepository(
            url: "http://127.0.0.1:\(server.port)",
            connection: Self.connection(server),
            cache: cache
        )
        let failure = await Self.failure { try await ChartSource.helm([repository]).fetch("demo", .exact("1.0.0")) }
        #expect(failure?.kind == .digestMismatch)
    }

    @Test func takesNoDownloadThatItCannotCheck() async throws {
        let server = LocalServer { request in
            request.path.hasSuffix("index.yaml")
                ? .init(body: Self.index("deadbeef", url: "demo.tgz")) : .init(body: Self.archive)
        }
        let (cache, folder) = Self.temporaryCache()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let url = "http://127.0.0.1:\(server.port)"
        let source = ChartSource.helm([HelmRepository(url: url, connection: Self.connection(server), cache: cache)])
        do throws(CatalogFailure) {
            _ = try await source.fetch("demo", .newest)
            Issue.record("a chart was taken whose digest is no digest")
        } catch {
            #expect(error.kind == .malformed && error.message.contains("“deadbeef”"), "\(error)")
        }
        #expect(server.requests.map(\.path) == ["/index.yaml"])
    }

    @Test func namesTheChartThatMayBeMeant() async throws {
        let server = LocalServer { _ in .init(body: Self.index("", url: "demo.tgz")) }
        let (cache, folder) = Self.temporaryCache()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let url = "http://127.0.0.1:\(server.port)"
        let source = ChartSource.helm([HelmRepository(url: url, connection: Self.connection(server), cache: cache)])
        for wish in [VersionWish.newest, .exact("1.0.0")] {
            do throws(CatalogFailure) {
                _ = try await source.fetch("dmo", wish)
                Issue.record("there is no chart of this name")
            } catch {
                #expect(error.kind == .notFound)
                #expect(error.description == "look for dmo in \(url): the index does not list it; did you mean “demo”?")
            }
        }
    }

    @Test func asksTheNextRepositoryWhenOneIsDown() async throws {
        let server = LocalServer { request in
            request.path.hasSuffix("index.yaml")
                ? .init(body: Self.index(Self.digest.digits, url: "demo.tgz")) : .init(body: Self.archive)
        }
        let (cache, folder) = Self.temporaryCache()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let connection = Self.connection(server)
        let source = ChartSource.helm([
            HelmRepository(url: "http://127.0.0.1:1/", connection: connection, cache: cache),
            HelmRepository(url: "http://127.0.0.1:\(server.port)/", connection: connection, cache: cache),
        ])
        #expect(try await source.fetch("demo", .newest).entry.version == "1.1.0")
        #expect(try await source.versions(of: "demo").map(\.version) == ["1.1.0", "1.0.0"])
        let failure = await Self.failure { try await source.fetch("demo", .exact("9.9.9")) }
        #expect(failure?.kind == .connection, "the first place's failure is told")
    }

    @Test func saysWhatAServerAnswers() async throws {
        let server = LocalServer { request in
            switch request.path {
            case "/down/index.yaml": .init(status: 503)
            case "/private/index.yaml": .init(status: 403)
            case "/text/index.yaml": .init(body: Array("hello".utf8))
            case "/loop/index.yaml": .init(status: 301, headers: [("Location", "/loop/index.yaml")])
            default: .init(status: 404)
            }
        }
        let (cache, folder) = Self.temporaryCache()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let expected: [(String, CatalogFailure.Kind)] = [
            ("down", .connection), ("private", .unauthorized), ("text", .malformed), ("loop", .refused),
            ("none", .notFound),
        ]
        for (path, kind) in expected {
            let url = "http://127.0.0.1:\(server.port)/\(path)/"
            let repository = HelmRepository(url: url, connection: Self.connection(server), cache: cache)
            let failure = await Self.failure { try await repository.index() }
            #expect(failure?.kind == kind, "\(path)")
        }
        let limits = CatalogLimits(indexBytes: 2)
        let url = "http://127.0.0.1:\(server.port)/text/"
        let small = HelmRepository(url: url, connection: Self.connection(server), cache: cache, limits: limits)
        #expect(await Self.failure { try await small.index() }?.kind == .tooLarge)
    }

    // MARK: OCI registries

    static let config = JSON.bytes(["name": "demo", "version": "1.0.0+b", "description": "from the config"])
    static let manifest = JSON.bytes([
        "schemaVersion": 2,
        "config": [
            "mediaType": "application/vnd.cncf.helm.config.v1+json",
            "digest": .string(ContentDigest(of: config).description), "size": .int(config.count),
        ],
        "layers": [
            [
                "mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
                "digest": .string(digest.description), "size": .int(archive.count),
            ]
        ],
    ])

    /// A registry that wants a token of its token server, and the token server itself.
    static func registry(wantsUser: Bool = false, spoils: Bool = false) -> LocalServer {
        let port = Mutex(0)
        let shared = Shared(port)
        let server = LocalServer { request in
            let port = shared.value
            if request.path.hasPrefix("/token") {
                let isKnown = request.headers["authorization"] == "Basic dTpw"
                if wantsUser, !isKnown { return .init(status: 401) }
                let isRight =
                    request.path.contains("service=reg") && request.path.contains("scope=repository:charts/demo:pull")
                return .init(body: JSON.bytes(["token": isRight ? "good" : "bad"]))
            }
            guard request.headers["authorization"] == "Bearer good" else {
                let challenge =
                    "Bearer realm=\"http://127.0.0.1:\(port)/token\",service=\"reg\",scope=\"repository:charts/demo:pull\""
                return .init(status: 401, headers: [("WWW-Authenticate", challenge)])
            }
            switch request.path {
            case "/v2/charts/demo/tags/list?n=1000":
                let next = "</v2/charts/demo/tags/list?last=1.0.0_b&n=1000>; rel=\"next\""
                return .init(headers: [("Link", next)], body: JSON.bytes(["tags": ["1.0.0_b", "sha256-abc.sig"]]))
            case "/v2/charts/demo/tags/list?last=1.0.0_b&n=1000":
                return .init(body: JSON.bytes(["tags": ["0.9.0", "1.2.0-rc.1"]]))
            case "/v2/charts/demo/manifests/1.0.0_b", "/v2/charts/demo/manifests/0.9.0": return .init(body: manifest)
            case "/v2/charts/demo/blobs/\(ContentDigest(of: config))": return .init(body: config)
            case "/v2/charts/demo/blobs/\(digest)": return .init(body: spoils ? [1] : archive)
            default: return .init(status: 404)
            }
        }
        shared.value = server.port
        return server
    }

    final class Shared: Sendable {
        private let held: Mutex<Int>
        init(_ held: consuming Mutex<Int>) { self.held = held }
        var value: Int {
            get { held.withLock { $0 } }
            set { held.withLock { $0 = newValue } }
        }
    }

    static func source(_ server: LocalServer, _ cache: ContentCache, user: CatalogCredentials? = nil) -> ChartSource {
        let reference = OCIReference(host: "127.0.0.1:\(server.port)", repository: "charts")
        return .oci([OCIRegistry(reference, connection: connection(server, user: user), cache: cache)])
    }

    @Test func listsVersionsOverSeveralPagesWithAToken() async throws {
        let server = Self.registry()
        let (cache, folder) = Self.temporaryCache()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let versions = try await Self.source(server, cache).versions(of: "demo")
        #expect(versions.map(\.version) == ["1.2.0-rc.1", "1.0.0+b", "0.9.0"])
    }

    @Test func fetchesAChartAndItsDescriptionByDigest() async throws {
        let server = Self.registry(wantsUser: true)
        let (cache, folder) = Self.temporaryCache()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let source = Self.source(server, cache, user: CatalogCredentials(user: "u", password: "p"))
        let chart = try await source.fetch("demo", try VersionWish(">=1"))
        #expect(chart.archive == Self.archive && chart.entry.version == "1.0.0+b")
        #expect(chart.entry.description == "from the config" && chart.entry.digest == Self.digest.digits)
        let before = server.requests.count
        _ = try await source.fetch("demo", .exact("1.0.0+b"))
        let paths = server.requests.dropFirst(before).map(\.path)
        #expect(!paths.contains { $0.contains("/blobs/") }, "the content is in the cache")
    }

    @Test func refusesWhatARegistrySpoilsAndStrangers() async throws {
        let (cache, folder) = Self.temporaryCache()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let spoiled = Self.registry(spoils: true)
        let mismatch = await Self.failure { try await Self.source(spoiled, cache).fetch("demo", .exact("0.9.0")) }
        #expect(mismatch?.kind == .digestMismatch)
        let closed = Self.registry(wantsUser: true)
        let refused = await Self.failure { try await Self.source(closed, cache).versions(of: "demo") }
        #expect(refused?.kind == .unauthorized)
        let missing = await Self.failure {
            try await Self.source(Self.registry(), cache).fetch("demo", .exact("7.0.0"))
        }
        #expect(missing?.kind == .notFound)
    }

    // MARK: The cache

    @Test func theCacheForgetsTheOldestAndNoticesDamage() async throws {
        let (cache, folder) = Self.temporaryCache(limit: 25)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let one = try await cache.keep([UInt8](repeating: 1, count: 10))
        let two = try await cache.keep([UInt8](repeating: 2, count: 10))
        #expect(await cache.content(one) != nil)
        let place = folder + "/blobs/sha256/\(two.digits.prefix(2))/\(two.digits)"
        try Data([9]).write(to: URL(filePath: place))
        #expect(await cache.content(two) == nil)
        #expect(!FileManager.default.fileExists(atPath: place))
        let three = try await cache.keep([UInt8](repeating: 3, count: 20))
        #expect(await cache.content(one) == nil)
        #expect(await cache.content(three)?.count == 20)
    }

    @Test func credentialsStayWithTheirHost() async throws {
        let other = LocalServer { _ in .init(body: Self.archive) }
        let server = LocalServer { request in
            request.path == "/index.yaml"
                ? .init(body: Self.index(Self.digest.digits, url: "http://127.0.0.1:\(other.port)/demo.tgz"))
                : .init(status: 404)
        }
        let (cache, folder) = Self.temporaryCache()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let user = CatalogCredentials(user: "u", password: "p")
        let repository = HelmRepository(
            url: "http://127.0.0.1:\(server.port)/",
            connection: Self.connection(server, user: user),
            cache: cache
        )
        _ = try await ChartSource.helm([repository]).fetch("demo", .newest)
        #expect(server.requests.first?.headers["authorization"] == "Basic dTpw")
        #expect(other.requests.count == 1 && other.requests.first?.headers["authorization"] == nil)
        #expect("\(user)" == "credentials of u")
    }

    @Test func redirectsTakeNoCredentialsAlong() async throws {
        let other = LocalServer { _ in .init(body: Self.archive) }
        let server = LocalServer { request in
            request.path == "/index.yaml"
                ? .init(body: Self.index(Self.digest.digits, url: "demo.tgz"))
                : .init(status: 307, headers: [("Location", "http://127.0.0.1:\(other.port)/elsewhere")])
        }
        let (cache, folder) = Self.temporaryCache()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let repository = HelmRepository(
            url: "http://127.0.0.1:\(server.port)/",
            connection: Self.connection(server, user: CatalogCredentials(.token("t0p"))),
            cache: cache
        )
        _ = try await ChartSource.helm([repository]).fetch("demo", .newest)
        #expect(server.requests.map { $0.headers["authorization"] } == ["Bearer t0p", "Bearer t0p"])
        #expect(other.requests.map(\.path) == ["/elsewhere"] && other.requests[0].headers["authorization"] == nil)
    }

    @Test func aTokenIsShownToTheRegistryAndNotToItsTokenServer() async throws {
        let server = Self.registry()
        let (cache, folder) = Self.temporaryCache()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let versions = try await Self.source(server, cache, user: CatalogCredentials(.token("good"))).versions(
            of: "demo"
        )
        #expect(versions.count == 3)
        #expect(!server.requests.contains { $0.path.hasPrefix("/token") })
        let refused = await Self.failure {
            try await Self.source(server, cache, user: CatalogCredentials(.token("old"))).versions(of: "demo")
        }
        #expect(refused?.kind == .unauthorized && refused?.message.contains("old") == false)
    }

    @Test(arguments: [
        ("u:p", "credentials of u"), ("u:p:q\nmore", "credentials of u"), ("token\n", "a token"), ("", nil),
        ("\n", nil),
    ])
    func aFileHoldsAPasswordOrAToken(_ text: String, _ expected: String?) {
        #expect(CatalogCredentials.Secret(text: text).map { "\(CatalogCredentials($0))" } == expected)
    }

    static func failure<Result: Sendable>(_ work: @Sendable () async throws -> Result) async -> CatalogFailure? {
        do {
            _ = try await work()
            return nil
        } catch {
            return error as? CatalogFailure
        }
    }
}
