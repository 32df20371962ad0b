package import FleetModel
package import KubernetesModel

/// How one revision spreads over one fleet: a value that outlives restarts.
///
/// ```
///            start(revision, waves)
///                    │
///   ┌────────────────▼─────────────────────────────────────────────────────────────┐
///   │ wave n:  waiting ──gate open──► progressing ──all observed, healthy──► soaking │──► wave n+1 … ──► done
///   │             ▲ approval, window,      │                                   │     │
///   │             │ freeze, pause          └────── failed or regressed ────────┘     │
///   └─────────────┼──────────────────────────────────────┬──────────────────────────┘
///                 │                                      ▼
///                 └──────────────── resume ────────── halted
/// ```
/// The waves and their members are frozen when the rollout starts. A target of wave n+1 is released only in a step that
/// sees every target of wave n at the revision and healthy.
package struct Rollout: Sendable, Hashable {
    package enum State: String, Sendable {
        /// A gate is closed: approval, window or freeze.
        case waiting
        case progressing
        case soaking
        /// Something broke; nothing is released until somebody resumes or a new revision comes.
        case halted
        /// Somebody stopped it.
        case paused
        case done
    }

    /// A wave with its members, as they were when the rollout began.
    package struct FrozenWave: Sendable, Hashable {
        package var name: String
        package var members: [String]
        package var soak: Duration
        package var maxUnavailable: Amount?
        package var needsApproval: Bool

        package init(name: String, members: [String], soak: Duration, maxUnavailable: Amount?, needsApproval: Bool) {
            self.name = name
            self.members = members
            self.soak = soak
            self.maxUnavailable = maxUnavailable
            self.needsApproval = needsApproval
        }
    }

    /// What a member may run: a commit, with the holds that were in force at a moment. Holds that end by themselves
    /// change what a commit means, and that goes through the waves as a commit does.
    package struct Release: Sendable, Hashable {
        package var revision: String
        package var moment: Timestamp

        package init(revision: String, moment: Timestamp) {
            self.revision = revision
            self.moment = moment
        }
    }

    /// What a release did to a member's objects.
    package enum Effect: String, Sendable {
        /// Something was written, or it is not known.
        case written
        /// It was observed without a single write.
        case untouched
    }

    package internal(set) var fleet: String
    /// What it spreads.
    package internal(set) var release: Release
    package internal(set) var waves: [FrozenWave]
    /// What each member may run. Members keep an older release until their turn comes.
    package internal(set) var released: [String: Release]
    /// What is known of this release's effect on members that have it.
    package internal(set) var effects: [String: Effect] = [:]
    package internal(set) var state: State
    /// The wave whose turn it is; the number of waves when it is done.
    package internal(set) var currentWave = 0
    /// Why it is in this state, in a sentence.
    package internal(set) var reason = ""
    /// Since when the whole current wave has been at the revision and healthy.
    package internal(set) var soakingSince: Timestamp?
    package internal(set) var approvedWaves: Set<String> = []
    package internal(set) var isPaused = false
    /// Why it halted; nil unless it did.
    package internal(set) var haltReason: String?
    /// Members that have been healthy at the revision at least once.
    package internal(set) var provenMembers: Set<String> = []
    /// Since when released members have been unhealthy without a break.
    package internal(set) var troubledSince: [String: Timestamp] = [:]
    /// The latest moment that was ever handed in; time never goes back for soaking.
    package internal(set) var latest: Timestamp

    /// Begins to spread a revision. `previous` says what each member runs now; with nothing, every member is free to
    /// take the revision only in its turn.
    package init(fleet: String, revision: String, waves: [FrozenWave], previous: [String: Release], now: Timestamp) {
        self.fleet = fleet
        release = Release(revision: revision, moment: now)
        self.waves = waves
        let members = Set(waves.flatMap(\.members))
        released = previous.filter { members.contains($0.key) }
        latest = now
        state = .progressing
        if waves.allSatisfy(\.members.isEmpty) {
            state = .done
            currentWave = waves.count
        }
    }

    /// The wave whose turn it is.
    package var wave: FrozenWave? { waves.indices.contains(currentWave) ? waves[currentWave] : nil }

    package var revision: String { release.revision }

    /// What a member shall run; nil when nothing was ever released to it.
    package func release(for member: String) -> Release? { released[member] }

    /// Whether a member may run what is spread.
    package func isReleased(_ member: String) -> Bool { released[member] == release }
}

extension Rollout {
    /// The waves of a fleet over its members. Members that no wave selects go with the last wave that selects everyone,
    /// or in a wave of their own at the end.
    package static func freeze(_ policy: RolloutPolicy, members: [ManagementCluster]) -> [FrozenWave] {
        var left = members.sorted { $0.name < $1.name }
        var frozen: [FrozenWave] = []
        for wave in policy.waves {
            let taken = left.filter { wave.selector?.matches($0.labels) ?? true }
            left.removeAll { member in taken.contains { $0.name == member.name } }
            frozen.append(
                FrozenWave(
                    name: wave.name,
                    members: taken.map(\.name),
                    soak: wave.soak,
                    maxUnavailable: wave.maxUnavailable,
                    needsApproval: wave.approval == .manual
                )
            )
        }
        if !left.isEmpty {
            let name = frozen.contains { $0.name == "others" } ? "remaining" : frozen.isEmpty ? "all" : "others"
            frozen.append(
                FrozenWave(
                    name: name,
                    members: left.map(\.name),
                    soak: .zero,
                    maxUnavailable: nil,
                    needsApproval: false
                )
            )
        }
        return frozen
    }
}
