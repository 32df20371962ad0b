import StructuredValue

/// Why a tag does not fit its scalar.
struct TagMismatch: Error {
    var message: String
    var goMessage: String
}

/// The value of a scalar with a tag like `!!str` or `!!int`; tags of other kinds leave the text as it is.
func resolveTagged(
    _ tag: UnsafePointer<CChar>,
    _ bytes: UnsafeBufferPointer<UInt8>
) throws(TagMismatch) -> Value {
    let text = String(decoding: bytes, as: UTF8.self)
    let prefix = "tag:yaml.org,2002:"
    let name = String(cString: tag)
    guard name.hasPrefix(prefix) else { return .string(text) }
    let wanted = String(name.dropFirst(prefix.count))
    switch wanted {
    case "int", "float", "bool", "null": break
    case "timestamp":
        guard isTimestamp(Array(bytes)) else { throw mismatch(text, "str", wanted) }
        return .string(text)
    case "binary":
        guard let decoded = Base64.decode(String(decoding: bytes, as: UTF8.self)) else {
            throw TagMismatch(
                message: "this is no base64 text, which “!!binary” asks for",
                goMessage: "!!binary value contains invalid base64 data"
            )
        }
        return .string(String(decoding: decoded, as: UTF8.self))
    default: return .string(text)
    }
    let value = resolvePlain(bytes)
    switch (value, wanted) {
    case (.null, "null"), (.bool, "bool"), (.int, "float"), (.number, "float"), (.double, "float"): return value
    case (.int, "int"), (.number, "int"):
        if text.utf8.contains(where: { $0 == UInt8(ascii: ".") }) { throw mismatch(text, "float", wanted) }
        return value
    case (.null, _): throw mismatch(text, "null", wanted)
    case (.bool, _): throw mismatch(text, "bool", wanted)
    case (.int, _), (.number, _): throw mismatch(text, "int", wanted)
    case (.double, _): throw mismatch(text, "float", wanted)
    default: throw mismatch(text, "str", wanted)
    }
}

private func mismatch(_ text: String, _ found: String, _ wanted: String) -> TagMismatch {
    TagMismatch(
        message: "“\(text)” is not what its tag “!!\(wanted)” says",
        goMessage: "cannot decode !!\(found) `\(text)` as a !!\(wanted)"
    )
}

/// Whether a text is one of the dates and times that Go's library would read as such.
func isTimestamp(_ bytes: [UInt8]) -> Bool {
    guard bytes.count >= 8, bytes[0..<4].allSatisfy({ (0x30...0x39).contains($0) }), bytes[4] == UInt8(ascii: "-")
    else { return false }
    var scanner = TimestampScanner(bytes: bytes, index: 5)
    let year = bytes[0..<4].reduce(0) { $0 * 10 + Int($1 - 0x30) }
    guard let month = scanner.number(), (1...12).contains(month), scanner.take("-"), let day = scanner.number(),
        day >= 1, day <= daysIn(month, of: year)
    else { return false }
    if scanner.isAtEnd { return true }
    let hasZone = scanner.take("T") || scanner.take("t")
    if !hasZone, !scanner.take(" ") { return false }
    guard let hour = scanner.number(), hour < 24, scanner.take(":"), let minute = scanner.number(), minute < 60,
        scanner.take(":"), let second = scanner.number(), second < 60
    else { return false }
    scanner.skipFraction()
    if !hasZone { return scanner.isAtEnd }
    if scanner.take("Z") { return scanner.isAtEnd }
    guard scanner.take("+") || scanner.take("-"), let zoneHour = scanner.number(digits: 2), zoneHour <= 24,
        scanner.take(":"), let zoneMinute = scanner.number(digits: 2), zoneMinute < 60
    else { return false }
    return scanner.isAtEnd
}

private func daysIn(_ month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
}

private struct TimestampScanner {
    let bytes: [UInt8]
    var index: Int

    var isAtEnd: Bool { index == bytes.count }

    private var isAtDigit: Bool { index < bytes.count && (0x30...0x39).contains(bytes[index]) }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    /// One or two digits, or exactly so many.
    mutating func number(digits: Int? = nil) -> Int? {
        let start = index
        var number = 0
        while isAtDigit, index - start < 2 {
            number = number * 10 + Int(bytes[index] - 0x30)
            index += 1
        }
        let count = index - start
        return count == 0 || digits.map { $0 != count } ?? false ? nil : number
    }

    mutating func skipFraction() {
        let start = index
        guard take(".") || take(",") else { return }
        guard isAtDigit else {
            index = start
            return
        }
        while isAtDigit { index += 1 }
    }
}
