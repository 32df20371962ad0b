import SemanticVersion
import Testing

struct RangeExample: Sendable, CustomTestStringConvertible {
    var range: String
    var inside: String
    var outside: String
    var testDescription: String { range }
    /// Versions within and not within the range, separated by spaces.
    init(_ range: String, in inside: String, out outside: String) {
        (self.range, self.inside, self.outside) = (range, inside, outside)
    }
}

struct SemanticVersionRangeTests {
    static let examples: [RangeExample] = [
        RangeExample("*", in: "0.0.0 1.2.3 99.0.1", out: "1.2.3-alpha"),
        RangeExample("*-0", in: "1.2.3-alpha 1.0.0", out: ""),
        RangeExample("x", in: "5.1.0", out: "5.1.0-rc.1"),
        RangeExample("1.2.3", in: "1.2.3 v1.2.3 1.2.3+meta", out: "1.2.4 1.2.3-rc.1"),
        RangeExample("= 2.0", in: "2.0.0 2.0.9", out: "2.1.0 1.9.0"),
        RangeExample("2", in: "2.0.0 2.9.9", out: "1.0.0 3.0.0"),
        RangeExample("v1.2", in: "1.2.0 1.2.7", out: "1.3.0"),
        RangeExample("1.2.x", in: "1.2.0 1.2.7", out: "1.3.0 1.1.9"),
        RangeExample("1.X", in: "1.0.0 1.9.0", out: "2.0.0"),
        RangeExample("0.x.x", in: "0.1.0 0.9.9", out: "1.2.3"),
        RangeExample("!=4.1.0", in: "4.1.1 5.0.0", out: "4.1.0 5.1.0-alpha"),
        RangeExample("!=4.1", in: "4.2.0 5.1.0", out: "4.1.0 4.1.9"),
        RangeExample("!=4.x", in: "5.1.0", out: "4.0.0 4.9.9"),
        RangeExample("!=4.1-alpha", in: "4.1.0", out: "4.1.0-alpha 4.1.1-alpha"),
        RangeExample(">1.1", in: "1.2.0 4.1.0", out: "1.1.0 1.1.5 0.9.0"),
        RangeExample(">11", in: "12.0.0", out: "11.1.0 11.0.0"),
        RangeExample(">0", in: "1.0.0", out: "0.0.0 0.1.0 0.0.1-alpha"),
        RangeExample(">1.2.3-alpha.1", in: "1.2.3-alpha.2 1.3.3-alpha.2 1.2.3", out: "1.2.3-alpha.1 1.2.2"),
        RangeExample("<1.1", in: "0.1.0 1.0.9", out: "1.1.0 1.1.1"),
        RangeExample("<1.x", in: "0.9.0", out: "1.1.1 2.0.0"),
        RangeExample("<=1.1", in: "0.1.0 1.1.0 1.1.9", out: "1.2.0 0.1.0-alpha"),
        RangeExample("<=2.x", in: "2.9.0", out: "3.0.0"),
        RangeExample("=< 1.2", in: "1.2.9", out: "1.3.0"),
        RangeExample("=> 3.0", in: "3.0.0", out: "2.9.9"),
        RangeExample(">=1.1", in: "1.1.0 4.1.0", out: "0.0.9 4.1.0-beta"),
        RangeExample(">=0.0.0-0", in: "0.0.0-alpha 3.4.5-beta.1", out: ""),
        RangeExample(">1.1, <2", in: "1.2.1", out: "1.1.1 2.0.0"),
        RangeExample(">=1.1    <2    !=1.2.3", in: "1.2.4", out: "1.2.3 2.0.0"),
        RangeExample(">=1.1, <2, !=1.2.3 || > 3", in: "4.1.2 1.3.0", out: "3.1.2 1.2.3 3.0.0"),
        RangeExample(">= 1.0.0  <= 2.0.0-beta", in: "1.0.1-beta 1.0.1", out: "3.0.0"),
        RangeExample("1.1 - 2", in: "1.1.1 2.0.0 2.9.0", out: "1.0.9 3.0.0"),
        RangeExample("1.0.0 - 2.0.0, <=1.8.0", in: "1.5.0", out: "1.9.0"),
        RangeExample("1.1-3", in: "1.1.0", out: "4.3.2"),
        RangeExample("~1.2.3", in: "1.2.3 1.2.4", out: "1.3.0 1.2.2"),
        RangeExample("~1.2", in: "1.2.0 1.2.9", out: "1.3.4"),
        RangeExample("~1", in: "1.2.4 1.9.0", out: "2.0.0"),
        RangeExample("~*", in: "2.1.1", out: ""),
        RangeExample("~>1.1", in: "1.1.1", out: "1.2.3 1.1.1-alpha"),
        RangeExample("~1.2.3-beta.2", in: "1.2.3-beta.4 1.2.4-beta.2 1.2.3", out: "1.3.4-beta.2 1.2.3-beta.1"),
        RangeExample("~0.0.0", in: "1.2.3", out: ""),
        RangeExample("^1.2.3", in: "1.8.9 1.2.3", out: "2.0.0 1.2.1 1.3.0-rc.1"),
        RangeExample("^1", in: "1.8.9", out: "2.8.9 0.9.0"),
        RangeExample("^1.2.0-alpha.0", in: "1.2.1-alpha.1 1.2.0-alpha.0", out: "1.1.0"),
        RangeExample("^0.2.3", in: "0.2.5", out: "0.3.0 0.2.2 1.2.5"),
        RangeExample("^0.0.3", in: "0.0.3", out: "0.0.4 0.1.3"),
        RangeExample("^0.0", in: "0.0.3", out: "0.1.4 1.0.4"),
        RangeExample("^0", in: "0.2.3 0.0.0", out: "1.1.4"),
        RangeExample("12.3.34 ~12.3", in: "12.3.34", out: "12.3.35"),
        // What real charts ask for.
        RangeExample(">=1.19.0-0", in: "1.31.4 1.19.0-rc.0 1.28.3-eks-4f4795d v1.30.0-gke.1", out: "1.18.9"),
        RangeExample("< v1.25-0", in: "v1.24.9", out: "1.25.0 v1.25.3"),
        RangeExample("<1.33.0-0", in: "1.32.9 1.32.0-beta.1", out: "1.33.0 1.33.0-rc.1"),
        RangeExample(">= 1.18-0", in: "1.18.0 v1.18", out: "1.17.9"),
        RangeExample("<1.24", in: "1.23.9", out: "1.24.0 1.23.0-rc.1"),
        RangeExample(">=4.0.0", in: "4.0.0 v35.0.1", out: "3.9.9 4.0.1-dev"),
        RangeExample(">= 1.22.0-0 < 1.33.0-0", in: "1.22.0 1.32.5-eks.1", out: "1.33.0-0 1.21.14"),
        RangeExample(">=14.0.0-0 <15.0.0-0 || 0.0.0-dev", in: "14.2.1 0.0.0-dev", out: "15.0.0-0"),
    ]

