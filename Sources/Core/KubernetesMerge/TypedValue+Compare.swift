package import StructuredValue

/// What differs between two values of one type, as paths.
package struct FieldComparison: Hashable, Sendable {
    package var added = FieldSet()
    package var removed = FieldSet()
    package var modified = FieldSet()

    package init() {}

    package var isEmpty: Bool { added.isEmpty && removed.isEmpty && modified.isEmpty }

    func filtered(by scope: FieldScope) -> FieldComparison {
        var result = FieldComparison()
        result.added = scope.filter(added)
        result.removed = scope.filter(removed)
        result.modified = scope.filter(modified)
        return result
    }
}

extension TypeSchema {
    /// Compares two values of this type field by field; atomic parts count as one.
    package func compare(_ left: Value, _ right: Value) throws(TypeFailures) -> FieldComparison {
        var walk = ComparingWalk()
        let change = walk.compare(left, right, self)
        if !walk.failures.isEmpty { throw TypeFailures(failures: walk.failures) }
        return change.below
    }
}

/// Every way in which values did not fit their type.
package struct TypeFailures: Error, Hashable, Sendable {
    package var failures: [TypeFailure]
    package var message: String { failures.text }
}

private struct ComparingWalk {
    /// What a step found: about the value itself, and about what is below it.
    struct Change {
        var isAdded = false
        var isRemoved = false
        var isModified = false
        var below = FieldComparison()

        mutating func join(_ other: Change) {
            isAdded = isAdded || other.isAdded
            isRemoved = isRemoved || other.isRemoved
            isModified = isModified || other.isModified
            below.added = below.added.union(other.below.added)
            below.removed = below.removed.union(other.below.removed)
            below.modified = below.modified.union(other.below.modified)
        }
    }

    /// Collects the changes of a value's parts as nodes.
    struct Nodes {
        var added: [FieldSet.Node] = []
        var removed: [FieldSet.Node] = []
        var modified: [FieldSet.Node] = []

        mutating func add(_ element: PathElement, _ change: Change) {
            if change.isAdded || !change.below.added.isEmpty {
                added.append(.init(element, isMember: change.isAdded, children: change.below.added))
            }
            if change.isRemoved || !change.below.removed.isEmpty {
                removed.append(.init(element, isMember: change.isRemoved, children: change.below.removed))
            }
            if change.isModified || !change.below.modified.isEmpty {
                modified.append(.init(element, isMember: change.isModified, children: change.below.modified))
            }
        }

        var comparison: FieldComparison {
            var result = FieldComparison()
            result.added = FieldSet(joining: added)
            result.removed = FieldSet(joining: removed)
            result.modified = FieldSet(joining: modified)
            return result
        }
    }

    var failures: [TypeFailure] = []
    private var path: [PathElement] = []

    /// At least one side is given; nil is an absent value.
    mutating func compare(_ left: Value?, _ right: Value?, _ type: TypeSchema) -> Change {
        let leftShape = type.shape(for: left)
        let rightShape = type.shape(for: right)
        if right == nil { return compare(left, right, as: leftShape.shape) }
        if left == nil || TypeSchema.isSame(leftShape, rightShape) { return compare(left, right, as: rightShape.shape) }
        var change = compare(left, right, as: leftShape.shape)
        change.join(compare(left, right, as: rightShape.shape))
        return change
    }

    private mutating func compare(_ left: Value?, _ right: Value?, as shape: TypeSchema.Shape) -> Change {
        switch shape {
        case .nothing:
            failures.append(TypeFailure("schema error: invalid atom: inlined", at: path))
            return Change()
        case .scalar(let scalar):
            if let one = TypeSchema.failure(scalar, left), let two = TypeSchema.failure(scalar, right) {
                failures.append(TypeFailure("lhs: \(one)", at: path))
                failures.append(TypeFailure("rhs: \(two)", at: path))
                return Change()
            }
            return compareLeaf(left, right)
        case .list(let list):
            let leftItems = left?.array ?? []
            let rightItems = right?.array ?? []
            if list.isAtomic || (leftItems.isEmpty && rightItems.isEmpty) { return compareLeaf(left, right) }
            var change = Change(below: compare(leftItems, rightItems, list))
            note(left, right, &change)
            return change
        case .map(let map):
            let leftObject = left?.object ?? Object()
            let rightObject = right?.object ?? Object()
            if map.isAtomic || (leftObject.isEmpty && rightObject.isEmpty) { return compareLeaf(left, right) }
            var change = Change(below: compare(leftObject, rightObject, map))
            note(left, right, &change)
            return change
        }
    }

