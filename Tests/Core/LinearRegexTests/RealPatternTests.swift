import LinearRegex
import Testing

/// A pattern that public charts use in templates or schemas, with texts that Go's regexp matches and refuses.
struct RealPattern: Sendable, CustomTestStringConvertible {
    var source: String
    var matches: [String]
    var refuses: [String]
    var testDescription: String { source }

    init(_ source: String, matches: [String], refuses: [String]) {
        (self.source, self.matches, self.refuses) = (source, matches, refuses)
    }
}

struct RealPatternTests {
    static let patterns: [RealPattern] = [
        RealPattern(#"^.+\.conf$"#, matches: ["a.conf"], refuses: [".conf", "123456789012", "10.0.0.0/16", "AbC9"]),
        RealPattern(
            #"^[a-zA-Z0-9\._-]+$"#,
            matches: ["a.conf", ".conf", "app", "my-app.v1"],
            refuses: ["a/b.c", "101%", "http://p:80", "team/a=b"]
        ),
        RealPattern(
            #"^[a-zA-Z0-9/\._-]*$"#,
            matches: ["a.conf", ".conf", "app", "my-app.v1"],
            refuses: ["https://x/42", "100%", "http://p:80", "team/a=b"]
        ),
        RealPattern(
            #"^.*/(\d+)$"#,
            matches: ["https://x/42", "10.0.0.0/16", "10.0.0.0/24", "10.256.1.1/28"],
            refuses: ["a.conf", "vpc-12", "*/5 * * * *", "AbC9"]
        ),
        RealPattern(
            #"^(\d+\.\d+\.\d+).*$"#,
            matches: ["1.25.3-gs1", "10.0.0.0/16", "10.0.0.0/24", "10.256.1.1/28"],
            refuses: ["a.conf", "vpc-12", "*/5 * * * *", "AbC9"]
        ),
        RealPattern(
            #"^\s*#.*$"#,
            matches: [#"# note"#, #" #x"#],
            refuses: ["a.conf", "12345", "10.0.0.0/24", "team/a=b"]
        ),
        RealPattern(
            #"^[-a-zA-Z0-9_\.]{1,63}$"#,
            matches: ["a.conf", ".conf", "app", "my-app.v1"],
            refuses: ["a/b.c", "101%", "http://p:80", "team/a=b"]
        ),
        RealPattern(
            #"^[ a-zA-Z0-9\._:/=+-@]+$"#,
            matches: ["a.conf", ".conf", "app", "my-app.v1"],
            refuses: [#"# note"#, "55%", "101%", "rg_(1)"]
        ),
        RealPattern("^vpc-[0-0a-zA-Z]+$", matches: [], refuses: ["a.conf", "vpc-12", "x.y9", "deadbeef-01"]),
        RealPattern(#"^\d{12}$"#, matches: ["123456789012"], refuses: ["a.conf", "vpc-12", "10.0.0.0/16", "AbC9"]),
        RealPattern(
            "^((([0-9]+(h|m))|([0-9]+h[0-9]+m))(0s)?)$",
            matches: ["1h30m", "90m0s"],
            refuses: ["a.conf", "vpc-12", "10.0.0.0/24", "team/a=b"]
        ),
        RealPattern(
            "^((100|[0-9]{1,2})%|[0-9]+)$",
            matches: ["123456789012", "12345", "55%", "100%"],
            refuses: ["a.conf", "vpc-0a1", "10.0.0.0/24", "AbC9"]
        ),
        RealPattern(
            #"^(@(annually|yearly|monthly|weekly|daily|midnight|hourly))|((.+)\s(.+)\s(.+)\s(.+)\s(.+))$"#,
            matches: ["@daily", "*/5 * * * *"],
            refuses: ["a.conf", "vpc-12", "10.0.0.0/24", "team/a=b"]
        ),
        RealPattern(
            "^(([0-9]+(s|m|h))+|Never)$",
            matches: ["1h30m", "90m0s", "30s", "Never"],
            refuses: ["a.conf", "vpc-0a1", "10.0.0.0/24", "AbC9"]
        ),
        RealPattern(
            "^([0-9]+(s|m|h))+$",
            matches: ["1h30m", "90m0s", "30s"],
            refuses: ["a.conf", "vpc-12", "10.256.1.1/28", "a="]
        ),
        RealPattern(
            #"^[a-z][a-z0-9]*\.[a-z0-9]+$"#,
            matches: ["a.conf", "x.y9", "example.com"],
            refuses: [".conf", "123456789012", "10.0.0.0/24", "team/a=b"]
        ),
        RealPattern(
            #"^(([0-9]{1,3}\.){3}[0-9]{1,3}/(1[6-9]|2[0-8]))$"#,
            matches: ["10.0.0.0/16", "10.0.0.0/24", "10.256.1.1/28"],
            refuses: ["a.conf", "vpc-12", "x.y9", "a="]
        ),
        RealPattern("^[0-9]{12}$", matches: ["123456789012"], refuses: ["a.conf", "vpc-12", "10.0.0.0/16", "AbC9"]),
        RealPattern(
            "^[a-z]{2}(-[a-z]+)+-[0-9]+$",
            matches: ["eu-west-1", "us-gov-east-2"],
            refuses: ["a.conf", "vpc-12", "x.y9", "team/a=b"]
        ),
        RealPattern(
            "/(1[6-9]|2[0-8])$",
            matches: ["10.0.0.0/16", "10.0.0.0/24", "10.256.1.1/28"],
            refuses: ["a.conf", "vpc-12", "x.y9", "a="]
        ),
        RealPattern(
            "^(http://|https://)",
            matches: ["https://x/42", "http://p:80"],
            refuses: ["a.conf", "123456789012", "10.0.0.0/16", "team/a=b"]
        ),
        RealPattern(#"^\d+\.\d+\.\d+$"#, matches: ["1.33.0"], refuses: ["a.conf", "vpc-12", "x.y9", "deadbeef-01"]),
        RealPattern(
            "[0-9]+[hms]",
            matches: ["1h30m", "90m0s", "30s"],
            refuses: ["a.conf", "vpc-12", "10.256.1.1/28", "a="]
        ),
        RealPattern("[0-9]+h", matches: ["1h30m"], refuses: ["a.conf", "vpc-12", "10.0.0.0/16", "AbC9"]),
        RealPattern("^.*?([0-9]+)h.*$", matches: ["1h30m"], refuses: ["a.conf", "vpc-12", "10.0.0.0/16", "AbC9"]),
        RealPattern("[0-9]+m", matches: ["1h30m", "90m0s"], refuses: ["a.conf", "vpc-12", "10.0.0.0/24", "team/a=b"]),
        RealPattern(
            "^.*?([0-9]+)m.*$",
            matches: ["1h30m", "90m0s"],
            refuses: ["a.conf", "vpc-12", "10.0.0.0/24", "team/a=b"]
        ),
        RealPattern("[0-9]+s", matches: ["90m0s", "30s"], refuses: ["a.conf", "vpc-12", "10.0.0.0/24", "team/a=b"]),
        RealPattern(
            "^.*?([0-9]+)s$",
            matches: ["90m0s", "30s"],
            refuses: ["a.conf", "vpc-12", "10.0.0.0/24", "team/a=b"]
        ),
        RealPattern(
            #"^[-\w\._]+$"#,
            matches: ["a.conf", ".conf", "app", "my-app.v1"],
            refuses: ["a/b.c", "101%", "http://p:80", "team/a=b"]
        ),
        RealPattern(
            #"^[-\w\._\(\)]+$"#,
            matches: ["a.conf", ".conf", "app", "my-app.v1"],
            refuses: ["a/b.c", "100%", "10.0.0.0/24", "/subscriptions/x"]
        ),
        RealPattern(
            "^/subscriptions/[a-fA-F0-9][-a-fA-F0-9]+[a-fA-F0-9]/resourceGroups/[^/]+/providers/[^/]+/[^/]+/.+$",
            matches: ["/subscriptions/0a-1b/resourceGroups/g/providers/p/t/n"],
            refuses: ["a.conf", "vpc-12", "x.y9", "AbC9"]
        ),
        RealPattern(
            #"^[^<>%&?/\\]*$"#,
            matches: ["a.conf", ".conf", "app", "my-app.v1"],
            refuses: ["a/b.c", "101%", "10.256.1.1/28", "/subscriptions/x"]
        ),
        RealPattern(
            "^[a-fA-F0-9][-a-fA-F0-9]+[a-fA-F0-9]$",
            matches: ["123456789012", "12345", "deadbeef-01", "AbC9"],
            refuses: ["a.conf", "vpc-0a1", "x.y9", "a%b"]
        ),
        RealPattern(
            "^[A-Za-z0-9]+$",
            matches: ["app", "123456789012", "12345", "1h30m"],
            refuses: ["a.conf", "vpc-0a1", "10.256.1.1/28", "team/a=b"]
        ),
        RealPattern(
            #"^[A-Za-z0-9-_\./]{1,63}=[A-Za-z0-9-_\.]{0,63}$"#,
            matches: ["team/a=b", "a="],
            refuses: ["a.conf", "vpc-12", "x.y9", "deadbeef-01"]
        ),
        RealPattern(
            "^[a-z0-9-]{1,63}$",
            matches: ["app", "vpc-0a1", "vpc-12", "123456789012"],
            refuses: ["a.conf", #" #x"#, "10.0.0.0/24", "team/a=b"]
        ),
        RealPattern(
            "^[a-z][-a-z0-9]+$",
            matches: ["app", "vpc-0a1", "vpc-12", "eu-west-1"],
            refuses: ["a.conf", "12345", "10.0.0.0/16", "a="]
        ),
        RealPattern(
            "^[a-z0-9-]+$",
            matches: ["app", "vpc-0a1", "vpc-12", "123456789012"],
            refuses: ["a.conf", #" #x"#, "10.0.0.0/24", "team/a=b"]
        ),
        RealPattern(
            "^[a-z0-9-]{0,63}$",
            matches: ["app", "vpc-0a1", "vpc-12", "123456789012"],
            refuses: ["a.conf", #" #x"#, "10.0.0.0/24", "team/a=b"]
        ),
        RealPattern(
            "^[0-9]{0,12}$",
            matches: ["123456789012", "12345", ""],
            refuses: ["a.conf", "vpc-12", "10.0.0.0/24", "team/a=b"]
        ),
        RealPattern(
            #"^((25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)\.){3}(25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)(/([0-9]|[1,2][0-9]|[3][0-2]))?$"#,
            matches: ["10.0.0.0/16", "10.0.0.0/24"],
            refuses: ["a.conf", "vpc-12", "x.y9", "team/a=b"]
        ),
        RealPattern(
            #"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"#,
            matches: ["a.conf", "app", "my-app.v1", "1.25.3-gs1"],
            refuses: [".conf", "55%", "10.256.1.1/28", "AbC9"]
        ),
        RealPattern("(.*)", matches: ["a.conf", ".conf", "app", "my-app.v1"], refuses: []),
        RealPattern(".local$", matches: ["ip-10.local"], refuses: ["a.conf", "vpc-12", "x.y9", "deadbeef-01"]),
        RealPattern(
            ":[0-9]+.*",
            matches: ["http://p:80", "host:8080/x"],
            refuses: ["a.conf", "vpc-12", "x.y9", "AbC9"]
        ),
    ]

    @Test(arguments: patterns)
    func matchesWhatGoMatches(_ pattern: RealPattern) throws {
        let compiled = try LinearPattern(pattern.source)
        for text in pattern.matches { #expect(compiled.matches(text), "\(text)") }
        for text in pattern.refuses { #expect(!compiled.matches(text), "\(text)") }
    }

    /// Real patterns too take time in proportion to the text, whatever it is.
    @Test(.timeLimit(.minutes(1)), arguments: patterns)
    func staysLinear(_ pattern: RealPattern) throws {
        let compiled = try LinearPattern(pattern.source)
        for piece in ["a", "1", "1.", "a-", "10.", "1h"] {
            _ = compiled.matches(String(repeating: piece, count: 50_000) + "!")
        }
    }
}
