import ArgumentParser
import CatalogModel
import ChartCatalogs
import FoundationEssentials
import HTTPTransport
import SemanticVersion
import SourceDiagnostics
import SourceFiles
import StructuredValue
import YAMLFormat

/// Which catalog a command asks, and how.
struct CatalogPlace: ParsableArguments {
    @Option(
        name: .customLong("from"),
        help:
            "The catalog: an http(s) or oci address, a folder with charts, or a catalog.yaml. May be given more than once."
    )
    var places: [String] = []

    @Option(name: .long, help: "Where downloads are kept.")
    var cache: String?

    @Option(name: .long, help: "A file with USER:PASSWORD or a token for the catalog's host.")
    var credentials: String?

    @Flag(name: .long, help: "Speak plain HTTP to the registry.")
    var plainHttp = false

    init() {}

    /// A catalog after its kind.
    private enum Kind {
        case folder(TreeCatalog, String)
        case network(ChartSource)
    }

    func wish(_ text: String) throws -> VersionWish {
        do throws(SemanticVersionError) { return try VersionWish(text) } catch {
            throw Self.rejection("version-malformed", "“\(text)” is no version and no range: \(error)")
        }
    }

    /// Everything a catalog lists. Registries list nothing but the versions of a chart one knows.
    func index() async throws -> ChartIndex {
        switch try kind() {
        case .folder(let catalog, _): return catalog.index
        case .network(.helm(let repositories)):
            var first: CatalogFailure?
            for repository in repositories {
                do throws(CatalogFailure) { return try await repository.index() } catch { first = first ?? error }
            }
            throw first ?? CatalogFailure(.notFound, operation: "read the catalog", message: "it names no place")
        case .network(.oci):
            throw Self.rejection("catalog-unlisted", "an OCI registry does not list its charts: name one")
        }
    }

    func versions(of chart: String) async throws -> [CatalogEntry] {
        switch try kind() {
        case .folder(let catalog, let place):
            if let entries = catalog.index.entries[chart] { return entries }
            let near = closestName(to: chart, in: catalog.index.entries.keys.sorted())
            throw Self.rejection(
                "catalog-unknown-chart",
                "\(place) has no chart “\(chart)”",
                hint: near.map { "did you mean “\($0)”?" }
            )
        case .network(let source): return try await source.versions(of: chart)
        }
    }

    /// What the catalog says about the wanted version; of a registry this takes fetching the chart.
    func entry(_ chart: String, _ wish: VersionWish) async throws -> CatalogEntry {
        if case .network(.oci) = try kind() { return try await fetch(chart, wish).entry }
        return try wish.choose(from: try await versions(of: chart), chart: chart)
    }

    func fetch(_ chart: String, _ wish: VersionWish) async throws -> FetchedChart {
        switch try kind() {
        case .network(let source): return try await source.fetch(chart, wish)
        case .folder(let catalog, let folder):
            let entry = try wish.choose(from: try await versions(of: chart), chart: chart)
            guard let place = catalog.place(of: entry), place.hasSuffix(".tgz") else {
                throw Self.rejection(
                    "chart-not-packed",
                    "“\(chart)” is a folder in \(folder): there is nothing to download"
                )
            }
            let bytes = try LocalFiles.bytes("\(folder)/\(place)")
            return FetchedChart(
                entry: entry,
                archive: bytes,
                digest: ContentDigest(of: bytes),
                source: "\(folder)/\(place)"
            )
        }
    }

    // MARK: Finding the catalog

    private func kind() throws -> Kind {
        var helm: [String] = []
        var oci: [OCIReference] = []
        for place in places.map(Self.withoutFileScheme) {
            if place.hasPrefix("oci://") {
                guard let reference = OCIReference(place) else {
                    throw Self.rejection("catalog-address", "“\(place)” is no address of an OCI registry")
                }
                oci.append(reference)
            } else if place.hasPrefix("http://") || place.hasPrefix("https://") {
                helm.append(place)
            } else if LocalFiles.isDirectory(place) {
                return .folder(TreeCatalog(try LocalFiles.tree(place)), place)
            } else {
                return try described(by: place)
            }
        }
        if !helm.isEmpty { return .network(.helm(try helm.map { try repository($0) })) }
        if !oci.isEmpty { return .network(.oci(try oci.map { try registry($0) })) }
        throw Self.rejection("catalog-missing", "name a catalog with --from")
    }

