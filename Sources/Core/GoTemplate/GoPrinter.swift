/// One run of `Sprintf`: verbs, flags, widths, argument numbers, and Go's notes about what does not fit.
struct GoPrinter {
    private(set) var output: [UInt8] = []
    private let values: [GoValue]
    private var walked = 0

    var plus = false
    var minus = false
    var sharp = false
    /// `%#v`: values as Go source writes them.
    private var isGoSyntax = false
    var space = false
    var zero = false
    var width: Int?
    var precision: Int?

    init(_ values: [GoValue]) { self.values = values }

    // MARK: The format string

    mutating func run(_ format: [UInt8]) {
        var index = 0
        var argument = 0
        var reordered = false
        while index < format.count {
            let start = index
            while index < format.count, format[index] != UInt8(ascii: "%") { index += 1 }
            output.append(contentsOf: format[start..<index])
            guard index < format.count else { break }
            index += 1
            plus = false
            minus = false
            sharp = false
            isGoSyntax = false
            space = false
            zero = false
            width = nil
            precision = nil
            var goodNumber = true
            flags: while index < format.count {
                switch format[index] {
                case UInt8(ascii: "#"): sharp = true
                case UInt8(ascii: "0"): zero = true
                case UInt8(ascii: "+"): plus = true
                case UInt8(ascii: "-"): minus = true
                case UInt8(ascii: " "): space = true
                default: break flags
                }
                index += 1
            }
            var afterIndex = argumentNumber(format, &index, &argument, &reordered, &goodNumber)
            if index < format.count, format[index] == UInt8(ascii: "*") {
                index += 1
                width = starred(&argument)
                if width == nil { output.append(contentsOf: "%!(BADWIDTH)".utf8) }
                if let negative = width, negative < 0 {
                    width = -negative
                    minus = true
                    zero = false
                }
                afterIndex = false
            } else if let number = digits(format, &index) {
                width = number
                if afterIndex { goodNumber = false }
            }
            if index < format.count, format[index] == UInt8(ascii: ".") {
                index += 1
                if afterIndex { goodNumber = false }
                afterIndex = argumentNumber(format, &index, &argument, &reordered, &goodNumber)
                if index < format.count, format[index] == UInt8(ascii: "*") {
                    index += 1
                    precision = starred(&argument)
                    if let negative = precision, negative < 0 { precision = nil }
                    if precision == nil { output.append(contentsOf: "%!(BADPREC)".utf8) }
                    afterIndex = false
                } else {
                    precision = digits(format, &index) ?? 0
                }
            }
            if !afterIndex {
                _ = argumentNumber(format, &index, &argument, &reordered, &goodNumber)
            }
            guard index < format.count else {
                output.append(contentsOf: "%!(NOVERB)".utf8)
                break
            }
            let (scalar, length) = GoFormat.decodeScalar(format, at: index)
            index += length
            let verb = scalar ?? "\u{FFFD}"
            switch verb {
            case "%": output.append(UInt8(ascii: "%"))
            case _ where !goodNumber: note("%!", verb, "(BADINDEX)")
            case _ where argument >= values.count: note("%!", verb, "(MISSING)")
            default:
                let value = values[argument]
                argument += 1
                format1(value, verb)
            }
        }
        if !reordered, argument < values.count {
            width = nil
            precision = nil
            output.append(contentsOf: "%!(EXTRA ".utf8)
            for (position, value) in values[argument...].enumerated() {
                if position > 0 { output.append(contentsOf: ", ".utf8) }
                if value.isNil {
                    output.append(contentsOf: "<nil>".utf8)
                } else {
                    output.append(contentsOf: "\(value.typeName)=".utf8)
                    GoFormat.append(value, to: &output)
                }
            }
            output.append(UInt8(ascii: ")"))
        }
    }

