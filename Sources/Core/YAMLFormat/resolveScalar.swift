import StructuredValue

/// Which value a plain scalar stands for, by the rules of YAML 1.1 as Go's yaml.v2 reads them. Numbers that JSON does not
/// have are returned as they are (`.nan`, `.inf`), for the caller to refuse.
func resolvePlain(_ bytes: UnsafeBufferPointer<UInt8>) -> Value {
    guard let first = bytes.first else { return .null }
    switch first {
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
        return resolveNumber(bytes) ?? text(bytes)
    case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
        return resolveSpecialNumber(bytes) ?? resolveNumber(bytes) ?? text(bytes)
    case UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "t"),
        UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"), UInt8(ascii: "o"), UInt8(ascii: "O"),
        UInt8(ascii: "~"):
        return resolveWord(bytes) ?? text(bytes)
    default:
        return text(bytes)
    }
}

private func text(_ bytes: UnsafeBufferPointer<UInt8>) -> Value { .string(String(decoding: bytes, as: UTF8.self)) }

/// The boolean or null that a word stands for, nil for other words.
private func resolveWord(_ bytes: UnsafeBufferPointer<UInt8>) -> Value? {
    switch bytes.count {
    case 1:
        switch bytes[0] | 0x20 {
        case UInt8(ascii: "y"): return .bool(true)
        case UInt8(ascii: "n"): return .bool(false)
        default: return bytes[0] == UInt8(ascii: "~") ? .null : nil
        }
    case 2:
        if isWord(bytes, "no") { return .bool(false) }
        return isWord(bytes, "on") ? .bool(true) : nil
    case 3:
        if isWord(bytes, "yes") { return .bool(true) }
        return isWord(bytes, "off") ? .bool(false) : nil
    case 4:
        if isWord(bytes, "true") { return .bool(true) }
        return isWord(bytes, "null") ? .null : nil
    case 5: return isWord(bytes, "false") ? .bool(false) : nil
    default: return nil
    }
}

/// Whether the bytes are this word in small letters, in capitals, or with a capital first.
@inline(__always)
private func isWord(_ bytes: UnsafeBufferPointer<UInt8>, _ word: StaticString) -> Bool {
    let letters = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    let isUpper = bytes[0] & 0x20 == 0 && bytes[1] & 0x20 == 0
    guard bytes[0] | 0x20 == letters[0] else { return false }
    for index in 1..<letters.count where bytes[index] != (isUpper ? letters[index] & 0xDF : letters[index]) {
        return false
    }
    return true
}

private func resolveSpecialNumber(_ bytes: UnsafeBufferPointer<UInt8>) -> Value? {
    guard (4...5).contains(bytes.count) else { return nil }
    switch String(decoding: bytes, as: UTF8.self) {
    case ".nan", ".NaN", ".NAN": return .double(.nan)
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .double(.infinity)
    case "-.inf", "-.Inf", "-.INF": return .double(-.infinity)
    default: return nil
    }
}

/// The number these characters are, nil when they are text.
func resolveNumber(_ bytes: UnsafeBufferPointer<UInt8>) -> Value? {
    if let quick = decimal(bytes) { return .int(quick) }
    // A dot in front allows a fraction only, and no underscores.
    if bytes.first == UInt8(ascii: ".") { return resolveFraction(Array(bytes)) }
    let digits = bytes.filter { $0 != UInt8(ascii: "_") }
    return resolveInteger(digits) ?? resolveFraction(digits)
}

/// Up to 18 decimal digits without a leading zero, as almost all numbers are.
private func decimal(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    var index = 0
    let isNegative = bytes[0] == UInt8(ascii: "-")
    if isNegative { index = 1 }
    let count = bytes.count - index
    guard count >= 1, count <= 18, count == 1 || bytes[index] != UInt8(ascii: "0") else { return nil }
    var number = 0
    while index < bytes.count {
        let digit = Int(bytes[index]) - 0x30
        guard digit >= 0, digit <= 9 else { return nil }
        number = number * 10 + digit
        index += 1
    }
    return isNegative ? -number : number
}

/// An integer with Go's prefixes: `0x`, `0o`, `0b`, and `0` for octal.
private func resolveInteger(_ digits: [UInt8]) -> Value? {
    var rest = digits[...]
    let sign = rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") ? rest.removeFirst() : nil
    var base: UInt64 = 10
    if rest.count > 1, rest.first == UInt8(ascii: "0") {
        switch rest[rest.startIndex + 1] | 0x20 {
        case UInt8(ascii: "x"): base = 16
        case UInt8(ascii: "o"): base = 8
        case UInt8(ascii: "b"): base = 2
        default: base = 0
        }
        rest = rest.dropFirst(base == 0 ? 1 : 2)
        if base == 0 { base = 8 }
    }
    guard !rest.isEmpty else { return nil }
    var magnitude: UInt64 = 0
    for byte in rest {
        guard let digit = hexadecimalDigit(byte), UInt64(digit) < base else { return nil }
        let (product, overflow) = magnitude.multipliedReportingOverflow(by: base)
        let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
        if overflow || carry { return nil }
        magnitude = sum
    }
    if sign == UInt8(ascii: "-") {
        if magnitude == UInt64(Int.max) + 1 { return .int(.min) }
        return Int(exactly: magnitude).map { .int(-$0) }
    }
    if let number = Int(exactly: magnitude) { return .int(number) }
    // Go reads an unsigned number without a sign only.
    return sign == nil ? .number(String(magnitude)) : nil
}

func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
}

/// A decimal fraction: sign, digits with a dot among them, exponent. Too large a number is text, as in Go.
private func resolveFraction(_ digits: [UInt8]) -> Value? {
    guard isDecimalFraction(digits), let number = Double(String(decoding: digits, as: UTF8.self)), number.isFinite
    else { return nil }
    // JSON knows one kind of number: 1.0 and 1 are the same.
    if let integer = Int(exactly: number), !(integer == 0 && number.sign == .minus) { return .int(integer) }
    return .double(number)
}

private func isDecimalFraction(_ bytes: [UInt8]) -> Bool {
    var index = 0
    func digits() -> Int {
        let start = index
        while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
        return index - start
    }
    if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") { index += 1 }
    let whole = digits()
    if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
        index += 1
        let fraction = digits()
        if whole == 0, fraction == 0 { return false }
    } else if whole == 0 {
        return false
    }
    if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
        index += 1
        if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") { index += 1 }
        if digits() == 0 { return false }
    }
    return index == bytes.count
}
