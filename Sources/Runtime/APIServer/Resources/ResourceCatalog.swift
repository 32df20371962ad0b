import KubernetesModel

/// What a server offers at one time: the built-in kinds and those of its custom resource definitions.
struct ResourceCatalog: Sendable {
    /// One group with its versions, the preferred one first.
    struct Group: Sendable {
        var name: String
        var versions: [Version]
        var isCustom: Bool
    }

    struct Version: Sendable {
        var name: String
        var resources: [ServedResource]
    }

    /// In the order of discovery.
    private(set) var groups: [Group]
    private var byPath: [Key: ServedResource] = [:]
    private var byKind: [GroupVersionKind: ServedResource] = [:]
    private var byGroupKind: [GroupKind: ServedResource] = [:]
    private var customGroups: Set<String> = []

    private struct Key: Hashable, Sendable {
        var group: String
        var version: String
        var plural: String
    }

    init(builtIn: [ServedResource], custom: [ServedResource] = []) {
        groups = []
        var positions: [String: Int] = [:]
        for (resource, isCustom) in builtIn.map({ ($0, false) }) + custom.map({ ($0, true) }) {
            let position: Int
            if let known = positions[resource.group] {
                position = known
            } else {
                position = groups.count
                positions[resource.group] = position
                groups.append(Group(name: resource.group, versions: [], isCustom: isCustom))
            }
            if let index = groups[position].versions.firstIndex(where: { $0.name == resource.gvk.version }) {
                groups[position].versions[index].resources.append(resource)
            } else {
                groups[position].versions.append(Version(name: resource.gvk.version, resources: [resource]))
            }
            byPath[Key(group: resource.group, version: resource.gvk.version, plural: resource.plural)] = resource
            if byKind[resource.gvk] == nil { byKind[resource.gvk] = resource }
        }
        for index in groups.indices where groups[index].isCustom {
            groups[index].versions.sort { VersionPriority($0.name) > VersionPriority($1.name) }
            customGroups.insert(groups[index].name)
        }
        for group in groups {
            for version in group.versions {
                for resource in version.resources where byGroupKind[resource.gvk.groupKind] == nil {
                    byGroupKind[resource.gvk.groupKind] = resource
                }
            }
        }
    }

    func resource(group: String, version: String, plural: String) -> ServedResource? {
        byPath[Key(group: group, version: version, plural: plural)]
    }

    func resource(_ gvk: GroupVersionKind) -> ServedResource? { byKind[gvk] }

    /// In the preferred version.
    func resource(_ kind: GroupKind) -> ServedResource? { byGroupKind[kind] }

    func group(_ name: String) -> Group? { groups.first { $0.name == name } }

    func isBuiltInGroup(_ name: String) -> Bool { group(name).map { !$0.isCustom } ?? false }

    /// Every stored resource once, in its preferred version.
    var storedResources: [ServedResource] {
        var seen: Set<String> = []
        return groups.flatMap { $0.versions }.flatMap { $0.resources }.filter {
            !$0.traits.isReview && seen.insert($0.storeResource).inserted
        }
    }
}

/// The order of versions: `v2 > v1 > v1beta2 > v1beta1 > v1alpha1 >` anything else by name.
struct VersionPriority: Comparable {
    private let stability: Int
    private let major: Int
    private let minor: Int
    private let name: String

    init(_ name: String) {
        self.name = name
        let rest = name.dropFirst()
        let digits = rest.prefix { $0.isNumber }
        guard name.hasPrefix("v"), let major = Int(digits) else {
            (stability, self.major, minor) = (0, 0, 0)
            return
        }
        let suffix = rest.dropFirst(digits.count)
        if suffix.isEmpty {
            (stability, self.major, minor) = (3, major, 0)
        } else if suffix.hasPrefix("beta"), let number = Int(suffix.dropFirst(4)) {
            (stability, self.major, minor) = (2, major, number)
        } else if suffix.hasPrefix("alpha"), let number = Int(suffix.dropFirst(5)) {
            (stability, self.major, minor) = (1, major, number)
        } else {
            (stability, self.major, minor) = (0, 0, 0)
        }
    }

    static func < (left: VersionPriority, right: VersionPriority) -> Bool {
        if left.stability != right.stability { return left.stability < right.stability }
        if left.stability == 0 { return left.name > right.name }
        if left.major != right.major { return left.major < right.major }
        return left.minor < right.minor
    }
}
