import KubernetesMerge
import KubernetesModel
import LinearRegex
import StructuredValue

/// One step that changes the resources of an overlay, with everything it needs read and decoded.
enum OverlayTransformer {
    case strategicMerge([OverlayResource])
    case merge(OverlayResource, target: ResourceSelector, PatchRule)
    case mergeEach([OverlayResource], PatchRule)
    case jsonPatch(Value, target: ResourceSelector)
    case namespace(String, [FieldSpec], subjects: SubjectMode, onlyUnset: Bool)
    case prefix(String, [FieldSpec])
    case suffix(String, [FieldSpec])
    case labels([String: String], [FieldSpec])
    case annotations([String: String], [FieldSpec])
    case replicas(ReplicaRule, [FieldSpec])
    case image(ImageRule, [FieldSpec])
    case replacements([Replacement])
    case hash

    /// Which subjects of role bindings get the namespace.
    enum SubjectMode: String {
        case namedDefault = "defaultOnly"
        case serviceAccounts = "allServiceAccounts"
        case none
    }

    /// Its name in transformer annotations.
    var kind: String {
        switch self {
        case .strategicMerge: "PatchStrategicMergeTransformer"
        case .merge, .mergeEach, .jsonPatch: "PatchTransformer"
        case .namespace: "NamespaceTransformer"
        case .prefix: "PrefixTransformer"
        case .suffix: "SuffixTransformer"
        case .labels: "LabelTransformer"
        case .annotations: "AnnotationsTransformer"
        case .replicas: "ReplicaCountTransformer"
        case .image: "ImageTagTransformer"
        case .replacements: "ReplacementTransformer"
        case .hash: "HashTransformer"
        }
    }

    func apply(to set: inout ResourceSet, types: ResourceTypes = .builtIn) throws(OverlayFailure) {
        switch self {
        case .strategicMerge(let patches):
            for patch in patches {
                try patch.naming { () throws(OverlayFailure) in
                    let place = try set.place(of: patch.original)
                    try Self.patch(&set.resources[place], with: patch, PatchRule(), types)
                }
                set.dropEmpty()
            }
        case .merge(let patch, let target, let rule):
            for place in try set.select(target) {
                var fitting = patch
                fitting.value["apiVersion"] = set.resources[place].value["apiVersion"]
                try patch.naming { () throws(OverlayFailure) in
                    try Self.patch(&set.resources[place], with: fitting, rule, types)
                }
            }
            set.dropEmpty()
        case .mergeEach(let patches, let rule):
            for patch in patches {
                try patch.naming { () throws(OverlayFailure) in
                    let place = try set.place(of: patch.original)
                    try Self.patch(&set.resources[place], with: patch, rule, types)
                }
            }
            set.dropEmpty()
        case .jsonPatch(let operations, let target): try Self.patch(&set, operations, target)
        case .namespace(let namespace, let fields, let subjects, let onlyUnset):
            try Self.move(&set, to: namespace, fields, subjects, onlyUnset)
        case .prefix(let prefix, let fields):
            try Self.rename(&set, fields, { $0.prefixes.append(prefix) }) { prefix + $0 }
        case .suffix(let suffix, let fields):
            try Self.rename(&set, fields, { $0.suffixes.append(suffix) }) { $0 + suffix }
        case .labels(let pairs, let fields), .annotations(let pairs, let fields):
            try Self.add(pairs, to: fields, of: &set)
        case .replicas(let rule, let fields): try Self.scale(&set, rule, fields)
        case .image(let rule, let fields): try Self.retag(&set, rule, fields)
        case .replacements(let replacements):
            for replacement in replacements {
                do { try replacement.apply(to: &set) } catch { throw replacement.place.map(error.at) ?? error }
            }
        case .hash:
            for index in set.resources.indices where set.resources[index].needsHash {
                let suffix = ResourceHash.suffix(of: set.resources[index])
                set.resources[index].rememberIdentity()
                set.resources[index].name += "-\(suffix)"
            }
        }
    }

    // MARK: Patches