    private func digits(_ format: [UInt8], _ index: inout Int) -> Int? {
        var number: Int?
        while index < format.count, (0x30...0x39).contains(format[index]) {
            number = min((number ?? 0) * 10 + Int(format[index] - 0x30), 1_000_001)
            index += 1
        }
        return number.map { min($0, 1_000_000) }
    }

    private func argumentNumber(
        _ format: [UInt8],
        _ index: inout Int,
        _ argument: inout Int,
        _ reordered: inout Bool,
        _ isGood: inout Bool
    ) -> Bool {
        guard index < format.count, format[index] == UInt8(ascii: "[") else { return false }
        reordered = true
        guard let end = format[index...].firstIndex(of: UInt8(ascii: "]")) else {
            isGood = false
            index += 1
            return false
        }
        var position = index + 1
        let number = digits(format, &position)
        index = end + 1
        guard let number, position == end, number >= 1, number <= values.count else {
            isGood = false
            return true
        }
        argument = number - 1
        return true
    }

    private func starred(_ argument: inout Int) -> Int? {
        guard argument < values.count else { return nil }
        let value = values[argument]
        argument += 1
        guard let number = value.integer, abs(number) <= 1_000_000 else { return nil }
        return number
    }

    private mutating func note(_ prefix: String, _ verb: Unicode.Scalar, _ suffix: String) {
        output.append(contentsOf: prefix.utf8)
        output.append(contentsOf: UTF8.encode(verb) ?? .init())
        output.append(contentsOf: suffix.utf8)
    }

    // MARK: One value

    private mutating func format1(_ value: GoValue, _ verb: Unicode.Scalar) {
        // With this verb the flags ask for another form of the value, not for signs and prefixes.
        if verb == "v" {
            isGoSyntax = sharp
            sharp = false
            plus = false
        }
        switch verb {
        case "T": return pad(Array(value.typeName.utf8))
        case "v" where value.isNil: return pad(Array("<nil>".utf8))
        case "p", "w": return badVerb(value, verb)
        default: break
        }
        if value.isNil { return badVerb(value, verb) }
        write(value, verb, depth: 0)
    }

    private mutating func badVerb(_ value: GoValue, _ verb: Unicode.Scalar) {
        note("%!", verb, "(")
        if value.isNil {
            output.append(contentsOf: "<nil>".utf8)
        } else {
            output.append(contentsOf: "\(value.typeName)=".utf8)
            write(value, "v", depth: 0)
        }
        output.append(UInt8(ascii: ")"))
    }

    private mutating func write(_ value: GoValue, _ verb: Unicode.Scalar, depth: Int) {
        walked += 1
        if depth > GoValue.depthLimit || walked > GoValue.walkLimit {
            return output.append(contentsOf: "...".utf8)
        }
        switch value {
        case .none, .null:
            output.append(contentsOf: (isGoSyntax ? "interface {}(nil)" : "<nil>").utf8)
        case .bool(let flag):
            if verb == "t" || verb == "v" { pad(Array((flag ? "true" : "false").utf8)) } else { badVerb(value, verb) }
        case .int(let number), .int64(let number): integer(UInt(number.magnitude), number < 0, value, verb)
        case .sized(let number, let kind):
            if kind.isUnsigned {
                if isGoSyntax {
                    pad(Array("0x\(String(UInt(bitPattern: number), radix: 16))".utf8))
                } else {
                    integer(UInt(bitPattern: number), false, value, verb)
                }
            } else {
                integer(number.magnitude, number < 0, value, verb)
            }
        case .float(let number): float(number, value, verb)
        case .string(let text): string(Array(text.utf8), value, verb)
        case .rawString(let bytes): string(bytes, value, verb)
        case .bytes(let bytes):
            switch verb {
            case "s", "q", "x", "X": string(bytes, value, verb)
            default:
                printList(bytes.map { .sized(Int($0), .uint8) }, "uint8", verb, depth)
            }
        case .list(let list): printList(list.items, list.element.name, verb, depth)
        case .map(let map):
            map.sortKeys()
            if isGoSyntax {
                output.append(contentsOf: "\(value.typeName){".utf8)
            } else {
                output.append(contentsOf: "map[".utf8)
            }
            for (index, entry) in map.entries.enumerated() {
                if index > 0 { output.append(contentsOf: (isGoSyntax ? ", " : " ").utf8) }
                write(.string(entry.key), verb, depth: depth + 1)
                output.append(UInt8(ascii: ":"))
                write(entry.value, verb, depth: depth + 1)
            }
            output.append(UInt8(ascii: isGoSyntax ? "}" : "]"))
        case .object(let object):
            switch verb {
            case "v", "s": string(Array(object.text.utf8), value, "s")
            case "q": string(Array(object.text.utf8), value, verb)
            default:
                if let underlying = object.underlying {
                    write(underlying, verb, depth: depth)
                } else {
                    badVerb(value, verb)
                }
            }
        }
    }

