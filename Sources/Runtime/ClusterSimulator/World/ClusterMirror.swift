import KubernetesModel
import StructuredValue
import Synchronization
import ValueSharing

/// What the simulator knows of a management cluster: the newest version of every object that belongs to some cluster,
/// found by cluster. Kept up to date by watches, and at once by the simulator's own writes.
final class ClusterMirror: Sendable {
    fileprivate struct State {
        var objects: [ObjectKey: Manifest] = [:]
        var homes: [ObjectKey: ClusterKey] = [:]
        var members: [ClusterKey: Set<ObjectKey>] = [:]
        /// Who speaks of an object that may not know its cluster yet.
        var speakers: [Reference: Set<ObjectKey>] = [:]
        var references: [ObjectKey: [Reference]] = [:]
        /// Objects that are gone although a late event may still tell of them.
        var graves: Set<String> = []
        /// What the objects of all clusters have in common.
        var parts = ValuePool(capacity: 4_096)
    }

    private let state = Mutex(State())

    /// Takes note of a version of an object; answers the clusters that it concerns.
    @discardableResult
    func store(_ object: Manifest) -> Set<ClusterKey> {
        state.withLock { state in
            let key = object.key
            if let uid = object.uid, state.graves.contains(uid) { return [] }
            if let known = state.objects[key], known.uid == object.uid, Self.revision(known) >= Self.revision(object) {
                return []
            }
            var concerned = state.concerned(key)
            state.forget(key)
            state.remember(key, state.slim(object))
            concerned.formUnion(state.concerned(key))
            return concerned
        }
    }

    /// Takes note that an object is gone. `isOwn`: by a write of ours, whose event is still to come.
    @discardableResult
    func remove(_ object: Manifest, isOwn: Bool) -> Set<ClusterKey> {
        state.withLock { state in
            if let uid = object.uid, !isOwn { state.graves.remove(uid) }
            let key = object.key
            guard let known = state.objects[key], known.uid == object.uid else { return [] }
            // The event of our own write is still to come, and may be preceded by older ones.
            if let uid = object.uid, isOwn { state.graves.insert(uid) }
            let concerned = state.concerned(key)
            state.forget(key)
            return concerned
        }
    }

    /// Replaces everything of one kind; answers the clusters concerned.
    func replace(_ kind: GroupKind, with objects: [Manifest]) -> Set<ClusterKey> {
        let present = Set(objects.map(\.key))
        let gone = state.withLock { state in
            state.objects.keys.filter { $0.groupKind == kind && !present.contains($0) }
        }
        var concerned: Set<ClusterKey> = []
        for key in gone {
            concerned.formUnion(
                state.withLock { state in
                    defer { state.forget(key) }
                    return state.concerned(key)
                }
            )
        }
        for object in objects { concerned.formUnion(store(object)) }
        return concerned
    }

    /// Everything that belongs to a cluster, and what its members speak of.
    func objects(of cluster: ClusterKey) -> [ObjectKey: Manifest] {
        state.withLock { state in
            var result: [ObjectKey: Manifest] = [:]
            for key in state.members[cluster] ?? [] {
                result[key] = state.objects[key]
                for reference in state.references[key] ?? [] where reference.namespace == key.namespace {
                    guard let found = state.find(reference), let object = state.objects[found] else { continue }
                    result[found] = object
                }
            }
            return result
        }
    }

    /// Everything of one kind.
    func all(_ kind: GroupKind) -> [Manifest] {
        state.withLock { state in state.objects.compactMap { $0.key.groupKind == kind ? $0.value : nil } }
    }

    private static func revision(_ object: Manifest) -> Int { object.resourceVersion.flatMap { Int($0) } ?? 0 }
}

/// A reference from one object to another, by kind and name.
struct Reference: Hashable, Sendable {
    /// nil where the referring form has none: any group of Cluster API with this kind will do.
    var group: String?
    var kind: String
    var namespace: String
    var name: String