    private static func patch(
        _ resource: inout OverlayResource,
        with patch: OverlayResource,
        _ rule: PatchRule,
        _ types: ResourceTypes
    ) throws(OverlayFailure) {
        let before = resource.identity
        if rule.allowsNameChange || rule.allowsKindChange { resource.rememberIdentity() }
        let type = types.type(of: before.kind)
        resource.dropEmptyMembers(type)
        var patch = patch
        patch.writeUnmergedMembers(type)
        guard let merged = try OverlayMerge.merge(patch.value, into: resource.value, type), !merged.isEmpty else {
            resource.value = .object(Object())
            return
        }
        resource.value = merged
        if resource.value[path: "metadata", "annotations"]?.isEmpty == true {
            resource.value[path: "metadata", "annotations"] = nil
        }
        if !rule.allowsKindChange { resource.value["kind"] = .string(before.kind.kind) }
        if !rule.allowsNameChange { resource.name = before.name }
        resource.namespace = before.namespace
    }

    private static func patch(
        _ set: inout ResourceSet,
        _ operations: Value,
        _ target: ResourceSelector
    ) throws(OverlayFailure) {
        let patch: JSONPatch
        do { patch = try JSONPatch(operations) } catch { throw OverlayFailure("overlay-json-patch", error.message) }
        for place in try set.select(target) {
            set.resources[place].rememberIdentity()
            do {
                set.resources[place].writeEmptyMembers()
                set.resources[place].value = try patch.apply(to: set.resources[place].value)
                // The patched object was written out as JSON, where every null is a written one.
                set.resources[place].emptyMembers = []
            } catch {
                throw OverlayFailure(
                    "overlay-json-patch",
                    "\(set.resources[place].identity.text): \(error.message)"
                )
            }
        }
    }

    // MARK: Names and namespaces

    private static let keepTheirNames = [
        KindPattern(kind: "CustomResourceDefinition"),
        KindPattern(group: "apiregistration.k8s.io", kind: "APIService"), KindPattern(kind: "Namespace"),
    ]

    private static func rename(
        _ set: inout ResourceSet,
        _ fields: [FieldSpec],
        _ note: (inout OverlayResource) -> Void,
        _ change: (String) -> String
    ) throws(OverlayFailure) {
        for index in set.resources.indices {
            let original = set.resources[index].original.kind
            if keepTheirNames.contains(where: { $0.selects(original) }) { continue }
            for field in fields where field.kind.selects(original) {
                if field.path == "metadata/name" {
                    note(&set.resources[index])
                    set.resources[index].rememberIdentity()
                }
                try field.visit(&set.resources[index]) { value throws(OverlayFailure) in
                    if let name = value.string { value = .string(change(name)) }
                }
            }
        }
    }

    private static func move(
        _ set: inout ResourceSet,
        to namespace: String,
        _ fields: [FieldSpec],
        _ subjects: SubjectMode,
        _ onlyUnset: Bool
    ) throws(OverlayFailure) {
        func put(_ value: inout Value) {
            if onlyUnset, !value.isEmpty { return }
            value = .string(namespace)
        }
        for index in set.resources.indices {
            var resource = set.resources[index]
            resource.rememberIdentity()
            if !resource.identity.isClusterScoped {
                var current = resource.value[path: "metadata", "namespace"] ?? .string("")
                put(&current)
                resource.value[path: "metadata", "namespace"] = current
            }
            let kind = resource.kind.kind
            if kind == "RoleBinding" || kind == "ClusterRoleBinding",
                case .array(var items) = resource.value["subjects"]
            {
                for place in items.indices {
                    let isMeant =
                        switch subjects {
                        case .none: false
                        case .namedDefault: items[place]["name"]?.string == "default"
                        case .serviceAccounts: items[place]["kind"]?.string == "ServiceAccount"
                        }
                    guard isMeant else { continue }
                    var current = items[place]["namespace"] ?? .string("")
                    put(&current)
                    items[place]["namespace"] = current
                }
                resource.value["subjects"] = .array(items)
            }
            for field in fields where field.path != "metadata/namespace" && field.path != "subjects/namespace" {
                if field.path == "metadata/name", resource.kind.apiVersion != "v1" { continue }
                try field.visit(&resource, making: .scalar) { value throws(OverlayFailure) in put(&value) }
            }
            set.resources[index] = resource
            let identity = resource.identity
            guard set.resources.count(where: { $0.identity.matches(identity) }) == 1 else {
                throw OverlayFailure(
                    "overlay-namespace-conflict",
                    "namespace transformation produces ID conflict: \(identity.text)"
                )
            }
        }
    }

    // MARK: Labels, annotations, replicas, images

    private static func add(
        _ pairs: [String: String],
        to fields: [FieldSpec],
        of set: inout ResourceSet
    ) throws(OverlayFailure) {
        let sorted = pairs.sorted { $0.key < $1.key }
        for index in set.resources.indices {
            for field in fields {
                try field.visit(&set.resources[index], making: .map) { value throws(OverlayFailure) in
                    for (key, text) in sorted { value[key] = .string(text) }
                }
            }
        }
    }

