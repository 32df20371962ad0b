internal import FleetPlanning

extension Rollout {
    /// The state as status shows it.
    var words: String {
        switch state {
        case .waiting: "Waiting"
        case .progressing: "Rolling out"
        case .soaking: "Soaking"
        case .halted: "Halted"
        case .paused: "Paused"
        case .done: "Synced"
        }
    }
}
