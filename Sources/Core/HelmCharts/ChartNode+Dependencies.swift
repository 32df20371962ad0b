import GoTemplate
import SemanticVersion

/// Which dependencies take part, and what they hand to their parents: conditions, tags, aliases, import-values.
extension ChartNode {
    /// Settles aliases and removes what conditions and tags disable, here and below.
    func removeDisabled(_ values: GoMap, path: String = "") throws(ValueCoalescing.Failure) {
        if requirements.isEmpty { return }
        var charts = dependencies.filter { existing in
            !requirements.contains {
                existing.name == $0.dependency.name && Self.fits($0.dependency.version, existing.chart)
            }
        }
        for index in requirements.indices {
            let wanted = requirements[index].dependency
            let found = dependencies.first {
                $0.name == wanted.name && Self.fits(wanted.version, $0.chart)
            }
            if !wanted.alias.isEmpty { requirements[index].name = wanted.alias }
            if let found {
                // A chart may be wanted under several names; each gets a copy of its own.
                charts.append(ChartNode(found.chart, name: requirements[index].name))
            }
            requirements[index].isEnabled = true
        }
        dependencies = charts

        let coalesced = try ValueCoalescing.coalesce(self, values)
        applyTags(coalesced)
        applyConditions(coalesced, path)
        let disabled = Set(requirements.filter { !$0.isEnabled }.map(\.name))
        dependencies.removeAll { disabled.contains($0.name) }
        requirements.removeAll { !$0.isEnabled }
        for dependency in dependencies {
            try dependency.removeDisabled(coalesced, path: path + dependency.name + ".")
        }
    }

    static func fits(_ constraint: String, _ chart: Chart) -> Bool {
        guard let range = SemanticVersionRange(constraint), let version = SemanticVersion(chart.metadata.version) else {
            return false
        }
        return range.contains(version)
    }

    private func applyTags(_ values: GoMap) {
        guard let tags = values["tags"]?.map else { return }
        for index in requirements.indices {
            let flags = requirements[index].dependency.tags.compactMap { tag -> Bool? in
                if case .bool(let flag)? = tags[tag] { flag } else { nil }
            }
            requirements[index].isEnabled = flags.contains(true) || !flags.contains(false)
        }
    }

    private func applyConditions(_ values: GoMap, _ path: String) {
        for index in requirements.indices {
            for condition in requirements[index].dependency.condition.trimmed.split(separator: ",") {
                if case .bool(let flag)? = Self.scalar(values, path + condition) {
                    requirements[index].isEnabled = flag
                    break
                }
            }
        }
    }

    /// What stands at a dotted path, unless it is a table.
    static func scalar(_ values: GoMap, _ path: String) -> GoValue? {
        var names = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let last = names.popLast(), let map = table(values, names) else { return nil }
        guard let value = map[last] else { return nil }
        if case .map = value { return nil }
        return value
    }

    static func table(_ values: GoMap, _ path: [String]) -> GoMap? {
        var map = values
        for name in path {
            guard case .map(let next)? = map[name] else { return nil }
            map = next
        }
        return map
    }

    /// Takes over what dependencies export, deepest first; nulls in default values live on until the last coalescing.
    func importValues() throws(ValueCoalescing.Failure) {
        for dependency in dependencies { try dependency.importValues() }
        if requirements.isEmpty { return }
        let merged = try ValueCoalescing.merge(self, GoMap())
        let imported = GoMap()
        for requirement in requirements {
            for wish in requirement.dependency.imports {
                switch wish {
                case .path(let child, let parent):
                    let path =
                        [requirement.name]
                        + child.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
                    guard let table = Self.table(merged, path) else { continue }
                    var wrapped = table
                    if parent != "." {
                        for name in parent.split(separator: ".", omittingEmptySubsequences: false).reversed() {
                            wrapped = GoMap([(String(name), .map(wrapped))])
                        }
                    }
                    ValueCoalescing.mergeTables(imported, wrapped)
                case .exported(let name):
                    let path =
                        [requirement.name, "exports"]
                        + name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
                    guard let table = Self.table(merged, path) else { continue }
                    ValueCoalescing.mergeTables(imported, table)
                }
            }
        }
        guard case .map(let copy) = GoValue.map(merged).deepCopy else { return }
        ValueCoalescing.mergeTables(copy, imported)
        defaults = copy
    }
}
