import Crypto
import FoundationEssentials
import Glibc
import SprigFunctions
import _CryptoExtras

extension NonDeterminism {
    /// The machine's clock and randomness.
    static let theWorld = NonDeterminism.allowed(
        SprigSource(
            now: {
                var time = timespec()
                clock_gettime(CLOCK_REALTIME, &time)
                return GoInstant(seconds: Int(time.tv_sec), nanoseconds: Int(time.tv_nsec), zone: .utc)
            },
            randomBytes: { count in
                var generator = SystemRandomNumberGenerator()
                return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            },
            rsaKey: { bits in
                // Sizes that the library refuses have no key.
                try? _RSA.Signing.PrivateKey(keySize: .init(bitCount: bits)).pemRepresentation
            }
        )
    )
}

extension SprigZones {
    /// The machine's zone database.
    static let system = SprigZones { name in
        // A zone that is not there is an answer, not a failure.
        (try? Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)"))).map { [UInt8]($0) }
    }
}
