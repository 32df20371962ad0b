import KubernetesModel
import LinearRegex
import SourceDiagnostics
import StructuredValue

/// The resources of an overlay, in order.
struct ResourceSet {
    var resources: [OverlayResource] = []

    /// Adds a resource; one of its identity must not be there.
    mutating func append(_ resource: OverlayResource) throws(OverlayFailure) {
        let identity = resource.identity
        if resources.contains(where: { $0.identity.matches(identity) }) {
            throw OverlayFailure(
                "overlay-duplicate-resource",
                "may not add resource with an already registered id: \(identity.text)",
                at: resource.position.map { OverlayPlace($0) }
            )
        }
        resources.append(resource)
    }

    mutating func append(contentsOf others: [OverlayResource]) throws(OverlayFailure) {
        // One pass over what is there, instead of one for each resource that comes.
        struct Key: Hashable {
            var kind: GroupVersionKind
            var name: String
            var namespace: String

            init(_ identity: ResourceIdentity) {
                kind = identity.kind
                name = identity.name
                namespace = identity.effectiveNamespace
            }
        }
        var known = Set(resources.map { Key($0.identity) })
        for resource in others {
            guard known.insert(Key(resource.identity)).inserted else {
                throw OverlayFailure(
                    "overlay-duplicate-resource",
                    "may not add resource with an already registered id: \(resource.identity.text)",
                    at: resource.position.map { OverlayPlace($0) }
                )
            }
            resources.append(resource)
        }
    }

    /// Takes a generated resource in: new, in place of the one of its identity, or merged with it.
    mutating func absorb(_ resource: OverlayResource) throws(OverlayFailure) {
        let identity = resource.identity
        let places = resources.indices.filter { resources[$0].answers(to: identity) }
        guard let place = places.first else {
            guard resource.behavior == .create else {
                throw OverlayFailure(
                    "overlay-generator-target",
                    "\(identity.text) does not exist; cannot \(resource.behavior.rawValue) it"
                )
            }
            resources.append(resource)
            return
        }
        guard places.count == 1 else {
            throw OverlayFailure(
                "overlay-generator-target",
                "more than one resource could take what is generated for \(identity.text)"
            )
        }
        guard resource.behavior != .create else {
            throw OverlayFailure(
                "overlay-generator-target",
                "\(identity.text) exists; the generator's behavior must be merge or replace"
            )
        }
        resources[place] = Self.merged(resource, into: resources[place])
    }

    private static func merged(_ new: OverlayResource, into old: OverlayResource) -> OverlayResource {
        var result = new
        func join(_ path: [String]) {
            var members = old.value[path: path]?.object ?? Object()
            for pair in new.value[path: path]?.object ?? Object() { members[pair.key] = pair.value }
            result.value[path: path] = members.isEmpty ? nil : .object(members)
        }
        join(["metadata", "labels"])
        join(["metadata", "annotations"])
        result.name = old.name
        result.namespace = old.namespace
        result.previous = old.previous
        result.prefixes = old.prefixes
        result.suffixes = old.suffixes
        result.needsHash = old.needsHash && new.needsHash
        result.behavior = old.behavior
        result.transformations = old.transformations
        if new.behavior == .merge {
            join(["data"])
            join(["binaryData"])
            result.made = old.made
        }
        return result
    }

    /// The places of the resources a selector selects; those of any earlier name or namespace count too.
    func select(_ selector: ResourceSelector) throws(OverlayFailure) -> [Int] {
        let matcher = try selector.matcher()
        return resources.indices.filter { matcher.matches(resources[$0]) }
    }

    /// The one resource that is or was called this.
    func place(of identity: ResourceIdentity) throws(OverlayFailure) -> Int {
        let places = resources.indices.filter { resources[$0].answers(to: identity) }
        guard let place = places.first, places.count == 1 else {
            throw OverlayFailure(
                "overlay-patch-target",
                "\(places.isEmpty ? "no matches" : "multiple matches") for Id \(identity.text); "
                    + "failed to find unique target for patch \(identity.text)",
                hint: places.isEmpty ? nearest(to: identity) : nil
            )
        }
        return place
    }

    private func nearest(to identity: ResourceIdentity) -> String? {
        let names = resources.filter { $0.kind.kind == identity.kind.kind }.map(\.name)
        return closestName(to: identity.name, in: names).map { "did you mean “\($0)”?" }
    }

    mutating func dropEmpty() { resources.removeAll { $0.value.isEmpty } }
}

/// Which resources something is for. Texts are regular expressions that must match as a whole.
struct ResourceSelector {
    var group = ""
    var version = ""
    var kind = ""
    var name = ""
    var namespace = ""
    var labels = ""
    var annotations = ""

    func matcher() throws(OverlayFailure) -> Matcher {
        func regex(_ text: String) throws(OverlayFailure) -> LinearPattern? {
            if text.isEmpty { return nil }
            do { return try LinearPattern("^(?:\(text))$") } catch {
                throw OverlayFailure("overlay-selector", "\(text) is no regular expression")
            }
        }
        func labelSelector(_ text: String) throws(OverlayFailure) -> LabelSelector? {
            if text.isEmpty { return nil }
            do { return try LabelSelector(text: text) } catch {
                throw OverlayFailure("overlay-selector", "\(text) is no selector")
            }
        }
        return Matcher(
            group: try regex(group),
            version: try regex(version),
            kind: try regex(kind),
            name: try regex(name),
            namespace: try regex(namespace),
            labels: try labelSelector(labels),
            annotations: try labelSelector(annotations)
        )
    }

    struct Matcher {
        var group: LinearPattern?
        var version: LinearPattern?
        var kind: LinearPattern?
        var name: LinearPattern?
        var namespace: LinearPattern?
        var labels: LabelSelector?
        var annotations: LabelSelector?

        func matches(_ resource: OverlayResource) -> Bool {
            let current = resource.identity
            let original = resource.original
            func fits(_ regex: LinearPattern?, _ texts: String...) -> Bool {
                guard let regex else { return true }
                return texts.contains { regex.matches($0) }
            }
            return fits(namespace, original.effectiveNamespace, current.effectiveNamespace)
                && fits(name, original.name, current.name)
                && fits(group, current.kind.group) && fits(version, current.kind.version)
                && fits(kind, current.kind.kind)
                && fitsMarks(of: resource)
        }

        /// Whether labels and annotations fit.
        func fitsMarks(of resource: OverlayResource) -> Bool {
            (labels?.matches(resource.labels) ?? true) && (annotations?.matches(resource.annotations) ?? true)
        }
    }
}
