import SemanticVersion
import Testing

struct ParsedVersion: Sendable, CustomTestStringConvertible {
    var text: String
    var description: String?
    var testDescription: String { text }
    init(_ text: String, _ description: String?) { (self.text, self.description) = (text, description) }
}

struct SemanticVersionTests {
    @Test(arguments: [
        ParsedVersion("1.2.3", "1.2.3"), ParsedVersion("v1.2.3", "1.2.3"), ParsedVersion("1", "1.0.0"),
        ParsedVersion("1.2", "1.2.0"), ParsedVersion("v1.2-rc.1", "1.2.0-rc.1"), ParsedVersion("01.02.03", "1.2.3"),
        ParsedVersion("1.2.3-alpha.1+build.5", "1.2.3-alpha.1+build.5"), ParsedVersion("1.2.3+7", "1.2.3+7"),
        ParsedVersion("0.20.0-6ee1d2a6d1f3a3c4f5b4", "0.20.0-6ee1d2a6d1f3a3c4f5b4"),
        ParsedVersion("1.2.3--x", "1.2.3--x"), ParsedVersion("18446744073709551615.0.0", "18446744073709551615.0.0"),
        ParsedVersion("", nil), ParsedVersion("V1.2.3", nil), ParsedVersion("1.2.3.4", nil), ParsedVersion("a", nil),
        ParsedVersion("1.2.beta", nil), ParsedVersion("1.2.3-", nil), ParsedVersion("1.2.3-01", nil),
        ParsedVersion("1.2.3-a..b", nil), ParsedVersion("1.2.3+", nil), ParsedVersion(" 1.2.3", nil),
        ParsedVersion("18446744073709551616.0.0", nil), ParsedVersion("1.2.3-ä", nil),
    ])
    func readsLeniently(_ example: ParsedVersion) {
        let version = SemanticVersion(example.text)
        #expect(version?.description == example.description)
        if let version { #expect(version.original == example.text) }
    }

    @Test(arguments: [
        ParsedVersion("1.2.3", nil), ParsedVersion("1.2.3-rc.1+5", nil), ParsedVersion("0.0.0-0", nil),
        ParsedVersion("", "version string empty"), ParsedVersion("1.2", "invalid semantic version"),
        ParsedVersion("v1.2.3", "invalid characters in version"),
        ParsedVersion("1.02.3", "version segment starts with 0"),
        ParsedVersion("1.2.3-01", "version segment starts with 0"),
        ParsedVersion("1.2.3-", "invalid prerelease string"), ParsedVersion("1.2.3+_", "invalid metadata string"),
    ])
    func readsStrictlyOrSaysWhyNot(_ example: ParsedVersion) {
        do throws(SemanticVersionError) {
            _ = try SemanticVersion(strictly: example.text)
            #expect(example.description == nil)
        } catch {
            #expect(error.message == example.description)
        }
    }

    @Test func ordersByPrecedence() {
        let ordered = [
            "0.0.1-alpha", "0.0.1", "1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.9.0", "1.10.0", "2.0.0",
        ].compactMap { SemanticVersion($0) }
        for (left, one) in ordered.enumerated() {
            for (right, two) in ordered.enumerated() {
                #expect((one < two) == (left < right), "\(one) and \(two)")
                #expect((one == two) == (left == right), "\(one) and \(two)")
            }
        }
    }

    @Test func ignoresBuildMetadataAndSpelling() throws {
        let one = try #require(SemanticVersion("v1.2+a"))
        let two = try #require(SemanticVersion("1.2.0+b"))
        #expect(one == two)
        #expect(one.hashValue == two.hashValue)
    }

    @Test func incrementsKeepTheLeadingV() throws {
        let version = try SemanticVersion(parsing: "v1.2.3+5")
        #expect(try version.incrementingPatch().original == "v1.2.4")
        #expect(try version.incrementingMinor().original == "v1.3.0")
        #expect(try version.incrementingMajor().original == "v2.0.0")
        #expect(try SemanticVersion(parsing: "1.2.3-rc.1").incrementingPatch().original == "1.2.3")
        #expect(throws: SemanticVersionError.self) {
            try SemanticVersion(parsing: "18446744073709551615.0.0").incrementingMajor()
        }
    }

    @Test func picksTheNewestInRange() throws {
        let versions = ["1.0.0", "1.4.2", "2.0.0", "1.5.0-rc.1", "1.4.10"].compactMap { SemanticVersion($0) }
        #expect(versions.newest(in: try SemanticVersionRange(parsing: "^1"))?.description == "1.4.10")
        #expect(versions.newest(in: try SemanticVersionRange(parsing: "^1-0"))?.description == "1.5.0-rc.1")
        #expect(versions.newest(in: try SemanticVersionRange(parsing: ">3")) == nil)
    }

    @Test func neverTrapsOnOddText() {
        var state: UInt64 = 42
        let alphabet = Array("v1x*.-+ ,|<>=~^0a9ä\"".utf8)
        for _ in 0..<5_000 {
            var bytes: [UInt8] = []
            for _ in 0..<(Int(state >> 33) % 14) {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes.append(alphabet[Int(state >> 33) % alphabet.count])
            }
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let text = String(decoding: bytes, as: UTF8.self)
            if let version = SemanticVersion(text) { #expect(SemanticVersion(version.description) == version) }
            if let range = SemanticVersionRange(text) {
                _ = range.contains(SemanticVersion(major: 1, minor: 9, patch: 0))
            }
        }
    }
}