    private func compareLeaf(_ left: Value?, _ right: Value?) -> Change {
        var change = Change()
        note(left, right, &change)
        if let left, let right, !left.isSame(as: right) { change.isModified = true }
        return change
    }

    private func note(_ left: Value?, _ right: Value?, _ change: inout Change) {
        if left == nil { change.isAdded = true } else if right == nil { change.isRemoved = true }
    }

    private mutating func compare(_ left: Object, _ right: Object, _ map: TypeSchema.Map) -> FieldComparison {
        var nodes = Nodes()
        Object.zip(left, right) { key, leftValue, rightValue in
            let element = PathElement.field(key)
            path.append(element)
            if let type = map.type(of: key) {
                nodes.add(element, compare(leftValue, rightValue, type))
            } else {
                // A field that the schema lost: it counts as one value.
                nodes.add(element, compareLeaf(leftValue, rightValue))
            }
            path.removeLast()
        }
        return nodes.comparison
    }

    private mutating func compare(_ left: [Value], _ right: [Value], _ list: TypeSchema.List) -> FieldComparison {
        var places: [PathElement: Int] = [:]
        var pairs: [(element: PathElement, left: [Value], right: [Value])] = []
        func place(_ element: PathElement) -> Int {
            if let index = places[element] { return index }
            places[element] = pairs.count
            pairs.append((element, [], []))
            return pairs.count - 1
        }
        for (index, item) in left.enumerated() {
            if let element = element(of: item, index, list) { pairs[place(element)].left.append(item) }
        }
        for (index, item) in right.enumerated() {
            if let element = element(of: item, index, list) { pairs[place(element)].right.append(item) }
        }
        let type = list.items.resolved
        var nodes = Nodes()
        for pair in pairs {
            path.append(pair.element)
            switch (pair.left.count, pair.right.count) {
            case (0...1, 0...1): nodes.add(pair.element, compare(pair.left.first, pair.right.first, type))
            case (2..., 2...): nodes.add(pair.element, Change(isModified: pair.left != pair.right))
            case (2..., _):
                // Duplicates before, not any more: the marker goes, the one item comes.
                if let item = pair.right.first { nodes.add(pair.element, compare(nil, item, type)) }
                nodes.add(pair.element, Change(isRemoved: true))
            default:
                if let item = pair.left.first { nodes.add(pair.element, compare(item, nil, type)) }
                nodes.add(pair.element, Change(isAdded: true))
            }
            path.removeLast()
        }
        return nodes.comparison
    }

    private mutating func element(of item: Value, _ index: Int, _ list: TypeSchema.List) -> PathElement? {
        do { return try list.element(for: item) } catch {
            failures.append(TypeFailure("element \(index): \(error.message)", at: path))
            return nil
        }
    }
}

extension Object {
    /// Calls `body` once for each key of either object; the left one's order first.
    static func zip(_ left: Object, _ right: Object, _ body: (String, Value?, Value?) -> Void) {
        // Objects of one kind mostly have their keys in the same order, so the next place is tried first.
        var next = 0
        var leftIndex: [String: Int]?
        var rightIndex: [String: Int]?
        for pair in left.pairs {
            if next < right.pairs.count, right.pairs[next].key == pair.key {
                body(pair.key, pair.value, right.pairs[next].value)
                next += 1
            } else if let index = find(pair.key, in: right, &rightIndex) {
                body(pair.key, pair.value, right.pairs[index].value)
                next = index + 1
            } else {
                body(pair.key, pair.value, nil)
            }
        }
        next = 0
        for pair in right.pairs {
            if next < left.pairs.count, left.pairs[next].key == pair.key {
                next += 1
            } else if let index = find(pair.key, in: left, &leftIndex) {
                next = index + 1
            } else {
                body(pair.key, nil, pair.value)
            }
        }
    }

    private static func find(_ key: String, in object: Object, _ index: inout [String: Int]?) -> Int? {
        if object.count <= 16 { return object.index(of: key) }
        if index == nil {
            index = Dictionary(object.pairs.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
        }
        return index?[key]
    }
}
