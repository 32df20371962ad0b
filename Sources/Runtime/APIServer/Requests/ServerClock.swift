package import KubernetesModel

/// Time and chance, handed in: tests and the simulator stop or hurry them.
package struct ServerClock: Sendable {
    package var now: @Sendable () -> Timestamp
    package var sleep: @Sendable (Duration) async throws -> Void
    /// 64 random bits.
    package var random: @Sendable () -> UInt64

    package init(
        now: @escaping @Sendable () -> Timestamp,
        sleep: @escaping @Sendable (Duration) async throws -> Void,
        random: @escaping @Sendable () -> UInt64 = {
            var generator = SystemRandomNumberGenerator()
            return generator.next()
        }
    ) {
        self.now = now
        self.sleep = sleep
        self.random = random
    }

    /// A new UUID, version 4.
    func uid() -> String {
        let high = (random() & ~0xF000) | 0x4000
        let low = (random() & ~(0b11 << 62)) | (0b10 << 62)
        let digits = Array(hex(high) + hex(low))
        func part(_ range: Range<Int>) -> String { String(digits[range]) }
        return "\(part(0..<8))-\(part(8..<12))-\(part(12..<16))-\(part(16..<20))-\(part(20..<32))"
    }

    private func hex(_ number: UInt64) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    /// Letters and digits for generated names: none that make words or look alike.
    func nameSuffix() -> String {
        let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
        var bits = random()
        var text = ""
        for _ in 0..<5 {
            text.append(alphabet[Int(bits % UInt64(alphabet.count))])
            bits /= UInt64(alphabet.count)
        }
        return text
    }
}
