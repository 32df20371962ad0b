import LinearRegex

/// One run of a compiled expression: the values of its variables and what it may still cost.
struct CELEvaluation {
    private var slots: [CELValue]
    var fuel: Int

    init(variables: [CELValue], slotCount: Int, fuel: Int) {
        slots = variables
        slots.append(contentsOf: repeatElement(.null, count: max(slotCount - variables.count, 0)))
        self.fuel = fuel
    }

    private mutating func spend(_ cost: Int) throws(CELFailure) {
        fuel -= cost
        if fuel < 0 { throw .outOfFuel }
    }

    mutating func evaluate(_ node: CELNode) throws(CELFailure) -> CELValue {
        try spend(1)
        switch node {
        case .literal(let value): return value
        case .slot(let index): return slots[index]
        case .select(let operand, let name): return try member(name, of: evaluate(operand))
        case .has(let operand, let name): return .bool(try has(name, in: evaluate(operand)))
        case .optionalSelect(let operand, let name): return try optionalMember(name, of: evaluate(operand))
        case .index(let operand, let key): return try item(evaluate(key), of: evaluate(operand))
        case .optionalIndex(let operand, let key): return try optionalItem(evaluate(key), of: evaluate(operand))
        case .not(let operand):
            guard case .bool(let flag) = try evaluate(operand) else { throw .noSuchOverload }
            return .bool(!flag)
        case .negate(let operand): return try CELArithmetic.negate(evaluate(operand))
        case .and(let left, let right): return .bool(try logic(left, right, absorbing: false))
        case .or(let left, let right): return .bool(try logic(left, right, absorbing: true))
        case .binary(let operation, let left, let right): return try binary(operation, evaluate(left), evaluate(right))
        case .conditional(let test, let yes, let no):
            guard case .bool(let flag) = try evaluate(test) else { throw .noSuchOverload }
            return try evaluate(flag ? yes : no)
        case .list(let items): return try list(items)
        case .map(let entries): return try map(entries)
        case .call(let overloads, let operands): return try call(overloads, operands)
        case .matches(let operand, let regex):
            guard case .string(let text) = try evaluate(operand) else { throw .noSuchOverload }
            try spend(text.utf8.count / 10)
            return .bool(regex.matches(text))
        case .comprehension(let loop): return try run(loop)
        case .optionalMap(let operand, let slot, let body, let isFlat):
            guard case .optional(let wrapped) = try evaluate(operand) else { throw .noSuchOverload }
            guard let wrapped else { return .optional(nil) }
            slots[slot] = wrapped
            let result = try evaluate(body)
            return isFlat ? result : .optional(result)
        }
    }

    /// `&&` and `||`: an operand that decides the result absorbs the other's error.
    private mutating func logic(_ left: CELNode, _ right: CELNode, absorbing: Bool) throws(CELFailure) -> Bool {
        var failure: CELFailure?
        do throws(CELFailure) {
            if try holds(left) == absorbing { return absorbing }
        } catch {
            if error.kind == .outOfFuel { throw error }
            failure = error
        }
        guard let failure else { return try holds(right) }
        do throws(CELFailure) {
            if try holds(right) == absorbing { return absorbing }
        } catch {
            if error.kind == .outOfFuel { throw error }
        }
        throw failure
    }

    private mutating func call(_ overloads: [CELOverload], _ operands: [CELNode]) throws(CELFailure) -> CELValue {
        var arguments: [CELValue] = []
        arguments.reserveCapacity(operands.count)
        for operand in operands {
            let value = try evaluate(operand)
            switch value {
            case .string(let text): try spend(text.utf8.count / 10)
            case .list(let list): try spend(list.count)
            default: break
            }
            arguments.append(value)
        }
        if overloads.count == 1, overloads[0].accepts(arguments) { return try overloads[0].body(arguments) }
        for overload in overloads where overload.accepts(arguments) { return try overload.body(arguments) }
        throw .noSuchOverload
    }

    // MARK: Members

    private func member(_ name: String, of value: CELValue) throws(CELFailure) -> CELValue {
        switch value {
        case .map(let map):
            guard let member = try map.member(name) else { throw CELFailure("no such key: \(name)") }
            return member
        case .optional: return try optionalMember(name, of: value)
        default: throw .noSuchOverload
        }
    }

    private func has(_ name: String, in value: CELValue) throws(CELFailure) -> Bool {
        switch value {
        case .map(let map): return try map.hasMember(name)
        case .optional(let wrapped):
            return try wrapped.map { (value) throws(CELFailure) in try has(name, in: value) } ?? false
        default: throw .noSuchOverload
        }
    }

    private func optionalMember(_ name: String, of value: CELValue) throws(CELFailure) -> CELValue {
        switch value {
        case .map(let map): return .optional(try map.hasMember(name) ? map.member(name) : nil)
        case .optional(let wrapped):
            guard let wrapped else { return .optional(nil) }
            return try optionalMember(name, of: wrapped)
        default: throw .noSuchOverload
        }
    }

    private func position(_ key: CELValue) throws(CELFailure) -> Int {
        switch key {
        case .int(let index): return index
        case .uint(let index): return Int(clamping: index)
        case .double(let number): if let index = Int(exactly: number) { return index }
        default: break
        }
        throw CELFailure("unsupported index type '\(key.typeName)' in list")
    }

    private func item(_ key: CELValue, of value: CELValue) throws(CELFailure) -> CELValue {
        switch value {
        case .list(let list):
            let index = try position(key)
            guard index >= 0, index < list.count else { throw CELFailure("index out of bounds: \(index)") }
            return try list.item(index)
        case .map(let map):
            guard let item = try map.value(for: key) else { throw CELFailure("no such key: \(CELText.plain(key))") }
            return item
        case .optional: return try optionalItem(key, of: value)
        default: throw .noSuchOverload
        }
    }

