import GoTemplate
import StructuredValue

/// Reads TOML 1.0 into template values: whole numbers as `int64`, as Helm's `fromToml` does.
struct TOMLReader {
    struct Mistake: Error { var message: String }

    private let bytes: [UInt8]
    private var position = 0
    private var lastKey = ""
    /// Tables that a header or an inline table closed against further definitions.
    private var defined: Set<ObjectIdentifier> = []
    private var inline: Set<ObjectIdentifier> = []
    private var depth = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func document() throws(Mistake) -> GoMap {
        let root = GoMap()
        var table = root
        skipBlank()
        while position < bytes.count {
            if next == UInt8(ascii: "[") {
                table = try header(root)
            } else {
                try pair(into: table)
            }
            try endOfLine()
            skipBlank()
        }
        return root
    }

    // MARK: Tables and keys

    private mutating func header(_ root: GoMap) throws(Mistake) -> GoMap {
        position += 1
        let isArray = take("[")
        skipSpaces()
        let path = try keyPath()
        skipSpaces()
        guard take("]"), !isArray || take("]") else { throw mistake("expected end of table name") }
        var table = root
        for name in path.dropLast() { table = try descend(table, name) }
        guard let name = path.last else { throw mistake("expected a table name") }
        lastKey = path.joined(separator: ".")
        if isArray {
            let added = GoMap()
            switch table[name] {
            case nil: table[name] = .list(GoList([.map(added)], element: .map))
            case .list(let list) where list.element == .map:
                table[name] = .list(GoList(list.items + [.map(added)], element: .map))
            default: throw mistake("Key '\(lastKey)' was already created and cannot be used as an array.")
            }
            return added
        }
        switch table[name] {
        case nil:
            let added = GoMap()
            table[name] = .map(added)
            defined.insert(ObjectIdentifier(added))
            return added
        case .map(let existing) where !inline.contains(ObjectIdentifier(existing)):
            guard defined.insert(ObjectIdentifier(existing)).inserted else {
                throw mistake("Key '\(lastKey)' has already been defined.")
            }
            return existing
        default: throw mistake("Key '\(lastKey)' has already been defined.")
        }
    }

    /// The table of this name within another, made when missing; of an array of tables the last.
    private func descend(_ table: GoMap, _ name: String) throws(Mistake) -> GoMap {
        switch table[name] {
        case nil:
            let added = GoMap()
            table[name] = .map(added)
            return added
        case .map(let existing) where !inline.contains(ObjectIdentifier(existing)): return existing
        case .list(let list):
            if case .map(let last)? = list.items.last, list.element == .map { return last }
            throw mistake("Key '\(name)' has already been defined.")
        default: throw mistake("Key '\(name)' has already been defined.")
        }
    }

    private mutating func pair(into table: GoMap) throws(Mistake) {
        let path = try keyPath()
        lastKey = path.joined(separator: ".")
        skipSpaces()
        guard take("=") else { throw mistake("expected key separator '='") }
        skipSpaces()
        let value = try value()
        var target = table
        for name in path.dropLast() { target = try descend(target, name) }
        guard let name = path.last else { return }
        if target[name] != nil { throw mistake("Key '\(lastKey)' has already been defined.") }
        target[name] = value
    }

    private mutating func keyPath() throws(Mistake) -> [String] {
        var path = [try key()]
        while true {
            let held = position
            skipSpaces()
            guard take(".") else {
                position = held
                return path
            }
            skipSpaces()
            path.append(try key())
        }
    }

    private mutating func key() throws(Mistake) -> String {
        if next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") { return try string(multiline: false) }
        let start = position
        while let byte = next,
            (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || (byte >= 0x30 && byte <= 0x39) || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: "-")
        { position += 1 }
        if start == position { throw mistake("expected a key but found \(shown(next))") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    // MARK: Values

    private mutating func value() throws(Mistake) -> GoValue {
        depth += 1
        defer { depth -= 1 }
        if depth > 200 { throw mistake("nested too deeply") }
        switch next {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try string(multiline: true))
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "{"): return try inlineTable()
        case nil: throw mistake("unexpected EOF; expected value")
        default: return try word()
        }
    }

