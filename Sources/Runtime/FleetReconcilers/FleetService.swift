internal import ControllerRuntime
internal import FleetLedger
internal import FleetModel
internal import FleetPlanning
package import GitStore
package import KubernetesModel
package import Logging
internal import SourceDiagnostics

/// The running daemon's loops: follow Git, keep the links, run passes, step rollouts. Lasts until it is cancelled.
package struct FleetService<ServiceClock: Clock>: Sendable where ServiceClock.Duration == Duration {
    private let poller: GitPoller<ServiceClock>
    private let stations: RenderStation
    private let director: FleetDirector
    private let reconciler: FleetReconciler
    private let links: LinkDirectory
    private let signals: ChangeSignals
    private let board: StatusBoard
    private let log: Logger
    private let now: @Sendable () -> Timestamp
    private let members: WorkQueue<MemberKey, ServiceClock>
    private let fleets: WorkQueue<String, ServiceClock>
    private let width: Int

    /// Changes that come together are answered by one pass.
    private static var coalescing: Duration { .milliseconds(50) }

    package init(
        poller: GitPoller<ServiceClock>,
        stations: RenderStation,
        director: FleetDirector,
        reconciler: FleetReconciler,
        links: LinkDirectory,
        signals: ChangeSignals,
        board: StatusBoard,
        log: Logger,
        clock: ServiceClock,
        random: @escaping @Sendable () -> Double,
        now: @escaping @Sendable () -> Timestamp,
        width: Int = 8
    ) {
        self.poller = poller
        self.stations = stations
        self.director = director
        self.reconciler = reconciler
        self.links = links
        self.signals = signals
        self.board = board
        self.log = log
        self.now = now
        self.width = width
        members = WorkQueue(clock: clock, random: random)
        fleets = WorkQueue(clock: clock, random: random)
    }

    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await links.run() }
            group.addTask { await poller.run { await follow($0) } }
            group.addTask { await members.run(width: width) { await pass($0) } }
            group.addTask { await fleets.run(width: 1) { await step($0) } }
            group.addTask {
                for await _ in signals.wakeups { await passDirtyMembers() }
            }
        }
    }

    /// Looks at Git now and gives every member a pass.
    package func poke() async {
        await poller.poke()
        for key in await director.members { await members.add(key, priority: .user) }
    }

    /// Looks at Git now, and at nothing else.
    package func lookAtGit() async { await poller.poke() }

    /// After an approval, a pause or a resume.
    package func stepRollout(of fleet: String) async { await fleets.add(fleet, priority: .user) }

    // MARK: Following Git

    /// False for a commit that could not be followed; everything stays as the last one had it, and it is tried again.
    private func follow(_ report: GitReport) async -> Bool {
        switch report {
        case .failure(let failure):
            board.updateSource { $0.failure = "\(failure)" }
            log.warning("the repository could not be read", metadata: ["reason": "\(failure)"])
        case .recovered:
            board.updateSource { source in
                source.failure = nil
                source.fetched = now()
            }
            log.info("the repository can be read again")
        case .commit(let commit):
            do {
                try await follow(commit)
            } catch {
                board.updateSource { $0.failure = "\(error)" }
                log.error("the revision could not be followed", metadata: ["reason": "\(error)"])
                return false
            }
        }
        return true
    }

    private func follow(_ commit: GitCommit) async throws {
        let revision = commit.id.description
        let repository = try await stations.repository(at: revision)
        board.updateSource { source in
            source.revision = revision
            source.message = commit.summary
            source.author = commit.author.name
            source.committed = Timestamp(seconds: commit.commitSeconds)
            source.fetched = now()
            source.failure = nil
            source.diagnostics = repository.diagnostics
        }
        log.info(
            "new revision",
            metadata: ["revision": "\(revision.prefix(10))", "message": "\(commit.summary)"]
        )
        await stations.forgetMembers(notIn: repository)
        let steps = try await director.follow(repository)
        for folder in repository.fleets {
            board.updateFleet(folder.name) { status in
                status.diagnostics = folder.diagnostics
                status.revision = revision
                if folder.fleet == nil {
                    status.state = "Rejected"
                    status.reason = "fleet.yaml has errors; every member keeps what it has"
                }
            }
        }
        await forgetVanished()
        for (fleet, step) in steps { await take(step, fleet: fleet, priority: .user) }
        // Members that no rollout step released go on with what they have, under the new revision's rules.
        for key in await director.members { await members.add(key, priority: .user) }
        if await director.members.isEmpty { board.markReady() }
    }

    /// Fleets and members that left the repository leave the status too; what runs there is not touched.
    private func forgetVanished() async {
        var present: Set<MemberKey> = []
        for folder in await director.fleets {
            for name in folder.members.map(\.name) + folder.brokenMembers {
                present.insert(MemberKey(fleet: folder.name, managementCluster: name))
            }
        }
        board.keepOnly(fleets: Set(await director.fleets.map(\.name)), members: present)
        await reconciler.keepOnly(present)
        await links.keepOnly(present)
    }

    // MARK: Passes

    private func pass(_ key: MemberKey) async -> Outcome {
        guard await director.members.contains(key) else { return .done }
        let result = await reconciler.reconcile(key)
        // What left the repository meanwhile may have been linked anew.
        if await !director.members.contains(key) { await forgetVanished() }
        await take(result.step, fleet: key.fleet, priority: .observed)
        if !board.isReady, await everyMemberWasSeen() { board.markReady() }
        return result.outcome
    }

    private func everyMemberWasSeen() async -> Bool {
        for key in await director.members {
            guard let member = board.member(key.managementCluster, of: key.fleet), member.state != .pending else {
                return false
            }
        }
        return true
    }

    private func passDirtyMembers() async {
        let dirty = signals.takeDirty()
        for key in await director.members where dirty.contains(key.managementCluster) {
            await members.add(key, after: Self.coalescing)
        }
    }

    // MARK: Rollouts

    private func step(_ fleet: String) async -> Outcome {
        do {
            await take(try await director.step(fleet), fleet: fleet, priority: .observed)
            return .done
        } catch {
            log.error("the rollout's state could not be written", metadata: ["reason": "\(error)"])
            return .retry("\(error)")
        }
    }

    private func take(
        _ step: FleetDirector.Step,
        fleet: String,
        priority: WorkQueue<MemberKey, ServiceClock>.State.Priority
    ) async {
        guard let rollout = step.rollout else { return }
        board.updateFleet(fleet) { status in
            status.state = rollout.words
            status.wave = rollout.state == .done ? "" : rollout.wave?.name ?? ""
            status.reason = rollout.reason
            status.holds = step.holds.map { "\($0.app.value) stays at \($0.version): \($0.reason)" }
        }
        await reconciler.remember(step.entries)
        for entry in step.entries {
            log.info("rollout", metadata: ["fleet": "\(fleet)", "state": "\(entry.message)"])
        }
        for key in step.released { await members.add(key, priority: priority) }
        if let delay = step.lookAgain { await fleets.add(fleet, after: delay) }
    }
}
