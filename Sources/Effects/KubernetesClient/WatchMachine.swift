package import StructuredValue

/// Decides what a watcher does next: a value that takes what happened and answers what to do.
///
/// ```
///             listed                    stream ended or silent, connection lost
///   listing ─────────► watching(rv) ───────────────► (backoff) ─► watching(rv)
///      ▲  │ failed        │
///      │  └─► backoff     │ 410 Gone, ERROR event
///      └──────────────────┘
/// ```
package struct WatchMachine: Sendable {
    package enum Input: Sendable {
        case start
        /// The list arrived, at this resource version.
        case listed(resourceVersion: String)
        /// One line of the watch stream.
        case event(Value)
        /// The stream ended without an error, as servers do every few minutes.
        case ended
        /// The stream said nothing for longer than the server's bookmarks take.
        case fellSilent
        case failed(KubernetesFailure)
    }

    package enum Change: Sendable {
        case put(Value)
        case remove(Value)
    }

    package enum Action: Sendable {
        case list
        case watch(resourceVersion: String)
        case apply(Change)
        /// Wait, at least as long as the server asked for, then ask the machine again with `.start`.
        case pause(failures: Int, atLeast: Duration = .zero)
        case none
    }

    /// Where the watch stands; empty before the first list.
    package private(set) var resourceVersion = ""
    private var failures = 0
    /// Streams in a row that ended before they said anything.
    private var silentEnds = 0
    /// Whether the newest stream fell silent: a server that hangs takes no other one.
    package private(set) var wasSilent = false

    package init() {}

    package mutating func handle(_ input: Input) -> Action {
        if case .start = input {} else { wasSilent = false }
        switch input {
        case .start:
            return resourceVersion.isEmpty ? .list : .watch(resourceVersion: resourceVersion)
        case .listed(let version):
            failures = 0
            resourceVersion = version
            return .watch(resourceVersion: version)
        case .ended:
            silentEnds += 1
            // Something between us and the server may close every stream at once.
            if silentEnds > 1 { return .pause(failures: 1) }
            return resourceVersion.isEmpty ? .list : .watch(resourceVersion: resourceVersion)
        case .fellSilent:
            wasSilent = true
            return resourceVersion.isEmpty ? .list : .watch(resourceVersion: resourceVersion)
        case .failed(let failure):
            // Gone: the server forgot our version, so only a new list tells the truth.
            if failure.kind == .gone {
                resourceVersion = ""
                failures = 0
                return .list
            }
            failures += 1
            return .pause(failures: failures, atLeast: failure.retryAfter ?? .zero)
        case .event(let event):
            return handle(event)
        }
    }

    private mutating func handle(_ event: Value) -> Action {
        guard let object = event["object"] else { return .none }
        let type = event["type"]?.string ?? ""
        if type == "ERROR" {
            let code = object["code"]?.int ?? 500
            let failure = KubernetesFailure(status: code, body: object, text: "", retryAfter: nil, operation: "watch")
            return handle(.failed(failure))
        }
        if let version = object["metadata"]?["resourceVersion"]?.string { resourceVersion = version }
        failures = 0
        silentEnds = 0
        switch type {
        case "ADDED", "MODIFIED": return .apply(.put(object))
        case "DELETED": return .apply(.remove(object))
        default: return .none
        }
    }
}