    private mutating func array() throws(Mistake) -> GoValue {
        position += 1
        var items: [GoValue] = []
        skipBlank()
        while !take("]") {
            items.append(try value())
            skipBlank()
            if take(",") {
                skipBlank()
            } else if next != UInt8(ascii: "]") {
                throw mistake("expected a comma (',') or array terminator (']'), but got \(shown(next))")
            }
        }
        return .list(items)
    }

    private mutating func inlineTable() throws(Mistake) -> GoValue {
        position += 1
        let table = GoMap()
        skipBlank()
        while !take("}") {
            try pair(into: table)
            skipBlank()
            if take(",") {
                skipBlank()
            } else if next != UInt8(ascii: "}") {
                throw mistake("expected a comma or an inline table terminator '}', but got \(shown(next)) instead")
            }
        }
        inline.insert(ObjectIdentifier(table))
        return .map(table)
    }

    /// A boolean, number or date.
    private mutating func word() throws(Mistake) -> GoValue {
        let start = position
        while let byte = next, !" \t\r\n,]}#".utf8.contains(byte) { position += 1 }
        var text = String(decoding: bytes[start..<position], as: UTF8.self)
        // A date and its time may be separated by one space.
        if text.utf8.count == 10, text.utf8.dropFirst(4).first == UInt8(ascii: "-"), next == 0x20,
            position + 1 < bytes.count, bytes[position + 1] >= 0x30, bytes[position + 1] <= 0x39
        {
            let timeStart = position + 1
            position = timeStart
            while let byte = next, !" \t\r\n,]}#".utf8.contains(byte) { position += 1 }
            text += "T" + String(decoding: bytes[timeStart..<position], as: UTF8.self)
        }
        switch text {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "inf", "+inf": return .float(.infinity)
        case "-inf": return .float(-.infinity)
        case "nan", "+nan", "-nan": return .float(.nan)
        default: break
        }
        if let date = date(text) { return date }
        let digits = text.filter { $0 != "_" }
        let isUnderscored = text.hasPrefix("_") || text.hasSuffix("_") || text.contains("__")
        if !isUnderscored {
            for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.hasPrefix(prefix) {
                if let number = Int(digits.dropFirst(2), radix: radix) { return .int64(number) }
            }
            let unsigned = digits.drop { $0 == "+" || $0 == "-" }
            let hasLeadingZero =
                unsigned.count > 1 && unsigned.hasPrefix("0") && !"eE.".contains(unsigned.dropFirst().first ?? " ")
            if !hasLeadingZero {
                if let number = Int(digits) { return .int64(number) }
                let isFloat = !unsigned.hasPrefix(".") && !digits.hasSuffix(".") && !digits.contains(".e")
                if isFloat, let number = GoCast.parseFloat(digits), unsigned.first?.isNumber == true {
                    return .float(number)
                }
            }
        }
        position = start
        throw mistake("expected value but found \(shown(next)) instead")
    }

    private func date(_ text: String) -> GoValue? {
        let layouts = [
            "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02", "15:04:05",
        ]
        guard text.utf8.count >= 8, let first = text.utf8.first, first >= 0x30, first <= 0x39 else { return nil }
        for layout in layouts {
            // Not of this layout: the next is tried.
            if let instant = try? GoInstant(text, layout: layout, in: .utc) { return .object(TimeObject(instant)) }
        }
        return nil
    }