    private mutating func printList(_ items: [GoValue], _ element: String, _ verb: Unicode.Scalar, _ depth: Int) {
        output.append(contentsOf: (isGoSyntax ? "[]\(element){" : "[").utf8)
        for (index, item) in items.enumerated() {
            if index > 0 { output.append(contentsOf: (isGoSyntax ? ", " : " ").utf8) }
            write(item, verb, depth: depth + 1)
        }
        output.append(UInt8(ascii: isGoSyntax ? "}" : "]"))
    }

    private mutating func string(_ bytes: [UInt8], _ value: GoValue, _ verb: Unicode.Scalar) {
        switch verb {
        case "v" where isGoSyntax:
            var quoted: [UInt8] = []
            GoFormat.appendQuoted(bytes, to: &quoted, onlyASCII: false)
            pad(quoted)
        case "v", "s": pad(truncated(bytes))
        case "q":
            let text = truncated(bytes)
            if sharp, !text.contains(UInt8(ascii: "`")),
                !text.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F })
            {
                return pad([UInt8(ascii: "`")] + text + [UInt8(ascii: "`")])
            }
            var quoted: [UInt8] = []
            GoFormat.appendQuoted(text, to: &quoted, onlyASCII: plus)
            pad(quoted)
        case "x", "X":
            var hex: [UInt8] = []
            let count = precision.map { min($0, bytes.count) } ?? bytes.count
            let mark: [UInt8] = [0x30, verb == "x" ? UInt8(ascii: "x") : UInt8(ascii: "X")]
            for index in 0..<count {
                if index > 0, space { hex.append(0x20) }
                if sharp, index == 0 || space { hex += mark }
                for nibble in [bytes[index] >> 4, bytes[index] & 15] {
                    let digit = GoFormat.hexDigit(nibble)
                    hex.append(verb == "X" && digit >= 0x61 ? digit - 32 : digit)
                }
            }
            pad(hex)
        default: badVerb(value, verb)
        }
    }

    /// The first `precision` characters.
    private func truncated(_ bytes: [UInt8]) -> [UInt8] {
        guard let precision else { return bytes }
        var index = 0
        var count = 0
        while index < bytes.count, count < precision {
            index += GoFormat.decodeScalar(bytes, at: index).1
            count += 1
        }
        return Array(bytes[..<index])
    }

    /// Appends text, filled up to the width.
    mutating func pad(_ text: [UInt8], zeros: Bool? = nil) {
        guard let width else { return output.append(contentsOf: text) }
        let length = text.reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
        let fill = max(0, width - length)
        if minus {
            output.append(contentsOf: text)
            output.append(contentsOf: repeatElement(0x20, count: fill))
        } else {
            output.append(contentsOf: repeatElement(zeros ?? zero ? 0x30 : 0x20, count: fill))
            output.append(contentsOf: text)
        }
    }

    mutating func reportBadVerb(_ value: GoValue, _ verb: Unicode.Scalar) { badVerb(value, verb) }
}
