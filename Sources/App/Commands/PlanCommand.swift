package import ArgumentParser
internal import FleetModel
internal import FleetPlanning
internal import FleetReconcilers
internal import FleetRendering
internal import GitStore
internal import RepositoryEdits
internal import SourceDiagnostics
internal import SourceFiles
internal import StructuredValue

/// How a plan is printed.
enum PlanFormat: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
    case markdown
}

/// Who proves a plan.
enum DryRun: String, ExpressibleByArgument, CaseIterable {
    case server
}

/// `martlet plan`.
package struct PlanCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what a revision would do: to which clusters, with which machines, because of which field.",
        discussion: """
            The repository is rendered here; what runs is asked of the daemon. With --offline nothing is asked: the \
            revision given by --base stands in for what runs.
            """
    )

    @OptionGroup var repository: RepositoryOptions
    @OptionGroup var server: ServerOptions

    @Option(help: "Compare with this revision instead of what runs.")
    var base: String?

    @Flag(help: "Ask nobody. Without --base the parent of the revision is compared with; a first commit, with nothing.")
    var offline = false

    @Option(help: "server: ask each cluster's own server what it would set or refuse. Nothing is written.")
    var dryRun: DryRun?

    @Option(name: .shortAndLong, help: "text, json or markdown.")
    var output = PlanFormat.text

    @Flag(help: "Exit with 3 when something would change.")
    var exitCode = false

    package init() {}

    package func validate() throws {
        if dryRun != nil, offline || base != nil {
            throw ValidationError("--dry-run server needs the plan against what runs, without --offline and --base")
        }
    }

    package func run() async throws {
        let plan = try await makePlan()
        switch output {
        case .text: print(plan.text, terminator: "")
        case .json: print(JSON.text(plan.value(), .init(indent: 2)))
        case .markdown: print(plan.markdown, terminator: "")
        }
        let changes = plan.plans.contains { plan in plan.steps.contains { $0.verdict != .none } }
        if exitCode, changes { throw ExitCode(3) }
    }

    func makePlan() async throws -> FleetPlan {
        let mirror = try await repository.mirror()
        let cache = RenderCache()
        let keeper = repository.keeper(for: mirror, isOffline: offline)
        let files = try await repository.tree(mirror)
        let wanted = await RenderedRepository(files, repository.part, keeper, cache: cache)
        let diagnostics = wanted.repository.allDiagnostics
        if offline || base != nil {
            let tree = try await baseTree(mirror)
            let before = await RenderedRepository(tree, repository.part, keeper, cache: cache)
            try repository.part.check(in: wanted.repository, before.repository)
            return planBetween(before, wanted, diagnostics)
        }
        try repository.part.check(in: wanted.repository)
        var plans: [ApplyPlan] = []
        for entry in wanted.members {
            plans += try await plan(entry.fleet, entry.member, entry.state)
        }
        return FleetPlan(revision: wanted.repository.revision, plans: plans, diagnostics: diagnostics)
    }

    /// What stands in for what runs: the given base, else the parent of the revision.
    ///
    /// The files on disk are compared with the newest commit. A first commit has no parent: everything in it is new.
    private func baseTree(_ mirror: GitMirror) async throws -> SourceTree {
        if let base { return try await repository.tree(mirror, at: base) }
        let empty = SourceTree(revision: "empty", files: [])
        do {
            let commit = try await repository.commit(mirror)
            if repository.worktree { return try await mirror.snapshot(of: commit) }
            if let parent = commit.parents.first { return try await mirror.snapshot(of: mirror.commit(parent)) }
            writeError("\(commit.id.short) is the first commit: it is compared with an empty repository")
            return empty
        } catch let failure as GitFailure where failure.kind == .notFound && repository.worktree {
            writeError("nothing is committed yet: the files are compared with an empty repository")
            return empty
        }
    }

    private func plan(_ fleet: Fleet, _ member: ManagementCluster, _ state: DesiredState) async throws -> [ApplyPlan] {
        let answer = try await server.get("/api/v1/observed/\(escaped(fleet.name))/\(escaped(member.name))")
        var plans: [ApplyPlan] = []
        for target in [.managementCluster] + state.workloadTargets {
            let seen = (answer["targets"]?.array ?? []).first { $0["target"]?.string == target.description }
            let world = seen.flatMap { ObservedWorld($0) } ?? ObservedWorld()
            var settings = PlanSettings(fleet)
            if let key = answer["redaction"]?.string { settings.redaction = SecretRedaction(key: Array(key.utf8)) }
            let plan = planApply(
                state.restricted(to: target),
                world.observed,
                inventory: world.inventory,
                settings: settings,
                now: World.now()
            )
            plans.append(dryRun == nil ? plan : try await server.proving(plan, live: world.observed.objects))
        }
        return plans
    }
}

/// The plan from one state of a repository to another, asking no cluster.
func planBetween(
    _ before: RenderedRepository,
    _ wanted: RenderedRepository,
    _ diagnostics: [Diagnostic]
) -> FleetPlan {
    var plans: [ApplyPlan] = []
    for (fleet, member, state, _) in wanted.members {
        let old = before.members.first { $0.fleet.name == fleet.name && $0.member.name == member.name }?.state
        let targets = Set([.managementCluster] + state.workloadTargets + (old?.workloadTargets ?? [])).sorted()
        for target in targets {
            plans.append(
                planBetweenRevisions(
                    from: old?.restricted(to: target),
                    to: state.restricted(to: target),
                    settings: PlanSettings(fleet),
                    now: World.now()
                )
            )
        }
    }
    return FleetPlan(
        revision: wanted.repository.revision,
        base: before.repository.revision,
        plans: plans,
        diagnostics: diagnostics + noteVersionChanges(from: before.states, to: wanted.states, now: World.now())
            + noteLeavingMembers(from: before.states, to: wanted.repository)
    )
}

/// `martlet diff`: the plan, for scripts.
package struct DiffCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show every field that a revision would change."
    )

    @OptionGroup var plan: PlanCommand

    package init() {}

    package func run() async throws {
        let plan = try await plan.makePlan()
        var text = ""
        for part in plan.plans {
            for step in part.steps where step.verdict != .none {
                text += "\(part.fleet)/\(part.managementCluster) \(step.key) (\(step.verdict.rawValue))\n"
                for field in step.fields {
                    let entry: Value = [
                        "path": .string(field.path), "old": field.old ?? .null, "new": field.new ?? .null,
                    ]
                    text += "    \(fieldText(entry))\n"
                }
            }
        }
        print(text.isEmpty ? "Nothing would change.\n" : text, terminator: "")
        if self.plan.exitCode, !text.isEmpty { throw ExitCode(3) }
    }
}
