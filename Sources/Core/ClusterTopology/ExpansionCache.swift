import KubernetesModel
import StructuredValue

/// Expansions beside what runs, of earlier passes: made again only when the class, the Cluster or what is observed of it
/// has changed.
///
/// Belongs to one thread at a time; who plans keeps it.
package final class ExpansionCache {
    /// All that an expansion depends on.
    struct Question: Hashable {
        /// A class is compiled once for each content; the cache keeps it, so that no other takes its place in memory.
        var topologyClass: ObjectIdentifier
        var cluster: Value
        /// Names, uids and versions of what is observed.
        var observed: [String]
        var isOffline: Bool
    }

    private struct Answer {
        var topologyClass: TopologyClass
        var applied: AppliedTopology
        var lastUse: Int
    }

    private var answers: [Question: Answer] = [:]
    private var clock = 0
    private let capacity: Int
    /// How many expansions were made, not found; for tests and benchmarks.
    package private(set) var expansions = 0

    package init(capacity: Int = 5_000) { self.capacity = capacity }

    func answer(to question: Question) -> AppliedTopology? {
        guard let index = answers.index(forKey: question) else { return nil }
        clock += 1
        answers.values[index].lastUse = clock
        return answers.values[index].applied
    }

    func keep(_ applied: AppliedTopology, by topologyClass: TopologyClass, for question: Question) {
        expansions += 1
        clock += 1
        answers[question] = Answer(topologyClass: topologyClass, applied: applied, lastUse: clock)
        guard answers.count > capacity else { return }
        let bound = answers.values.map(\.lastUse).sorted()[answers.count / 2]
        answers = answers.filter { $0.value.lastUse > bound }
    }
}
