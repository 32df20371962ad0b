import StructuredValue

/// The order in which Go's library writes keys: letters after other characters, and runs of digits by their number, so
/// that `b9` stands before `b10`.
enum KeyOrder {
    static func sorted(_ object: Object, pretty: Bool) -> [Object.Pair] {
        let pairs = object.pairs
        // Usually everything is in order already, or nearly.
        var isSorted = true
        for index in pairs.indices.dropFirst() where !precedes(pairs[index - 1].key, pairs[index].key, pretty: pretty) {
            isSorted = false
            break
        }
        return isSorted ? pairs : pairs.sorted { precedes($0.key, $1.key, pretty: pretty) }
    }

    /// Whether one key is written before another. `pretty` is the rule of the newer library: after digits, letters come
    /// first.
    static func precedes(_ left: String, _ right: String, pretty: Bool) -> Bool {
        if let answer = precedesByBytes(left, right, pretty: pretty) { return answer }
        return precedes(Array(left.unicodeScalars), Array(right.unicodeScalars), pretty: pretty)
    }

    /// Decides by the first difference when that is between two ASCII letters; nil when it takes more.
    private static func precedesByBytes(_ left: String, _ right: String, pretty: Bool) -> Bool? {
        var (left, right) = (left, right)
        return left.withUTF8 { left in
            right.withUTF8 { right in
                let count = min(left.count, right.count)
                for index in 0..<count where left[index] != right[index] {
                    let (a, b) = (left[index], right[index])
                    return isLetter(a) && isLetter(b) ? a < b : nil
                }
                return left.count < right.count
            }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) && byte < 0x80 }

    private static func precedes(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar], pretty: Bool) -> Bool {
        var followsDigits = false
        for index in 0..<min(left.count, right.count) {
            let (a, b) = (left[index], right[index])
            if a == b {
                followsDigits = isDigit(a)
                continue
            }
            let (aIsLetter, bIsLetter) = (isLetter(a), isLetter(b))
            if aIsLetter, bIsLetter { return a < b }
            if aIsLetter || bIsLetter { return pretty && followsDigits ? aIsLetter : bIsLetter }
            return precedesByNumber(left, right, at: index)
        }
        return left.count < right.count
    }

    /// Compares the runs of digits that begin at the first difference.
    private static func precedesByNumber(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar], at index: Int) -> Bool {
        var leftNumber: Int64 = 0
        var rightNumber: Int64 = 0
        if left[index] == "0" || right[index] == "0" {
            // Zeros count when a digit other than zero stands before them.
            var before = index - 1
            while before >= 0, isDigit(left[before]) {
                if left[before] != "0" {
                    leftNumber = 1
                    rightNumber = 1
                    break
                }
                before -= 1
            }
        }
        let leftEnd = run(left, index, &leftNumber)
        let rightEnd = run(right, index, &rightNumber)
        if leftNumber != rightNumber { return leftNumber < rightNumber }
        if leftEnd != rightEnd { return leftEnd < rightEnd }
        return left[index] < right[index]
    }

    private static func run(_ scalars: [Unicode.Scalar], _ start: Int, _ number: inout Int64) -> Int {
        var end = start
        while end < scalars.count, isDigit(scalars[end]) {
            number = number &* 10 &+ (Int64(scalars[end].value) - 0x30)
            end += 1
        }
        return end
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return isLetter(UInt8(truncatingIfNeeded: scalar.value)) }
        return switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return (0x30...0x39).contains(scalar.value) }
        return scalar.properties.generalCategory == .decimalNumber
    }
}
