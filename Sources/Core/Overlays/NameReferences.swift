import KubernetesModel
import StructuredValue

/// Puts new names wherever other resources refer to a resource whose name or namespace changed.
struct NameReferences {
    var references: [NameReference]

    func update(_ set: inout ResourceSet) throws(OverlayFailure) {
        // Only resources that were changed can be referred to by an old name.
        let changed = set.resources.filter { !$0.previous.isEmpty }
        if changed.isEmpty { return }
        let names = Set(changed.flatMap { $0.previous.map(\.name) })
        for index in set.resources.indices {
            var referrer = set.resources[index]
            let original = referrer.original.kind
            let candidates = Self.candidates(for: referrer, among: changed)
            for reference in references {
                for field in reference.fields where field.kind.selects(original) {
                    var search = Search(
                        target: reference.target,
                        field: field,
                        referrer: referrer,
                        candidates: candidates,
                        names: names
                    )
                    var open = field
                    open.kind = KindPattern()
                    try open.visit(&referrer) { value throws(OverlayFailure) in try search.update(&value) }
                }
            }
            set.resources[index] = referrer
        }
    }

    /// Those that the referrer can reach: in its namespace, in none, or in one that a binding's subjects name.
    private static func candidates(
        for referrer: OverlayResource,
        among changed: [OverlayResource]
    ) -> [OverlayResource] {
        let identity = referrer.identity
        if identity.isClusterScoped { return changed }
        var bound: Set<String> = []
        if identity.kind.kind == "RoleBinding" {
            for subject in referrer.value["subjects"]?.array ?? [] {
                if let namespace = subject["namespace"]?.string, subject["kind"]?.string == "ServiceAccount" {
                    bound.insert(namespace)
                }
            }
        }
        return changed.filter { candidate in
            let other = candidate.identity
            return other.isClusterScoped || other.isInNamespace(of: identity) || bound.contains(candidate.namespace)
        }
    }

    private struct Search {
        var target: KindPattern
        var field: FieldSpec
        var referrer: OverlayResource
        var candidates: [OverlayResource]
        var names: Set<String>

        mutating func update(_ value: inout Value) throws(OverlayFailure) {
            switch value {
            case .null: return
            case .object: try updateObject(&value)
            case .array(var items):
                for index in items.indices {
                    if items[index].object != nil {
                        try updateObject(&items[index])
                    } else {
                        try updateText(&items[index])
                    }
                }
                value = .array(items)
            default: try updateText(&value)
            }
        }

        private func updateText(_ value: inout Value) throws(OverlayFailure) {
            guard let old = value.string, names.contains(old) else { return }
            guard let found = try referral(old, candidates, { $0.name == $1.name }) else { return }
            value = .string(found.name)
        }

        /// A field that holds name and namespace of what it refers to.
        private func updateObject(_ value: inout Value) throws(OverlayFailure) {
            guard let old = value["name"]?.string else {
                throw OverlayFailure("overlay-name-reference", "no 'name' field at \(field.path)")
            }
            guard names.contains(old) else { return }
            var reachable = candidates
            if let namespace = value["namespace"]?.string {
                let original = reachable.filter { $0.original.effectiveNamespace == namespace }
                reachable =
                    original.isEmpty ? reachable.filter { $0.identity.effectiveNamespace == namespace } : original
            }
            let found = try referral(old, reachable, { $0.name == $1.name && $0.namespace == $1.namespace })
            guard let found, found.name != old || !found.namespace.isEmpty else { return }
            value["name"] = .string(found.name)
            if !found.namespace.isEmpty { value["namespace"] = .string(found.namespace) }
        }

        private func referral(
            _ old: String,
            _ candidates: [OverlayResource],
            _ isSame: (OverlayResource, OverlayResource) -> Bool
        ) throws(OverlayFailure) -> OverlayResource? {
            var found = candidates.filter { candidate in
                candidate.previous.contains { $0.name == old }
                    && candidate.previous.contains { target.selects($0.kind) }
                    && fitsRole(candidate) && isReachable(candidate)
            }
            if found.count == 1 { return found[0] }
            found = found.filter { Self.haveSameAffixes($0, referrer, allowsNone: true) }
            if found.count > 1 { found = found.filter { Self.haveSameAffixes($0, referrer, allowsNone: false) } }
            guard let first = found.first else { return nil }
            if found.allSatisfy({ isSame($0, first) }) { return first }
            throw OverlayFailure(
                "overlay-name-reference",
                "“\(old)” at \(field.path) of \(referrer.identity.text) may mean "
                    + found.map(\.identity.text).joined(separator: " or ")
            )
        }

        /// A binding's `roleRef` says itself whether it means a Role or a ClusterRole.
        private func fitsRole(_ candidate: OverlayResource) -> Bool {
            guard field.path.hasSuffix("roleRef/name"), let role = referrer.value["roleRef"],
                let group = role["apiGroup"]?.string, let kind = role["kind"]?.string
            else { return true }
            let pattern = KindPattern(group: group, kind: kind)
            return candidate.previous.contains { pattern.selects($0.kind) }
        }

        private func isReachable(_ candidate: OverlayResource) -> Bool {
            let own = referrer.identity
            let other = candidate.identity
            return own.isClusterScoped || other.isClusterScoped || other.kind.kind == "ServiceAccount"
                || own.isInNamespace(of: other)
        }

        private static func haveSameAffixes(
            _ one: OverlayResource,
            _ two: OverlayResource,
            allowsNone: Bool
        ) -> Bool {
            func fits(_ left: [String], _ right: [String]) -> Bool {
                if allowsNone, left.isEmpty || right.isEmpty { return true }
                let count = min(left.count, right.count)
                // Without exception for none, one of them being empty means the other must be too.
                if count == 0 { return left.isEmpty && right.isEmpty }
                return left.suffix(count).elementsEqual(right.suffix(count))
            }
            return fits(one.prefixes, two.prefixes) && fits(one.suffixes, two.suffixes)
        }
    }
}
