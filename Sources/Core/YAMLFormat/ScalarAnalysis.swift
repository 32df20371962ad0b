import StructuredValue

/// What a text holds that decides how it may be written.
struct ScalarAnalysis {
    /// The ways a scalar can be written.
    enum Form { case plain, singleQuoted, doubleQuoted, literal }

    private(set) var isMultiline = false
    private var isEmpty = false
    private var allowsPlain = true
    private var allowsSingleQuotes = true
    private var allowsLiteral = true
    private var hasNewline = false

    init(_ text: String, tabsAreSpecial: Bool) {
        var text = text
        self = text.withUTF8 { ScalarAnalysis($0, tabsAreSpecial: tabsAreSpecial) }
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>, tabsAreSpecial: Bool) {
        guard let first = bytes.first else {
            isEmpty = true
            allowsLiteral = false
            return
        }
        if Self.isPlainWord(bytes) { return }

        var hasIndicator = bytes.starts(with: [0x2D, 0x2D, 0x2D]) || bytes.starts(with: [0x2E, 0x2E, 0x2E])
        var hasSpecial = false
        var hasTab = false
        var spaceAfterBreak = false
        var breakAfterSpace = false
        var wasSpace = false
        var wasBreak = false
        var followsBlank = true
        var endsInSpace = false
        var endsInBreak = false

        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            let length = characterLength(byte)
            let next = index + length
            let precedesBlank = next >= bytes.count || bytes[next] == 0x20 || bytes[next] == 0x09
            switch byte {
            case UInt8(ascii: "#") where index > 0: if followsBlank { hasIndicator = true }
            case UInt8(ascii: "#"), UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
                UInt8(ascii: "}"), UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "!"), UInt8(ascii: "|"),
                UInt8(ascii: ">"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "%"), UInt8(ascii: "@"),
                UInt8(ascii: "`"):
                if index == 0 { hasIndicator = true }
            case UInt8(ascii: ":"): if precedesBlank { hasIndicator = true }
            case UInt8(ascii: "?"), UInt8(ascii: "-"): if index == 0, precedesBlank { hasIndicator = true }
            default: break
            }
            if byte == 0x09, !tabsAreSpecial {
                hasTab = true
            } else if !isPrintable(bytes, at: index) {
                hasSpecial = true
            }
            let isBreak = lineBreakWidth(bytes, at: index) > 0
            if byte == 0x20 {
                if wasBreak { spaceAfterBreak = true }
                endsInSpace = next == bytes.count
                wasSpace = true
                wasBreak = false
            } else if isBreak {
                isMultiline = true
                if byte == 0x0A { hasNewline = true }
                if wasSpace { breakAfterSpace = true }
                endsInBreak = next >= bytes.count
                wasSpace = false
                wasBreak = true
            } else {
                wasSpace = false
                wasBreak = false
            }
            followsBlank = byte == 0x20 || byte == 0x09 || byte == 0 || isBreak
            index = next
        }

        let beginsBlank = first == 0x20 || lineBreakWidth(bytes, at: 0) > 0
        if beginsBlank || endsInSpace || endsInBreak || isMultiline || hasIndicator { allowsPlain = false }
        if endsInSpace { allowsLiteral = false }
        if spaceAfterBreak {
            allowsPlain = false
            allowsSingleQuotes = false
        }
        if breakAfterSpace || hasSpecial || hasTab {
            allowsPlain = false
            allowsSingleQuotes = false
        }
        if breakAfterSpace || hasSpecial { allowsLiteral = false }
    }

    /// Letters, digits and a few marks only, beginning with a letter: most texts of manifests. Nothing about them is special.
    private static func isPlainWord(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = bytes.first, first | 0x20 >= 0x61, first | 0x20 <= 0x7A else { return false }
        for byte in bytes {
            switch byte {
            case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"),
                UInt8(ascii: "_"), UInt8(ascii: "="):
                continue
            default: return false
            }
        }
        return true
    }

    /// How Go's library writes the text: plain if it then still is this text, in a block if it has lines, else in quotes.
    func form(_ bytes: UnsafeBufferPointer<UInt8>, isKey: Bool, isPretty: Bool) -> Form {
        if hasNewline {
            if !isMultiline || !allowsLiteral || isKey { return .doubleQuoted }
            return .literal
        }
        guard staysText(bytes, isPretty: isPretty) else { return .doubleQuoted }
        if allowsPlain { return .plain }
        return allowsSingleQuotes ? .singleQuoted : .doubleQuoted
    }

    /// Whether the plain text would be read as a text, also by readers that know numbers of base 60 and old booleans.
    private func staysText(_ bytes: UnsafeBufferPointer<UInt8>, isPretty: Bool) -> Bool {
        guard let first = bytes.first else { return false }
        switch first {
        case 0x30...0x39, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            guard case .string = resolvePlain(bytes) else { return false }
            if bytes.count > 4, bytes[4] == UInt8(ascii: "-"), isTimestamp(Array(bytes)) { return false }
            return !isBase60(bytes)
        default:
            // Old booleans are quoted by the newer library too.
            guard bytes.count <= 5, case .string = resolvePlain(bytes) else { return bytes.count > 5 }
            return true
        }
    }

    /// `12:30:45` and the like: digits, then groups of one or two digits after colons.
    private func isBase60(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var index = 0
        if bytes[0] == UInt8(ascii: "+") || bytes[0] == UInt8(ascii: "-") { index = 1 }
        func digit(_ at: Int) -> UInt8? {
            at < bytes.count && (0x30...0x39).contains(bytes[at]) ? bytes[at] - 0x30 : nil
        }
        guard digit(index) != nil else { return false }
        while digit(index) != nil || index < bytes.count && bytes[index] == UInt8(ascii: "_") { index += 1 }
        var groups = 0
        while index < bytes.count, bytes[index] == UInt8(ascii: ":"), let high = digit(index + 1) {
            index += 2
            groups += 1
            if high <= 5, digit(index) != nil { index += 1 }
        }
        guard groups > 0 else { return false }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            while digit(index) != nil || index < bytes.count && bytes[index] == UInt8(ascii: "_") { index += 1 }
        }
        return index == bytes.count
    }
}

/// How many bytes the character that begins with this byte takes.
@inline(__always)
func characterLength(_ byte: UInt8) -> Int {
    byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
}

/// The scalar value of the character at `index`.
func scalarValue(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int, length: Int) -> UInt32 {
    if length == 1 { return UInt32(bytes[index]) }
    var value = UInt32(bytes[index]) & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
    for offset in 1..<length { value = value << 6 | UInt32(bytes[index + offset] & 0x3F) }
    return value
}

/// Whether libyaml writes the character as it is: neither control characters nor anything beyond U+FFFF.
@inline(__always)
func isPrintable(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
    let byte = bytes[index]
    switch byte {
    case 0x0A, 0x20...0x7E: return true
    case 0xC2: return bytes[index + 1] >= 0xA0
    case 0xC3...0xEC, 0xEE: return true
    case 0xED: return bytes[index + 1] < 0xA0
    case 0xEF:
        let isMark = bytes[index + 1] == 0xBB && bytes[index + 2] == 0xBF
        let isNoCharacter = bytes[index + 1] == 0xBF && bytes[index + 2] >= 0xBE
        return !isMark && !isNoCharacter
    default: return false
    }
}
