import KubernetesModel
import StructuredValue

/// A cluster as it should become: decisions change it, and the differences are what is to be written.
///
/// Objects made in a draft have no uid, so nothing can be owned by them before they are stored: what depends on them is
/// decided in the next round.
struct Draft: Sendable {
    let view: ClusterView
    let now: Timestamp
    let rules: LabRules
    private(set) var objects: [ObjectKey: Manifest]
    private var byKind: [GroupKind: [ObjectKey]] = [:]
    private(set) var changed: Set<ObjectKey> = []
    private(set) var created: [ObjectKey] = []
    private(set) var deleted: [ObjectKey] = []
    var nodes: [String: Manifest]
    /// What only an effect can make.
    var requests: Set<Request> = []
    /// When the next decision falls due by itself.
    private(set) var due: Timestamp?
    /// How many names were made after each prefix.
    private(set) var minted: [String: Int]

    /// What is made with keys and certificates, or outside the store.
    enum Request: Hashable, Sendable {
        case certificates, kubeconfig
        /// The cluster is gone: so is its server.
        case discardWorkload
        /// The pods and settings of a control-plane machine.
        case controlPlanePods(node: String, version: String)
        case removePods(node: String)
        /// An event about an object.
        case tell(ObjectKey, reason: String, message: String)
    }

    init(_ view: ClusterView, now: Timestamp, rules: LabRules) {
        self.view = view
        self.now = now
        self.rules = rules
        minted = view.minted
        objects = view.objects
        nodes = view.nodes
        for key in view.objects.keys { byKind[key.groupKind, default: []].append(key) }
        for kind in byKind.keys { byKind[kind]?.sort() }
    }

    subscript(_ key: ObjectKey) -> Manifest? { objects[key] }

    /// All objects of a kind, by name.
    func all(_ kind: String, group: String = CAPI.core) -> [Manifest] {
        (byKind[GroupKind(group: group, kind: kind)] ?? []).compactMap { objects[$0] }
    }

    /// All objects of the kinds that fulfil a condition.
    func all(where matches: (GroupKind) -> Bool) -> [Manifest] {
        byKind.keys.filter(matches).sorted().flatMap { byKind[$0] ?? [] }.compactMap { objects[$0] }
    }

    /// The object a reference means. Without a group any provider's kind of this name will do.
    func find(_ reference: Reference?) -> Manifest? {
        guard let reference else { return nil }
        if let key = reference.key { return objects[key] }
        for group in [CAPI.infrastructure, CAPI.bootstrap, CAPI.controlPlane] {
            let key = ObjectKey(
                groupKind: GroupKind(group: group, kind: reference.kind),
                namespace: reference.namespace,
                name: reference.name
            )
            if let object = objects[key] { return object }
        }
        return nil
    }

    /// The cluster itself; nil when it is gone.
    var cluster: Manifest? { objects[clusterID] }
    var clusterID: ObjectKey {
        ObjectKey(
            groupKind: GroupKind(group: CAPI.core, kind: "Cluster"),
            namespace: view.key.namespace,
            name: view.key.name
        )
    }

    mutating func edit(_ key: ObjectKey, _ change: (inout Manifest) -> Void) {
        guard var object = objects[key] else { return }
        objects[key] = nil
        change(&object)
        objects[key] = object
        changed.insert(key)
    }

    mutating func create(_ object: Manifest) {
        let key = object.key
        guard objects[key] == nil else { return }
        objects[key] = object
        byKind[key.groupKind, default: []].append(key)
        created.append(key)
    }

    /// Asks for a deletion, once.
    mutating func delete(_ object: Manifest) {
        let now = now
        guard !object.isBeingDeleted, object.uid != nil else { return }
        deleted.append(object.key)
        edit(object.key) { $0.value[path: "metadata", "deletionTimestamp"] = .string(now.description) }
    }

    /// Whether a moment has come; if not, the cluster is looked at again when it does.
    mutating func isDue(_ moment: Timestamp) -> Bool {
        if moment <= now { return true }
        due = min(due ?? moment, moment)
        return false
    }

    /// A name that nothing else has: five letters after a prefix. They follow from the seed, the prefix and how many
    /// came before, so that an equal seed gives equal names, whatever else happens in between.
    mutating func name(after prefix: String) -> String {
        let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
        while true {
            let number = minted[prefix, default: 0]
            minted[prefix] = number + 1
            var bits = rules.chance("\(view.key)/\(prefix)/\(number)")
            var name = prefix + "-"
            for _ in 0..<5 {
                name.append(alphabet[Int(bits % UInt64(alphabet.count))])
                bits /= UInt64(alphabet.count)
            }
            // A process that begins anew counts anew, and meets those that are there.
            if !objects.keys.contains(where: { $0.name == name }), nodes[name] == nil { return name }
        }
    }
}
