/// What a work queue knows, as a value: which keys wait, from when on, and which run.
///
/// ```
///            add                start                finish
///   (none) ───────► waiting ───────────► running ───────────► (none)
///                     ▲ add: keeps          │ add: remembered
///                     │ the earliest time   ▼
///                     └──────────── running + waiting
/// ```
/// Equal keys never run at once. Of two times for one key the earlier wins; of two priorities the higher.
package struct WorkQueueState<Key: Hashable & Sendable, Instant: InstantProtocol & Sendable>: Sendable
where Instant.Duration == Duration {
    /// Whose work comes first when several keys are due.
    package enum Priority: Int, Sendable, Comparable {
        /// Nobody waits for it.
        case resync
        /// The world changed.
        case observed
        /// A person changed something.
        case user

        package static func < (left: Priority, right: Priority) -> Bool { left.rawValue < right.rawValue }
    }

    private struct Entry: Sendable {
        var due: Instant
        var priority: Priority
        var order: Int
    }

    private var waiting: [Key: Entry] = [:]
    private var running: Set<Key> = []
    private var failures: [Key: Int] = [:]
    private var order = 0

    package init() {}

    package var runningCount: Int { running.count }
    package var waitingCount: Int { waiting.count }
    package var isIdle: Bool { running.isEmpty && waiting.isEmpty }

    /// Wants a pass for this key, not before `due`.
    package mutating func add(_ key: Key, due: Instant, priority: Priority) {
        if var entry = waiting[key] {
            entry.due = min(entry.due, due)
            entry.priority = max(entry.priority, priority)
            waiting[key] = entry
        } else {
            order += 1
            waiting[key] = Entry(due: due, priority: priority, order: order)
        }
    }

    /// Takes the next key that is due and not running: highest priority first, then first come.
    package mutating func start(now: Instant) -> Key? {
        var best: (key: Key, entry: Entry)?
        for (key, entry) in waiting where entry.due <= now && !running.contains(key) {
            if let current = best,
                (current.entry.priority.rawValue, -current.entry.order) >= (entry.priority.rawValue, -entry.order)
            {
                continue
            }
            best = (key, entry)
        }
        guard let best else { return nil }
        waiting[best.key] = nil
        running.insert(best.key)
        return best.key
    }

    /// When the next waiting key that does not run becomes due; nil when nothing waits.
    package var nextDue: Instant? {
        waiting.lazy.filter { !running.contains($0.key) }.map(\.value.due).min()
    }

    /// Ends a pass. Counts failures in a row and puts the key back when the outcome asks for it.
    package mutating func finish(_ key: Key, _ outcome: Outcome, now: Instant, backoff: Backoff, random: Double) {
        running.remove(key)
        switch outcome {
        case .done, .stalled: failures[key] = nil
        case .again(let delay):
            failures[key] = nil
            add(key, due: now.advanced(by: delay), priority: .resync)
        case .retry:
            let count = failures[key, default: 0] + 1
            failures[key] = count
            add(key, due: now.advanced(by: backoff.delay(failures: count, random: random)), priority: .resync)
        }
    }

    /// Forgets a key that is no longer wanted; a running pass ends by itself.
    package mutating func remove(_ key: Key) {
        waiting[key] = nil
        failures[key] = nil
    }
}
