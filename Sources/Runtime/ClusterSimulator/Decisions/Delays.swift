/// How long things take, as data. The time scale shortens all of them alike.
struct Delays: Sendable, Hashable {
    /// From an infrastructure cluster's adoption until it is there.
    var infrastructure: Duration
    /// From the bootstrap data of a machine until the machine runs.
    var machine: Duration
    /// From a running machine until its node has joined.
    var node: Duration
    /// From the deletion of a machine until nothing of it is left.
    var removal: Duration
    /// From the creation of a managed control plane until it answers.
    var managedControlPlane: Duration

    init(timeScale: Double) {
        let factor = timeScale > 0 ? 1 / timeScale : 1
        infrastructure = .seconds(5) * factor
        machine = .seconds(20) * factor
        node = .seconds(10) * factor
        removal = .seconds(5) * factor
        managedControlPlane = .seconds(60) * factor
    }

    /// The delay of one object: up to a tenth more or less, always the same for the same name.
    static func varied(_ delay: Duration, for name: String) -> Duration {
        let share = Double(fingerprint(name.utf8) % 1000) / 1000
        return delay * (0.9 + 0.2 * share)
    }
}