    /// From `{apiGroup or apiVersion, kind, name}`.
    init?(_ value: Value?, namespace: String) {
        guard let kind = value?["kind"]?.string, let name = value?["name"]?.string, !kind.isEmpty, !name.isEmpty else {
            return nil
        }
        group =
            value?["apiGroup"]?.string
            ?? value?["apiVersion"]?.string.map { GroupVersionKind(apiVersion: $0, kind: kind).group }
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }

    private init(group: String?, kind: String, namespace: String, name: String) {
        self.group = group
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }

    var withoutGroup: Reference { Reference(group: nil, kind: kind, namespace: namespace, name: name) }
    var key: ObjectKey? {
        group.map { ObjectKey(groupKind: GroupKind(group: $0, kind: kind), namespace: namespace, name: name) }
    }

    func isOf(_ key: ObjectKey) -> Bool {
        kind == key.kind && name == key.name && namespace == key.namespace && (group.map { $0 == key.group } ?? true)
    }

    /// All references in an object that Cluster API follows.
    static func all(in object: Manifest) -> [Reference] {
        let spec = object.spec
        let template = spec[path: "template", "spec"]
        return [
            spec["infrastructureRef"], spec["controlPlaneRef"], spec[path: "bootstrap", "configRef"],
            template?["infrastructureRef"], template?[path: "bootstrap", "configRef"],
            spec[path: "machineTemplate", "spec", "infrastructureRef"],
            spec[path: "machineTemplate", "infrastructureRef"], spec["infrastructureTemplate"],
        ].compactMap { Reference($0, namespace: object.namespace) }
    }
}

extension ClusterMirror.State {
    fileprivate func find(_ reference: Reference) -> ObjectKey? {
        if let key = reference.key { return objects[key] == nil ? nil : key }
        for group in ["infrastructure", "bootstrap", "controlplane"] {
            var guess = reference
            guess.group = "\(group).cluster.x-k8s.io"
            if let key = guess.key, objects[key] != nil { return key }
        }
        return nil
    }

    fileprivate func concerned(_ key: ObjectKey) -> Set<ClusterKey> {
        var result: Set<ClusterKey> = []
        if let home = homes[key] { result.insert(home) }
        for reference in Self.forms(of: key) {
            for speaker in speakers[reference] ?? [] { if let home = homes[speaker] { result.insert(home) } }
        }
        return result
    }

    private static func forms(of key: ObjectKey) -> [Reference] {
        let value: Value = ["apiGroup": .string(key.group), "kind": .string(key.kind), "name": .string(key.name)]
        guard let exact = Reference(value, namespace: key.namespace) else { return [] }
        return [exact, exact.withoutGroup]
    }

    /// The object without what no decision looks at, and in little memory: it is kept for as long as it lives.
    fileprivate mutating func slim(_ object: Manifest) -> Manifest {
        var value = object.value
        value[path: "metadata", "managedFields"] = nil
        return Manifest(parts.shared(value))
    }

    fileprivate mutating func remember(_ key: ObjectKey, _ object: Manifest) {
        objects[key] = object
        if let home = Self.home(of: object) {
            homes[key] = home
            members[home, default: []].insert(key)
        }
        let found = Reference.all(in: object)
        guard !found.isEmpty else { return }
        references[key] = found
        for reference in found { speakers[reference, default: []].insert(key) }
    }

    fileprivate mutating func forget(_ key: ObjectKey) {
        objects[key] = nil
        if let home = homes.removeValue(forKey: key) {
            members[home]?.remove(key)
            if members[home]?.isEmpty == true { members[home] = nil }
        }
        for reference in references.removeValue(forKey: key) ?? [] {
            speakers[reference]?.remove(key)
            if speakers[reference]?.isEmpty == true { speakers[reference] = nil }
        }
    }

    /// The cluster an object says it belongs to.
    private static func home(of object: Manifest) -> ClusterKey? {
        if object.kind == "Cluster", object.groupKind.group == CAPI.core {
            return ClusterKey(namespace: object.namespace, name: object.name)
        }
        let name =
            object.spec["clusterName"]?.string ?? object.label(CAPI.clusterLabel)
            ?? object.ownerReferences.first { $0.kind == "Cluster" && $0.groupKind.group == CAPI.core }?.name
        return name.map { ClusterKey(namespace: object.namespace, name: $0) }
    }
}
