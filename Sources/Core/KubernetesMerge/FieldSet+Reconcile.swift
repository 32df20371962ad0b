extension FieldSet {
    /// The set as it must be read under a schema that may have changed since it was written: where a list or map
    /// became atomic, whoever owned something in it now owns it as a whole.
    func reconciled(with type: TypeSchema) -> FieldSet { FieldSet(unsorted: Self.reconcile(nodes, type)) }

    private static func reconcile(_ nodes: [Node], _ type: TypeSchema) -> [Node] {
        // The alternative that counts where no value is at hand: map, else scalar, else list.
        if let map = type.map {
            if map.isFreeForm { return nodes }
            return nodes.map { node in
                guard case .field(let name) = node.element, let below = map.type(of: name) else { return node }
                return reconcile(node, below)
            }
        }
        if type.scalar != nil { return nodes }
        guard let list = type.list else { return nodes }
        let items = list.items.resolved
        return nodes.map { reconcile($0, items) }
    }

    private static func reconcile(_ node: Node, _ type: TypeSchema) -> Node {
        let isLeaf = node.isMember && node.children.isEmpty
        let becameAtomic: Bool
        if let map = type.map {
            becameAtomic = !map.isFreeForm && map.isAtomic && !node.children.isEmpty
        } else if type.scalar == nil, let list = type.list {
            becameAtomic = list.isAtomic
        } else {
            becameAtomic = false
        }
        if !isLeaf, becameAtomic { return Node(node.element, isMember: true) }
        if node.children.isEmpty { return node }
        return Node(
            node.element,
            isMember: node.isMember,
            children: FieldSet(unsorted: reconcile(node.children.nodes, type))
        )
    }
}