    private static func withoutFileScheme(_ place: String) -> String {
        place.hasPrefix("file://") ? String(place.dropFirst("file://".count)) : place
    }

    /// A catalog as a `kind: Catalog` file describes it: ours, and those of Giant Swarm.
    private func described(by file: String) throws -> Kind {
        let values = try YAML.values(try LocalFiles.bytes(file), file: file, .lenient)
        guard let spec = values.first(where: { $0["kind"]?.string == "Catalog" })?["spec"] else {
            throw Self.rejection("catalog-address", "“\(file)” is no address, no folder and no file with a Catalog")
        }
        let folder = String(file[..<(file.lastIndex(of: "/").map { file.index(after: $0) } ?? file.startIndex)])
        if let path = spec[path: "source", "path"]?.string {
            let place = (folder.isEmpty ? "./" : folder) + path
            return .folder(TreeCatalog(try LocalFiles.tree(place)), place)
        }
        var addresses: [String] = []
        for kind in ["helm", "oci"] {
            if let url = spec[path: "source", kind, "url"]?.string { addresses.append(url) }
        }
        for repository in spec["repositories"]?.array ?? [] {
            if let url = repository["URL"]?.string ?? repository["url"]?.string { addresses.append(url) }
        }
        if let url = spec[path: "storage", "URL"]?.string, !addresses.contains(url) { addresses.append(url) }
        let helm = addresses.filter { $0.hasPrefix("http") }
        let oci = addresses.compactMap { OCIReference($0) }
        if let first = addresses.first, first.hasPrefix("oci://"), !oci.isEmpty {
            return .network(.oci(try oci.map { try registry($0) }))
        }
        if !helm.isEmpty { return .network(.helm(try helm.map { try repository($0) })) }
        throw Self.rejection("catalog-address", "the Catalog in “\(file)” names no place that can be asked from here")
    }

    private func repository(_ url: String) throws -> HelmRepository {
        HelmRepository(url: url, connection: try connection(host: nil), cache: contentCache())
    }

    private func registry(_ reference: OCIReference) throws -> OCIRegistry {
        OCIRegistry(reference, connection: try connection(host: reference.host), cache: contentCache())
    }

    private func connection(host: String?) throws -> CatalogConnection {
        var user: CatalogCredentials?
        if let credentials {
            let text = String(decoding: try LocalFiles.bytes(credentials), as: UTF8.self)
            guard let secret = CatalogCredentials.Secret(text: text) else {
                throw Self.rejection(
                    "credentials-malformed",
                    "\(credentials) is empty",
                    hint: "write USER:PASSWORD or a token"
                )
            }
            user = CatalogCredentials(secret)
        }
        let plain: Set<String> = plainHttp ? Set(host.map { [$0] } ?? []) : []
        return CatalogConnection(transport: HTTPTransport(), plainHosts: plain) { [user] _ in user }
    }

    private func contentCache() -> ContentCache {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["XDG_CACHE_HOME"] ?? (environment["HOME"].map { $0 + "/.cache" } ?? "/tmp")
        return ContentCache(folder: cache ?? home + "/martlet/catalogs")
    }

    private static func rejection(_ code: String, _ message: String, hint: String? = nil) -> RejectedSource {
        RejectedSource([Diagnostic(.error, code, message, at: nil, hint: hint)])
    }
}

/// How a command shows what it found.
struct CatalogOutput: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, yaml }

    @Option(name: .shortAndLong, help: "text, json or yaml.")
    var output = Format.text

    init() {}

    func write(_ rows: [[String]], _ document: Value) {
        switch output {
        case .json: Terminal.write(JSON.text(document, JSON.Style(indent: 2)) + "\n")
        case .yaml: Terminal.write(YAML.text(document, .readable))
        case .text: Terminal.write(Self.table(rows))
        }
    }

    /// Columns as wide as their widest cell; the last is cut to what a terminal shows.
    static func table(_ rows: [[String]]) -> String {
        var widths: [Int] = []
        for row in rows {
            for (column, cell) in row.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], cell.count)
            }
        }
        var text = ""
        for row in rows {
            var line = ""
            for (column, cell) in row.enumerated() {
                if column == row.count - 1 {
                    let isLong = cell.count > 80
                    line += String(cell.prefix(isLong ? 79 : 80)) + (isLong ? "…" : "")
                } else {
                    line += cell + String(repeating: " ", count: widths[column] - cell.count + 2)
                }
            }
            while line.hasSuffix(" ") { line.removeLast() }
            text += line + "\n"
        }
        return text
    }
}
