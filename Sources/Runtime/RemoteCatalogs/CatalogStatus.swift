package import FleetModel
package import KubernetesModel
package import StructuredValue

/// How a catalog stands: for `martlet get catalogs`.
package struct CatalogStatus: Sendable, Hashable {
    package enum State: String, Sendable {
        /// Its charts are in the repository, or were fetched.
        case ready = "Ready"
        /// It could not be read the last time; what is kept of it is used.
        case failed = "Failed"
        /// Nobody asked it for a chart yet.
        case unused = "Unused"
    }

    package var name: String
    /// `folder`, `git`, `helm` or `oci`.
    package var kind: String
    package var place: String
    package var description: String
    package var state: State
    package var reason = ""
    /// Since when it fails.
    package var since: Timestamp?
    /// When it last answered.
    package var fetched: Timestamp?
    /// Its commit, when it is a Git repository.
    package var commit = ""
    /// How many charts it offers; nil when it does not tell.
    package var charts: Int?
    /// How many apps take a chart from it, on all management clusters.
    package var apps = 0
    /// What apps got from it at the newest revision: `cilium ^1.2 → 1.2.7`.
    package var choices: [Choice] = []

    package struct Choice: Sendable, Hashable {
        package var chart: String
        package var requested: String
        package var version: String
        package var content: String
        package var chosen: Timestamp
    }

    package init(_ catalog: Catalog) {
        name = catalog.name
        description = catalog.description
        (kind, place) = catalog.source.words
        state = catalog.isRemote ? .unused : .ready
    }

    package var value: Value {
        [
            "name": .string(name), "kind": .string(kind), "place": .string(place),
            "description": .string(description), "state": .string(state.rawValue), "reason": .string(reason),
            "since": since.map { .string("\($0)") } ?? .null, "fetched": fetched.map { .string("\($0)") } ?? .null,
            "commit": .string(commit), "charts": charts.map { .int($0) } ?? .null,
            "apps": .int(apps),
            "choices": .array(
                choices.map { choice in
                    [
                        "chart": .string(choice.chart), "requested": .string(choice.requested),
                        "version": .string(choice.version), "content": .string(choice.content),
                        "chosen": .string("\(choice.chosen)"),
                    ]
                }
            ),
        ]
    }
}

extension CatalogSource {
    /// The kind of place and the place, for people. Addresses hold no passwords.
    var words: (kind: String, place: String) {
        switch self {
        case .folder(let path): return ("folder", path)
        case .git(let source):
            let reference =
                switch source.reference {
                case .branch(let name): name
                case .tag(let name): name
                case .semver(let range): range
                case .commit(let id): id
                }
            let folder = source.path.isEmpty ? "" : " \(source.path)"
            return ("git", "\(Self.withoutUser(source.url))@\(reference)\(folder)")
        case .helm(let urls, _): return ("helm", urls.map(Self.withoutUser).joined(separator: ", "))
        case .oci(let urls, _): return ("oci", urls.map(Self.withoutUser).joined(separator: ", "))
        }
    }

    /// An address without the user and password that somebody may have written into it.
    private static func withoutUser(_ url: String) -> String {
        guard let start = url.firstRange(of: "://") else { return url }
        let rest = url[start.upperBound...]
        let host = rest.prefix { $0 != "/" }
        guard let at = host.lastIndex(of: "@") else { return url }
        return String(url[..<start.upperBound] + rest[rest.index(after: at)...])
    }
}
