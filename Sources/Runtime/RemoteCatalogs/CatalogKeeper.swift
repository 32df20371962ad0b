internal import CatalogModel
internal import ChartCatalogs
package import FleetModel
package import FleetRendering
internal import FoundationEssentials
internal import GitStore
package import HTTPTransport
package import KubernetesModel
internal import SourceFiles

/// Fetches what apps want from remote catalogs, remembers what was chosen, and knows how each catalog stands.
package actor CatalogKeeper {
    package struct Settings: Sendable {
        package var dataDirectory: String
        /// Where files named by `credentials` of catalogs are; nil refuses such catalogs.
        package var credentialsDirectory: String?
        /// Use what is kept and ask nobody.
        package var isOffline = false
        /// Whether what was chosen at a revision stays chosen. The daemon's rollouts need that; a person at a command
        /// line wants to see what the catalog has now.
        package var pinsChoices = true
        /// Whether a Git catalog may be a directory of this machine: only when the fleet's repository is one too.
        package var allowsLocalRepositories = false

        package init(dataDirectory: String) { self.dataDirectory = dataDirectory }
    }

    /// A version text that came to a version at a revision for the first time.
    package struct Resolution: Sendable {
        package var catalog: String
        package var wish: ChartWish
        package var choice: ChartChoice
        package var revision: String
    }

    private struct Kept: Hashable {
        var key: ChoiceBook.Key
        var revision: String
    }

    private struct Index {
        var index: ChartIndex
        var url: String
        var fetched: Timestamp
        /// The revision it was fetched for.
        var revision: String
    }

    private let settings: Settings
    private let reader: CatalogReader
    private let now: @Sendable () -> Timestamp
    private let onResolution: @Sendable (Resolution) async -> Void
    private var book: ChoiceBook
    /// Charts that were found, by wish and revision.
    private var found: [Kept: FoundChart] = [:]
    private var indexes: [CatalogSource: Index] = [:]
    private var trees: [String: SourceTree] = [:]
    private var mirrors: [String: GitMirror] = [:]
    private var failures: [CatalogSource: (words: String, time: Timestamp)] = [:]
    private var statuses: [String: CatalogStatus] = [:]
    private var busy: Set<CatalogSource> = []
    private var waiters: [CatalogSource: [CheckedContinuation<Void, Never>]] = [:]

    /// An index is asked for again when it is older; one catalog serves many members.
    private static let indexFreshness = 30
    /// A catalog that failed is left alone for so many seconds.
    private static let failurePause = 5
    private static let foundKept = 4_000

    package init(
        _ settings: Settings,
        transport: HTTPTransport,
        now: @escaping @Sendable () -> Timestamp,
        onResolution: @escaping @Sendable (Resolution) async -> Void = { _ in }
    ) {
        self.settings = settings
        self.now = now
        self.onResolution = onResolution
        let folder = settings.dataDirectory + "/catalogs"
        reader = CatalogReader(
            transport: transport,
            cache: ContentCache(folder: folder),
            isOffline: settings.isOffline
        )
        book = ChoiceBook(path: folder + (settings.pinsChoices ? "/choices.json" : "/seen.json"))
    }

    /// Everything that was asked for, as far as it can be had. Never throws: each catalog's failure is its own.
    package func contents(for requests: [ChartRequest], at revision: String) async -> CatalogContents {
        var contents = CatalogContents()
        for (catalog, group) in Dictionary(grouping: requests, by: \.catalog) {
            await alone(with: catalog.source) {
                await read(catalog, group.map(\.wish), revision, &contents)
            }
        }
        return contents
    }

    /// How the catalogs of a repository stand. `apps` tells how many apps use a catalog, by its name.
    package func statuses(of repository: Repository, apps: [String: Int] = [:]) -> [CatalogStatus] {
        repository.catalogs.values.sorted { $0.name < $1.name }.map { catalog in
            var status = CatalogStatus(catalog)
            if case .folder(let folder) = catalog.source {
                status.charts = Set(ChartFolders.entries(in: repository.tree, folder: folder).map(\.name)).count
            } else if let known = statuses[catalog.name], known.place == status.place {
                status = known
            }
            status.apps = apps[catalog.name] ?? 0
            return status
        }
    }

    /// Catalogs that failed are asked again at once.
    package func forgetFailures() {
        failures = [:]
        indexes = [:]
    }

    // MARK: One catalog

    /// Only one task at a time asks a catalog; the others find what it found.
    private func alone(with source: CatalogSource, _ body: () async -> Void) async {
        while busy.contains(source) {
            await withCheckedContinuation { waiters[source, default: []].append($0) }
        }
        busy.insert(source)
        await body()
        busy.remove(source)
        for waiter in waiters.removeValue(forKey: source) ?? [] { waiter.resume() }
    }

    private func read(
        _ catalog: Catalog,
        _ wishes: [ChartWish],
        _ revision: String,
        _ contents: inout CatalogContents
    ) async {
        var snapshot = CatalogContents.Snapshot(revision: "", entries: [])
        var problem: String?
        var marks: [String] = []
        for wish in wishes {
            do {
                switch try await answer(catalog, wish, revision) {
                case .found(let chart, let choice):
                    snapshot.entries.append(chart.entry)
                    snapshot.choices[wish] = choice
                    marks.append("\(wish.chart) \(wish.version) \(chart.entry.version) \(chart.entry.contentID)")
                case .missing(let entries):
                    snapshot.entries += entries
                    marks.append("\(wish.chart) \(wish.version) missing of \(entries.count)")
                }
            } catch {
                problem = problem ?? Self.words(error)
            }
        }
        snapshot.revision = marks.sorted().joined(separator: "\n")
        contents.snapshots[catalog.name] = snapshot
        if let problem { contents.failures[catalog.name] = problem }
        note(catalog, problem, snapshot.choices)
    }

    private enum Answer {
        case found(FoundChart, ChartChoice)
        case missing([ChartEntry])
    }

    private func answer(_ catalog: Catalog, _ wish: ChartWish, _ revision: String) async throws -> Answer {
        let key = ChoiceBook.Key(catalog: catalog.name, place: catalog.source.words.place, wish: wish)
        let kept = Kept(key: key, revision: revision)
        let choice = remembered(key, revision)
        if let chart = found[kept], let choice { return .found(chart, choice) }
        if let choice, let chart = await reader.kept(wish.chart, choice) {
            keep(chart, kept)
            return .found(chart, choice)
        }
        if let failure = failures[catalog.source], now().seconds - failure.time.seconds < Self.failurePause {
            throw KeptFailure(words: failure.words)
        }
        do {
            // A chosen version stays chosen, even when it has to be fetched again.
            let wanted = choice.map { ChartWish(chart: wish.chart, version: $0.version) } ?? wish
            let answer = try await ask(catalog, wanted, revision)
            failures[catalog.source] = nil
            switch answer {
            case .missing(let entries): return .missing(entries)
            case .found(let chart):
                if let choice, choice.content != chart.content {
                    throw KeptFailure(
                        words: "\(wish.chart) \(choice.version) was \(choice.content) when it was chosen at "
                            + "\(choice.chosen), and is \(chart.content) now"
                    )
                }
                let made =
                    choice ?? ChartChoice(version: chart.entry.version, content: chart.content, chosen: now())
                if choice == nil {
                    try book.record(made, for: key, at: revision)
                    await onResolution(
                        Resolution(catalog: catalog.name, wish: wish, choice: made, revision: revision)
                    )
                }
                keep(chart, kept)
                return .found(chart, made)
            }
        } catch {
            failures[catalog.source] = (Self.words(error), now())
            throw error
        }
    }

    private func remembered(_ key: ChoiceBook.Key, _ revision: String) -> ChartChoice? {
        let pinned = settings.pinsChoices ? book.choice(key, at: revision) : nil
        return pinned ?? (settings.isOffline ? book.latest(key) : nil)
    }

    private func keep(_ chart: FoundChart, _ place: Kept) {
        if found.count >= Self.foundKept { found.removeAll() }
        // Equal content shares its bytes.
        found[place] =
            found.values.first { $0.entry.contentID == chart.entry.contentID && $0.content == chart.content } ?? chart
    }

    private func ask(_ catalog: Catalog, _ wish: ChartWish, _ revision: String) async throws -> CatalogAnswer {
        switch catalog.source {
        case .folder: return .missing([])
        case .oci(let urls, let credentialsFile):
            return try await reader(with: credentialsFile).find(wish, inRegistries: urls)
        case .git(let source): return try await find(wish, in: source, of: catalog, revision)
        case .helm(let urls, let credentialsFile):
            let reader = try reader(with: credentialsFile)
            if let known = indexes[catalog.source], isFresh(known, for: wish, revision) {
                let answer = try await reader.find(wish, in: known.index, at: known.url)
                if case .found = answer { return answer }
            }
            do {
                let (index, url) = try await reader.index(urls)
                indexes[catalog.source] = Index(index: index, url: url, fetched: now(), revision: revision)
                return try await reader.find(wish, in: index, at: url)
            } catch {
                // An exact version whose bytes are kept needs nobody.
                guard VersionChoice.isExact(wish.version), let kept = await reader.keptIndex(urls),
                    case .found(let chart) = try await reader.find(wish, in: kept.index, at: kept.url)
                else { throw error }
                return .found(chart)
            }
        }
    }

    /// A new revision of the repository sees what a catalog has by then; an exact version is the same in every index.
    private func isFresh(_ index: Index, for wish: ChartWish, _ revision: String) -> Bool {
        let isRecent = now().seconds - index.fetched.seconds < Self.indexFreshness
        return isRecent && (index.revision == revision || VersionChoice.isExact(wish.version))
    }

    // MARK: Git

    private func find(
        _ wish: ChartWish,
        in source: FleetModel.GitSource,
        of catalog: Catalog,
        _ revision: String
    ) async throws -> CatalogAnswer {
        let commit = try await commit(of: source, catalog, revision)
        let key = "\(source.url) \(commit) \(source.path)"
        let entries = ChartFolders.entries(in: try await tree(source, commit, key), folder: source.path)
        guard let entry = VersionChoice.pick(wish.version, from: entries.filter { $0.name == wish.chart }) else {
            return .missing(entries)
        }
        return .found(FoundChart(entry: entry, content: "commit \(commit) \(entry.contentID)"))
    }

    /// The commit of a Git catalog, chosen once per revision of the fleet's repository.
    private func commit(of source: FleetModel.GitSource, _ catalog: Catalog, _ revision: String) async throws -> String
    {
        let wish = ChartWish(chart: "", version: source.reference.gitReference.description)
        let key = ChoiceBook.Key(catalog: catalog.name, place: catalog.source.words.place, wish: wish)
        if let known = remembered(key, revision) { return known.version }
        let mirror = try mirror(of: source)
        let reference = source.reference.gitReference
        var isHere = settings.isOffline
        // A commit that is here needs nobody.
        if case .commit = reference, !isHere { isHere = (try? await mirror.resolve(reference)) != nil }
        if !isHere { try await mirror.refresh() }
        let commit = try await mirror.resolve(reference).id.description
        try book.record(ChartChoice(version: commit, content: commit, chosen: now()), for: key, at: revision)
        return commit
    }

    private func tree(_ source: FleetModel.GitSource, _ commit: String, _ key: String) async throws -> SourceTree {
        if let known = trees[key] { return known }
        let mirror = try mirror(of: source)
        let found: GitCommit
        do {
            found = try await mirror.resolve(.commit(commit))
        } catch {
            // The mirror may have been made anew since the commit was chosen.
            if settings.isOffline { throw error }
            try await mirror.refresh()
            found = try await mirror.resolve(.commit(commit))
        }
        let tree = try await mirror.snapshot(of: found)
        if trees.count > 20 { trees.removeAll() }
        trees[key] = tree
        return tree
    }

    private func mirror(of source: FleetModel.GitSource) throws -> GitMirror {
        let name = "\(source.url) \(source.credentialsFile ?? "")"
        if let known = mirrors[name] { return known }
        let made = GitMirror(
            try GitStore.GitSource(source.url, credentials: try credentials(source)),
            dataDirectory: settings.dataDirectory
        )
        if made.source.isLocal, !settings.allowsLocalRepositories {
            throw KeptFailure(words: "\(source.url) is a directory; a remote repository may not name one")
        }
        mirrors[name] = made
        return made
    }

    private func credentials(_ source: FleetModel.GitSource) throws -> GitCredentials {
        guard let name = source.credentialsFile else { return GitCredentials() }
        switch try secret(name) {
        case .password(let user, let password): return GitCredentials(.basic(user: user, password: password))
        case .token(let token): return GitCredentials(.token(token))
        }
    }

    // MARK: Credentials

    /// The reader that shows a catalog's hosts what this file holds.
    private func reader(with credentialsFile: String?) throws -> CatalogReader {
        guard let credentialsFile, !settings.isOffline else { return reader }
        var reader = reader
        reader.credentials = CatalogCredentials(try secret(credentialsFile))
        return reader
    }

    /// What a file of the credentials directory holds. It is read every time, because secrets are exchanged.
    private func secret(_ name: String) throws -> CatalogCredentials.Secret {
        guard let folder = settings.credentialsDirectory else {
            throw KeptFailure(words: "it wants the credentials “\(name)”, but no --credentials-dir was given")
        }
        guard !name.contains("/"), !name.hasPrefix("."), !name.isEmpty else {
            throw KeptFailure(words: "“\(name)” is no name of a file of the credentials directory")
        }
        let bytes: Data
        do { bytes = try Data(contentsOf: URL(filePath: "\(folder)/\(name)")) } catch {
            throw KeptFailure(words: "the credentials “\(name)” cannot be read")
        }
        guard let secret = CatalogCredentials.Secret(text: String(decoding: bytes, as: UTF8.self)) else {
            throw KeptFailure(words: "the credentials “\(name)” are empty")
        }
        return secret
    }

    // MARK: Status

    private func note(_ catalog: Catalog, _ problem: String?, _ choices: [ChartWish: ChartChoice]) {
        var status = statuses[catalog.name] ?? CatalogStatus(catalog)
        let fresh = CatalogStatus(catalog)
        if status.place != fresh.place { status = fresh }
        status.reason = problem ?? ""
        status.since = problem == nil ? nil : status.since ?? now()
        status.state = problem == nil ? .ready : .failed
        if let index = indexes[catalog.source] {
            status.charts = index.index.entries.count
            status.fetched = index.fetched
        } else if problem == nil, status.fetched == nil {
            status.fetched = now()
        }
        for (wish, choice) in choices {
            status.choices.removeAll { $0.chart == wish.chart && $0.requested == wish.version }
            status.choices.append(
                CatalogStatus.Choice(
                    chart: wish.chart,
                    requested: wish.version,
                    version: choice.version,
                    content: choice.content,
                    chosen: choice.chosen
                )
            )
            if choice.content.hasPrefix("commit ") {
                status.commit = String(choice.content.dropFirst("commit ".count).prefix { $0 != " " })
            }
        }
        status.choices.sort { ($0.chart, $0.requested) < ($1.chart, $1.requested) }
        statuses[catalog.name] = status
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case let failure as CatalogFailure: failure.description
        case let failure as GitFailure: failure.description
        default: "\(error)"
        }
    }
}

/// A failure that is known without asking.
private struct KeptFailure: Error, CustomStringConvertible {
    var words: String
    var description: String { words }
}

extension FleetModel.GitSource.Reference {
    fileprivate var gitReference: GitReference {
        switch self {
        case .branch(let name): .branch(name)
        case .tag(let name): .tag(name)
        case .semver(let range): .semver(range)
        case .commit(let id): .commit(id)
        }
    }
}
