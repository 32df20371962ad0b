import GoTemplate
import LinearRegex

/// Where functions whose result differs from run to run take it from.
package enum NonDeterminism: Sendable {
    /// The clock and randomness of the world.
    case allowed(SprigSource)
    /// The same random bytes for the same seed, and a clock that stands still.
    case deterministic(seed: UInt64, now: GoInstant)
    /// Such functions fail: a repository must give the same objects on every pass.
    case forbidden
}

/// The world as far as templates may see it. Core has neither clock nor randomness: the host brings them.
package struct SprigSource: Sendable {
    package var now: @Sendable () -> GoInstant
    package var randomBytes: @Sendable (_ count: Int) -> [UInt8]
    /// A new RSA private key of so many bits, as PEM text (PKCS #1).
    package var rsaKey: @Sendable (_ bits: Int) -> String?

    package init(
        now: @escaping @Sendable () -> GoInstant,
        randomBytes: @escaping @Sendable (_ count: Int) -> [UInt8],
        rsaKey: @escaping @Sendable (_ bits: Int) -> String?
    ) {
        self.now = now
        self.randomBytes = randomBytes
        self.rsaKey = rsaKey
    }
}

/// Time zones beside UTC and fixed offsets.
package struct SprigZones: Sendable {
    /// The bytes of a compiled zone file (TZif) by name such as `Europe/Istanbul`; nil when there is none.
    package var file: @Sendable (_ name: String) -> [UInt8]?
    /// The name of the zone that `Local` stands for.
    package var local: String

    package init(local: String = "UTC", file: @escaping @Sendable (_ name: String) -> [UInt8]?) {
        self.local = local
        self.file = file
    }

    /// Only UTC.
    package static let utcOnly = SprigZones { _ in nil }
}

/// What the functions of one render share: policies, the state of randomness, compiled patterns.
///
/// Belongs to one run. A host shows it by conforming to `SprigHost`.
package final class SprigContext {
    package let nonDeterminism: NonDeterminism
    package let zones: SprigZones
    private var randomState: UInt64
    private var patterns: [String: Result<LinearPattern, PatternError>] = [:]
    private var loadedZones: [String: GoZone] = [:]

    package init(nonDeterminism: NonDeterminism = .forbidden, zones: SprigZones = .utcOnly) {
        self.nonDeterminism = nonDeterminism
        self.zones = zones
        if case .deterministic(let seed, _) = nonDeterminism { randomState = seed } else { randomState = 0 }
    }

    /// The context of a run: the host's own, or one that forbids everything that is not repeatable.
    static func of(_ execution: GoExecution) -> SprigContext {
        (execution.host as? any SprigHost)?.sprigContext ?? SprigContext()
    }

    /// The pattern, compiled at most once per run.
    func pattern(_ source: String) throws(PatternError) -> LinearPattern {
        if let known = patterns[source] { return try known.get() }
        let compiled = Result { () throws(PatternError) in try LinearPattern(source) }
        patterns[source] = compiled
        return try compiled.get()
    }

    /// The current time for the function of this name.
    func now(for function: String) throws(GoFailure) -> GoInstant {
        switch nonDeterminism {
        case .allowed(let source): source.now()
        case .deterministic(_, let now): now
        case .forbidden: throw Self.forbidden(function, "the time")
        }
    }

    /// Random bytes for the function of this name.
    func randomBytes(_ count: Int, for function: String) throws(GoFailure) -> [UInt8] {
        switch nonDeterminism {
        case .allowed(let source): return source.randomBytes(count)
        case .deterministic:
            var bytes: [UInt8] = []
            bytes.reserveCapacity(count + 8)
            while bytes.count < count {
                let word = nextRandom()
                for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
            }
            return Array(bytes.prefix(count))
        case .forbidden: throw Self.forbidden(function, "randomness")
        }
    }

    /// A random number below a bound, every one equally likely.
    func draw(below bound: Int, for function: String) throws(GoFailure) -> Int {
        if bound <= 1 { return 0 }
        let limit = UInt64.max - UInt64.max % UInt64(bound)
        while true {
            var word: UInt64 = 0
            for byte in try randomBytes(8, for: function) { word = word << 8 | UInt64(byte) }
            if word < limit { return Int(word % UInt64(bound)) }
        }
    }

    /// A new RSA key as PEM text.
    func rsaKey(bits: Int, for function: String) throws(GoFailure) -> String {
        switch nonDeterminism {
        case .allowed(let source):
            if let key = source.rsaKey(bits) { return key }
            throw GoFailure("error generating rsa key")
        case .deterministic:
            throw GoFailure("\"\(function)\" makes an RSA key, which cannot be made the same on every render")
        case .forbidden: throw Self.forbidden(function, "randomness")
        }
    }

    private static func forbidden(_ function: String, _ what: String) -> GoFailure {
        GoFailure(
            "\"\(function)\" depends on \(what), so that every render would differ; such functions are forbidden here"
        )
    }

    /// SplitMix64.
    private func nextRandom() -> UInt64 {
        randomState &+= 0x9E37_79B9_7F4A_7C15
        var word = randomState
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// A zone by name; nil when it is unknown.
    func zone(_ name: String) -> GoZone? {
        switch name {
        case "", "UTC": return .utc
        case "Local": return name == zones.local ? .utc : zone(zones.local)?.named("Local")
        default: break
        }
        if let zone = loadedZones[name] { return zone }
        // Names are paths below the zone database; Go refuses those that could leave it.
        if name.contains("..") || name.hasPrefix("/") || name.contains("\\") { return nil }
        guard let bytes = zones.file(name), let rules = ZoneRules(bytes) else { return nil }
        let zone = GoZone.rules(name, rules)
        loadedZones[name] = zone
        return zone
    }
}

/// A run's host that brings a context for sprig's functions.
package protocol SprigHost: AnyObject {
    var sprigContext: SprigContext { get }
}
