import GoTemplate
import StructuredValue
import SwiftASN1
import Testing

@testable import SprigFunctions

struct DSAKeyTests {
    /// Made by OpenSSL 3.0 with 2,048 and 256 bits, for this test.
    static let foreign = """
        -----BEGIN DSA PRIVATE KEY-----
        MIIDVwIBAAKCAQEA9NqgblJNpIXz2x3SX2V5DPwUKJ+MmC9Jd/wE7dXXZEZ1OK3g
        Hrk50o3dD4XBhIk8n0RCik08AmnaFHo7IdOCCzIjWU9TM4aZf9TQSZW7f0d2vmQ2
        NqryHYcG/Q1l379Hafx1QgfqW0xMu5R8CwL/Nwxf65ZtLMuPEoB5WAnwDVoEG8Fh
        4XPRpIu1Xekg1R3oH2UtLuU9ryZCx/OPnfiM8PzomKOKXwenlRWu25XvqaOlxH03
        BoMtBYuQ7/RvQ7L3xJcE5jGmLjPt6X1hUxKVjTSN3yY5FBdQ+IbjDEBgmRS3P676
        ZUzcvqSGD0PQjAQTweLq2bcT9ebAzbqbfDAOFwIhAPYXyjQTgDedupVsbmDVhHOs
        tKRs8pls0zYwPAhBb2WnAoIBAB5u5cb6c7W6Aj9/KA5lVQUEfrJxNp65Yhk17adS
        9kaPqgCaCbYruRPOWqhTuCohHU9RP9UjmNGzXD4y2InETOK2wG6iW06h6t1t8J5x
        86WNuq9VzB9LdkSo0sCPCrtM/YErJrtPy0uTFusnCxoubiArx6zD/95bdAsUzbDR
        zVA0Tlp7fFoWyqnGY9OXwb9T/byghKvuF5Ufn3UPof7/rAXoz6sfkFhB0sznLs6H
        /2i7S+qCDj9pRg1suMDSxc4QEhzE6sFM7OuZbvKPQP8b5dAq6DXrEdSL4VWu3jdE
        FGx1JEzXgiV1GZGFrhu22iNqgh/vx/sKnAptgS0eHLXYtZkCggEBAICvIAG6FLD5
        mte2L8a+YA5GtjG/P5VwAqVLDzNGol7N/yhffBd4f5XvR9jQ5J5LeoKCZCQ9abZf
        JRX3OTD35lI0ElX5BDqafMKQFTaMo3W96Ads124zv9T8fVDBf44RZ4UDmskSrWIK
        z+4bwgQ+rosQpxnW5EcrBTzhQxfHU8jHv8yhZh+XSt/XwLQx86kDF2wZzJ3K3Y3C
        WNDPBISzu/o0Z8rCNsg3/+DDPTD8TsM1CgXltQXbfMWODLqprwcnnanVcTdCi08h
        O/1j4PRKeLbiaqWouPMMdH+yhcjOjQdE4GbZXzCxh9Qg5XkO17wPBYKICc6JLzsk
        LT8pCdXQVgYCIQDS6FDXxBsTcsZNuix4hkwG5RKlly7Cj7EseNSLOV6MFQ==
        -----END DSA PRIVATE KEY-----

        """

    private static let policy = NonDeterminism.deterministic(seed: 5, now: GoInstant(seconds: 1_700_000_000))

    /// Bytes that look random and are the same on every run.
    final class Bytes {
        private var state: UInt64
        init(seed: UInt64) { state = seed }

