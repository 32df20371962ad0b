import GoTemplate

/// Arithmetic modulo a large odd number, by Montgomery's method.
///
/// Numbers are words of 64 bits, the least significant first, as many as the modulus has.
struct OddModulus {
    typealias Words = [UInt64]

    let words: Words
    /// What times the modulus gives −1 in the lowest word.
    private let negativeInverse: UInt64
    /// R mod m and R² mod m, where R = 2^(64 · count): one, and what brings a number into Montgomery's form.
    private let one: Words
    private let squaredRadix: Words

    /// Nil for even numbers, for zero and one, and when the highest word is zero.
    init?(_ words: Words) {
        guard let lowest = words.first, let highest = words.last, lowest & 1 == 1, highest != 0 else { return nil }
        if words == [1] { return nil }
        self.words = words
        // Newton's iteration: each step doubles the number of right bits, of which an odd number has three to begin with.
        var inverse = lowest
        for _ in 0..<5 { inverse = inverse &* (2 &- lowest &* inverse) }
        negativeInverse = 0 &- inverse
        var power = Words(repeating: 0, count: words.count)
        power[0] = 1
        for _ in 0..<64 * words.count { power = Self.doubled(power, words) }
        one = power
        for _ in 0..<64 * words.count { power = Self.doubled(power, words) }
        squaredRadix = power
    }

    /// base^exponent mod m, for a base below the modulus.
    func power(_ base: Words, _ exponent: Words) -> Words {
        var table = [one, product(base, squaredRadix)]
        for index in 2..<16 { table.append(product(table[index - 1], table[1])) }
        var result = one
        for word in exponent.reversed() {
            for shift in stride(from: 60, through: 0, by: -4) {
                for _ in 0..<4 { result = product(result, result) }
                let digit = Int(word >> UInt64(shift) & 15)
                if digit != 0 { result = product(result, table[digit]) }
            }
        }
        return plain(result)
    }

    /// number² mod m.
    func square(_ number: Words) -> Words {
        product(product(number, number), squaredRadix)
    }

    private func plain(_ number: Words) -> Words {
        var unit = Words(repeating: 0, count: words.count)
        unit[0] = 1
        return product(number, unit)
    }

    /// left · right / R mod m.
    private func product(_ left: Words, _ right: Words) -> Words {
        let count = words.count
        var sum = Words(repeating: 0, count: count + 1)
        for index in 0..<count {
            let overflow = Self.add(left[index], right, to: &sum)
            // This many times the modulus clears the lowest word, which then is dropped.
            let carry = Self.add(sum[0] &* negativeInverse, words, to: &sum)
            for position in 0..<count { sum[position] = sum[position + 1] }
            sum[count] = overflow &+ carry
        }
        return Self.reduced(sum, words)
    }

    /// Adds factor · number to a sum of one word more; what does not fit in that word comes back.
    private static func add(_ factor: UInt64, _ number: Words, to sum: inout Words) -> UInt64 {
        var carry: UInt64 = 0
        for index in number.indices {
            let (high, low) = factor.multipliedFullWidth(by: number[index])
            let (first, firstCarry) = low.addingReportingOverflow(sum[index])
            let (second, secondCarry) = first.addingReportingOverflow(carry)
            sum[index] = second
            // At most 2^64 − 2 before, so that it cannot overflow.
            carry = high &+ (firstCarry ? 1 : 0) &+ (secondCarry ? 1 : 0)
        }
        let (last, overflow) = sum[number.count].addingReportingOverflow(carry)
        sum[number.count] = last
        return overflow ? 1 : 0
    }

    private static func doubled(_ number: Words, _ modulus: Words) -> Words {
        var result = Words()
        result.reserveCapacity(number.count + 1)
        var carry: UInt64 = 0
        for word in number {
            result.append(word << 1 | carry)
            carry = word >> 63
        }
        result.append(carry)
        return reduced(result, modulus)
    }

    /// A number of one word more and below twice the modulus, brought below the modulus.
    private static func reduced(_ number: Words, _ modulus: Words) -> Words {
        var difference = Words()
        difference.reserveCapacity(modulus.count)
        var borrow: UInt64 = 0
        for index in modulus.indices {
            let (first, firstBorrow) = number[index].subtractingReportingOverflow(modulus[index])
            let (second, secondBorrow) = first.subtractingReportingOverflow(borrow)
            difference.append(second)
            borrow = firstBorrow || secondBorrow ? 1 : 0
        }
        return number[modulus.count] < borrow ? Array(number[..<modulus.count]) : difference
    }
}

extension OddModulus {
    /// Random bytes, as many as asked for; a failure ends the search that needs them.
    typealias Random = (_ bytes: Int) throws(GoFailure) -> [UInt8]

    /// Whether the modulus is prime, by Miller and Rabin's test with this many random bases; a composite number passes with
    /// a probability below 4^−rounds.
    func isProbablyPrime(rounds: Int, random: Random) throws(GoFailure) -> Bool {
        var minusOne = words
        minusOne[0] &= ~1
        let unit = plain(one)
        if words == [3] { return true }  // It has no base to test it with.
        let twos = Self.trailingZeros(minusOne)
        let odd = Self.shifted(minusOne, right: twos)
        rounds: for _ in 0..<rounds {
            var value = power(try Self.draw(below: minusOne, random: random), odd)
            if value == unit || value == minusOne { continue }
            for _ in 1..<twos {
                value = square(value)
                if value == minusOne { continue rounds }
            }
            return false
        }
        return true
    }

    /// A random number from two to one below the bound.
    static func draw(below bound: Words, random: Random) throws(GoFailure) -> Words {
        while true {
            var number = words(try random(bound.count * 8))
            number[bound.count - 1] >>= UInt64(bound[bound.count - 1].leadingZeroBitCount)
            let isTooSmall = number[0] < 2 && number.dropFirst().allSatisfy { $0 == 0 }
            if !isTooSmall, isLess(number, bound) { return number }
        }
    }

    static func isLess(_ left: Words, _ right: Words) -> Bool {
        for index in left.indices.reversed() where left[index] != right[index] { return left[index] < right[index] }
        return false
    }

    /// Words of bytes whose most significant comes first.
    static func words(_ bytes: [UInt8]) -> Words {
        stride(from: bytes.count, to: 0, by: -8).map { end in
            bytes[max(end - 8, 0)..<end].reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    /// The bytes of a number, the most significant first, without leading zeros.
    static func bytes(_ words: Words) -> [UInt8] {
        let bytes = words.reversed().flatMap { word in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
        }
        return Array(bytes.drop { $0 == 0 })
    }

    private static func trailingZeros(_ words: Words) -> Int {
        guard let index = words.firstIndex(where: { $0 != 0 }) else { return 0 }
        return index * 64 + words[index].trailingZeroBitCount
    }

    private static func shifted(_ words: Words, right count: Int) -> Words {
        let (skipped, bits) = (count / 64, UInt64(count % 64))
        return words.indices.map { index in
            let low = index + skipped < words.count ? words[index + skipped] : 0
            let high = index + skipped + 1 < words.count ? words[index + skipped + 1] : 0
            return bits == 0 ? low : low >> bits | high << (64 - bits)
        }
    }
}
