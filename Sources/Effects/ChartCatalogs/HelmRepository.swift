package import CatalogModel
import HTTPTransport
import SourceDiagnostics

/// A chart that was fetched: its packed bytes and where they came from.
package struct FetchedChart: Sendable {
    package var entry: CatalogEntry
    package var archive: [UInt8]
    package var digest: ContentDigest
    package var source: String

    package init(entry: CatalogEntry, archive: [UInt8], digest: ContentDigest, source: String) {
        self.entry = entry
        self.archive = archive
        self.digest = digest
        self.source = source
    }
}

/// How much of a catalog is taken at most.
package struct CatalogLimits: Sendable, Hashable {
    package var indexBytes: Int
    package var chartBytes: Int
    package var tags: Int

    package init(indexBytes: Int = 64 << 20, chartBytes: Int = 32 << 20, tags: Int = 20_000) {
        self.indexBytes = indexBytes
        self.chartBytes = chartBytes
        self.tags = tags
    }
}

/// A Helm repository: an index and packed charts over HTTP.
package struct HelmRepository: Sendable {
    package let url: String
    private let connection: CatalogConnection
    private let cache: ContentCache
    private let limits: CatalogLimits

    package init(
        url: String,
        connection: CatalogConnection,
        cache: ContentCache,
        limits: CatalogLimits = CatalogLimits()
    ) {
        self.url = url
        self.connection = connection
        self.cache = cache
        self.limits = limits
    }

    /// The repository's index. When the server has nothing newer, the kept one is used; `offline` asks no server.
    package func index(offline: Bool = false) async throws(CatalogFailure) -> ChartIndex {
        let address = RepositoryURL.index(of: url)
        let operation = "read the index of \(url)"
        let kept = await cache.index(of: address)
        if offline {
            guard let kept else {
                throw CatalogFailure(.notFound, operation: operation, message: "no copy of it is kept")
            }
            return try parse(kept.bytes, operation)
        }
        var headers = [("accept", "application/yaml, text/yaml, */*")]
        if let kept, !kept.entityTag.isEmpty { headers.append(("if-none-match", kept.entityTag)) }
        if let kept, !kept.lastModified.isEmpty { headers.append(("if-modified-since", kept.lastModified)) }
        let response = try await connection.get(
            address,
            headers: headers,
            authorization: connection.credentials(CatalogConnection.host(of: address))?.header,
            operation: operation,
            limit: limits.indexBytes
        )
        if response.status == 304, let kept { return try parse(kept.bytes, operation) }
        if let failure = CatalogConnection.failure(response, operation) { throw failure }
        let index = try parse(response.body, operation)
        try await cache.keep(
            ContentCache.KeptIndex(
                entityTag: response.header("etag") ?? "",
                lastModified: response.header("last-modified") ?? "",
                bytes: response.body
            ),
            of: address
        )
        return index
    }

    private func parse(_ bytes: [UInt8], _ operation: String) throws(CatalogFailure) -> ChartIndex {
        do throws(RejectedSource) {
            return try ChartIndex(bytes, base: url, file: RepositoryURL.index(of: url))
        } catch {
            throw CatalogFailure(
                .malformed,
                operation: operation,
                message: error.diagnostics.first?.message ?? "it cannot be read",
                diagnostics: error.diagnostics
            )
        }
    }

    /// The entries of a chart, the newest version first.
    package func versions(of chart: String) async throws(CatalogFailure) -> [CatalogEntry] {
        let index = try await index()
        if let entries = index.entries[chart] { return entries }
        let near = closestName(to: chart, in: index.entries.keys.sorted())
        throw CatalogFailure(
            .notFound,
            operation: "look for \(chart) in \(url)",
            message: "the index does not list it" + (near.map { "; did you mean “\($0)”?" } ?? "")
        )
    }

    /// Fetches the packed chart of an entry, or takes it from the cache, and checks its digest.
    package func fetch(_ entry: CatalogEntry) async throws(CatalogFailure) -> FetchedChart {
        let operation = "fetch \(entry.name) \(entry.version) from \(url)"
        let promised = ContentDigest(entry.digest)
        if promised == nil, !entry.digest.isEmpty {
            throw CatalogFailure(
                .malformed,
                operation: operation,
                message: "the index promises “\(entry.digest)”, which is no SHA-256 digest to check the download with"
            )
        }
        if let promised, let kept = await cache.content(promised) {
            return FetchedChart(entry: entry, archive: kept, digest: promised, source: entry.urls.first ?? url)
        }
        guard !entry.urls.isEmpty else {
            throw CatalogFailure(.malformed, operation: operation, message: "the index names no address for it")
        }
        var last: CatalogFailure?
        for address in entry.urls {
            guard address.hasPrefix("https://") || address.hasPrefix("http://") else {
                last = CatalogFailure(.malformed, operation: operation, message: "“\(address)” is no web address")
                continue
            }
            // Credentials belong to the repository's own scheme and host alone.
            let isOwn = CatalogConnection.origin(of: address) == CatalogConnection.origin(of: url)
            let response: HTTPResponse
            do throws(CatalogFailure) {
                response = try await connection.get(
                    address,
                    authorization: isOwn
                        ? connection.credentials(CatalogConnection.host(of: address))?.header : nil,
                    operation: operation,
                    limit: limits.chartBytes
                )
            } catch {
                last = error
                continue
            }
            if let failure = CatalogConnection.failure(response, operation) {
                last = failure
                continue
            }
            let digest = ContentDigest(of: response.body)
            if let promised, promised != digest {
                throw CatalogFailure(
                    .digestMismatch,
                    operation: operation,
                    message: "the index promises \(promised), but \(address) has \(digest)"
                )
            }
            try await cache.keep(response.body)
            return FetchedChart(entry: entry, archive: response.body, digest: digest, source: address)
        }
        throw last ?? CatalogFailure(.notFound, operation: operation, message: "no address answered")
    }
}
