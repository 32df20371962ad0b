import GoTemplate

extension SprigLibrary {
    static let maps: [GoFunction] = [
        GoFunction("dict", [], variadic: .any) { arguments, _ in
            let map = GoMap(minimumCapacity: (arguments.count + 1) / 2)
            for index in stride(from: 0, to: arguments.count, by: 2) {
                let key = GoCast.plainText(arguments[index])
                map[key] = index + 1 < arguments.count ? arguments[index + 1] : .string("")
            }
            return .map(map)
        },
        GoFunction("get", [.map, .string]) { arguments, _ in arguments.map(0)[arguments.string(1)] ?? .string("") },
        GoFunction("set", [.map, .string, .any]) { arguments, _ in
            arguments.map(0)[arguments.string(1)] = arguments[2]
            return arguments[0]
        },
        GoFunction("unset", [.map, .string]) { arguments, _ in
            arguments.map(0)[arguments.string(1)] = nil
            return arguments[0]
        },
        GoFunction("hasKey", [.map, .string]) { arguments, _ in
            .bool(arguments.map(0).contains(arguments.string(1)))
        },
        GoFunction("pluck", [.string], variadic: .map) { arguments, _ in
            var found: [GoValue] = []
            for index in 1..<max(arguments.count, 1) {
                if let value = arguments.map(index)[arguments.string(0)] { found.append(value) }
            }
            return .list(found)
        },
        GoFunction("keys", [], variadic: .map) { arguments, _ in
            // Go's order differs from run to run; ours is the keys' own.
            var keys: [String] = []
            for index in 0..<arguments.count { keys += arguments.map(index).sortedKeys }
            return .strings(keys)
        },
        GoFunction("values", [.map]) { arguments, _ in
            let map = arguments.map(0)
            map.sortKeys()
            return .list(map.entries.map(\.value))
        },
        GoFunction("pick", [.map], variadic: .string) { arguments, _ in
            let (source, result) = (arguments.map(0), GoMap())
            for index in 1..<max(arguments.count, 1) {
                if let value = source[arguments.string(index)] { result[arguments.string(index)] = value }
            }
            return .map(result)
        },
        GoFunction("omit", [.map], variadic: .string) { arguments, _ in
            let result = GoMap()
            let omitted = Set((1..<max(arguments.count, 1)).map { arguments.string($0) })
            for entry in arguments.map(0).entries where !omitted.contains(entry.key) { result[entry.key] = entry.value }
            return .map(result)
        },
        GoFunction("merge", [.map], variadic: .map) { arguments, execution throws(GoFailure) in
            try merged(arguments, execution, overwriting: false)
        },
        GoFunction("mustMerge", [.map], variadic: .map) { arguments, execution throws(GoFailure) in
            try merged(arguments, execution, overwriting: false)
        },
        GoFunction("mergeOverwrite", [.map], variadic: .map) { arguments, execution throws(GoFailure) in
            try merged(arguments, execution, overwriting: true)
        },
        GoFunction("mustMergeOverwrite", [.map], variadic: .map) { arguments, execution throws(GoFailure) in
            try merged(arguments, execution, overwriting: true)
        },
        GoFunction("deepCopy", [.any]) { arguments, execution throws(GoFailure) in
            try execution.spend(walking: arguments[0])
            return arguments[0].deepCopy
        },
        GoFunction("mustDeepCopy", [.any]) { arguments, execution throws(GoFailure) in
            try execution.spend(walking: arguments[0])
            return arguments[0].deepCopy
        },
        GoFunction("dig", [], variadic: .any, dig),
    ]

    private static func merged(
        _ arguments: GoArguments,
        _ execution: GoExecution,
        overwriting: Bool
    ) throws(GoFailure) -> GoValue {
        let target = arguments.map(0)
        var merge = MapMerge(overwrites: overwriting)
        for index in 1..<max(arguments.count, 1) { merge.merge(arguments.map(index), into: target) }
        try execution.spend(merge.steps / 10)
        return .map(target)
    }

    private static let dig: GoFunction.Body = { arguments, _ throws(GoFailure) in
        if arguments.count < 3 { throw GoFailure("dig needs at least three arguments") }
        func refuse(_ value: GoValue, _ wanted: String) -> GoFailure {
            let type = value.isNil ? "nil" : value.typeName
            return GoFailure("interface conversion: interface {} is \(type), not \(wanted)")
        }
        func map(_ value: GoValue) throws(GoFailure) -> GoMap {
            // A type assertion, not a conversion: maps of named types are refused.
            guard case .map(let map) = value, map.element == .any else {
                throw refuse(value, "map[string]interface {}")
            }
            return map
        }
        var current = try map(arguments[arguments.count - 1])
        let fallback = arguments[arguments.count - 2]
        for index in 0..<(arguments.count - 2) {
            guard arguments[index].string != nil else { throw refuse(arguments[index], "string") }
        }
        for index in 0..<(arguments.count - 2) {
            guard let next = current[arguments.string(index)] else { return fallback }
            if index == arguments.count - 3 { return next }
            current = try map(next)
        }
        return fallback
    }
}

/// Merges maps as Go's mergo does for sprig: deeply, in place, sharing what it takes over from the source.
struct MapMerge {
    /// Whether values of the source win; else only missing and empty values are filled.
    let overwrites: Bool
    private(set) var steps = 0

    init(overwrites: Bool) { self.overwrites = overwrites }

    mutating func merge(_ source: GoMap, into target: GoMap, depth: Int = 0) {
        // Maps may contain themselves; Go would not come back from that.
        if source === target || depth > 200 { return }
        for entry in source.entries {
            steps += 1
            let key = entry.key
            if entry.value.isNil {
                if overwrites { target[key] = .null }
                continue
            }
            let existing = target[key]
            let isEmpty = existing.map { !$0.isTrue } ?? true
            switch entry.value {
            case .map(let inner):
                if case .map(let into)? = existing {
                    merge(inner, into: into, depth: depth + 1)
                    // What was empty may have been filled just now.
                    if into.count > 0 { continue }
                    target[key] = entry.value
                } else if overwrites || isEmpty {
                    target[key] = entry.value
                }
            case .list, .bytes: if overwrites || isEmpty { target[key] = entry.value }
            default: if overwrites || isEmpty { target[key] = entry.value }
            }
        }
    }
}
