/// How an object is doing, from its own status.
package struct Health: Hashable, Sendable {
    package enum State: String, Sendable, CaseIterable {
        case healthy = "Healthy"
        /// On its way; time will tell.
        case progressing = "Progressing"
        /// It says itself that something is wrong.
        case degraded = "Degraded"
        case deleting = "Deleting"
        /// Nobody answered; never counted as healthy.
        case unknown = "Unknown"
    }

    package var state: State
    /// Why, in a few words; empty when healthy.
    package var reason: String
    /// RFC 3339, when the object tells since when.
    package var since: String?

    package init(_ state: State, reason: String = "", since: String? = nil) {
        self.state = state
        self.reason = reason
        self.since = since
    }

    package static let healthy = Health(.healthy)
}
