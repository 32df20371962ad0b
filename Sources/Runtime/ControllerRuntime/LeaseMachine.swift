package import KubernetesModel
package import StructuredValue

/// What a Lease says: who leads, since when, and how long that holds without a word from them.
package struct LeaseRecord: Sendable, Hashable {
    /// Empty when nobody holds it.
    package var holder: String
    package var duration: Duration
    package var acquired: Timestamp?
    package var renewed: Timestamp?
    /// How often it changed hands: a number that only grows.
    package var transitions: Int

    package init(holder: String, duration: Duration, acquired: Timestamp?, renewed: Timestamp?, transitions: Int) {
        self.holder = holder
        self.duration = duration
        self.acquired = acquired
        self.renewed = renewed
        self.transitions = transitions
    }

    /// From a Lease's `spec`.
    package init(spec: Value) {
        self.init(
            holder: spec["holderIdentity"]?.string ?? "",
            duration: .seconds(spec["leaseDurationSeconds"]?.int ?? 15),
            acquired: spec["acquireTime"]?.string.flatMap { Timestamp($0) },
            renewed: spec["renewTime"]?.string.flatMap { Timestamp($0) },
            transitions: spec["leaseTransitions"]?.int ?? 0
        )
    }

    /// As it stands in the object.
    package var spec: Value {
        var spec: Object = [
            "holderIdentity": .string(holder), "leaseDurationSeconds": .int(Int(duration.components.seconds)),
            "leaseTransitions": .int(transitions),
        ]
        if let acquired { spec["acquireTime"] = .string(acquired.micro) }
        if let renewed { spec["renewTime"] = .string(renewed.micro) }
        return .object(spec)
    }
}

/// How long a lease holds, how long its holder tries to renew it, and how often anybody looks.
package struct LeaseTiming: Sendable, Hashable {
    /// Others take over when the holder was silent for so long by their own clock.
    package var duration: Duration
    /// The holder stops when it could not renew for so long. Shorter than `duration`, so that it stops first.
    package var renewDeadline: Duration
    package var retryPeriod: Duration

    package init(
        duration: Duration = .seconds(15),
        renewDeadline: Duration = .seconds(10),
        retryPeriod: Duration = .seconds(2)
    ) {
        precondition(renewDeadline < duration, "a leader must stop before another may start")
        self.duration = duration
        self.renewDeadline = renewDeadline
        self.retryPeriod = retryPeriod
    }
}

/// Decides who leads: a value that takes what was read and written and answers what to do next.
///
/// ```
///               free, ours, or silent too long: written
///   following ─────────────────────────────────────────► leading ──┐ renewed in time
///       ▲                                                  │   ▲───┘
///       └──── another holder, or not renewed in time ──────┘
/// ```
/// Times of other machines are never compared with ours: a lease is silent when we saw no change of it for its duration.
package struct LeaseMachine: Sendable {
    package enum Input: Sendable {
        /// Time has come to look again.
        case due
        /// The Lease as it stands; nil when there is none.
        case read(LeaseRecord?, resourceVersion: String)
        /// Our write was accepted. It was begun at this time.
        case wrote(begun: Duration)
        /// Somebody else wrote in between.
        case conflicted
        /// The server could not be asked.
        case failed
    }

    package enum Action: Sendable, Hashable {
        case read
        /// Write this over the given version; nil creates the Lease.
        case write(LeaseRecord, over: String?)
        /// Wait, then give `.due`.
        case pause(Duration)
        /// We lead from now on, with this fencing token. Then wait.
        case lead(token: Int)
        /// We do not lead any more: stop at once.
        case stepDown
    }

    private enum State: Sendable {
        case following
        case leading(renewed: Duration)
    }

    private let identity: String
    private let timing: LeaseTiming
    private var state = State.following
    private var record: LeaseRecord?
    private var version: String?
    private var unchangedSince = Duration.zero
    private var pending: LeaseRecord?

    package init(identity: String, timing: LeaseTiming) {
        self.identity = identity
        self.timing = timing
    }

    /// How long to wait between two looks.
    package var retryPeriod: Duration { timing.retryPeriod }

    /// Who held the Lease when it was last read or written; empty for nobody.
    package var holder: String { record?.holder ?? "" }

    package var isLeading: Bool {
        if case .leading = state { true } else { false }
    }

    /// Until when leading is safe without another word from the server; nil when following.
    package var leadsUntil: Duration? {
        if case .leading(let renewed) = state { renewed + timing.renewDeadline } else { nil }
    }

    /// `now` is monotonic; `wall` goes into the Lease for people to read.
    package mutating func handle(_ input: Input, now: Duration, wall: Timestamp) -> Action {
        if let leadsUntil, now >= leadsUntil {
            // A write that was accepted late still counts from when it was begun.
            guard case .wrote(let begun) = input, begun + timing.renewDeadline > now else { return stepDown() }
        }
        switch (input, state) {
        case (.due, .following): return .read
        case (.due, .leading): return renew(wall)
        case (.read(let found, let version), _):
            // Any write that changed something counts as a sign of life, whatever time it names.
            if found != record || version != self.version { unchangedSince = now }
            record = found
            self.version = found == nil ? nil : version
            return isLeading ? afterReadingAsLeader(wall) : afterReadingAsFollower(now, wall)
        case (.wrote(let begun), _):
            let wasLeading = isLeading
            state = .leading(renewed: begun)
            record = pending
            return wasLeading ? .pause(timing.retryPeriod) : .lead(token: record?.transitions ?? 0)
        case (.conflicted, .leading): return .read
        case (.conflicted, .following), (.failed, _): return .pause(timing.retryPeriod)
        }
    }

    /// The version that our last write made.
    package mutating func remember(resourceVersion: String) { version = resourceVersion }

    /// What to write so that others need not wait; nil when we do not lead.
    package mutating func release(wall: Timestamp) -> Action? {
        guard isLeading, var free = record else { return nil }
        state = .following
        free.holder = ""
        free.duration = .seconds(1)
        free.renewed = wall
        return .write(free, over: version)
    }

    private mutating func stepDown() -> Action {
        state = .following
        return .stepDown
    }

    private mutating func afterReadingAsLeader(_ wall: Timestamp) -> Action {
        guard let record else { return take(wall, over: nil) }
        return record.holder == identity ? renew(wall) : stepDown()
    }

    private mutating func afterReadingAsFollower(_ now: Duration, _ wall: Timestamp) -> Action {
        guard let record else { return take(wall, over: nil) }
        let isFree = record.holder.isEmpty || record.holder == identity
        if isFree || now - unchangedSince >= record.duration { return take(wall, over: version) }
        return .pause(timing.retryPeriod)
    }

    private mutating func take(_ wall: Timestamp, over version: String?) -> Action {
        // Even from ourselves: an earlier life of this process may still have a write under way.
        let next = LeaseRecord(
            holder: identity,
            duration: timing.duration,
            acquired: wall,
            renewed: wall,
            transitions: record.map { $0.transitions + 1 } ?? 0
        )
        pending = next
        return .write(next, over: version)
    }

    private mutating func renew(_ wall: Timestamp) -> Action {
        guard var next = record else { return .read }
        next.renewed = wall
        pending = next
        return .write(next, over: version)
    }
}
