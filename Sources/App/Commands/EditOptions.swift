internal import ArgumentParser
internal import FleetModel
internal import FleetPlanning
internal import FleetRendering
internal import GitStore
internal import OfflineCommands
internal import RemoteCatalogs
internal import RepositoryEdits
internal import SourceDiagnostics
internal import SourceFiles
internal import StructuredValue

/// For commands that edit the files of a repository on this machine.
struct EditOptions: ParsableArguments {
    @Option(help: "The repository: a directory.")
    var repo = "."

    @Option(help: "Only this fleet.")
    var fleet: String?

    @Option(help: "Only this management cluster.")
    var managementCluster: String?

    @Option(help: "Where charts of remote catalogs are kept.")
    var dataDir = ".martlet"

    @Option(help: "Where credentials named by catalogs are found: files with a token or `user:password`.")
    var credentialsDir: String?

    @Flag(help: "Take charts of remote catalogs from what is kept in the data directory; ask nobody.")
    var noFetch = false

    @Flag(help: "Commit the edit on the current branch.")
    var commit = false

    @Option(name: .shortAndLong, help: "The commit's message; made from the edit when not given.")
    var message: String?

    @Flag(help: "Show what would be done and write nothing.")
    var dryRun = false

    @Option(name: .shortAndLong, help: "The plan as text, json or markdown.")
    var output = PlanFormat.text

    init() {}
}

/// A repository's work tree with everything it asks for, and how edits of it are shown and written.
struct EditDesk {
    let options: EditOptions
    let mirror: GitMirror
    let keeper: CatalogKeeper
    let tree: SourceTree
    let cache = RenderCache()
    /// As it is, as far as `--fleet` and `--management-cluster` want it.
    let before: RenderedRepository

    init(_ options: EditOptions) async throws {
        self.options = options
        mirror = GitMirror(try GitSource(options.repo), dataDirectory: options.dataDir)
        guard mirror.source.isLocal else {
            throw CommandFailure("\(options.repo) is not on this machine", hint: "clone it and edit there")
        }
        keeper = makeKeeper(
            dataDirectory: options.dataDir,
            credentials: options.credentialsDir,
            mirror,
            isOffline: options.noFetch
        )
        tree = try await mirror.workTree()
        let part = RepositoryPart(fleet: options.fleet, managementCluster: options.managementCluster)
        before = await RenderedRepository(tree, part, keeper, cache: cache)
    }

    /// Turns findings into lines on the standard error and exit code 1.
    func reporting<Answer>(_ body: () throws -> Answer) throws -> Answer {
        do { return try body() } catch let rejected as RejectedSource {
            try reportFindings(rejected.diagnostics)
            throw ExitCode(1)
        }
    }

    /// The whole repository with files edited: others than the wanted members may be touched too.
    func rendered(_ edits: [FileEdit]) async throws -> RenderedRepository {
        await RenderedRepository(tree.applying(edits), RepositoryPart.all, keeper, cache: cache)
    }

    /// What the edit does to every member.
    func plan(to after: RenderedRepository) async -> FleetPlan {
        let whole = await RenderedRepository(tree, RepositoryPart.all, keeper, cache: cache)
        return planBetween(whole, after, after.repository.allDiagnostics)
    }

    func show(_ plan: FleetPlan, with release: ReleaseChange? = nil) {
        switch options.output {
        case .text: print((release?.text ?? "") + plan.text, terminator: "")
        case .json:
            var value = plan.value()
            if let release { value["release"] = release.value }
            print(JSON.text(value, .init(indent: 2)))
        case .markdown: print((release?.markdown ?? "") + plan.markdown, terminator: "")
        }
    }

    /// Shows what new or edited files do, and what stands against them; writes them when nothing does.
    func finish(_ edits: [FileEdit], title: String) async throws {
        let after = try await rendered(edits)
        let plan = await plan(to: after)
        show(plan)
        let problems = findProblems(
            of: plan,
            before: before.repository.allDiagnostics + before.states.flatMap(\.diagnostics),
            after: after.states.flatMap(\.diagnostics)
        )
        if !problems.isEmpty {
            for problem in problems { writeError("blocked: \(problem)") }
            writeError("Nothing was written.")
            throw ExitCode(1)
        }
        try await write(edits, title: title, plan: plan)
    }

    /// Writes the files, and commits them when that was asked for.
    func write(_ edits: [FileEdit], title: String, plan: FleetPlan?) async throws {
        if options.dryRun {
            writeError("Nothing was written (--dry-run).")
            return
        }
        if options.commit {
            let forecast = plan.map { "\n\n\($0.forecast.sentence.capitalizedSentence)." } ?? ""
            let commit = try await mirror.record(
                edits.map { GitEdit(path: $0.path, bytes: $0.bytes) },
                message: (options.message ?? title + forecast) + "\n"
            )
            writeError("Committed \(commit.id.description.prefix(10)): \(commit.summary)")
            return
        }
        guard let root = try await mirror.workTreeRoot() else {
            throw CommandFailure("\(options.repo) has no work tree", hint: "use --commit")
        }
        for edit in edits {
            let path = (root.hasSuffix("/") ? root : root + "/") + edit.path
            try LocalFiles.replace(path, by: edit.bytes)
            writeError("Wrote \(edit.path).")
        }
    }
}

extension RenderedRepository {
    var states: [DesiredState] { members.map(\.state) }

    /// An app of the member that a state is of, with its values.
    func explain(_ app: String, in state: DesiredState) -> AppExplanation? {
        guard
            let entry = members.first(where: {
                $0.fleet.name == state.fleet && $0.member.name == state.managementCluster
            })
        else { return nil }
        return explainApps(
            named: app,
            repository,
            fleet: entry.fleet,
            member: entry.member,
            catalogs: entry.catalogs,
            now: World.now(),
            cache: RenderCache()
        ).apps.first
    }
}

extension String {
    /// With its first letter in upper case.
    fileprivate var capitalizedSentence: String { prefix(1).uppercased() + dropFirst() }
}