        func next(_ count: Int) -> [UInt8] {
            (0..<count).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            }
        }
    }

    struct Power: Sendable {
        var base: OddModulus.Words
        var exponent: OddModulus.Words
        var modulus: OddModulus.Words
        var result: OddModulus.Words
    }

    /// Results of another implementation (Python's `pow`).
    static let powers: [Power] = [
        Power(base: [3], exponent: [0], modulus: [7], result: [1]),
        Power(base: [2], exponent: [64], modulus: [1_000_003], result: [350_687]),
        Power(
            base: [7, 0],
            exponent: [5, 1],
            modulus: [0xFFFF_FFFF_FFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF],
            result: [0x6F5D_DE7F_E3F7_E570, 0x53C0_89DD_C158_43D1]
        ),
        Power(
            base: [0x1FD2_9F05_F9E8_37D9, 0x7B6A_43A7_EF90, 0],
            exponent: [0xB9F5_6100_0000_0000, 0x6329_F1C3_5CA4_BFAB, 0x1D],
            modulus: [0xFFFF_FFFF_FFFF_FFFB, 0xFFFF_FFFF_FFFF_FFFF, 3],
            result: [0xE44C_B5A6_5449_6AC1, 0xF62F_580F_A737_8F6B, 2]
        ),
        Power(
            base: [0xA8B8_B452_291F_E821, 0x10_0000_0000],
            exponent: [.max, .max],
            modulus: [.max, .max],
            result: [0x0BCD_DC47_0212_3F0F, 0xEF02_3FD6_03C4_2F54]
        ),
    ]

    @Test(arguments: powers)
    func raisesToPowers(_ example: Power) throws {
        let modulus = try #require(OddModulus(example.modulus))
        #expect(modulus.power(example.base, example.exponent) == example.result)
    }

    @Test(arguments: [[], [0], [1], [4], [3, 0]] as [OddModulus.Words])
    func refusesOtherModuli(_ words: OddModulus.Words) {
        #expect(OddModulus(words) == nil)
    }

    @Test(
        arguments: [
            // Carmichael numbers, numbers that fool small bases, squares, products of two large primes.
            ([3], true), ([5], true), ([7], true), ([9], false), ([15], false), ([561], false), ([62_745], false),
            ([3_215_031_751], false), ([3_825_123_056_546_413_051], false), ([18_446_744_073_709_551_557], true),
            ([1_000_003 * 1_000_003], false), ([.max, 0x7FFF_FFFF_FFFF_FFFF], true), ([.max, .max], false),
        ] as [(OddModulus.Words, Bool)]
    )
    func tellsPrimes(_ words: OddModulus.Words, _ isPrime: Bool) throws {
        let modulus = try #require(OddModulus(words))
        let bytes = Bytes(seed: 1)
        #expect(try modulus.isProbablyPrime(rounds: 24) { bytes.next($0) } == isPrime)
    }

    @Test func readsForeignKeysAndWritesThemAgain() throws {
        let document = try PEMDocument(pemString: Self.foreign)
        let key = try DSAKey(derEncoded: document.derBytes)
        #expect(key.prime.count == 256 && key.order.count == 32)
        let prime = try #require(OddModulus(OddModulus.words(key.prime)))
        let generator = OddModulus.words(key.generator)
        let power = prime.power(generator, OddModulus.words(key.privateNumber))
        #expect(OddModulus.bytes(power) == key.publicNumber)
        #expect(OddModulus.bytes(prime.power(generator, OddModulus.words(key.order))) == [1])
        #expect(try KeyText.text(key) == Self.foreign)
    }

    @Test func makesGroupsWithTheirKeys() throws {
        let bytes = Bytes(seed: 2)
        let size = DSAKey.Size(prime: 256, order: 128)
        let key = try DSAKey.make(size) { bytes.next($0) }
        #expect(key.prime.count == 32 && key.prime[0] >= 0x80 && key.order.count == 16 && key.order[0] >= 0x80)
        let prime = try #require(OddModulus(OddModulus.words(key.prime)))
        let order = try #require(OddModulus(OddModulus.words(key.order)))
        #expect(try prime.isProbablyPrime(rounds: 8) { bytes.next($0) })
        #expect(try order.isProbablyPrime(rounds: 8) { bytes.next($0) })
        let generator = OddModulus.words(key.generator)
        // An element other than one whose power with the prime order is one generates a group of just that order.
        #expect(OddModulus.bytes(generator) != [1])
        #expect(OddModulus.bytes(prime.power(generator, order.words)) == [1])
        let secret = OddModulus.words(key.privateNumber)
        #expect(OddModulus.bytes(prime.power(generator, secret)) == key.publicNumber)
        #expect(key.privateNumber.count < 16 || OddModulus.isLess(secret, order.words))
        #expect(try DSAKey(derEncoded: PEMDocument(pemString: KeyText.text(key)).derBytes) == key)

        let again = Bytes(seed: 2)
        #expect(try DSAKey.make(size) { again.next($0) } == key)
        let other = Bytes(seed: 3)
        #expect(try DSAKey.make(size) { other.next($0) } != key)
    }

    @Test func aSourceThatNeverGivesAPrimeEndsWithTheFuel() {
        var left = 1_000
        #expect(throws: GoFailure.self) {
            try DSAKey.make(.usual) { count throws(GoFailure) in
                left -= 1
                if left == 0 { throw GoFailure("no fuel") }
                return [UInt8](repeating: 0, count: count)
            }
        }
        #expect(left == 0)
    }

    @Test func certificatesTakeNoSuchKeysAsInGo() throws {
        let key = #"(b64dec "\#(Base64.encode(Array(Self.foreign.utf8)))")"#
        let authority = #"(genCAWithKey "ca" 1 (genPrivateKey "ecdsa"))"#
        #expect(
            failure("genCAWithKey `c` 1 \(key)", policy: Self.policy)
                .hasSuffix("error creating certificate: x509: certificate private key does not implement crypto.Signer")
        )
        #expect(
            failure("genSignedCertWithKey `c` nil nil 1 \(authority) \(key)", policy: Self.policy)
                .hasSuffix("error creating certificate: x509: unsupported public key type: *dsa.PublicKey")
        )
        let custom = "{{ $ca := \(authority) }}{{ (buildCustomCert (b64enc $ca.Cert) (b64enc \(key))).Key }}"
        #expect(try render(custom, policy: Self.policy) == Self.foreign)
    }

    struct BrokenKey: Sendable {
        var type: String
        var complaint: String
    }

    static let broken = [
        BrokenKey(type: "RSA PRIVATE KEY", complaint: "parsing RSA private key from PEM: malformed or unsupported key"),
        BrokenKey(type: "EC PRIVATE KEY", complaint: "parsing EC private key from PEM: malformed or unsupported key"),
        BrokenKey(type: "DSA PRIVATE KEY", complaint: "parsing DSA private key from PEM: malformed or unsupported key"),
        BrokenKey(type: "PRIVATE KEY", complaint: "decoding PEM as PKCS#8: malformed or unsupported key"),
        BrokenKey(type: "FOO PRIVATE KEY", complaint: "invalid private key type FOO PRIVATE KEY"),
        BrokenKey(type: "CERTIFICATE", complaint: "no private key data in PEM block of type CERTIFICATE"),
    ]

    @Test(arguments: broken)
    func namesWhatIsWrongWithAKey(_ example: BrokenKey) {
        let pem = #""-----BEGIN \#(example.type)-----\nAAAA\n-----END \#(example.type)-----\n""#
        #expect(
            failure("genCAWithKey `c` 1 \(pem)", policy: Self.policy).hasSuffix(
                "parsing private key: \(example.complaint)"
            )
        )
    }
}
