import GoTemplate

/// Puts given values over a chart's defaults, and those of its dependencies below their names, with globals passed down.
///
/// Coalescing removes what a null overrides; merging keeps nulls, for a later pass to see.
enum ValueCoalescing {
    struct Failure: Error, Sendable {
        var message: String
    }

    static func coalesce(_ chart: ChartNode, _ values: GoMap) throws(Failure) -> GoMap {
        guard case .map(let copy) = GoValue.map(values).deepCopy else { return values }
        try put(copy, over: chart, merging: false)
        return copy
    }

    static func merge(_ chart: ChartNode, _ values: GoMap) throws(Failure) -> GoMap {
        guard case .map(let copy) = GoValue.map(values).deepCopy else { return values }
        try put(copy, over: chart, merging: true)
        return copy
    }

    /// Merges `source` into `target`, whose values count where both have one.
    static func mergeTables(_ target: GoMap, _ source: GoMap) { coalesceTables(target, source, merging: true) }

    private static func put(_ target: GoMap, over chart: ChartNode, merging: Bool) throws(Failure) {
        coalesceDefaults(target, chart, merging: merging)
        for dependency in chart.dependencies {
            let table: GoMap
            switch target[dependency.name] {
            case nil:
                table = GoMap()
                target[dependency.name] = .map(table)
            case .map(let map): table = map
            case let other?:
                let shown = GoFormat.text(GoFormat.sprintf("%t", [other]))
                throw Failure(message: "type mismatch on \(dependency.name): \(shown)")
            }
            passGlobals(to: table, from: target)
            try put(table, over: dependency, merging: merging)
        }
    }

    private static func passGlobals(to child: GoMap, from parent: GoMap) {
        let target: GoMap
        switch child["global"] {
        case nil: target = GoMap()
        case .map(let map): target = map
        default: return
        }
        let source: GoMap
        switch parent["global"] {
        case nil: source = GoMap()
        case .map(let map): source = map
        default: return
        }
        for entry in source.entries {
            if case .map(let table) = entry.value {
                switch target[entry.key] {
                case nil: target[entry.key] = .map(shallowCopy(table))
                case .map(let existing):
                    // The parent's globals win: they take in what only the child has.
                    let copy = shallowCopy(table)
                    coalesceTables(copy, existing, merging: true)
                    target[entry.key] = .map(copy)
                default: continue
                }
            } else if case .map? = target[entry.key] {
                continue
            } else {
                target[entry.key] = entry.value
            }
        }
        child["global"] = .map(target)
    }

    private static func shallowCopy(_ map: GoMap) -> GoMap {
        let copy = GoMap(minimumCapacity: map.count, element: map.element)
        for entry in map.entries { copy[entry.key] = entry.value }
        return copy
    }

    private static func coalesceDefaults(_ target: GoMap, _ chart: ChartNode, merging: Bool) {
        // The defaults are changed on the way, so every pass works on a copy.
        guard case .map(let defaults) = GoValue.map(chart.defaults).deepCopy else { return }
        for entry in defaults.entries {
            guard let given = target[entry.key] else {
                if !merging {
                    if entry.value.isNil { continue }
                    if case .map(let table) = entry.value { removeNulls(table) }
                }
                target[entry.key] = entry.value
                continue
            }
            if given.isNil {
                if !merging { target[entry.key] = nil }
            } else if case .map(let table) = given, case .map(let source) = entry.value {
                let isChild = merging || chart.dependencies.contains { $0.name == entry.key }
                if !isChild { removeNulls(source) }
                coalesceTables(table, source, merging: isChild)
            }
        }
    }

    private static func coalesceTables(_ target: GoMap, _ source: GoMap, merging: Bool) {
        var wasGiven: Set<String> = []
        for entry in source.entries where !entry.value.isNil { wasGiven.insert(entry.key) }
        for entry in target.entries where entry.value.isNil { source[entry.key] = .null }
        for entry in source.entries {
            guard let existing = target[entry.key] else {
                target[entry.key] = entry.value
                continue
            }
            if !merging, existing.isNil, wasGiven.contains(entry.key) {
                target[entry.key] = nil
            } else if case .map(let inner) = entry.value, case .map(let table) = existing {
                coalesceTables(table, inner, merging: merging)
            }
        }
    }

    private static func removeNulls(_ map: GoMap) {
        for entry in map.entries {
            if entry.value.isNil {
                map[entry.key] = nil
            } else if case .map(let inner) = entry.value {
                removeNulls(inner)
            }
        }
    }
}
