package import StructuredValue

extension TypeSchema {
    /// Merges an applied value into a live one: leaves of the applied one win, everything else of the live one stays.
    /// Items of sets and list maps keep the order of the applied value, with the live value's other items in between.
    package func merge(live: Value, applied: Value) throws(TypeFailures) -> Value {
        var walk = MergingWalk()
        let merged = walk.merge(live, applied, self)
        if !walk.failures.isEmpty { throw TypeFailures(failures: walk.failures) }
        return merged ?? .null
    }
}

private struct MergingWalk {
    var failures: [TypeFailure] = []
    private var path: [PathElement] = []

    /// At least one side is given; nil is an absent value, and a nil result means that nothing is left.
    mutating func merge(_ live: Value?, _ applied: Value?, _ type: TypeSchema) -> Value? {
        guard applied != nil else { return merge(live, applied, as: type.shape(for: live).shape) }
        return merge(live, applied, as: type.shape(for: applied).shape)
    }

    private mutating func merge(_ live: Value?, _ applied: Value?, as shape: TypeSchema.Shape) -> Value? {
        switch shape {
        case .nothing:
            failures.append(TypeFailure("schema error: invalid atom: inlined", at: path))
            return nil
        case .scalar(let scalar):
            if let one = TypeSchema.failure(scalar, live), let two = TypeSchema.failure(scalar, applied) {
                failures.append(TypeFailure("lhs: \(one)", at: path))
                failures.append(TypeFailure("rhs: \(two)", at: path))
            }
            return applied ?? live
        case .list(let list):
            let liveItems = live?.array ?? []
            let appliedItems = applied?.array ?? []
            // Two empty or null lists stay as they are written, so that null and [] remain apart.
            if list.isAtomic || (liveItems.isEmpty && appliedItems.isEmpty) { return applied ?? live }
            let items = merge(liveItems, appliedItems, list)
            return items.isEmpty ? Value?.none : .array(items)
        case .map(let map):
            let liveObject = live?.object ?? Object()
            let appliedObject = applied?.object ?? Object()
            if map.isAtomic || (liveObject.isEmpty && appliedObject.isEmpty) { return applied ?? live }
            if appliedObject.isEmpty { return live }
            let object = merge(liveObject, appliedObject, map)
            return object.isEmpty ? Value?.none : .object(object)
        }
    }

    private mutating func merge(_ live: Object, _ applied: Object, _ map: TypeSchema.Map) -> Object {
        var result = Object()
        result.reserveCapacity(max(live.count, applied.count))
        Object.zip(live, applied) { key, liveValue, appliedValue in
            path.append(.field(key))
            let value: Value?
            if let type = map.type(of: key) {
                value = merge(liveValue, appliedValue, type)
            } else {
                value = appliedValue ?? liveValue
            }
            path.removeLast()
            if let value { result.append(key, value) }
        }
        return result
    }

    private mutating func merge(_ live: [Value], _ applied: [Value], _ list: TypeSchema.List) -> [Value] {
        let failuresBefore = failures.count
        let appliedElements = index(applied, list, allowsDuplicates: false)
        let liveElements = index(live, list, allowsDuplicates: true)
        guard failures.count == failuresBefore else { return [] }

        // Items on both sides, in the order they are applied; `nextShared` is the one whose turn it is.
        let shared = appliedElements.order.filter { liveElements.values[$0] != nil }
        var sharedIndex = 0
        let type = list.items.resolved
        var merged: Set<PathElement> = []
        var result: [Value] = []
        result.reserveCapacity(live.count + applied.count)
        var fromLive = 0
        var fromApplied = 0

        func take(_ element: PathElement, _ walk: inout MergingWalk) {
            merged.insert(element)
            walk.path.append(element)
            let liveItem = liveElements.values[element] ?? nil
            let appliedItem = appliedElements.values[element] ?? nil
            if let item = walk.merge(liveItem, appliedItem, type) { result.append(item) }
            walk.path.removeLast()
        }

        while fromLive < liveElements.order.count || fromApplied < appliedElements.order.count {
            let liveElement = fromLive < liveElements.order.count ? liveElements.order[fromLive] : nil
            let appliedElement = fromApplied < appliedElements.order.count ? appliedElements.order[fromApplied] : nil
            if let liveElement, let appliedElement {
                if liveElement == appliedElement {
                    take(liveElement, &self)
                    fromLive += 1
                    fromApplied += 1
                    sharedIndex += 1
                    continue
                }
                if appliedElements.values[liveElement] != nil, sharedIndex < shared.count,
                    shared[sharedIndex] != liveElement
                {
                    // On both sides, but its turn comes later or has passed.
                    fromLive += 1
                    continue
                }
            }
            if let liveElement {
                if appliedElements.values[liveElement] == nil {
                    result.append(live[fromLive])
                    fromLive += 1
                    continue
                }
                if merged.contains(liveElement) { fromLive += 1 }
            }
            if let appliedElement {
                take(appliedElement, &self)
                fromApplied += 1
                if sharedIndex < shared.count, shared[sharedIndex] == appliedElement { sharedIndex += 1 }
            }
        }
        return result
    }

    /// The elements of a list's items in order, and the items by element (nil for one that stands there twice).
    private mutating func index(
        _ items: [Value],
        _ list: TypeSchema.List,
        allowsDuplicates: Bool
    ) -> (order: [PathElement], values: [PathElement: Value?]) {
        var order: [PathElement] = []
        var values: [PathElement: Value?] = [:]
        order.reserveCapacity(items.count)
        for (index, item) in items.enumerated() {
            do {
                let element = try list.element(for: item)
                if values[element] == nil {
                    values[element] = .some(item)
                } else if allowsDuplicates {
                    values[element] = .some(nil)
                } else {
                    failures.append(TypeFailure("duplicate entries for key \(element)", at: path))
                    continue
                }
                order.append(element)
            } catch {
                failures.append(TypeFailure("element \(index): \(error.message)", at: path))
            }
        }
        return (order, values)
    }
}
