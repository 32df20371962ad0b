/// A set of paths, kept as a tree of sorted arrays: what a manager owns.
///
/// A node is a member itself, has members below it, or both. Nodes that are neither do not exist, so equal sets are
/// equal values.
package struct FieldSet: Hashable, Sendable {
    package struct Node: Hashable, Sendable {
        package var element: PathElement
        /// Whether the path that ends here is in the set.
        package var isMember: Bool
        package var children: FieldSet

        package init(_ element: PathElement, isMember: Bool, children: FieldSet = FieldSet()) {
            self.element = element
            self.isMember = isMember
            self.children = children
        }
    }

    /// Sorted by element, each element once.
    package private(set) var nodes: [Node]

    package init() { nodes = [] }

    package init(_ paths: [FieldPath]) {
        nodes = []
        for path in paths { insert(path) }
    }

    /// Takes nodes in any order, each element once; drops those that hold nothing.
    init(unsorted: [Node]) {
        nodes = unsorted
        nodes.removeAll { !$0.isMember && $0.children.isEmpty }
        for index in nodes.indices.dropFirst() where !(nodes[index - 1].element < nodes[index].element) {
            nodes.sort { $0.element < $1.element }
            break
        }
    }

    package var isEmpty: Bool { nodes.isEmpty }

    /// How many paths are in the set.
    package var count: Int { nodes.reduce(0) { $0 + ($1.isMember ? 1 : 0) + $1.children.count } }

    /// The node of an element, nil when the set says nothing at or below it.
    package subscript(_ element: PathElement) -> Node? {
        let index = position(of: element)
        return index < nodes.count && nodes[index].element == element ? nodes[index] : nil
    }

    package func contains(_ path: FieldPath) -> Bool {
        var current = self
        for (depth, element) in path.elements.enumerated() {
            guard let node = current[element] else { return false }
            if depth == path.elements.count - 1 { return node.isMember }
            current = node.children
        }
        return false
    }

    package mutating func insert(_ path: FieldPath) { insert(path.elements[...]) }

    private mutating func insert(_ elements: ArraySlice<PathElement>) {
        guard let first = elements.first else { return }
        let index = position(of: first)
        if index == nodes.count || nodes[index].element != first {
            nodes.insert(Node(first, isMember: false), at: index)
        }
        if elements.count == 1 {
            nodes[index].isMember = true
        } else {
            nodes[index].children.insert(elements.dropFirst())
        }
    }

    private func position(of element: PathElement) -> Int {
        var low = 0
        var high = nodes.count
        while low < high {
            let middle = (low + high) / 2
            if nodes[middle].element < element { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// All paths: at each level the members first, then what is below each element, as an API server lists them.
    package var paths: [FieldPath] {
        var result: [FieldPath] = []
        var prefix: [PathElement] = []
        collect(into: &result, &prefix)
        return result
    }

    private func collect(into result: inout [FieldPath], _ prefix: inout [PathElement]) {
        for node in nodes where node.isMember { result.append(FieldPath(prefix + [node.element])) }
        for node in nodes where !node.children.isEmpty {
            prefix.append(node.element)
            node.children.collect(into: &result, &prefix)
            prefix.removeLast()
        }
    }
}

extension FieldSet {
    package func union(_ other: FieldSet) -> FieldSet {
        if isEmpty { return other }
        if other.isEmpty { return self }
        return combined(with: other) { left, right in
            switch (left, right) {
            case (let left?, let right?):
                Node(
                    left.element,
                    isMember: left.isMember || right.isMember,
                    children: left.children.union(right.children)
                )
            default: left ?? right
            }
        }
    }

    package func intersection(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return FieldSet() }
        return combined(with: other) { left, right in
            guard let left, let right else { return nil }
            return Node(
                left.element,
                isMember: left.isMember && right.isMember,
                children: left.children.intersection(right.children)
            )
        }
    }

    /// The paths of this set that are not in the other one.
    package func subtracting(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return self }
        return combined(with: other) { left, right in
            guard let left, let right else { return left }
            return Node(
                left.element,
                isMember: left.isMember && !right.isMember,
                children: left.children.subtracting(right.children)
            )
        }
    }

    /// The paths of this set that are neither in the other one nor below a path of it.
    package func subtractingSubtrees(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return self }
        return combined(with: other) { left, right in
            guard let left, let right else { return left }
            if right.isMember { return nil }
            return Node(
                left.element,
                isMember: left.isMember,
                children: left.children.subtractingSubtrees(right.children)
            )
        }
    }

    /// The paths of this set that are in the other one or below a path of it.
    package func restricted(toSubtrees other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return FieldSet() }
        return combined(with: other) { left, right in
            guard let left, let right else { return nil }
            if right.isMember { return left }
            return Node(
                left.element,
                isMember: false,
                children: left.children.restricted(toSubtrees: right.children)
            )
        }
    }

    package func isSubset(of other: FieldSet) -> Bool { subtracting(other).isEmpty }

    /// Walks both sorted arrays once and keeps what `pick` makes of each element.
    private func combined(with other: FieldSet, _ pick: (Node?, Node?) -> Node?) -> FieldSet {
        var result: [Node] = []
        result.reserveCapacity(max(nodes.count, other.nodes.count))
        func keep(_ node: Node?) {
            if let node, node.isMember || !node.children.isEmpty { result.append(node) }
        }
        var left = 0
        var right = 0
        while left < nodes.count || right < other.nodes.count {
            if right == other.nodes.count {
                keep(pick(nodes[left], nil))
                left += 1
            } else if left == nodes.count {
                keep(pick(nil, other.nodes[right]))
                right += 1
            } else {
                let order = nodes[left].element.order(to: other.nodes[right].element)
                if order == 0 {
                    keep(pick(nodes[left], other.nodes[right]))
                } else {
                    keep(order < 0 ? pick(nodes[left], nil) : pick(nil, other.nodes[right]))
                }
                if order <= 0 { left += 1 }
                if order >= 0 { right += 1 }
            }
        }
        var set = FieldSet()
        set.nodes = result
        return set
    }
}
