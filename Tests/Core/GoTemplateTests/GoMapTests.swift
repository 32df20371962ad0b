import GoTemplate
import Testing

@Suite struct GoMapTests {
    @Test(arguments: [4, 40, 4_000])
    func behavesAsADictionary(_ keys: Int) {
        var state: UInt64 = 7
        let map = GoMap()
        var model: [String: Int] = [:]
        for step in 0..<(keys * 5) {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let key = "key-\((state >> 33) % UInt64(keys))"
            switch (state >> 20) % 8 {
            case 0:
                map[key] = nil
                model[key] = nil
            case 1 where step % 97 == 0: map.sortKeys()
            default:
                map[key] = .int(step)
                model[key] = step
            }
            #expect(map[key]?.integer == model[key])
        }
        #expect(map.sortedKeys == model.keys.sorted())
        for (key, value) in model { #expect(map[key]?.integer == value) }
        map.removeAll()
        #expect(map.count == 0 && map["key-1"] == nil)
    }

    /// Keys whose quick hashes end in the same bits, found by trying: they fill one corner of the index.
    @Test func collidingKeysAreStillFound() {
        var keys: [String] = []
        var number: UInt64 = 0
        while keys.count < 200 {
            // The hash of eight bytes, as `GoKey` computes it.
            var state = (8 &* 0x9E37_79B9_7F4A_7C15 ^ (number | 0x3030_3030_3030_3030)) &* 0xD6E8_FEB8_6659_FD93
            state ^= state >> 32
            state = state &* 0xD6E8_FEB8_6659_FD93
            state ^= state >> 32
            let bytes = withUnsafeBytes(of: number | 0x3030_3030_3030_3030) { Array($0) }
            if state & 0x7FF == 0, bytes.allSatisfy({ $0 < 0x80 }) {
                keys.append(String(decoding: bytes, as: UTF8.self))
            }
            number &+= 0x0101_0001
            number &= 0x4F4F_4F4F_4F4F_4F4F
            if number == 0 { break }
        }
        let map = GoMap()
        for (position, key) in keys.enumerated() { map[key] = .int(position) }
        for (position, key) in keys.enumerated() { #expect(map[key]?.integer == keys.lastIndex(of: key) ?? position) }
        if let first = keys.first { map[first] = nil }
        #expect(keys.first.map { map[$0] == nil } ?? true)
    }
}
