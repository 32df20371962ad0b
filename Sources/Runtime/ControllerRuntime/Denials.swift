package import KubernetesClient
package import Logging
internal import Synchronization

/// What a reconciler is not allowed to do on its management cluster. Said once when it changes, however often it is tried.
package final class Denials: Sendable {
    /// How long something that is forbidden is not tried again: somebody has to grant it first.
    package static let pause = Duration.seconds(60)

    private let reconciler: String
    private let log: Logger
    private let onChange: @Sendable (String?) -> Void
    private let messages = Mutex(StandingMessages())

    /// `onChange` is told a sentence for people, or nil when everything is allowed.
    package init(_ reconciler: String, log: Logger, onChange: @escaping @Sendable (String?) -> Void = { _ in }) {
        self.reconciler = reconciler
        self.log = log
        self.onChange = onChange
    }

    /// Takes note of a failure, if it is a denial. Answers whether it is.
    @discardableResult
    package func note(_ failure: KubernetesFailure, at place: String) -> Bool {
        guard failure.kind == .forbidden || failure.kind == .unauthorized else { return false }
        change { $0[place] = failure.message }
        return true
    }

    /// What was denied at a place is not any more.
    package func clear(_ place: String) { change { $0[place] = nil } }

    /// Follows the state of a watch.
    package func follow(_ watch: WatchCache.State, of place: String) {
        switch watch {
        case .starting: break
        case .live: clear(place)
        case .failing(let failure): if !note(failure, at: place) { clear(place) }
        }
    }

    /// Forgets everything, when the reconciler ends.
    package func end() { change { $0 = StandingMessages() } }

    private func change(_ change: (inout StandingMessages) -> Void) {
        let (before, after) = messages.withLock { messages in
            let before = messages.shown
            change(&messages)
            return (before, messages.shown)
        }
        guard before != after else { return }
        let text = after.map { "Martlet may not reconcile \(reconciler)s fully: \($0); grant its user what it needs" }
        if before == nil, let text {
            log.warning("a reconciler may not do its work", metadata: ["reason": "\(text)"])
        } else if text == nil {
            log.info("a reconciler may do its work again", metadata: ["reconciler": "\(reconciler)"])
        }
        onChange(text)
    }
}
