internal import CatalogModel
internal import ChartCatalogs
internal import FleetModel
internal import FleetRendering
internal import GitStore
internal import HTTPTransport
internal import SourceFiles

/// What a wish came to, with the chart itself.
struct FoundChart: Sendable {
    var entry: ChartEntry
    /// The digest or commit that the choice is remembered by.
    var content: String
}

/// What a catalog answers to a wish.
enum CatalogAnswer: Sendable {
    case found(FoundChart)
    /// It has no such chart or version; these are the ones it has.
    case missing([ChartEntry])
}

/// Asks one remote catalog.
struct CatalogReader: Sendable {
    let transport: HTTPTransport
    let cache: ContentCache
    let isOffline: Bool
    /// What the catalog's own hosts are shown.
    var credentials: CatalogCredentials?

    // MARK: Helm repositories

    /// The index of the first repository that answers.
    func index(_ urls: [String]) async throws(CatalogFailure) -> (index: ChartIndex, url: String) {
        var first: CatalogFailure?
        for url in urls {
            do throws(CatalogFailure) {
                return (try await repository(url).index(offline: isOffline), url)
            } catch {
                first = first ?? error
            }
        }
        throw first ?? CatalogFailure(.notFound, operation: "read the catalog", message: "it names no place")
    }

    /// The index as it was kept, for exact versions while nobody answers.
    func keptIndex(_ urls: [String]) async -> (index: ChartIndex, url: String)? {
        for url in urls {
            // A repository that never answered has none.
            if let index = try? await repository(url).index(offline: true) { return (index, url) }
        }
        return nil
    }

    func find(_ wish: ChartWish, in index: ChartIndex, at url: String) async throws(CatalogFailure) -> CatalogAnswer {
        let listed = index.entries[wish.chart] ?? []
        let offered = listed.map { Self.offered($0) }
        guard let choice = VersionChoice.pick(wish.version, from: offered),
            let entry = listed.first(where: { $0.version == choice.version })
        else {
            // Without such a chart the names of all the others tell which one was meant.
            let others = listed.isEmpty ? index.entries.values.compactMap(\.first).map { Self.offered($0) } : []
            return .missing(offered + others)
        }
        if isOffline {
            guard let digest = ContentDigest(entry.digest), let bytes = await cache.content(digest) else {
                throw Self.notKept(wish)
            }
            return .found(Self.packed(entry.name, entry.version, bytes, digest))
        }
        let fetched = try await repository(url).fetch(entry)
        return .found(Self.packed(entry.name, entry.version, fetched.archive, fetched.digest))
    }

    private func repository(_ url: String) -> HelmRepository {
        HelmRepository(url: url, connection: connection([CatalogConnection.host(of: url)]), cache: cache)
    }

    // MARK: OCI registries

    func find(_ wish: ChartWish, inRegistries urls: [String]) async throws(CatalogFailure) -> CatalogAnswer {
        if isOffline { throw Self.notKept(wish) }
        var first: CatalogFailure?
        var offered: [ChartEntry] = []
        for url in urls {
            guard let reference = OCIReference(url) else {
                first = first ?? CatalogFailure(.refused, operation: "read \(url)", message: "it is no OCI address")
                continue
            }
            let registry = OCIRegistry(reference, connection: connection([reference.host]), cache: cache)
            do throws(CatalogFailure) {
                switch try await find(wish, in: registry) {
                case .found(let chart): return .found(chart)
                case .missing(let entries): offered += entries
                }
            } catch {
                first = first ?? error
            }
        }
        if let first { throw first }
        return .missing(offered)
    }

    private func find(_ wish: ChartWish, in registry: OCIRegistry) async throws(CatalogFailure) -> CatalogAnswer {
        if VersionChoice.isExact(wish.version.hasPrefix("v") ? String(wish.version.dropFirst()) : wish.version) {
            do throws(CatalogFailure) {
                let fetched = try await registry.fetch(wish.chart, version: wish.version)
                return .found(Self.packed(wish.chart, wish.version, fetched.archive, fetched.digest))
            } catch {
                // The tag may be written otherwise, with or without a “v”.
                if error.kind != .notFound { throw error }
            }
        }
        let listed: [CatalogEntry]
        do throws(CatalogFailure) { listed = try await registry.versions(of: wish.chart) } catch {
            if error.kind == .notFound { return .missing([]) }
            throw error
        }
        let offered = listed.map { Self.offered($0) }
        guard let choice = VersionChoice.pick(wish.version, from: offered) else { return .missing(offered) }
        let fetched = try await registry.fetch(wish.chart, version: choice.version)
        return .found(Self.packed(wish.chart, choice.version, fetched.archive, fetched.digest))
    }

    // MARK: What is kept

    /// A chart that was chosen before; nil when its bytes are not kept any more.
    func kept(_ chart: String, _ choice: ChartChoice) async -> FoundChart? {
        guard let digest = ContentDigest(choice.content), let bytes = await cache.content(digest) else { return nil }
        return Self.packed(chart, choice.version, bytes, digest)
    }

    private static func packed(
        _ chart: String,
        _ version: String,
        _ bytes: [UInt8],
        _ digest: ContentDigest
    ) -> FoundChart {
        let file = SourceTree.File(path: "\(chart)-\(version).tgz", contentID: "\(digest)") { bytes }
        let entry = ChartEntry(name: chart, version: version, contentID: "\(digest)", location: .archive(file))
        return FoundChart(entry: entry, content: "\(digest)")
    }

    private static func offered(_ entry: CatalogEntry) -> ChartEntry {
        ChartEntry(
            name: entry.name,
            version: entry.version,
            contentID: entry.digest,
            location: .missing("it was not fetched")
        )
    }

    private static func notKept(_ wish: ChartWish) -> CatalogFailure {
        CatalogFailure(
            .notFound,
            operation: "read \(wish.chart) \(wish.version)",
            message: "no copy of it is kept, and the network may not be used"
        )
    }

    /// Registries on this machine are spoken to without TLS, as other tools do.
    private func connection(_ hosts: [String]) -> CatalogConnection {
        let plain = hosts.filter { host in
            let name = host.split(separator: ":").first.map(String.init) ?? host
            return name == "localhost" || name == "127.0.0.1"
        }
        return CatalogConnection(transport: transport, plainHosts: Set(plain), timeout: .seconds(20)) {
            [credentials] host in hosts.contains(host) ? credentials : nil
        }
    }
}