    private func optionalItem(_ key: CELValue, of value: CELValue) throws(CELFailure) -> CELValue {
        switch value {
        case .list(let list):
            let index = try position(key)
            return .optional(index >= 0 && index < list.count ? try list.item(index) : nil)
        case .map(let map): return .optional(try map.value(for: key))
        case .optional(let wrapped):
            guard let wrapped else { return .optional(nil) }
            return try optionalItem(key, of: wrapped)
        default: throw .noSuchOverload
        }
    }

    // MARK: Literals and operators

    private mutating func list(_ items: [(item: CELNode, isOptional: Bool)]) throws(CELFailure) -> CELValue {
        var values: [CELValue] = []
        values.reserveCapacity(items.count)
        for (item, isOptional) in items {
            let value = try evaluate(item)
            if isOptional, case .optional(let wrapped) = value {
                if let wrapped { values.append(wrapped) }
            } else {
                values.append(value)
            }
        }
        return .list(CELList(values))
    }

    private mutating func map(
        _ entries: [(key: CELNode, value: CELNode, isOptional: Bool)]
    ) throws(CELFailure) -> CELValue {
        var values: [(key: CELValue, value: CELValue)] = []
        for entry in entries {
            let key = try evaluate(entry.key)
            var value = try evaluate(entry.value)
            if entry.isOptional, case .optional(let wrapped) = value {
                guard let wrapped else { continue }
                value = wrapped
            }
            values.append((key, value))
        }
        return .map(CELMap(values))
    }

    private mutating func binary(
        _ operation: CELBinaryOperator,
        _ left: CELValue,
        _ right: CELValue
    ) throws(CELFailure) -> CELValue {
        switch operation {
        case .equal, .notEqual:
            if case .list(let list) = left { try spend(list.count) }
            return .bool(try left.equals(right) == (operation == .equal))
        case .less: return .bool(try left.compare(right).map { $0 < 0 } ?? false)
        case .lessOrEqual: return .bool(try left.compare(right).map { $0 <= 0 } ?? false)
        case .greater: return .bool(try left.compare(right).map { $0 > 0 } ?? false)
        case .greaterOrEqual: return .bool(try left.compare(right).map { $0 >= 0 } ?? false)
        case .isIn:
            switch right {
            case .list(let list):
                try spend(list.count)
                return .bool(try list.contains(left))
            case .map(let map): return .bool(try map.value(for: left) != nil)
            default: throw .noSuchOverload
            }
        case .add, .subtract, .multiply, .divide, .remainder:
            if case .string(let text) = left { try spend(text.utf8.count / 10) }
            return try CELArithmetic.apply(operation, left, right)
        case .and, .or: throw .noSuchOverload
        }
    }
}

extension CELEvaluation {
    /// Runs a loop. `all` and `exists` go on after an item's error: a later item may decide.
    fileprivate mutating func run(_ loop: CELComprehension) throws(CELFailure) -> CELValue {
        let range = try evaluate(loop.range)
        let count: Int
        var entries: [(key: CELValue, value: CELValue)] = []
        var list: CELList?
        switch range {
        case .list(let items):
            count = items.count
            list = items
        case .map(let map):
            entries = loop.keySlot == nil ? map.keys.map { ($0, $0) } : try map.entries()
            count = entries.count
        default: throw .noSuchOverload
        }
        var results: [CELValue] = []
        var pairs: [(key: CELValue, value: CELValue)] = []
        var hits = 0
        var failure: CELFailure?
        for index in 0..<count {
            let value = try list.map { (list) throws(CELFailure) in try list.item(index) } ?? entries[index].value
            let key: CELValue = list == nil ? entries[index].key : .int(index)
            slots[loop.valueSlot] = value
            if let keySlot = loop.keySlot { slots[keySlot] = key }
            switch loop.kind {
            case .all, .exists:
                do throws(CELFailure) {
                    let decisive = loop.kind == .exists
                    if try holds(loop.body) == decisive { return .bool(decisive) }
                } catch {
                    if error.kind == .outOfFuel { throw error }
                    failure = failure ?? error
                }
            case .existsOne: if try holds(loop.body) { hits += 1 }
            case .filter: if try holds(loop.body) { results.append(value) }
            case .map, .transformList:
                if let filter = loop.filter, try !holds(filter) { continue }
                results.append(try evaluate(loop.body))
            case .transformMap:
                if let filter = loop.filter, try !holds(filter) { continue }
                pairs.append((key, try evaluate(loop.body)))
            case .transformMapEntry:
                if let filter = loop.filter, try !holds(filter) { continue }
                guard case .map(let entry) = try evaluate(loop.body) else { throw .noSuchOverload }
                for pair in try entry.entries() {
                    for existing in pairs where try existing.key.equals(pair.key) {
                        throw CELFailure("insert failed: key \(CELText.plain(pair.key)) already exists")
                    }
                    pairs.append(pair)
                }
            }
        }
        if let failure { throw failure }
        switch loop.kind {
        case .all: return .bool(true)
        case .exists: return .bool(false)
        case .existsOne: return .bool(hits == 1)
        case .filter, .map, .transformList: return .list(CELList(results))
        case .transformMap, .transformMapEntry: return .map(CELMap(pairs))
        }
    }

    mutating func holds(_ node: CELNode) throws(CELFailure) -> Bool {
        guard case .bool(let flag) = try evaluate(node) else { throw .noSuchOverload }
        return flag
    }
}
