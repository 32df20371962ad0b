import LinearRegex

extension CELChecker {
    mutating func call(
        _ name: String,
        _ target: CELSyntax?,
        _ arguments: [CELSyntax],
        at offset: Int
    ) -> (CELNode, CELType) {
        if let target {
            if let expanded = macro(name, on: target, arguments, at: offset) { return expanded }
            if case .identifier(let namespace) = target.form, !isDeclared(namespace),
                CELFunctions.isNamespaced("\(namespace).\(name)")
            {
                return function("\(namespace).\(name)", nil, arguments, at: offset)
            }
        } else if name == "has" {
            return hasMacro(arguments, at: offset)
        }
        return function(name, target, arguments, at: offset)
    }

    private mutating func function(
        _ name: String,
        _ target: CELSyntax?,
        _ arguments: [CELSyntax],
        at offset: Int
    ) -> (CELNode, CELType) {
        let operands = (target.map { [$0] } ?? []) + arguments
        var nodes: [CELNode] = []
        var types: [CELType] = []
        for operand in operands {
            let (node, type) = check(operand)
            nodes.append(node)
            types.append(type)
        }
        if name == "dyn", target == nil, nodes.count == 1 { return (nodes[0], .dyn) }
        guard let overloads = CELFunctions.table[name] else {
            return failed("undeclared reference to '\(name)' (in container '')", at: offset)
        }
        let fitting = overloads.filter { overload in
            overload.isMember == (target != nil) && overload.parameters.count == types.count
                && zip(types, overload.parameters).allSatisfy { $0.matches($1) }
        }
        guard let first = fitting.first else {
            let list = types.dropFirst(target == nil ? 0 : 1).map(\.description).joined(separator: ", ")
            let receiver = target == nil ? "" : "\(types[0])."
            return failed("found no matching overload for '\(name)' applied to '\(receiver)(\(list))'", at: offset)
        }
        if name == "matches", case .literal(.string(let pattern)) = nodes[1] {
            guard let regex = try? LinearPattern(pattern) else {  // The pattern is named; RE2's own words add little.
                return failed("invalid matches argument: error parsing regexp: `\(pattern)`", at: operands[1].offset)
            }
            return (.matches(nodes[0], regex), .bool)
        }
        if let problem = constantProblem(first, nodes) {
            return failed(problem, at: operands.first?.offset ?? offset)
        }
        return (.call(fitting, nodes), Self.result(of: fitting, first, types))
    }

    private static let conversions: Set<String> = ["int", "uint", "double", "string", "bool", "duration", "timestamp"]

    /// Why the conversion of a constant can never succeed: such a rule is refused rather than failing each time.
    private func constantProblem(_ function: CELOverload, _ arguments: [CELNode]) -> String? {
        guard Self.conversions.contains(function.name), arguments.count == 1, case .literal(let constant) = arguments[0]
        else { return nil }
        do {
            _ = try function.body([constant])
            return nil
        } catch {
            let isTime = function.name == "duration" || function.name == "timestamp"
            return isTime ? "invalid \(function.name) argument" : error.message
        }
    }

    /// Sorts items by what an expression makes of each.
    private mutating func sortBy(_ target: CELSyntax, _ arguments: [CELSyntax], at offset: Int) -> (CELNode, CELType) {
        let (items, type) = check(target)
        let (keys, _) = loop(.map, target, [arguments[0]], filter: nil, body: arguments[1], at: offset)
        return (.call(CELFunctions.table[CELFunctions.sortByKeys] ?? [], [items, keys]), type)
    }

    private static func result(of fitting: [CELOverload], _ first: CELOverload, _ types: [CELType]) -> CELType {
        switch first.name {
        case "min", "max": if case .list(let element, _) = types[0] { return element }
        case "slice", "sort", "distinct", "reverse": return types[0]
        case "first", "last": if case .list(let element, _) = types[0] { return .optional(element) }
        case "optional.of", "optional.ofNonZeroValue": return .optional(types[0])
        case "value": if case .optional(let wrapped) = types[0] { return wrapped }
        case "orValue": if case .optional(let wrapped) = types[0] { return wrapped.joined(with: types[1]) }
        case "or" where fitting.count == 1: return types[0].joined(with: types[1])
        case "sum": if case .list(let element, _) = types[0] { return element }
        default: break
        }
        return fitting.allSatisfy { $0.result == first.result } ? first.result : .dyn
    }

    // MARK: Macros

    private mutating func hasMacro(_ arguments: [CELSyntax], at offset: Int) -> (CELNode, CELType) {
        guard arguments.count == 1, case .select(let operand, let field, false) = arguments[0].form else {
            return failed("invalid argument to has() macro", at: arguments.first?.offset ?? offset)
        }
        let (node, type) = check(operand)
        guard let member = member(field, of: type, at: arguments[0].offset) else { return (.literal(.null), .bool) }
        return (.has(node, member.name), .bool)
    }

