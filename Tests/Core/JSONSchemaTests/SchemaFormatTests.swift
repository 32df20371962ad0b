import JSONSchema
import StructuredValue
import Testing

struct SchemaFormatTests {
    static let valid: [(String, [String])] = [
        ("json-pointer", ["", "/a/b~0~1", "/"]), ("relative-json-pointer", ["0", "1/a", "12#"]),
        ("uuid", ["2eb8aa08-aa98-11ea-b4aa-73b441d16380"]), ("duration", ["P1D", "PT1H30M", "P4W", "P1Y2M3DT4H"]),
        ("period", ["2020-01-01T00:00:00Z/P1D", "P1D/2020-01-01T00:00:00Z"]), ("ipv4", ["0.0.0.0", "192.168.1.255"]),
        ("ipv6", ["::", "::1", "fe80::1", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4"]),
        ("hostname", ["a", "a-b.example.com."]), ("email", ["a@b.c", "\"a b\"@x", "a@[1.2.3.4]", "a@[IPv6:::1]"]),
        ("date", ["2024-02-29", "2023-12-31"]), ("time", ["08:30:06Z", "23:59:60Z", "01:02:03.5+01:00"]),
        ("date-time", ["2024-02-29T08:30:06Z", "1990-12-31T15:59:60-08:00"]),
        ("uri", ["http://a.b/c?d#e", "urn:x:y", "http://[::1]:80/"]), ("uri-reference", ["a/b", "#x", "//host/p"]),
        ("uri-template", ["http://a/{b}/c"]), ("semver", ["1.2.3", "1.2.3-rc.1+b"]), ("regex", ["^a(b|c)*$"]),
        ("unheard-of", ["anything"]),
    ]
    static let invalid: [(String, [String])] = [
        ("json-pointer", ["a", "/~2"]), ("relative-json-pointer", ["x", "01", "1a"]),
        ("uuid", ["2eb8aa08", "2eb8aa08-aa98-11ea-b4aa-73b441d1638g"]),
        ("duration", ["1D", "P", "PT", "P1DT", "P1D1Y"]),
        ("period", ["P1D", "P1D/P1D", "x/P1D"]), ("ipv4", ["1.2.3", "256.1.1.1", "01.1.1.1"]),
        ("ipv6", ["1", ":1", "1::2::3", "12345::", "1:2:3:4:5:6:7", "fe80::1%eth0"]),
        ("hostname", ["", "-a", "a_b", "a..b"]), ("email", ["a", ".a@b", "a..b@c", "a@-b", "a b@c"]),
        ("date", ["2023-02-29", "2023-13-01", "23-01-01", "2023-01-01x"]),
        ("time", ["24:00:00Z", "08:30:06", "12:00:60Z"]),
        ("date-time", ["2024-02-30T08:30:06Z", "2024-02-29 08:30:06Z"]),
        ("uri", ["a/b", "http://a b/", ":x", "http://[::x]/", "http://a:b/"]), ("uri-reference", ["a\\b", "%zz"]),
        ("uri-template", ["http://a/{b{c}}", "http://a/{b"]), ("semver", ["1.2", "v1.2.3", "1.02.3", "1.2.3-"]),
        ("regex", ["(", "(?=a)"]),
    ]

    @Test(arguments: valid)
    func acceptsTexts(_ format: String, _ texts: [String]) throws {
        let schema = try schema(format)
        for text in texts { #expect(SchemaViolation.text(schema.violations(in: .string(text))) == "", "\(text)") }
        #expect(schema.accepts(1), "only strings are held against formats")
    }

    @Test(arguments: invalid)
    func refusesTexts(_ format: String, _ texts: [String]) throws {
        let schema = try schema(format)
        for text in texts { #expect(!schema.accepts(.string(text)), "\(text)") }
    }

    private func schema(_ format: String) throws -> ValueSchema {
        try ValueSchema(
            compiling: ["$schema": "http://json-schema.org/draft-07/schema#", "format": .string(format)]
        )
    }
}
