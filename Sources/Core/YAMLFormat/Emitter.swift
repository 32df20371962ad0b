import StructuredValue

/// Writes values in block style, byte for byte as Go's library lays them out.
///
/// The output's state is that of libyaml's emitter: the column, whether the last thing written was white space, and
/// whether only indentation and indicators stand on the line so far. Where spaces and line breaks go follows from it.
struct Emitter {
    private(set) var output: [UInt8] = []
    let style: YAML.Style

    private var column = 0
    private var endsInSpace = true
    private var isIndention = true
    private var indent = -1

    init(_ style: YAML.Style) {
        self.style = style
        output.reserveCapacity(256)
    }

    mutating func document(_ value: Value) {
        node(value, .root)
        indent = -1
        writeIndent()
    }

    /// Where a node stands.
    enum Context { case root, item, key, value }

    private mutating func node(_ value: Value, _ context: Context) {
        switch value {
        case .object(let object):
            object.isEmpty ? writeIndicator("{", spaced: true) : mapping(object, context)
            if object.isEmpty { writeIndicator("}", spaced: false) }
        case .array(let items):
            if items.isEmpty {
                writeIndicator("[", spaced: true)
                writeIndicator("]", spaced: false)
            } else {
                sequence(items, context)
            }
        case .null: writePlain("null", context)
        case .bool(let flag): writePlain(flag ? "true" : "false", context)
        case .int(let number): writePlain(String(number), context)
        case .double(let number): writePlain(numberText(number), context)
        case .number(let text): writePlain(literalText(text), context)
        case .string(let text): string(text, context)
        }
    }

    private mutating func mapping(_ object: Object, _ context: Context) {
        let outer = indent
        increaseIndent()
        if style.sortsKeys {
            for pair in KeyOrder.sorted(object, pretty: style.indentsSequences) { entry(pair) }
        } else {
            for pair in object { entry(pair) }
        }
        indent = outer
    }

    private mutating func entry(_ pair: Object.Pair) {
        writeIndent()
        let analysis = ScalarAnalysis(pair.key, tabsAreSpecial: !style.indentsSequences)
        if !analysis.isMultiline, pair.key.utf8.count <= 128 {
            scalar(pair.key, analysis, .key)
            writeIndicator(":", spaced: false)
        } else {
            writeIndicator("?", spaced: true, isIndention: true)
            scalar(pair.key, analysis, .value)
            writeIndent()
            writeIndicator(":", spaced: true, isIndention: true)
        }
        node(pair.value, .value)
    }

    private mutating func sequence(_ items: [Value], _ context: Context) {
        let outer = indent
        let isBelowKey = context == .value && !isIndention
        if !(isBelowKey && !style.indentsSequences) { increaseIndent() }
        for item in items {
            writeIndent()
            writeIndicator("-", spaced: true, isIndention: true)
            node(item, .item)
        }
        indent = outer
    }

    private mutating func increaseIndent() { indent = indent < 0 ? 0 : indent + 2 }

    // MARK: Scalars

    private mutating func string(_ text: String, _ context: Context) {
        scalar(text, ScalarAnalysis(text, tabsAreSpecial: !style.indentsSequences), context)
    }

    private mutating func scalar(_ text: String, _ analysis: ScalarAnalysis, _ context: Context) {
        var text = text
        let isPretty = style.indentsSequences
        text.withUTF8 { bytes in
            let form = analysis.form(bytes, isKey: context == .key, isPretty: isPretty)
            let outer = indent
            indent = indent < 0 ? 2 : indent + 2
            switch form {
            case .plain: plain(bytes, wraps: context != .key)
            case .singleQuoted: singleQuoted(bytes, wraps: context != .key)
            case .doubleQuoted: doubleQuoted(bytes, wraps: context != .key)
            case .literal: literal(bytes)
            }
            indent = outer
        }
    }

    private mutating func writePlain(_ text: String, _ context: Context) {
        if !endsInSpace { put(0x20) }
        for byte in text.utf8 { put(byte) }
        endsInSpace = false
        isIndention = false
    }

