import GoTemplate
import SprigFunctions
import Testing

/// No function without a row: what is registered is tested, and what sprig documents is registered.
struct EveryFunctionTests {
    static let rows: [Expression] = [
        Expression(#"and 1 "a" 0"#, "0"),
        Expression(#"or 0 "" "x""#, "x"),
        Expression(#"not 1"#, "false"),
        Expression(#"eq 1 2 1"#, "true"),
        Expression(#"ne "a" "b""#, "true"),
        Expression(#"lt 1 2"#, "true"),
        Expression(#"le 2 2"#, "true"),
        Expression(#"gt "b" "a""#, "true"),
        Expression(#"ge 1.5 2.5"#, "false"),
        Expression(#"len "äb""#, "3"),
        Expression(#"index (dict "a" (list 1 2)) "a" 1"#, "2"),
        Expression(#"print 1 2 "a" "b" 3"#, "1 2ab3"),
        Expression(#"println 1 "a""#, "1 a\n"),
        Expression(#"html "<a href='x'>&\"</a>""#, "&lt;a href=&#39;x&#39;&gt;&amp;&#34;&lt;/a&gt;"),
        Expression(#"js "it's <\"x\">\n=é&""#, #"it\'s \u003C\"x\"\u003E\u000A\u003Dé\u0026"#),
        Expression(#"urlquery "a b&c=/ä""#, "a+b%26c%3D%2F%C3%A4"),
        Expression(#"abbrevboth 5 10 "1234 5678 9123""#, "...5678..."),
        Expression(#"mustAppend (list 1) 2"#, "[1 2]"),
        Expression(#"mustPush (list 1) 2"#, "[1 2]"),
        Expression(#"mustPrepend (list 1) 2"#, "[2 1]"),
        Expression(#"mustLast (list 1 2)"#, "2"),
        Expression(#"mustRest (list 1 2 3)"#, "[2 3]"),
        Expression(#"mustInitial (list 1 2 3)"#, "[1 2]"),
        Expression(#"mustReverse (list 1 2 3)"#, "[3 2 1]"),
        Expression(#"mustCompact (list 0 1 "")"#, "[1]"),
        Expression(#"mustWithout (list 1 2 3) 2"#, "[1 3]"),
        Expression(#"mustSlice (list 1 2 3 4) 1 3"#, "[2 3]"),
        Expression(#"mustChunk 2 (list 1 2 3)"#, "[[1 2] [3]]"),
        Expression(#"mustDeepCopy (dict "a" (list 1))"#, "map[a:[1]]"),
        Expression(#"mustFromJson "{\"a\":[1,2.5]}""#, "map[a:[1 2.5]]"),
        Expression(#"mustToJson (dict "b" 1 "a" "<")"#, #"{"a":"\u003c","b":1}"#),
        Expression(#"mustToPrettyJson (dict "a" 1)"#, #"{\#n  "a": 1\#n}"#),
        Expression(#"mustToRawJson "<&>""#, #""<&>""#),
        Expression(#"mustRegexMatch "^a+$" "aaa""#, "true"),
        Expression(#"mustRegexFind "[a-z]+" "12ab""#, "ab"),
        Expression(#"mustRegexFindAll "a(b)" "ab ab ab" 2"#, "[ab ab]"),
        Expression(#"mustRegexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W""#, "-W-xxW-"),
        Expression(#"mustRegexReplaceAllLiteral "a(x*)b" "-ab-axxb-" "${1}""#, "-${1}-${1}-"),
        Expression(#"mustRegexSplit "z+" "pizza" -1"#, "[pi a]"),
        Expression(#"mustToYaml (dict "a" (list 1 2))"#, "a:\n- 1\n- 2"),
        Expression(#"mustToToml (dict "a" 1)"#, "a = 1\n"),
        Expression(#"must_date_modify "1h" (toDate "2006-01-02" "2020-01-01") | unixEpoch"#, "1577840400"),
        Expression(#"mustDateModify "1h" (toDate "2006-01-02" "2020-01-01") | unixEpoch"#, "1577840400"),
        Expression(#"mustMerge (dict "a" 1) (dict "a" 2 "b" 3)"#, "map[a:1 b:3]"),
        Expression(#"mustMergeOverwrite (dict "a" 1) (dict "a" 2 "b" 3)"#, "map[a:2 b:3]"),
        Expression(#"mustHas 2 (list 1 2)"#, "true"),
        Expression(#"mustUniq (list 2 1 2)"#, "[2 1]"),
        Expression(#"mustFirst (list 3 4)"#, "3"),
        Expression(#"push (list "a") "b""#, "[a b]"),
        Expression(#"tuple 1 "a""#, "[1 a]"),
        Expression(#"biggest 1 7 3"#, "7"),
        Expression(#"trimall "$" "$5$""#, "5"),
        Expression(#"regexQuoteMeta "1.2.3[a]""#, #"1\.2\.3\[a\]"#),
        Expression(#"toYamlPretty (dict "a" (list 1 (dict "b" 2)))"#, "a:\n  - 1\n  - b: 2"),
        Expression(#"fromYamlArray "- 1\n- {a: b}""#, "[1 map[a:b]]"),
        Expression(#"fromJsonArray "[1,{\"a\":null}]""#, "[1 map[a:<nil>]]"),
        Expression(#"fromToml "a = 1\n[b]\nc = [1, 2]""#, "map[a:1 b:map[c:[1 2]]]"),
        Expression(
            #"sha512sum "abc""#,
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
        Expression(#"adler32sum "Wikipedia""#, "300286872"),
        Expression(#"printf "%05.1f|%-6s|%x" 3.14159 "ab" "hi""#, "003.1|ab    |6869"),
        Expression(#"osIsAbs "a/b""#, "false"),
        Expression(#"toDecimal "0777""#, "511"),
        Expression(#"typeIsLike "int" 1"#, "true"),
        Expression(#"kindIs "map" (dict)"#, "true"),
        Expression(#"semver "v1.2.3-a.1+b""#, "1.2.3-a.1+b"),
        Expression(#""a" | untitle"#, "a"),
        Expression(#"pluck "x" (dict "x" 1) (dict)"#, "[1]"),
    ]

    @Test(arguments: rows)
    func comesOutAsHelmMakesIt(_ example: Expression) throws {
        #expect(try render(example.source) == example.expected)
    }

    /// Results that change from run to run, reduced to what holds for all of them.
    static let reduced: [Expression] = [
        Expression(#"durationHours "90m""#, "1.5"), Expression(#"durationMicroseconds "1ms""#, "1000"),
        Expression(#"(now).Unix"#, "1700000000"), Expression(#"ago now"#, "0s"),
        Expression(
            #"uuidv4 | regexMatch "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$""#,
            "true"
        ),
        Expression(#"randAlphaNum 9 | regexMatch "^[0-9A-Za-z]{9}$""#, "true"),
        Expression(#"randAlpha 9 | regexMatch "^[A-Za-z]{9}$""#, "true"),
        Expression(#"randNumeric 9 | regexMatch "^[0-9]{9}$""#, "true"),
        Expression(#"randAscii 9 | regexMatch "^[ -~]{9}$""#, "true"),
        Expression(#"randBytes 6 | b64dec | len"#, "6"), Expression(#"eq (randInt 4 5) 4"#, "true"),
        Expression(#"shuffle "aaa""#, "aaa"),
        Expression(#"bcrypt "x" | regexMatch `^\$2a\$10\$[./0-9A-Za-z]{53}$`"#, "true"),
        Expression(#"htpasswd "u" "p" | regexMatch `^u:\$2a\$10\$[./0-9A-Za-z]{53}$`"#, "true"),
        Expression(#"decryptAES "key" (encryptAES "key" "plain")"#, "plain"),
        Expression(#"genPrivateKey "ed25519" | hasPrefix "-----BEGIN PRIVATE KEY-----""#, "true"),
        Expression(#"(genCA "ca" 1).Cert | hasPrefix "-----BEGIN CERTIFICATE-----""#, "true"),
        Expression(
            #"(genCAWithKey "ca" 1 (genPrivateKey "ecdsa")).Key | hasPrefix "-----BEGIN EC PRIVATE KEY-----""#,
            "true"
        ),
        Expression(#"typeOf (genSelfSignedCert "c" (list "10.0.0.1") (list "c.example") 1)"#, "sprig.certificate"),
        Expression(
            #"(genSelfSignedCertWithKey "c" nil nil 1 (genPrivateKey "ecdsa")).Cert | hasPrefix "-----BEGIN CERTIFICATE-----""#,
            "true"
        ),
        Expression(#"typeOf (genSignedCert "c" nil (list "c.example") 1 (genCA "ca" 1))"#, "sprig.certificate"),
        Expression(
            #"typeOf (genSignedCertWithKey "c" nil nil 1 (genCA "ca" 1) (genPrivateKey "ecdsa"))"#,
            "sprig.certificate"
        ),
        Expression(
            #"{{ $c := genCA "ca" 1 }}{{ eq (buildCustomCert (b64enc $c.Cert) (b64enc $c.Key)).Cert $c.Cert }}"#,
            "true"
        ),
        Expression(#"derivePassword 1 "long" "password" "user" "example.com""#, "ZedaFaxcZaso9*"),
    ]

    @Test(arguments: reduced)
    func holdsForEveryRandomResult(_ example: Expression) throws {
        let now = GoInstant(seconds: 1_700_000_000)
        let deterministic = NonDeterminism.deterministic(seed: 11, now: now)
        // Making an RSA key is the host's work; another kind of key serves as well.
        let key = try render(#"genPrivateKey "ecdsa""#, policy: deterministic)
        let source = SprigSource(
            now: { now },
            randomBytes: { count in (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) } },
            rsaKey: { _ in key }
        )
        #expect(try render(example.source, policy: .allowed(source)) == example.expected)
        if !example.source.contains("genCA \""), !example.source.contains("Cert \"") {
            #expect(try render(example.source, policy: deterministic) == example.expected)
        }
    }

    /// Functions that end the render: what they refuse stands in other tables.
    static let refusing = ["fail": "ValueFunctionTests.failsWithGosWords", "call": "FailureTests"]

    @Test func everyRegisteredFunctionHasARow() {
        var tables = Self.rows + Self.reduced
        tables += StringFunctionTests.strings + StringFunctionTests.encodings + StringFunctionTests.patterns
        tables += StringFunctionTests.paths + StringFunctionTests.urls
        tables += ValueFunctionTests.numbers + ValueFunctionTests.lists + ValueFunctionTests.maps
        tables += ValueFunctionTests.defaults + DateFunctionTests.examples + DocumentFunctionTests.examples
        let called = Set(tables.flatMap { Self.calledNames($0.source) })
        let registered = GoFunctionTable(SprigLibrary.helm).functions.map(\.name)
        let untested = registered.filter { !called.contains($0) && Self.refusing[$0] == nil }
        #expect(untested.isEmpty, "functions without a row: \(untested.sorted().joined(separator: ", "))")
        #expect(registered.count > 200)
    }

    @Test func calledNamesAreThoseInTheFunctionsPlace() {
        #expect(Self.calledNames(#"upper "lower" | trim"#) == ["upper", "trim"])
        #expect(Self.calledNames(#"{{ (len .first) }}{{ if not `fail` }}"#) == ["len", "not"])
    }

    /// The words of an expression that call a function: not in quotes, and no field, variable or keyword.
    static func calledNames(_ source: String) -> [String] {
        var names: [String] = []
        var quote: Character?
        var word = ""
        var before: Character = " "
        var isEscaped = false
        for character in source + " " {
            if let open = quote {
                if character == open, !isEscaped { quote = nil }
                isEscaped = character == "\\" && open == "\"" && !isEscaped
                continue
            }
            if character.isLetter || character.isNumber || character == "_" {
                word.append(character)
                continue
            }
            if !word.isEmpty, before != ".", before != "$", word.first?.isLetter == true, !keywords.contains(word) {
                names.append(word)
            }
            word = ""
            before = character
            if character == "\"" || character == "`" { quote = character }
        }
        return names
    }

    private static let keywords: Set<String> = [
        "if", "else", "end", "range", "with", "define", "template", "nil", "true", "false",
    ]

    @Test func whatSprigDocumentsIsRegistered() {
        let registered = Set(GoFunctionTable(SprigLibrary.helm).functions.map(\.name))
        let missing = Self.documented.split(whereSeparator: \.isWhitespace).map(String.init).filter {
            !registered.contains($0)
        }
        #expect(missing.isEmpty, "\(missing)")
    }

    /// The names in sprig 3.3, without `env` and `expandenv`, which Helm removes.
    static let documented = """
        abbrev abbrevboth add add1 add1f addf adler32sum ago all
        any append atoi b32dec b32enc b64dec b64enc base bcrypt
        biggest buildCustomCert camelcase cat ceil chunk clean coalesce compact
        concat contains date dateInZone dateModify date_in_zone date_modify decryptAES deepCopy
        deepEqual default derivePassword dict dig dir div divf duration
        durationRound empty encryptAES ext fail first float64 floor fromJson
        genCA genCAWithKey genPrivateKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey get getHostByName
        has hasKey hasPrefix hasSuffix hello htmlDate htmlDateInZone htpasswd indent
        initial initials int int64 isAbs join kebabcase keys kindIs
        kindOf last list lower max maxf merge mergeOverwrite min
        minf mod mul mulf mustAppend mustChunk mustCompact mustDateModify mustDeepCopy
        mustFirst mustFromJson mustHas mustInitial mustLast mustMerge mustMergeOverwrite mustPrepend mustRegexFind
        mustRegexFindAll mustRegexMatch mustRegexReplaceAll mustRegexReplaceAllLiteral mustRegexSplit mustRest mustReverse mustSlice mustToDate
        mustToJson mustToPrettyJson mustToRawJson mustUniq mustWithout must_date_modify nindent nospace now
        omit osBase osClean osDir osExt osIsAbs pick pluck plural
        prepend quote randAlpha randAlphaNum randAscii randBytes randInt randNumeric regexFind
        regexFindAll regexMatch regexQuoteMeta regexReplaceAll regexReplaceAllLiteral regexSplit repeat replace rest
        reverse round semver semverCompare seq set sha1sum sha256sum sha512sum
        shuffle slice snakecase sortAlpha split splitList splitn squote sub
        subf substr swapcase ternary title toDate toDecimal toJson toPrettyJson
        toRawJson toString toStrings trim trimAll trimPrefix trimSuffix trimall trunc
        tuple typeIs typeIsLike typeOf uniq unixEpoch unset until untilStep
        untitle upper urlJoin urlParse uuidv4 values without wrap wrapWith
        """
}
