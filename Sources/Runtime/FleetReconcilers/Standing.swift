package import ControllerRuntime
internal import Synchronization

/// Whether this daemon may write to a management cluster, or another daemon does.
package enum Standing: Sendable {
    /// Nobody else writes there: the lab lives in this process, or the operator said so.
    case unopposed
    case leading(Leadership)
    /// Somebody else leads, in words.
    case following(String)

    /// Asked right before each write: a lead that ran out is none, even before the server says so.
    package var mayWrite: Bool {
        switch self {
        case .unopposed: true
        case .leading(let leadership): leadership.isHeld
        case .following: false
        }
    }

    /// Changes whenever the lead was somebody else's in between; what was read before that is worth nothing.
    package var token: Int? {
        if case .leading(let leadership) = self { leadership.token } else { nil }
    }

    /// Why nothing is written; nil when this daemon writes.
    package var obstacle: String? {
        switch self {
        case .unopposed: nil
        case .leading(let leadership): leadership.isHeld ? nil : "the lead could not be renewed in time"
        case .following(let words): words
        }
    }
}

/// The place where one management cluster's election says how it stands.
final class LeaderSeat: Sendable {
    private let state = Mutex<Standing?>(nil)

    /// Nil until the first answer.
    var standing: Standing? { state.withLock { $0 } }

    func take(_ standing: Standing) { state.withLock { $0 = standing } }

    func see(_ sighting: LeaseSighting) {
        let words =
            switch sighting {
            case .held(let holder):
                holder.isEmpty ? "the lead is free and will be taken" : "the daemon \(holder) leads here"
            case .unreadable(let failure): "it is not known which daemon leads: \(failure)"
            }
        state.withLock { standing in
            // While we lead, the lead's own time says how long that holds.
            if case .leading(let leadership)? = standing, leadership.isHeld { return }
            standing = .following(words)
        }
    }
}
