extension CELFunctions {
    private static func extreme(_ value: CELValue, name: String, keeps: (Int) -> Bool) throws(CELFailure) -> CELValue {
        let items = try list(value).items()
        guard var best = items.first else { throw CELFailure("\(name) called on empty list") }
        for item in items.dropFirst() {
            if let order = try item.compare(best), keeps(order) { best = item }
        }
        return best
    }

    static let lists: [CELOverload] = [
        CELOverload("size", [.list(.dyn)], .int) { (a) throws(CELFailure) in .int(try list(a[0]).count) },
        CELOverload("size", on: .list(.dyn), .int) { (a) throws(CELFailure) in .int(try list(a[0]).count) },
        CELOverload("size", [.map(.dyn)], .int) { (a) throws(CELFailure) in try memberCount(a[0]) },
        CELOverload("size", on: .map(.dyn), .int) { (a) throws(CELFailure) in try memberCount(a[0]) },
        CELOverload("isSorted", on: .list(.dyn), .bool) { (a) throws(CELFailure) in
            let items = try list(a[0]).items()
            for index in items.indices.dropFirst() {
                guard let order = try items[index - 1].compare(items[index]), order <= 0 else { return .bool(false) }
            }
            return .bool(true)
        },
        CELOverload("sum", on: .list(.dyn), .dyn) { (a) throws(CELFailure) in
            let items = try list(a[0]).items()
            guard var total = items.first else { return .int(0) }
            for item in items.dropFirst() { total = try CELArithmetic.apply(.add, total, item) }
            return total
        },
        CELOverload("min", on: .list(.dyn), .dyn) { (a) throws(CELFailure) in try extreme(a[0], name: "min") { $0 < 0 }
        },
        CELOverload("max", on: .list(.dyn), .dyn) { (a) throws(CELFailure) in try extreme(a[0], name: "max") { $0 > 0 }
        },
        CELOverload("indexOf", on: .list(.dyn), [.dyn], .int) { (a) throws(CELFailure) in
            let items = try list(a[0])
            for index in 0..<items.count where try items.item(index).equals(a[1]) { return .int(index) }
            return .int(-1)
        },
        CELOverload("lastIndexOf", on: .list(.dyn), [.dyn], .int) { (a) throws(CELFailure) in
            let items = try list(a[0])
            for index in (0..<items.count).reversed() where try items.item(index).equals(a[1]) { return .int(index) }
            return .int(-1)
        },
        CELOverload("sets.contains", [.list(.dyn), .list(.dyn)], .bool) { (a) throws(CELFailure) in
            .bool(try contains(list(a[0]), list(a[1])))
        },
        CELOverload("sets.equivalent", [.list(.dyn), .list(.dyn)], .bool) { (a) throws(CELFailure) in
            guard try contains(list(a[0]), list(a[1])) else { return .bool(false) }
            return .bool(try contains(list(a[1]), list(a[0])))
        },
        CELOverload("sets.intersects", [.list(.dyn), .list(.dyn)], .bool) { (a) throws(CELFailure) in
            let other = try list(a[1])
            for item in try list(a[0]).items() where try other.contains(item) { return .bool(true) }
            return .bool(false)
        },
    ]

    private static func contains(_ whole: CELList, _ part: CELList) throws(CELFailure) -> Bool {
        for item in try part.items() where try !whole.contains(item) { return false }
        return true
    }

    private static func memberCount(_ value: CELValue) throws(CELFailure) -> CELValue {
        guard case .map(let map) = value else { throw .noSuchOverload }
        return .int(map.count)
    }
}
