import GoTemplate

extension SprigLibrary {
    static let lists: [GoFunction] =
        [
            GoFunction("list", [], variadic: .any) { arguments, _ in .list(arguments.rest(from: 0)) },
            GoFunction("tuple", [], variadic: .any) { arguments, _ in .list(arguments.rest(from: 0)) },
            GoFunction("concat", [], variadic: .any) { arguments, execution throws(GoFailure) in
                var all: [GoValue] = []
                for index in 0..<arguments.count {
                    let value = arguments[index]
                    guard let items = value.items else {
                        if value.isNil { throw GoFailure(nilDereference) }
                        throw GoFailure("Cannot concat type \(value.kindName) as list")
                    }
                    all += items
                }
                try execution.spend(all.count / 20)
                return .list(all)
            },
        ]
        + pair("append", [.any, .any], append) + pair("push", [.any, .any], append)
        + pair("prepend", [.any, .any]) { arguments, _ throws(GoFailure) in
            .list([arguments[1]] + (try items(arguments[0], "Cannot prepend on type")))
        }
        + pair("first", [.any]) { arguments, _ throws(GoFailure) in
            try items(arguments[0], "Cannot find first on type").first ?? .null
        }
        + pair("last", [.any]) { arguments, _ throws(GoFailure) in
            try items(arguments[0], "Cannot find last on type").last ?? .null
        }
        + pair("rest", [.any]) { arguments, _ throws(GoFailure) in
            .list(Array(try items(arguments[0], "Cannot find rest on type").dropFirst()))
        }
        + pair("initial", [.any]) { arguments, _ throws(GoFailure) in
            .list(Array(try items(arguments[0], "Cannot find initial on type").dropLast()))
        }
        + pair("reverse", [.any]) { arguments, _ throws(GoFailure) in
            .list(Array(try items(arguments[0], "Cannot find reverse on type").reversed()))
        }
        + pair("compact", [.any]) { arguments, _ throws(GoFailure) in
            .list(try items(arguments[0], "Cannot compact on type").filter(\.isTrue))
        }
        + pair("uniq", [.any]) { arguments, execution throws(GoFailure) in
            let all = try items(arguments[0], "Cannot find uniq on type")
            var seen = ValueSet()
            var kept: [GoValue] = []
            for item in all {
                try execution.spend(seen.costOfLookup)
                if seen.insert(item) { kept.append(item) }
            }
            return .list(kept)
        }
        + pair("without", [.any], variadic: .any) { arguments, _ throws(GoFailure) in
            let omitted = ValueSet(arguments.rest(from: 1))
            return .list(try items(arguments[0], "Cannot find without on type").filter { !omitted.contains($0) })
        }
        + pair("has", [.any, .any]) { arguments, _ throws(GoFailure) in
            if arguments[1].isNil { return .bool(false) }
            let needle = arguments[0]
            return .bool(
                try items(arguments[1], "Cannot find has on type").contains { GoCast.isDeepEqual(needle, $0) }
            )
        }
        + pair("slice", [.any], variadic: .any, slice) + pair("chunk", [.int, .any], chunk)

    /// A function and its twin `mustX`: in templates both fail alike, one by an error, one by a panic.
    private static func pair(
        _ name: String,
        _ parameters: [GoType],
        variadic: GoType? = nil,
        _ body: @escaping GoFunction.Body
    ) -> [GoFunction] {
        let twin = "must" + name.prefix(1).uppercased() + name.dropFirst()
        return [
            GoFunction(name, parameters, variadic: variadic, body),
            GoFunction(twin, parameters, variadic: variadic, body),
        ]
    }

    private static func items(_ value: GoValue, _ complaint: String) throws(GoFailure) -> [GoValue] {
        if case .list(let list) = value { return list.items }
        if let items = value.items { return items }
        if value.isNil { throw GoFailure(nilDereference) }
        throw GoFailure("\(complaint) \(value.kindName)")
    }

    private static let append: GoFunction.Body = { arguments, execution throws(GoFailure) in
        var all = try items(arguments[0], "Cannot push on type")
        try execution.spend(all.count / 50)
        all.append(arguments[1])
        return .list(all)
    }

    private static let slice: GoFunction.Body = { arguments, _ throws(GoFailure) in
        let value = arguments[0]
        let all = try items(value, "list should be type of slice or array but")
        if all.isEmpty { return .null }
        let start = arguments.count > 1 ? GoCast.integer(arguments[1]) : 0
        let end = arguments.count > 2 ? GoCast.integer(arguments[2]) : all.count
        if start < 0 || end < start || end > all.count {
            throw GoFailure("reflect.Value.Slice: slice index out of bounds")
        }
        switch value {
        case .bytes(let bytes): return .bytes(Array(bytes[start..<end]))
        case .list(let list): return .list(GoList(Array(all[start..<end]), element: list.element))
        default: return .list(Array(all[start..<end]))
        }
    }

    private static let chunk: GoFunction.Body = { arguments, _ throws(GoFailure) in
        let size = arguments.int(0)
        let all = try items(arguments[1], "Cannot chunk type")
        if size <= 0 {
            throw GoFailure(
                all.isEmpty ? "runtime error: makeslice: len out of range" : "runtime error: index out of range"
            )
        }
        var chunks: [GoValue] = []
        for start in stride(from: 0, to: all.count, by: size) {
            chunks.append(.list(Array(all[start..<min(start + size, all.count)])))
        }
        return .list(GoList(chunks, element: .named("[]interface {}")))
    }
}

/// Values told apart as Go's DeepEqual does; texts, by far the most common, by hash.
private struct ValueSet {
    private var texts: Set<String> = []
    private var others: [GoValue] = []

    init(_ values: [GoValue] = []) { for value in values { insert(value) } }

    var costOfLookup: Int { others.count / 10 }

    func contains(_ value: GoValue) -> Bool {
        if case .string(let text) = value { return texts.contains(text) }
        return others.contains { GoCast.isDeepEqual(value, $0) }
    }

    @discardableResult
    mutating func insert(_ value: GoValue) -> Bool {
        if case .string(let text) = value { return texts.insert(text).inserted }
        if contains(value) { return false }
        others.append(value)
        return true
    }
}
