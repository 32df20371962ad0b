import APIServer
import KubernetesModel
import StructuredValue
import Synchronization

/// The kinds of Cluster API and its providers that a management cluster serves.
final class KindDirectory: Sendable {
    private struct State {
        var kinds: [GroupKind: ClusterView.ServedKind] = [:]
        var versions: [GroupVersionKind] = []
        var running: Set<GroupVersionKind> = []
    }

    private let client: InProcessClient
    private let state = Mutex(State())

    init(_ client: InProcessClient) { self.client = client }

    static let secret = GroupVersionKind(group: "", version: "v1", kind: "Secret")

    /// Reads what is served now.
    func refresh() {
        let definitions = GroupVersionKind(
            group: "apiextensions.k8s.io",
            version: "v1",
            kind: "CustomResourceDefinition"
        )
        // The kind is built in, so the list cannot fail.
        let items = (try? client.list(definitions))?.items ?? []
        var contracts: [GroupKind: Set<String>] = [:]
        for item in items.map({ Manifest($0) }) {
            let kind = GroupKind(
                group: item.spec["group"]?.string ?? "",
                kind: item.spec[path: "names", "kind"]?.string ?? ""
            )
            guard kind.group.hasSuffix(CAPI.core) else { continue }
            contracts[kind] = Set(["v1beta1", "v1beta2"].filter { item.label("cluster.x-k8s.io/\($0)") != nil })
        }
        let versions = client.kinds.filter { $0.group.hasSuffix(CAPI.core) }
        let kinds = Dictionary(
            versions.map {
                (
                    $0.groupKind,
                    ClusterView.ServedKind(apiVersion: $0.apiVersion, contracts: contracts[$0.groupKind] ?? [])
                )
            },
            uniquingKeysWith: { first, _ in first }
        )
        state.withLock { state in
            state.kinds = kinds
            state.versions = versions + [Self.secret]
        }
    }

    var kinds: [GroupKind: ClusterView.ServedKind] { state.withLock { $0.kinds } }
    /// What is watched, in the version in which it is read.
    var followed: [GroupVersionKind] { state.withLock { $0.versions } }

    /// Claims a kind for a watch; false when it has one.
    func begin(_ kind: GroupVersionKind) -> Bool { state.withLock { $0.running.insert(kind).inserted } }
    func end(_ kind: GroupVersionKind) { _ = state.withLock { $0.running.remove(kind) } }
}
