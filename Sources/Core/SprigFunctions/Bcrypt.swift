/// The password hash of OpenBSD: Blowfish with an expensive key schedule.
enum Bcrypt {
    /// The modular crypt form, `$2a$10$…`, of a password of at most 72 bytes.
    static func hash(_ password: [UInt8], salt: [UInt8], cost: Int) -> String {
        var cipher = Blowfish()
        // The terminating zero is part of the key.
        let key = password + [0]
        cipher.expand(key, salt)
        for _ in 0..<(1 << cost) {
            cipher.expand(key)
            cipher.expand(salt)
        }
        // "OrpheanBeholderScryDoubt", encrypted 64 times block by block.
        let text = Array("OrpheanBeholderScryDoubt".utf8)
        var words = stride(from: 0, to: text.count, by: 4).map { start in
            text[start..<(start + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for block in stride(from: 0, to: words.count, by: 2) {
            for _ in 0..<64 { (words[block], words[block + 1]) = cipher.encrypt(words[block], words[block + 1]) }
        }
        let digest = words.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
        let shownCost = cost < 10 ? "0\(cost)" : String(cost)
        return "$2a$\(shownCost)$" + encode(salt) + encode(Array(digest.prefix(23)))
    }

    /// Base 64 with an alphabet of its own and without padding.
    private static func encode(_ bytes: [UInt8]) -> String {
        let alphabet = Array("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
        var output: [UInt8] = []
        var buffer = 0
        var bits = 0
        for byte in bytes {
            buffer = (buffer << 8 | Int(byte)) & 0xFFFF
            bits += 8
            while bits >= 6 {
                bits -= 6
                output.append(alphabet[buffer >> bits & 63])
            }
        }
        if bits > 0 { output.append(alphabet[buffer << (6 - bits) & 63]) }
        return String(decoding: output, as: UTF8.self)
    }
}

/// The block cipher, with its key schedule in bcrypt's variant.
struct Blowfish {
    private var subkeys: [UInt32]
    /// Four boxes of 256 words.
    private var boxes: [UInt32]

    /// The cipher starts from the fractional digits of π.
    init() {
        subkeys = Array(Self.digitsOfPi[..<18])
        boxes = Array(Self.digitsOfPi[18...])
    }

    private static let digitsOfPi: [UInt32] = fractionOfPi(words: 18 + 1_024)

    func encrypt(_ left: UInt32, _ right: UInt32) -> (UInt32, UInt32) {
        subkeys.withUnsafeBufferPointer { subkeys in
            boxes.withUnsafeBufferPointer { Self.encrypt(left, right, subkeys, $0) }
        }
    }

    @inline(__always)
    private static func encrypt(
        _ left: UInt32,
        _ right: UInt32,
        _ subkeys: UnsafeBufferPointer<UInt32>,
        _ boxes: UnsafeBufferPointer<UInt32>
    ) -> (UInt32, UInt32) {
        var (left, right) = (left, right)
        var round = 0
        while round < 16 {
            left ^= subkeys[round]
            let mixed = boxes[Int(left >> 24)] &+ boxes[256 + Int(left >> 16 & 0xFF)]
            right ^= (mixed ^ boxes[512 + Int(left >> 8 & 0xFF)]) &+ boxes[768 + Int(left & 0xFF)]
            (left, right) = (right, left)
            round += 1
        }
        return (right ^ subkeys[17], left ^ subkeys[16])
    }

    /// Mixes a key (repeated as needed) into the state; with a salt, its words are mixed in before each encryption.
    mutating func expand(_ key: [UInt8], _ salt: [UInt8] = []) {
        var place = 0
        for index in subkeys.indices { subkeys[index] ^= Self.word(key, &place) }
        let saltWords =
            salt.isEmpty
            ? []
            : (0..<4).map { word in
                salt[(4 * word)..<(4 * word + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            }
        subkeys.withUnsafeMutableBufferPointer { subkeys in
            boxes.withUnsafeMutableBufferPointer { boxes in
                var (left, right): (UInt32, UInt32) = (0, 0)
                var saltPlace = 0
                func next() {
                    if !saltWords.isEmpty {
                        left ^= saltWords[saltPlace]
                        right ^= saltWords[saltPlace + 1]
                        saltPlace = 2 - saltPlace
                    }
                    (left, right) = Self.encrypt(left, right, UnsafeBufferPointer(subkeys), UnsafeBufferPointer(boxes))
                }
                for index in stride(from: 0, to: 18, by: 2) {
                    next()
                    (subkeys[index], subkeys[index + 1]) = (left, right)
                }
                for index in stride(from: 0, to: 1_024, by: 2) {
                    next()
                    (boxes[index], boxes[index + 1]) = (left, right)
                }
            }
        }
    }

    private static func word(_ key: [UInt8], _ place: inout Int) -> UInt32 {
        var word: UInt32 = 0
        for _ in 0..<4 {
            word = word << 8 | UInt32(key[place])
            place = (place + 1) % key.count
        }
        return word
    }
}

/// The binary digits of π after the point, 32 to a word: 16·arctan(1/5) − 4·arctan(1/239) in fixed point.
func fractionOfPi(words: Int) -> [UInt32] {
    // A few words more keep the errors of truncation away from the result. Word 0 is the whole part.
    let size = words + 4
    func divide(_ number: inout [UInt32], by divisor: UInt64) {
        var remainder: UInt64 = 0
        for index in number.indices {
            let value = remainder << 32 | UInt64(number[index])
            number[index] = UInt32(truncatingIfNeeded: value / divisor)
            remainder = value % divisor
        }
    }
    func add(_ other: [UInt32], to sum: inout [UInt32]) {
        var carry: UInt64 = 0
        for index in sum.indices.reversed() {
            let value = UInt64(sum[index]) + UInt64(other[index]) + carry
            sum[index] = UInt32(truncatingIfNeeded: value)
            carry = value >> 32
        }
    }
    func subtract(_ other: [UInt32], from sum: inout [UInt32]) {
        var borrow: Int64 = 0
        for index in sum.indices.reversed() {
            let value = Int64(sum[index]) - Int64(other[index]) - borrow
            sum[index] = UInt32(truncatingIfNeeded: value)
            borrow = value < 0 ? 1 : 0
        }
    }
    func addArctangent(of inverse: UInt64, times factor: UInt32, to sum: inout [UInt32], negated: Bool) {
        var power = [UInt32](repeating: 0, count: size)
        power[0] = factor
        divide(&power, by: inverse)
        var odd: UInt64 = 1
        var isPositive = !negated
        while power.contains(where: { $0 != 0 }) {
            var term = power
            divide(&term, by: odd)
            if isPositive { add(term, to: &sum) } else { subtract(term, from: &sum) }
            divide(&power, by: inverse * inverse)
            odd += 2
            isPositive.toggle()
        }
    }
    var sum = [UInt32](repeating: 0, count: size)
    addArctangent(of: 5, times: 16, to: &sum, negated: false)
    addArctangent(of: 239, times: 4, to: &sum, negated: true)
    return Array(sum[1...words])
}
