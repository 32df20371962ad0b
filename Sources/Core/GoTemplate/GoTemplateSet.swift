/// The templates that may call one another, by name.
package struct GoTemplateSet: Sendable {
    struct Entry: Sendable {
        var unit: GoTemplateUnit
        var definition: Int
    }

    private(set) var entries: [String: Entry] = [:]

    package init() {}

    /// Adds what a text defines. A later template replaces an earlier one of its name, unless the later is blank.
    package mutating func add(_ unit: GoTemplateUnit) {
        for (index, definition) in unit.definitions.enumerated() {
            if definition.isBlank, entries[definition.name] != nil { continue }
            entries[definition.name] = Entry(unit: unit, definition: index)
        }
    }

    package func contains(_ name: String) -> Bool { entries[name] != nil }
}

/// The texts given to `tpl`, parsed, by content. Kept from one render to the next by whoever renders a chart again.
package final class GoParseCache {
    private var units: [String: GoTemplateUnit] = [:]
    private var bytes = 0
    private let capacity: Int

    /// Holds about so many bytes of template text.
    package init(capacity: Int = 8 << 20) { self.capacity = capacity }

    func unit(_ text: String, functions: GoFunctionTable) throws(GoFailure) -> GoTemplateUnit {
        if let unit = units[text], unit.functions === functions { return unit }
        // Helm gives such a text the name of its root template.
        let unit = try GoTemplateUnit(name: "gotpl", source: Array(text.utf8), functions: functions)
        if bytes > capacity {
            units = [:]
            bytes = 0
        }
        bytes += text.utf8.count
        units[text] = unit
        return unit
    }
}