    private mutating func plain(_ bytes: UnsafeBufferPointer<UInt8>, wraps: Bool) {
        if !endsInSpace { put(0x20) }
        let width = wraps ? style.lineWidth ?? .max : .max
        // Nothing can be broken: copied as it is.
        if column + bytes.count <= width {
            write(bytes)
        } else {
            var wasSpace = false
            for index in bytes.indices {
                let byte = bytes[index]
                if byte == 0x20 {
                    if !wasSpace, column > width, index + 1 < bytes.count, bytes[index + 1] != 0x20 {
                        writeIndent()
                    } else {
                        put(byte)
                    }
                    wasSpace = true
                } else {
                    put(byte)
                    isIndention = false
                    wasSpace = false
                }
            }
        }
        endsInSpace = false
        isIndention = false
    }

    private mutating func singleQuoted(_ bytes: UnsafeBufferPointer<UInt8>, wraps: Bool) {
        writeIndicator("'", spaced: true)
        let width = wraps ? style.lineWidth ?? .max : .max
        var wasSpace = false
        var wasBreak = false
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            let breakWidth = lineBreakWidth(bytes, at: index)
            if byte == 0x20 {
                if !wasSpace, column > width, index > 0, index < bytes.count - 1, bytes[index + 1] != 0x20 {
                    writeIndent()
                } else {
                    put(byte)
                }
                wasSpace = true
            } else if breakWidth > 0 {
                if !wasBreak, byte == 0x0A { breakLine() }
                writeBreak(bytes, at: index)
                isIndention = true
                wasBreak = true
            } else {
                if wasBreak { writeIndent() }
                if byte == UInt8(ascii: "'") { put(byte) }
                put(byte)
                isIndention = false
                wasSpace = false
                wasBreak = false
            }
            index += max(1, byte == 0x0D ? 1 : breakWidth)
        }
        writeIndicator("'", spaced: false)
        isIndention = false
    }

    private mutating func doubleQuoted(_ bytes: UnsafeBufferPointer<UInt8>, wraps: Bool) {
        writeIndicator("\"", spaced: true)
        // The Go library looks for a byte order mark at the start whichever character it is at.
        let escapesAll = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        let width = wraps ? style.lineWidth ?? .max : .max
        var wasSpace = false
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            let length = characterLength(byte)
            if escapesAll || byte == 0x22 || byte == 0x5C || !isPrintable(bytes, at: index)
                || lineBreakWidth(bytes, at: index) > 0
            {
                escape(scalarValue(bytes, at: index, length: length))
                wasSpace = false
            } else if byte == 0x20 {
                if wraps, !wasSpace, column > width, index > 0, index < bytes.count - 1 {
                    writeIndent()
                    if bytes[index + 1] == 0x20 { put(UInt8(ascii: "\\")) }
                } else {
                    put(byte)
                }
                wasSpace = true
            } else {
                for offset in 0..<length { put(bytes[index + offset]) }
                wasSpace = false
            }
            index += length
        }
        writeIndicator("\"", spaced: false)
        isIndention = false
    }

    private mutating func escape(_ scalar: UInt32) {
        put(UInt8(ascii: "\\"))
        let short: StaticString? =
            switch scalar {
            case 0x00: "0"
            case 0x07: "a"
            case 0x08: "b"
            case 0x09: "t"
            case 0x0A: "n"
            case 0x0B: "v"
            case 0x0C: "f"
            case 0x0D: "r"
            case 0x1B: "e"
            case 0x22: "\""
            case 0x5C: "\\"
            case 0x85: "N"
            case 0xA0: "_"
            case 0x2028: "L"
            case 0x2029: "P"
            default: nil
            }
        if let short {
            put(short.utf8Start.pointee)
            return
        }
        let digits = scalar <= 0xFF ? 2 : scalar <= 0xFFFF ? 4 : 8
        put(digits == 2 ? UInt8(ascii: "x") : digits == 4 ? UInt8(ascii: "u") : UInt8(ascii: "U"))
        for place in (0..<digits).reversed() {
            let digit = UInt8(truncatingIfNeeded: scalar >> (UInt32(place) * 4)) & 0x0F
            put(digit < 10 ? digit + 0x30 : digit + 0x37)
        }
    }

    private mutating func literal(_ bytes: UnsafeBufferPointer<UInt8>) {
        writeIndicator("|", spaced: true)
        if bytes[0] == 0x20 || lineBreakWidth(bytes, at: 0) > 0 { writeIndicator("2", spaced: false) }
        if let chomping = chomping(of: bytes) { writeIndicator(chomping, spaced: false) }
        breakLine()
        isIndention = true
        endsInSpace = true
        var wasBreak = true
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            let breakWidth = byte == 0x0D ? 1 : lineBreakWidth(bytes, at: index)
            if breakWidth > 0 {
                writeBreak(bytes, at: index)
                isIndention = true
                wasBreak = true
                index += breakWidth
            } else {
                if wasBreak { writeIndent() }
                put(byte)
                isIndention = false
                wasBreak = false
                index += 1
            }
        }
    }

    /// What is said about line breaks at the end: nothing for exactly one, `-` for none, `+` for more.
    private func chomping(of bytes: UnsafeBufferPointer<UInt8>) -> StaticString? {
        let last = characterStart(bytes, before: bytes.count)
        guard lineBreakWidth(bytes, at: last) > 0 else { return "-" }
        if last == 0 { return "+" }
        return lineBreakWidth(bytes, at: characterStart(bytes, before: last)) > 0 ? "+" : nil
    }

    private func characterStart(_ bytes: UnsafeBufferPointer<UInt8>, before end: Int) -> Int {
        var index = end - 1
        while index > 0, bytes[index] & 0xC0 == 0x80 { index -= 1 }
        return index
    }

    // MARK: Characters

    @inline(__always)
    private mutating func put(_ byte: UInt8) {
        output.append(byte)
        if byte & 0xC0 != 0x80 { column += 1 }
    }

    private mutating func write(_ bytes: UnsafeBufferPointer<UInt8>) {
        output.append(contentsOf: bytes)
        for byte in bytes where byte & 0xC0 != 0x80 { column += 1 }
    }

    private mutating func breakLine() {
        output.append(0x0A)
        column = 0
    }

    /// One line break of a text, of whatever kind it is.
    private mutating func writeBreak(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) {
        if bytes[index] == 0x0A { return breakLine() }
        for offset in 0..<(bytes[index] == 0x0D ? 1 : lineBreakWidth(bytes, at: index)) {
            output.append(bytes[index + offset])
        }
        column = 0
    }

    private mutating func writeIndent() {
        let target = max(indent, 0)
        if !isIndention || column > target || (column == target && !endsInSpace) { breakLine() }
        while column < target { put(0x20) }
        endsInSpace = true
        isIndention = true
    }

    private mutating func writeIndicator(_ text: StaticString, spaced: Bool, isIndention keepsIndention: Bool = false) {
        if spaced, !endsInSpace { put(0x20) }
        text.withUTF8Buffer { for byte in $0 { put(byte) } }
        endsInSpace = false
        isIndention = isIndention && keepsIndention
    }

    // MARK: Numbers

    private func numberText(_ number: Double) -> String {
        if !style.indentsSequences {
            // This text went through JSON, where whole numbers lose their kind.
            if let integer = Int(exactly: number) { return String(integer) }
            if let integer = UInt64(exactly: number) { return String(integer) }
        }
        return formatForGo(number)
    }

    /// A number kept as its JSON text goes through the reader's rules, as it does in Go.
    private func literalText(_ text: String) -> String {
        var text = text
        let value = text.withUTF8 { resolvePlain($0) }
        return switch value {
        case .int(let number): String(number)
        case .double(let number): formatForGo(number)
        case .number(let digits): digits
        default: text
        }
    }
}
