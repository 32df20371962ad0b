/// The functions that take lists apart and put them in order.
extension CELFunctions {
    /// What `sortBy` becomes: the items and, for each, what it is sorted by.
    static let sortByKeys = "@sortByAssociatedKeys"

    static let listLibrary: [CELOverload] = [
        CELOverload("flatten", on: .list(.dyn), .list(.dyn)) { (a) throws(CELFailure) in
            .list(CELList(try flattened(list(a[0]), levels: 1)))
        },
        CELOverload("flatten", on: .list(.dyn), [.int], .list(.dyn)) { (a) throws(CELFailure) in
            let levels = try integer(a[1])
            guard levels >= 0 else { throw CELFailure("level must be non-negative") }
            return .list(CELList(try flattened(list(a[0]), levels: levels)))
        },
        CELOverload("distinct", on: .list(.dyn), .list(.dyn)) { (a) throws(CELFailure) in
            var kept: [CELValue] = []
            for item in try list(a[0]).items() where try !contains(kept, item) { kept.append(item) }
            return .list(CELList(kept))
        },
        CELOverload("reverse", on: .list(.dyn), .list(.dyn)) { (a) throws(CELFailure) in
            .list(CELList(try list(a[0]).items().reversed()))
        },
        CELOverload("slice", on: .list(.dyn), [.int, .int], .list(.dyn)) { (a) throws(CELFailure) in
            let items = try list(a[0]).items()
            let (start, end) = (try integer(a[1]), try integer(a[2]))
            let call = "cannot slice(\(start), \(end))"
            guard start >= 0, end >= 0 else { throw CELFailure("\(call), negative indexes not supported") }
            guard start <= end else { throw CELFailure("\(call), start index must be less than or equal to end index") }
            guard end <= items.count else { throw CELFailure("\(call), list is length \(items.count)") }
            return .list(CELList(Array(items[start..<end])))
        },
        CELOverload("first", on: .list(.dyn), .optional(.dyn)) { (a) throws(CELFailure) in
            .optional(try list(a[0]).items().first)
        },
        CELOverload("last", on: .list(.dyn), .optional(.dyn)) { (a) throws(CELFailure) in
            .optional(try list(a[0]).items().last)
        },
        CELOverload("lists.range", [.int], .list(.int)) { (a) throws(CELFailure) in
            let count = try integer(a[0])
            guard count <= 100_000 else { throw CELFailure("range is too long: \(count)") }
            return .list(CELList((0..<max(count, 0)).map { .int($0) }))
        },
        CELOverload("sort", on: .list(.dyn), .list(.dyn)) { (a) throws(CELFailure) in
            let items = try list(a[0]).items()
            return .list(CELList(try sorted(items, by: items)))
        },
        CELOverload(sortByKeys, on: .list(.dyn), [.list(.dyn)], .list(.dyn)) { (a) throws(CELFailure) in
            .list(CELList(try sorted(list(a[0]).items(), by: list(a[1]).items())))
        },
    ]

    private static func contains(_ items: [CELValue], _ wanted: CELValue) throws(CELFailure) -> Bool {
        for item in items where try item.equals(wanted) { return true }
        return false
    }

    private static func flattened(_ list: CELList, levels: Int) throws(CELFailure) -> [CELValue] {
        var result: [CELValue] = []
        for item in try list.items() {
            if levels > 0, case .list(let inner) = item {
                result += try flattened(inner, levels: levels - 1)
            } else {
                result.append(item)
            }
        }
        return result
    }

    /// The items in the order of their keys, equal ones as they stood.
    private static func sorted(_ items: [CELValue], by keys: [CELValue]) throws(CELFailure) -> [CELValue] {
        guard let first = keys.first else { return [] }
        for key in keys where key.typeName != first.typeName {
            throw CELFailure("list elements must have the same type")
        }
        guard try first.compare(first) != nil else { throw CELFailure("list elements must be comparable") }
        var failure: CELFailure?
        let order = keys.indices.sorted { left, right in
            do throws(CELFailure) {
                let order = try keys[left].compare(keys[right]) ?? 0
                return order == 0 ? left < right : order < 0
            } catch {
                failure = error
                return left < right
            }
        }
        if let failure { throw failure }
        return order.map { items[$0] }
    }
}
