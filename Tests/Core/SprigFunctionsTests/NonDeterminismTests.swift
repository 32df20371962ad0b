import GoTemplate
import SprigFunctions
import Testing

struct NonDeterminismTests {
    static let functions = [
        "now", "uuidv4", "randAlphaNum 5", "randAlpha 5", "randNumeric 5", "randAscii 5", "randBytes 5", "randInt 1 5",
        #"shuffle "hello""#, #"ago "x""#, #"date "2006" "x""#, #"bcrypt "x""#, #"htpasswd "u" "p""#,
        #"encryptAES "k" "x""#,
        #"genPrivateKey "rsa""#, #"genPrivateKey "ecdsa""#,
        #"genPrivateKey "dsa""#, #"genCA "c" 1"#, #"genSelfSignedCert "c" nil nil 1"#,
    ]

    @Test(arguments: functions)
    func isForbiddenUnlessAllowed(_ source: String) {
        let name = source.prefix { $0 != " " }
        #expect(failure(source).contains("\"\(name)\" depends on"), "\(failure(source))")
    }

    @Test func theSameSeedGivesTheSameResults() throws {
        let source = #"{{ randAlphaNum 8 }} {{ uuidv4 }} {{ randInt 1 100 }} {{ shuffle "hello" }} {{ randBytes 3 }}"#
        let now = GoInstant(seconds: 0)
        let one = try render(source, policy: .deterministic(seed: 7, now: now))
        #expect(try render(source, policy: .deterministic(seed: 7, now: now)) == one)
        #expect(try render(source, policy: .deterministic(seed: 8, now: now)) != one)
        let parts = one.split(separator: " ")
        #expect(parts[0].count == 8 && parts[1].count == 36 && parts[1].dropFirst(14).first == "4")
    }

    @Test func drawsFromTheRightAlphabet() throws {
        let policy = NonDeterminism.deterministic(seed: 3, now: GoInstant(seconds: 0))
        #expect(try render("randNumeric 50", policy: policy).allSatisfy { $0.isNumber })
        #expect(try render("randAlpha 50", policy: policy).allSatisfy { $0.isLetter && $0.isASCII })
        #expect(try render("randAscii 50", policy: policy).count == 50)
        #expect(try render("randAlphaNum 0", policy: policy) == "")
    }

    @Test func whatIsEncryptedCanBeDecrypted() throws {
        let policy = NonDeterminism.deterministic(seed: 3, now: GoInstant(seconds: 0))
        #expect(
            try render(#"encryptAES "secretkey" "plaintext" | decryptAES "secretkey""#, policy: policy) == "plaintext"
        )
        let known = "30tEfhuJSVRhpG97XCuWgz2okj7L8vQ1s6V9zVUPeDQ="
        #expect(try render(#"decryptAES "secretkey" "\#(known)""#, policy: policy) == "plaintext")
    }

    @Test func makesEllipticKeysFromGivenRandomness() throws {
        let policy = NonDeterminism.deterministic(seed: 3, now: GoInstant(seconds: 0))
        let elliptic = try render(#"genPrivateKey "ecdsa""#, policy: policy)
        #expect(
            elliptic.hasPrefix("-----BEGIN EC PRIVATE KEY-----\n")
                && elliptic.hasSuffix("-----END EC PRIVATE KEY-----\n")
        )
        #expect(try render(#"genPrivateKey "ed25519""#, policy: policy).hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
        #expect(try render(#"genPrivateKey "x""#, policy: policy) == "Unknown type x")
    }

    /// A hostile template ends within seconds, however costly each of its calls is.
    @Test(arguments: [
        #"genPrivateKey "rsa""#, #"genCA "c" 1"#, #"genSelfSignedCert "c" nil nil 1"#, #"bcrypt "x""#,
    ])
    func costlyFunctionsUseUpTheFuel(_ call: String) {
        let key = try? render(#"genPrivateKey "ecdsa""#, policy: .deterministic(seed: 1, now: GoInstant(seconds: 0)))
        let source = SprigSource(
            now: { GoInstant(seconds: 0) },
            randomBytes: { [UInt8](repeating: 7, count: $0) },
            rsaKey: { _ in key }
        )
        let limits = GoLimits(steps: 40_000_000)
        do throws(GoFailure) {
            _ = try render(
                "{{ range until 100 }}{{ $x := \(call) }}{{ end }}",
                policy: .allowed(source),
                limits: limits
            )
            Issue.record("a hundred calls of \(call) were made")
        } catch {
            #expect(error.reason.hasSuffix("did not finish within 40000000 steps"))
        }
    }

    @Test func signsCertificatesWithGivenKeys() throws {
        let policy = NonDeterminism.deterministic(seed: 3, now: GoInstant(seconds: 1_700_000_000))
        let source = #"""
            {{- $ca := genCAWithKey "my-ca" 365 (genPrivateKey "ecdsa") -}}
            {{- $cert := genSignedCertWithKey "host" (list "10.0.0.1" "fe80::1") (list "a.example") 30 $ca (genPrivateKey "ecdsa") -}}
            {{- $again := buildCustomCert (b64enc $cert.Cert) (b64enc $cert.Key) -}}
            {{ eq $again.Cert $cert.Cert }} {{ hasPrefix "-----BEGIN CERTIFICATE-----" $ca.Cert }} {{ typeOf $ca }}
            """#
        #expect(try render(source, policy: policy) == "true true sprig.certificate")
        #expect(
            failure(#"genSelfSignedCertWithKey "c" (list "x") nil 1 (genPrivateKey "ecdsa")"#, policy: policy)
                .hasSuffix("error parsing ip: x")
        )
        #expect(failure(#"buildCustomCert "!" "x""#).hasSuffix("unable to decode base64 certificate"))
    }

    @Test func derivesTheSamePasswordsAsTheAlgorithmSays() throws {
        let expected = [
            ("long", "ZedaFaxcZaso9*"), ("maximum", "g6a@gabkw!Fa#xx"), ("pin", "6685"),
        ]
        #expect(try render(#"derivePassword 1 "\#(expected[0].0)" "password" "user" "example.com""#) == expected[0].1)
        #expect(try render(#"derivePassword 1 "\#(expected[2].0)" "password" "user" "example.com""#) == expected[2].1)
    }
}
