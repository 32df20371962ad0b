package import CatalogModel
import HTTPTransport
import SourceDiagnostics
import StructuredValue

/// Charts in an OCI registry, spoken to over the distribution API.
package struct OCIRegistry: Sendable {
    package let reference: OCIReference
    private let connection: CatalogConnection
    private let cache: ContentCache
    private let limits: CatalogLimits

    package init(
        _ reference: OCIReference,
        connection: CatalogConnection,
        cache: ContentCache,
        limits: CatalogLimits = CatalogLimits()
    ) {
        self.reference = reference
        self.connection = connection
        self.cache = cache
        self.limits = limits
    }

    /// The versions of a chart, the newest first. A registry says no more about them before they are asked for.
    package func versions(of chart: String) async throws(CatalogFailure) -> [CatalogEntry] {
        let place = reference.appending(chart)
        let operation = "list the versions of \(place)"
        var session = Session(connection: connection, place: place)
        var entries: [CatalogEntry] = []
        var next: String? = "/v2/\(place.repository)/tags/list?n=1000"
        var pages = 0
        while let page = next {
            let response = try await session.get(page, operation: operation, limit: limits.indexBytes)
            for tag in OCIDocuments.tags(try Self.json(response.body, operation)) {
                var entry = CatalogEntry(name: chart, version: OCIReference.version(of: tag))
                // Other tags than versions, such as signatures, are no charts.
                guard entry.semanticVersion != nil else { continue }
                entry.urls = ["\(place):\(tag)"]
                entries.append(entry)
            }
            pages += 1
            if entries.count > limits.tags || pages > 1_000 {
                throw CatalogFailure(
                    .tooLarge,
                    operation: operation,
                    message: "there are more than \(limits.tags) versions"
                )
            }
            next = OCIDocuments.nextPage(response.header("link"))
        }
        return ChartIndex(entries).entries[chart] ?? []
    }

    /// Fetches a chart of exactly this version; every part is checked against its digest.
    package func fetch(_ chart: String, version: String) async throws(CatalogFailure) -> FetchedChart {
        let place = reference.appending(chart)
        let operation = "fetch \(place) \(version)"
        var session = Session(connection: connection, place: place)
        let tag = OCIReference.tag(for: version)
        let response = try await session.get(
            "/v2/\(place.repository)/manifests/\(tag)",
            accept: OCIManifest.mediaTypes.joined(separator: ", "),
            operation: operation,
            limit: 4 << 20
        )
        if let promised = response.header("docker-content-digest").flatMap(ContentDigest.init),
            promised != ContentDigest(of: response.body)
        {
            throw CatalogFailure(.digestMismatch, operation: operation, message: "the manifest is not \(promised)")
        }
        guard let manifest = OCIManifest(try Self.json(response.body, operation)), let layer = manifest.chart else {
            throw CatalogFailure(.malformed, operation: operation, message: "the manifest is not that of a chart")
        }
        if layer.size > limits.chartBytes {
            throw CatalogFailure(
                .tooLarge,
                operation: operation,
                message: "the chart has \(layer.size) bytes, more than the \(limits.chartBytes) allowed"
            )
        }
        let archive = try await blob(layer, &session, operation)
        var entry = CatalogEntry(name: chart, version: version)
        if let config = manifest.config, config.size <= 4 << 20 {
            let bytes = try await blob(config, &session, operation)
            entry = OCIDocuments.entry(try Self.json(bytes, operation), chart: chart, version: version)
        }
        entry.created = manifest.annotations["org.opencontainers.image.created"] ?? ""
        entry.digest = layer.digest.digits
        entry.urls = ["\(place):\(tag)"]
        return FetchedChart(entry: entry, archive: archive, digest: layer.digest, source: "\(place):\(tag)")
    }

    private func blob(
        _ blob: OCIManifest.Blob,
        _ session: inout Session,
        _ operation: String
    ) async throws(CatalogFailure) -> [UInt8] {
        if let kept = await cache.content(blob.digest) { return kept }
        let response = try await session.get(
            "/v2/\(session.place.repository)/blobs/\(blob.digest)",
            operation: operation,
            limit: limits.chartBytes
        )
        let digest = ContentDigest(of: response.body)
        if digest != blob.digest {
            throw CatalogFailure(
                .digestMismatch,
                operation: operation,
                message: "the manifest promises \(blob.digest), but the registry has \(digest)"
            )
        }
        try await cache.keep(response.body)
        return response.body
    }

    private static func json(_ bytes: [UInt8], _ operation: String) throws(CatalogFailure) -> Value {
        do throws(JSON.SyntaxError) { return try JSON.parse(bytes) } catch {
            throw CatalogFailure(.malformed, operation: operation, message: "the answer is not JSON: \(error)")
        }
    }

    /// Requests to one repository with the authorization that its registry asked for.
    private struct Session {
        let connection: CatalogConnection
        let place: OCIReference
        private var authorization: String?

        init(connection: CatalogConnection, place: OCIReference) {
            self.connection = connection
            self.place = place
        }

        private var root: String {
            (connection.plainHosts.contains(place.host) ? "http://" : "https://") + place.host
        }

        mutating func get(
            _ path: String,
            accept: String = "application/json, */*",
            operation: String,
            limit: Int
        ) async throws(CatalogFailure) -> HTTPResponse {
            let url = CatalogConnection.resolve(path, from: root + "/")
            // A next page on another host gets no authorization: `get` shows it to the first host only.
            let isOwn = CatalogConnection.origin(of: url) == CatalogConnection.origin(of: root)
            for attempt in 0..<2 {
                let response = try await connection.get(
                    url,
                    headers: [("accept", accept)],
                    authorization: isOwn ? authorization : nil,
                    operation: operation,
                    limit: limit
                )
                if response.status == 401, attempt == 0, isOwn,
                    let challenge = response.header("www-authenticate").flatMap(AuthenticationChallenge.init)
                {
                    authorization = try await answer(challenge, operation)
                    continue
                }
                if let failure = CatalogConnection.failure(response, operation) { throw failure }
                return response
            }
            throw CatalogFailure(.unauthorized, operation: operation, message: "the registry wants credentials")
        }

        private func answer(
            _ challenge: AuthenticationChallenge,
            _ operation: String
        ) async throws(CatalogFailure) -> String {
            let credentials = connection.credentials(place.host)
            // A token was made for the registry: its token server is not asked for another.
            if let credentials, credentials.isToken { return credentials.header }
            switch challenge {
            case .basic:
                guard let credentials else {
                    throw CatalogFailure(
                        .unauthorized,
                        operation: operation,
                        message: "\(place.host) wants a user and a password"
                    )
                }
                return credentials.header
            case .bearer(let realm, let service, let scope):
                let isSafe =
                    realm.hasPrefix("https://") || connection.plainHosts.contains(CatalogConnection.host(of: realm))
                guard isSafe else {
                    throw CatalogFailure(
                        .refused,
                        operation: operation,
                        message: "the registry names a token server without https: \(realm)"
                    )
                }
                let wanted = scope.isEmpty ? "repository:\(place.repository):pull" : scope
                let query = "service=\(Self.escape(service))&scope=\(Self.escape(wanted))"
                let response = try await connection.get(
                    realm + (realm.contains("?") ? "&" : "?") + query,
                    authorization: credentials?.header,
                    operation: operation,
                    limit: 1 << 20
                )
                if let failure = CatalogConnection.failure(response, operation) { throw failure }
                guard let token = OCIDocuments.token(try OCIRegistry.json(response.body, operation)) else {
                    throw CatalogFailure(.malformed, operation: operation, message: "the token server gave no token")
                }
                return "Bearer " + token
            }
        }

        private static func escape(_ text: String) -> String {
            var output: [UInt8] = []
            let hex = Array("0123456789ABCDEF".utf8)
            for byte in text.utf8 {
                let isPlain =
                    (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || (byte >= 0x30 && byte <= 0x39)
                    || "-._~:/,".utf8.contains(byte)
                if isPlain {
                    output.append(byte)
                } else {
                    output += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
                }
            }
            return String(decoding: output, as: UTF8.self)
        }
    }
}
