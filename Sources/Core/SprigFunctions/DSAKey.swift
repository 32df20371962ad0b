import GoTemplate
import SwiftASN1

/// A DSA key of the form that sprig writes and reads: version, p, q, g, y, x in one ASN.1 sequence.
///
/// FIPS 186-5 withdrew the algorithm, so that cryptographic libraries no longer make such keys; charts still may.
struct DSAKey: Equatable {
    /// Big-endian numbers without leading zeros: the group's primes and generator, the public and the private number.
    var prime: [UInt8]
    var order: [UInt8]
    var generator: [UInt8]
    var publicNumber: [UInt8]
    var privateNumber: [UInt8]

    /// How many bits the prime and the order of the group have; both are multiples of 64.
    struct Size {
        var prime: Int
        var order: Int

        /// L2048N256: what sprig asks for.
        static let usual = Size(prime: 2_048, order: 256)
    }

    /// How often each number is tested for being prime, as FIPS 186-3 wants it and Go does it.
    private static let rounds = 64

    /// Makes a group and a key in it; all randomness comes from `random`.
    static func make(_ size: Size, random: OddModulus.Random) throws(GoFailure) -> DSAKey {
        let order = try primeOrder(size, random: random)
        let (prime, cofactor) = try primeModulus(size, over: order, random: random)
        var base = OddModulus.Words(repeating: 0, count: prime.words.count)
        var unit = base
        unit[0] = 1
        base[0] = 1
        var generator = unit
        while generator == unit {
            base[0] += 1
            generator = prime.power(base, cofactor)
        }
        // Zero and one are no secrets; two or more below the order is as good as sprig's range.
        let secret = try OddModulus.draw(below: order, random: random)
        return DSAKey(
            prime: OddModulus.bytes(prime.words),
            order: OddModulus.bytes(order),
            generator: OddModulus.bytes(generator),
            publicNumber: OddModulus.bytes(prime.power(generator, secret)),
            privateNumber: OddModulus.bytes(secret)
        )
    }

    private static func primeOrder(_ size: Size, random: OddModulus.Random) throws(GoFailure) -> OddModulus.Words {
        while true {
            var bytes = try random(size.order / 8)
            bytes[0] |= 0x80
            bytes[bytes.count - 1] |= 1
            let words = OddModulus.words(bytes)
            guard hasNoSmallFactor(words), let modulus = OddModulus(words) else { continue }
            if try modulus.isProbablyPrime(rounds: rounds, random: random) { return words }
        }
    }

    /// A prime that is one more than an even multiple of the order, and that multiple's factor.
    private static func primeModulus(
        _ size: Size,
        over order: OddModulus.Words,
        random: OddModulus.Random
    ) throws(GoFailure) -> (OddModulus, cofactor: OddModulus.Words) {
        while true {
            // One bit more than the difference of the sizes; products of another size are dropped.
            var bytes = try random((size.prime - size.order) / 8 + 1)
            bytes[0] &= 1
            bytes[bytes.count - 1] &= ~1
            let cofactor = OddModulus.words(bytes)
            var product = multiplied(order, cofactor)
            product[0] |= 1
            while product.last == 0 { product.removeLast() }
            guard product.count == size.prime / 64, (product.last ?? 0).leadingZeroBitCount == 0 else { continue }
            guard hasNoSmallFactor(product), let modulus = OddModulus(product) else { continue }
            if try modulus.isProbablyPrime(rounds: rounds, random: random) { return (modulus, cofactor) }
        }
    }

    private static func multiplied(_ left: OddModulus.Words, _ right: OddModulus.Words) -> OddModulus.Words {
        var product = OddModulus.Words(repeating: 0, count: left.count + right.count)
        for (offset, factor) in left.enumerated() {
            var carry: UInt64 = 0
            for (index, word) in right.enumerated() {
                let (high, low) = factor.multipliedFullWidth(by: word)
                let (first, firstCarry) = low.addingReportingOverflow(product[offset + index])
                let (second, secondCarry) = first.addingReportingOverflow(carry)
                product[offset + index] = second
                carry = high &+ (firstCarry ? 1 : 0) &+ (secondCarry ? 1 : 0)
            }
            product[offset + right.count] = carry
        }
        return product
    }

    /// Sorts out six of seven composite numbers before the costly test.
    private static func hasNoSmallFactor(_ number: OddModulus.Words) -> Bool {
        smallPrimes.allSatisfy { prime in
            number.reversed().reduce(0) { prime.dividingFullWidth(($0, $1)).remainder } != 0
        }
    }

    /// Odd primes below two thousand.
    private static let smallPrimes: [UInt64] = stride(from: 3, to: 2_000, by: 2).filter { number in
        !stride(from: 3, to: number, by: 2).contains { $0 * $0 <= number && number % $0 == 0 }
    }
}

extension DSAKey: DERImplicitlyTaggable {
    static var defaultIdentifier: ASN1Identifier { .sequence }

    init(derEncoded node: ASN1Node, withIdentifier identifier: ASN1Identifier) throws {
        self = try DER.sequence(node, identifier: identifier) { nodes in
            _ = try Int(derEncoded: &nodes)
            func number() throws -> [UInt8] { try Array(ArraySlice<UInt8>(derEncoded: &nodes)) }
            return try DSAKey(
                prime: number(),
                order: number(),
                generator: number(),
                publicNumber: number(),
                privateNumber: number()
            )
        }
    }

    func serialize(into coder: inout DER.Serializer, withIdentifier identifier: ASN1Identifier) throws {
        try coder.appendConstructedNode(identifier: identifier) { coder in
            try coder.serialize(0)
            for number in [prime, order, generator, publicNumber, privateNumber] { try coder.serialize(number[...]) }
        }
    }
}