    private mutating func string(multiline: Bool) throws(Mistake) -> String {
        let quote = next ?? 0
        let isLiteral = quote == UInt8(ascii: "'")
        position += 1
        var isMultiline = false
        if next == quote {
            position += 1
            guard multiline, next == quote else { return "" }
            position += 1
            isMultiline = true
            if next == 0x0D { position += 1 }
            if next == 0x0A { position += 1 }
        }
        var output: [UInt8] = []
        while true {
            guard let byte = next else {
                throw mistake("unexpected EOF; expected '\(Character(Unicode.Scalar(quote)))'")
            }
            if byte == quote {
                if !isMultiline {
                    position += 1
                    break
                }
                let run = bytes[position...].prefix { $0 == quote }.count
                if run >= 3 {
                    // Up to two quotes may stand right before the closing three.
                    output += [UInt8](repeating: quote, count: min(run - 3, 2))
                    position += min(run, 5)
                    break
                }
            }
            if !isMultiline, byte == 0x0A { throw mistake("strings cannot contain newlines") }
            position += 1
            if byte == UInt8(ascii: "\\"), !isLiteral {
                try escape(into: &output, isMultiline: isMultiline)
            } else {
                output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private mutating func escape(into output: inout [UInt8], isMultiline: Bool) throws(Mistake) {
        guard let byte = next else { throw mistake("unexpected EOF") }
        position += 1
        let simple: [UInt8: UInt8] = [
            UInt8(ascii: "b"): 8, UInt8(ascii: "t"): 9, UInt8(ascii: "n"): 10, UInt8(ascii: "f"): 12,
            UInt8(ascii: "r"): 13, UInt8(ascii: "e"): 27, UInt8(ascii: "\""): 34, UInt8(ascii: "\\"): 92,
        ]
        if let plain = simple[byte] {
            output.append(plain)
            return
        }
        switch byte {
        case UInt8(ascii: "u"), UInt8(ascii: "U"), UInt8(ascii: "x"):
            let width = byte == UInt8(ascii: "u") ? 4 : byte == UInt8(ascii: "U") ? 8 : 2
            let digits = bytes[position...].prefix(width)
            guard digits.count == width, let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16),
                let scalar = Unicode.Scalar(value)
            else { throw mistake("expected \(width) hexadecimal digits after '\\\(Character(Unicode.Scalar(byte)))'") }
            position += width
            output += String(Character(scalar)).utf8
        case 0x20, 0x09, 0x0A, 0x0D:
            guard isMultiline else { throw mistake("invalid escape character") }
            // A backslash at the end of a line joins it with the next text.
            while let blank = next, " \t\r\n".utf8.contains(blank) { position += 1 }
        default: throw mistake("invalid escape character '\\\(Character(Unicode.Scalar(byte)))'")
        }
    }

    // MARK: Space

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let byte = next, UInt32(byte) == character.value else { return false }
        position += 1
        return true
    }

    private mutating func skipSpaces() { while next == 0x20 || next == 0x09 { position += 1 } }

    /// Spaces, line ends and comments.
    private mutating func skipBlank() {
        while let byte = next {
            if byte == UInt8(ascii: "#") {
                while position < bytes.count, bytes[position] != 0x0A { position += 1 }
            } else if " \t\r\n".utf8.contains(byte) {
                position += 1
            } else {
                return
            }
        }
    }

    private mutating func endOfLine() throws(Mistake) {
        skipSpaces()
        if next == 0x0D { position += 1 }
        if next == nil || next == 0x0A || next == UInt8(ascii: "#") { return }
        throw mistake("expected newline but found \(shown(next)) instead")
    }

    private func shown(_ byte: UInt8?) -> String {
        byte.map { $0 == 0x0A ? "'\\n'" : "'\(Character(Unicode.Scalar($0)))'" } ?? "EOF"
    }

    private func mistake(_ message: String) -> Mistake {
        let line = 1 + bytes[..<min(position, bytes.count)].reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
        let key = lastKey.isEmpty ? "" : " (last key \(GoQuotation.quote(lastKey)))"
        return Mistake(message: "toml: line \(line)\(key): \(message)")
    }
}
