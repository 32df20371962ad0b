package import StructuredValue

extension TypeSchema {
    /// What a manager owns that applies this value: leaves, items of lists, members of maps that are no struct, and
    /// members that are null or empty.
    package func fieldSet(of value: Value) -> FieldSet { fields(of: value).children }

    private func fields(of value: Value) -> (isMember: Bool, children: FieldSet) {
        switch shape(for: value).shape {
        case .scalar: return (true, FieldSet())
        case .nothing: return (false, FieldSet())
        case .list(let list):
            if list.isAtomic { return (true, FieldSet()) }
            guard case .array(let items) = value else { return (false, FieldSet()) }
            let type = list.items.resolved
            var nodes: [FieldSet.Node] = []
            nodes.reserveCapacity(items.count)
            for item in items {
                // Items that have no element were refused when the value was checked.
                guard let element = try? list.element(for: item) else { continue }
                nodes.append(FieldSet.Node(element, isMember: true, children: type.fields(of: item).children))
            }
            return (false, FieldSet(joining: nodes))
        case .map(let map):
            if map.isAtomic { return (true, FieldSet()) }
            guard case .object(let object) = value else { return (false, FieldSet()) }
            var nodes: [FieldSet.Node] = []
            nodes.reserveCapacity(object.count)
            for pair in object {
                guard let type = map.type(of: pair.key) else { continue }
                let below = type.fields(of: pair.value)
                let isEmpty = pair.value.isNull || pair.value.object?.isEmpty == true
                let isMember = below.isMember || isEmpty || map.fields[pair.key] == nil
                nodes.append(FieldSet.Node(.field(pair.key), isMember: isMember, children: below.children))
            }
            return (false, FieldSet(unsorted: nodes))
        }
    }

    /// The set with every declared member of a struct that has something below it added as a member, so that removing
    /// the set's paths from a value removes structs that only exist for them.
    func addingStructs(to set: FieldSet) -> FieldSet {
        var nodes: [FieldSet.Node] = []
        nodes.reserveCapacity(set.nodes.count)
        for node in set.nodes {
            if node.children.isEmpty {
                nodes.append(node)
                continue
            }
            var isMember = node.isMember
            var type: TypeSchema?
            switch node.element {
            case .field(let name):
                if map?.fields[name] != nil { isMember = true }
                type = map?.type(of: name)
            case .key: type = list?.items.resolved
            case .value, .index: break
            }
            let children = type?.addingStructs(to: node.children) ?? node.children
            nodes.append(FieldSet.Node(node.element, isMember: isMember, children: children))
        }
        return FieldSet(unsorted: nodes)
    }
}

extension FieldSet {
    /// Takes nodes of which several may have one element; these are joined.
    init(joining nodes: [Node]) {
        self.init(unsorted: nodes)
        guard zip(self.nodes, self.nodes.dropFirst()).contains(where: { $0.element == $1.element }) else { return }
        var joined: [Node] = []
        for node in self.nodes {
            if let last = joined.last, last.element == node.element {
                joined[joined.count - 1].isMember = last.isMember || node.isMember
                joined[joined.count - 1].children = last.children.union(node.children)
            } else {
                joined.append(node)
            }
        }
        self.init(unsorted: joined)
    }
}
