internal import KubernetesModel
internal import MachineDecisions
internal import Synchronization

/// Since when health checks have wanted to hand Machines over: the first one waits a little for those that broke with it.
final class Gathering: Sendable {
    private let begun = Mutex<[ObjectKey: Timestamp]>([:])

    /// How much longer a check waits; zero when it need not, or wants nothing.
    func patience(for key: ObjectKey, isWanted: Bool, now: Timestamp) -> Duration {
        begun.withLock { begun in
            guard isWanted else {
                begun[key] = nil
                return .zero
            }
            guard let since = begun[key] else {
                begun[key] = now
                return gatheringTime
            }
            return max(.zero, gatheringTime - since.duration(to: now))
        }
    }

    /// Forgets a check that is gone.
    func forget(_ key: ObjectKey) { begun.withLock { $0[key] = nil } }
}