    @Test(arguments: examples)
    func holdsExactlyTheseVersions(_ example: RangeExample) throws {
        let range = try SemanticVersionRange(parsing: example.range)
        for text in example.inside.split(separator: " ") {
            let version = try SemanticVersion(parsing: String(text))
            #expect(range.contains(version), "\(text) is within \(example.range)")
            #expect(range.refusals(of: version).isEmpty)
        }
        for text in example.outside.split(separator: " ") {
            let version = try SemanticVersion(parsing: String(text))
            #expect(!range.contains(version), "\(text) is not within \(example.range)")
            #expect(!range.refusals(of: version).isEmpty)
        }
    }

    @Test(arguments: [
        ("", #"improper constraint: """#), ("foo", #"improper constraint: "foo""#),
        (">= bar", #"improper constraint: ">= bar""#), ("12.3.4.1234", #"improper constraint: "12.3.4.1234""#),
        ("12.3.34~ 1.2.3", #"improper constraint: "12.3.34~ 1.2.3""#), (">1.1,", #"improper constraint: ">1.1,""#),
        (">1 || ", #"improper constraint: " ""#), ("v1.2.3-beta.01", "constraint parser error"),
        ("1.2.3||<", #"improper constraint: "<""#), ("1x", "constraint parser error"),
    ])
    func refusesWhatIsNoConstraint(_ text: String, _ message: String) {
        do throws(SemanticVersionError) {
            _ = try SemanticVersionRange(parsing: text)
            Issue.record("read \(text)")
        } catch {
            #expect(error.message == message)
        }
    }

    @Test(arguments: [
        ("!= 1.2.5, ^2, <= 1.1.x", #""1.2.3" is less than "2"|"1.2.3" is greater than "1.1.x""#),
        ("^0.1.x", #""1.2.3" does not have same major version as "0.1.x""#),
        ("~1.3 || 1.2.4", #""1.2.3" is less than "1.3"|"1.2.3" is not equal to "1.2.4""#),
        ("!=1.2.3", #""1.2.3" is equal to "1.2.3""#),
    ])
    func saysWhyAVersionIsOutside(_ text: String, _ expected: String) throws {
        let range = try SemanticVersionRange(parsing: text)
        let version = SemanticVersion(major: 1, minor: 2, patch: 3)
        #expect(range.refusals(of: version).joined(separator: "|") == expected)
    }

    @Test func tellsAboutAPrereleaseOnce() throws {
        let range = try SemanticVersionRange(parsing: ">1, <2 || 3")
        #expect(
            range.refusals(of: try SemanticVersion(parsing: "1.5.0-a")) == [
                #""1.5.0-a" is a prerelease version and the constraint is only looking for release versions"#
            ]
        )
    }

    @Test func includesPrereleasesWhenAskedTo() throws {
        var range = try SemanticVersionRange(parsing: "^1.x")
        let version = try SemanticVersion(parsing: "1.1.1-beta1")
        #expect(!range.contains(version))
        range.includesPrereleases = true
        #expect(range.contains(version))
    }

    @Test func printsItsNormalSpelling() throws {
        #expect(try SemanticVersionRange(parsing: ">= 1,<2 || 3 - 4").description == ">=1 <2 || >=3 <=4")
    }
}
