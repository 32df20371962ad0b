import GoTemplate

/// Writes values as TOML in the layout that Helm's `toToml` has: values first, then tables, indented by depth.
struct TOMLWriter {
    struct Refusal: Error { var message: String }

    private(set) var output: [UInt8] = []

    mutating func write(_ value: GoValue) throws(Refusal) {
        if value.isNil { throw Refusal(message: "toml: cannot encode a nil value") }
        try encode([], value)
    }

    private mutating func encode(_ key: [String], _ value: GoValue) throws(Refusal) {
        switch value {
        case .none, .null: return
        case .map(let map):
            if key.count == 1 { newline() }
            if !key.isEmpty {
                append(indent(key) + "[" + Self.path(key) + "]")
                newline()
            }
            try members(key, map)
        case .list(let list):
            if try Self.isArrayOfTables(list.items) {
                if key.isEmpty { throw Refusal(message: "toml: top-level values must be Go maps or structs") }
                for item in list.items {
                    guard let map = item.map else { continue }
                    newline()
                    append(indent(key) + "[[" + Self.path(key) + "]]")
                    newline()
                    try members(key, map)
                }
            } else {
                try pair(key, value)
            }
        case .object(let object):
            if let underlying = object.underlying, underlying.map != nil { return try encode(key, underlying) }
            try pair(key, value)
        default: try pair(key, value)
        }
    }

    private mutating func members(_ key: [String], _ map: GoMap) throws(Refusal) {
        map.sortKeys()
        let entries = map.entries
        for wantsTables in [false, true] {
            for entry in entries where try Self.isTable(entry.value) == wantsTables && !entry.value.isNil {
                try encode(key + [entry.key], entry.value)
            }
        }
    }

    private mutating func pair(_ key: [String], _ value: GoValue) throws(Refusal) {
        guard let name = key.last else { return try element(value) }
        append(indent(key) + Self.key(name) + " = ")
        try element(value)
        newline()
    }

    private mutating func element(_ value: GoValue) throws(Refusal) {
        switch value {
        case .none, .null: throw Refusal(message: "toml: cannot encode array with nil element")
        case .bool(let flag): append(flag ? "true" : "false")
        case .float(let number): append(Self.float(number))
        case .string, .rawString: append(Self.quoted(value.string ?? ""))
        case .bytes(let bytes): append("[" + bytes.map(String.init).joined(separator: ", ") + "]")
        case .int, .int64, .sized: append(GoFormat.text(value))
        case .list(let list):
            append("[")
            for (index, item) in list.items.enumerated() {
                if index > 0 { append(", ") }
                try element(item)
            }
            append("]")
        case .map(let map):
            append("{")
            map.sortKeys()
            let present = map.entries.filter { !$0.value.isNil }
            var ordered: [GoMap.Entry] = []
            for wantsTables in [false, true] {
                for entry in present where try Self.isTable(entry.value) == wantsTables { ordered.append(entry) }
            }
            for (index, entry) in ordered.enumerated() {
                if index > 0 { append(", ") }
                append(Self.key(entry.key) + " = ")
                try element(entry.value)
            }
            append("}")
        case .object(let object):
            if let underlying = object.underlying { try element(underlying) } else { append(Self.quoted(object.text)) }
        }
    }

    private static func isTable(_ value: GoValue) throws(Refusal) -> Bool {
        switch value {
        case .map: true
        case .list(let list): try isArrayOfTables(list.items)
        case .object(let object): object.underlying?.map != nil
        default: false
        }
    }

    private static func isArrayOfTables(_ items: [GoValue]) throws(Refusal) -> Bool {
        if items.isEmpty { return false }
        var areTables = true
        for item in items {
            if item.isNil { throw Refusal(message: "toml: cannot encode array with nil element") }
            if item.map == nil { areTables = false }
        }
        return areTables
    }

    private mutating func append(_ text: String) { output += text.utf8 }
    private mutating func newline() { if !output.isEmpty { output.append(0x0A) } }
    private func indent(_ key: [String]) -> String { String(repeating: "  ", count: max(key.count - 1, 0)) }
    private static func path(_ key: [String]) -> String { key.map(Self.key).joined(separator: ".") }

    private static func key(_ name: String) -> String {
        let isBare =
            !name.isEmpty
            && name.utf8.allSatisfy {
                ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == UInt8(ascii: "_")
                    || $0 == UInt8(ascii: "-")
            }
        return isBare ? name : quoted(name)
    }

    private static func float(_ number: Double) -> String {
        if number.isNaN { return "nan" }
        if number.isInfinite { return number < 0 ? "-inf" : "inf" }
        let text = GoFormat.shortest(number)
        return text.contains(".") || text.contains("e") ? text : text + ".0"
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22: result += "\\\""
            case 0x5C: result += "\\\\"
            case 0x08: result += "\\b"
            case 0x09: result += "\\t"
            case 0x0A: result += "\\n"
            case 0x0C: result += "\\f"
            case 0x0D: result += "\\r"
            case 0..<0x20, 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