    private static func scale(
        _ set: inout ResourceSet,
        _ rule: ReplicaRule,
        _ fields: [FieldSpec]
    ) throws(OverlayFailure) {
        var found = false
        for index in set.resources.indices {
            let resource = set.resources[index]
            guard ([resource.identity] + resource.previous).contains(where: { $0.name == rule.name }) else { continue }
            for field in fields where field.kind.selects(resource.kind) {
                found = true
                try field.visit(&set.resources[index], making: .scalar) { value throws(OverlayFailure) in
                    value = .int(rule.count)
                }
            }
        }
        if !found {
            throw OverlayFailure(
                "overlay-replicas-target",
                "no resource named “\(rule.name)” has replicas",
                hint: "replicas are set on Deployments, ReplicaSets, ReplicationControllers and StatefulSets"
            )
        }
    }

    private static func retag(
        _ set: inout ResourceSet,
        _ rule: ImageRule,
        _ fields: [FieldSpec]
    ) throws(OverlayFailure) {
        let tag = "(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?"
        // A name that is no pattern matches nothing.
        guard let pattern = try? LinearPattern("^\(rule.name)\(tag)$") else { return }
        func change(_ value: inout Value) {
            guard let image = value.string, pattern.matches(image) else { return }
            value = .string(ImageName(image).changed(by: rule).text)
        }
        for index in set.resources.indices where set.resources[index].kind.kind != "CustomResourceDefinition" {
            // Containers anywhere in an object first, then the fields; an image in both is changed twice.
            ContainerImages.visit(&set.resources[index].value, change)
            for field in fields {
                try field.visit(&set.resources[index]) { value throws(OverlayFailure) in change(&value) }
            }
        }
    }
}

extension OverlayResource {
    /// What goes wrong in applying this patch is told at its place.
    fileprivate func naming(_ work: () throws(OverlayFailure) -> Void) throws(OverlayFailure) {
        do { try work() } catch {
            let placed = patchPlace.map(error.at) ?? error
            throw patchEntry.map(placed.from) ?? placed
        }
    }
}

/// The images in lists named `containers` and `initContainers`, at any depth.
private enum ContainerImages {
    static func visit(_ value: inout Value, _ change: (inout Value) -> Void) {
        switch value {
        case .object(var object):
            value = .null
            object.updateValues { key, member in
                visit(&member, change)
                guard key == "containers" || key == "initContainers", case .array(var items) = member else { return }
                member = .null
                for index in items.indices {
                    guard var image = items[index]["image"] else { continue }
                    change(&image)
                    items[index]["image"] = image
                }
                member = .array(items)
            }
            value = .object(object)
        case .array(var items):
            value = .null
            for index in items.indices { visit(&items[index], change) }
            value = .array(items)
        default: return
        }
    }
}

/// An image's name with tag and digest.
struct ImageName {
    var name: String
    var tag = ""
    var digest = ""

    init(_ text: String) {
        let start = text.firstIndex(of: "/").flatMap { $0 == text.startIndex ? nil : $0 } ?? text.startIndex
        let at = text[start...].firstIndex(of: "@")
        let colon = text[start...].firstIndex(of: ":")
        func after(_ index: String.Index) -> String.Index { text.index(after: index) }
        switch (colon, at) {
        case (nil, nil): name = text
        case (let colon?, let at?) where colon < at:
            name = String(text[..<colon])
            tag = String(text[after(colon)..<at])
            digest = String(text[after(at)...])
        case (_, let at?):
            name = String(text[..<at])
            digest = String(text[after(at)...])
        case (let colon?, nil):
            name = String(text[..<colon])
            tag = String(text[after(colon)...])
        }
    }

    func changed(by rule: ImageRule) -> ImageName {
        var image = self
        if !rule.newName.isEmpty { image.name = rule.newName }
        if !rule.newTag.isEmpty {
            image.tag = rule.newTag
            image.digest = rule.digest
        } else if !rule.digest.isEmpty {
            image.tag = ""
            image.digest = rule.digest
        } else if !rule.tagSuffix.isEmpty {
            image.tag += rule.tagSuffix
            image.digest = ""
        }
        return image
    }

    var text: String { name + (tag.isEmpty ? "" : ":\(tag)") + (digest.isEmpty ? "" : "@\(digest)") }
}