    private static let loops: [String: CELComprehension.Kind] = [
        "all": .all, "exists": .exists, "exists_one": .existsOne, "existsOne": .existsOne, "map": .map,
        "filter": .filter,
        "transformList": .transformList, "transformMap": .transformMap, "transformMapEntry": .transformMapEntry,
    ]

    private mutating func macro(
        _ name: String,
        on target: CELSyntax,
        _ arguments: [CELSyntax],
        at offset: Int
    ) -> (CELNode, CELType)? {
        if name == "sortBy", arguments.count == 2 { return sortBy(target, arguments, at: offset) }
        if name == "optMap" || name == "optFlatMap", arguments.count == 2 {
            let (operand, type) = check(target)
            guard let variable = loopVariable(arguments[0]) else { return (.literal(.null), .dyn) }
            var element = CELType.dyn
            if case .optional(let wrapped) = type { element = wrapped }
            return withVariable(variable, element) { checker, slot in
                let (body, result) = checker.check(arguments[1])
                let isFlat = name == "optFlatMap"
                return (.optionalMap(operand, slot: slot, body, isFlat: isFlat), isFlat ? result : .optional(result))
            }
        }
        guard let kind = Self.loops[name] else { return nil }
        switch (kind, arguments.count) {
        case (.all, 2), (.exists, 2), (.existsOne, 2), (.filter, 2), (.map, 2):
            return loop(kind, target, [arguments[0]], filter: nil, body: arguments[1], at: offset)
        case (.map, 3): return loop(kind, target, [arguments[0]], filter: arguments[1], body: arguments[2], at: offset)
        case (.all, 3), (.exists, 3), (.existsOne, 3), (.transformList, 3), (.transformMap, 3), (.transformMapEntry, 3):
            return loop(kind, target, Array(arguments[0...1]), filter: nil, body: arguments[2], at: offset)
        case (.transformList, 4), (.transformMap, 4), (.transformMapEntry, 4):
            return loop(kind, target, Array(arguments[0...1]), filter: arguments[2], body: arguments[3], at: offset)
        default: return nil
        }
    }

    private mutating func loopVariable(_ syntax: CELSyntax) -> String? {
        guard case .identifier(let name) = syntax.form else {
            report("argument must be a simple name", at: syntax.offset)
            return nil
        }
        return name
    }

    private mutating func loop(
        _ kind: CELComprehension.Kind,
        _ target: CELSyntax,
        _ names: [CELSyntax],
        filter: CELSyntax?,
        body: CELSyntax,
        at offset: Int
    ) -> (CELNode, CELType) {
        let (range, type) = check(target)
        var variables: [String] = []
        for name in names {
            guard let variable = loopVariable(name) else { return (.literal(.null), .dyn) }
            variables.append(variable)
        }
        let key: CELType
        let value: CELType
        switch type {
        case .dyn: (key, value) = (.dyn, .dyn)
        case .list(let element, _): (key, value) = (.int, element)
        case .map(let element): (key, value) = (.string, element)
        case .object: (key, value) = (.string, .dyn)
        default:
            return failed(
                "expression of type '\(type)' cannot be range of a comprehension (must be list, map, or dynamic)",
                at: target.offset
            )
        }
        func finish(_ checker: inout CELChecker, _ keySlot: Int?, _ valueSlot: Int) -> (CELNode, CELType) {
            var test: CELNode?
            if let filter {
                let (node, filterType) = checker.check(filter)
                if !filterType.matches(.bool) {
                    checker.report(Self.mismatch("_?_:_", [filterType]), at: filter.offset)
                }
                test = node
            }
            let (node, bodyType) = checker.check(body)
            let result: CELType
            switch kind {
            case .all, .exists, .existsOne: result = .bool
            case .filter: if case .list = type { result = type } else { result = .list(key) }
            case .map, .transformList: result = .list(bodyType)
            case .transformMap: result = .map(bodyType)
            case .transformMapEntry: result = .dyn
            }
            switch kind {
            case .all, .exists, .existsOne, .filter:
                if !bodyType.matches(.bool) {
                    checker.report(
                        Self.mismatch(kind == .exists ? "_||_" : "_&&_", [.bool, bodyType]),
                        at: body.offset
                    )
                }
            default: break
            }
            let loop = CELComprehension(
                kind: kind,
                range: range,
                keySlot: keySlot,
                valueSlot: valueSlot,
                filter: test,
                body: node
            )
            return (.comprehension(loop), result)
        }
        if variables.count == 2 {
            return withVariable(variables[0], key) { checker, keySlot in
                checker.withVariable(variables[1], value) { finish(&$0, keySlot, $1) }
            }
        }
        var single = key
        if case .list(let element, _) = type { single = element }
        return withVariable(variables[0], single) { finish(&$0, nil, $1) }
    }
}
