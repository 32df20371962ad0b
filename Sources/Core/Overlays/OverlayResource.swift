import KubernetesMerge
import KubernetesModel
import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// An object on its way through an overlay, with what the build must remember of it.
struct OverlayResource {
    var value: Value
    /// The identities it had before names, namespaces or kinds were changed.
    var previous: [ResourceIdentity] = []
    var prefixes: [String] = []
    var suffixes: [String] = []
    var behavior = GeneratorBehavior.create
    var needsHash = false
    /// What `config.kubernetes.io/origin` says.
    var made = Making()
    /// The transformers that changed it, for `transformerAnnotations`.
    var transformations: [Making] = []
    var position: SourcePosition?
    /// Where a patch stands, and what named its file.
    var patchPlace: OverlayPlace?
    var patchEntry: OverlayPlace?
    /// Members that are null because nothing was written for them (`key:`). Merging a patch drops them, in lists that are
    /// merged item by item too; a written `null` stays.
    var emptyMembers: [EmptyMember] = []

    init(_ value: Value, position: SourcePosition? = nil) {
        self.value = value
        self.position = position
    }

    /// A patch that stands in a text of the kustomization.
    func placed(within place: OverlayPlace) -> OverlayResource {
        var patch = self
        patch.patchPlace = place
        patch.patchPlace?.inner = OverlayPlace.Spot(line: position?.line ?? 1, path: ["metadata", "name"])
        return patch
    }

    /// A patch of a file that the kustomization names.
    func placed(namedBy entry: OverlayPlace) -> OverlayResource {
        var patch = self
        patch.patchPlace = position.map { OverlayPlace($0.file, ["metadata", "name"], line: $0.line) }
        patch.patchEntry = entry
        return patch
    }

    var kind: GroupVersionKind {
        GroupVersionKind(apiVersion: value["apiVersion"]?.string ?? "", kind: value["kind"]?.string ?? "")
    }

    var name: String {
        get { Self.text(value[path: "metadata", "name"]) }
        set { value[path: "metadata", "name"] = .string(newValue) }
    }

    var namespace: String {
        get { value[path: "metadata", "namespace"]?.string ?? "" }
        set { value[path: "metadata", "namespace"] = newValue.isEmpty ? nil : .string(newValue) }
    }

    var identity: ResourceIdentity { ResourceIdentity(kind: kind, name: name, namespace: namespace) }

    /// The identity it was read with.
    var original: ResourceIdentity { previous.first ?? identity }

    mutating func rememberIdentity() {
        var identity = identity
        identity.namespace = identity.effectiveNamespace
        previous.append(identity)
    }

    /// Takes out what a merge does not keep of the members without a value.
    mutating func dropEmptyMembers(_ type: TypeSchema?) {
        if emptyMembers.isEmpty { return }
        var rest: [EmptyMember] = []
        for member in emptyMembers {
            let isDropped = value.replaceNull(at: member.path[...], with: nil, type) { $0?.mergesItems ?? false }
            if !isDropped { rest.append(member) }
        }
        emptyMembers = rest
    }

    /// Of a patch: members without a value that no merge will look at, because their list is replaced as a whole, become
    /// what they are written as.
    mutating func writeUnmergedMembers(_ type: TypeSchema?) {
        for member in emptyMembers where member.isInFlow {
            var copy = value
            if copy.replaceNull(at: member.path[...], with: nil, type, entering: { $0?.mergesItems ?? false }) {
                continue
            }
            _ = value.replaceNull(at: member.path[...], with: "", nil) { _ in true }
        }
    }

    /// Gives members in braces that have no value the empty text that they are written with.
    mutating func writeEmptyMembers() {
        for member in emptyMembers where member.isInFlow {
            _ = value.replaceNull(at: member.path[...], with: "", nil) { _ in true }
        }
        emptyMembers.removeAll(where: \.isInFlow)
    }

    /// Whether it is or was called this.
    func answers(to other: ResourceIdentity) -> Bool {
        identity.matches(other) || previous.contains { $0.matches(other) }
    }

    var labels: [String: String] { Self.texts(value[path: "metadata", "labels"]) }
    var annotations: [String: String] { Self.texts(value[path: "metadata", "annotations"]) }

    private static func texts(_ value: Value?) -> [String: String] {
        var result: [String: String] = [:]
        for pair in value?.object ?? Object() { result[pair.key] = text(pair.value) }
        return result
    }

    private static func text(_ value: Value?) -> String { value.map { $0.string ?? JSON.text($0) } ?? "" }
}

/// What made or changed a resource, as origin annotations tell it.
struct Making: Hashable {
    /// The file it was read from, seen from the overlay that is built.
    var path = ""
    /// The kustomization or file that configured the generator or transformer.
    var configuredIn = ""
    var configuredBy: [(key: String, value: String)] = []

    static func == (left: Making, right: Making) -> Bool {
        left.path == right.path && left.configuredIn == right.configuredIn
            && left.configuredBy.map(\.value) == right.configuredBy.map(\.value)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(path)
        hasher.combine(configuredIn)
    }

    static func builtIn(_ kind: String, in file: String) -> Making {
        Making(configuredIn: file, configuredBy: [("apiVersion", "builtin"), ("kind", kind)])
    }

    var isEmpty: Bool { path.isEmpty && configuredIn.isEmpty }

    /// Members in the order that annotations have them.
    var value: Value {
        var object = Object()
        if !path.isEmpty { object.append("path", .string(path)) }
        if !configuredIn.isEmpty { object.append("configuredIn", .string(configuredIn)) }
        if !configuredBy.isEmpty {
            object.append(
                "configuredBy",
                .object(Object(configuredBy.map { Object.Pair(key: $0.key, value: .string($0.value)) }))
            )
        }
        return .object(object)
    }
}

/// What a generator does with a resource of the same identity.
enum GeneratorBehavior: String { case create, replace, merge }
