import Testing

struct StringFunctionTests {
    static let strings: [Expression] = [
        Expression(#"trim "  \t hello \n""#, "hello"), Expression(#"trimAll "$" "$5.00$""#, "5.00"),
        Expression(#"trimall "-x" "x-a-x""#, "a"), Expression(#"trimSuffix "-" "hello-""#, "hello"),
        Expression(#"trimSuffix "x" "hello""#, "hello"), Expression(#"trimPrefix "-" "-hello""#, "hello"),
        Expression(#"lower "HELLO Ä""#, "hello ä"), Expression(#"upper "straße""#, "STRAßE"),
        Expression(#"title "hello world-wide it's""#, "Hello World-Wide It'S"),
        Expression(#"untitle "Hello World""#, "hello world"), Expression(#"repeat 3 "ab""#, "ababab"),
        Expression(#"substr 0 5 "hello world""#, "hello"), Expression(#"substr -1 3 "hello""#, "hel"),
        Expression(#"substr 2 -1 "hello""#, "llo"), Expression(#"substr 1 99 "hello""#, "ello"),
        Expression(#"nospace "hello w o r l d""#, "helloworld"), Expression(#"nospace "ä ö""#, "Ã¤Ã¶"),
        Expression(#"nospace "äö""#, "äö"), Expression(#"trunc 5 "hello world""#, "hello"),
        Expression(#"trunc -5 "hello world""#, "world"), Expression(#"trunc -50 "hello""#, "hello"),
        Expression(#"trunc 63 "short""#, "short"), Expression(#"abbrev 5 "hello world""#, "he..."),
        Expression(#"abbrev 3 "hello""#, "hello"), Expression(#"abbrevboth 5 10 "1234 5678 9123""#, "...5678..."),
        Expression(#"abbrevboth 0 10 "hello""#, "hello"), Expression(#"initials "First Try""#, "FT"),
        Expression(#"wrap 5 "hello my world""#, "hello\nmy\nworld"),
        Expression(#"wrap 3 "hello world""#, "hello\nworld"),
        Expression(#"wrapWith 5 "\t" "HelloWorld""#, "Hello\tWorld"),
        Expression(#"contains "cat" "catch""#, "true"), Expression(#"contains "" "x""#, "true"),
        Expression(#"contains "dog" "catch""#, "false"), Expression(#"hasPrefix "cat" "catch""#, "true"),
        Expression(#"hasSuffix "ch" "catch""#, "true"), Expression(#"hasSuffix "catch!" "catch""#, "false"),
        Expression(#"quote "a\"b" 1 nil true"#, #""a\"b" "1" "true""#),
        Expression(#"quote "tab\there""#, #""tab\there""#),
        Expression(#"quote nil"#, ""), Expression(#"squote "a" 2 1.5"#, "'a' '2' '1.5'"),
        Expression(#"cat "hello" nil 1 true"#, "hello 1 true"), Expression(#"indent 4 "a\nb""#, "    a\n    b"),
        Expression(#"indent 2 "a\n""#, "  a\n  "), Expression(#"indent 0 "a\nb""#, "a\nb"),
        Expression(#"indent 2 """#, "  "), Expression(#"nindent 2 "a\n\nb""#, "\n  a\n  \n  b"),
        Expression(#"replace " " "-" "I Am Henry VIII""#, "I-Am-Henry-VIII"),
        Expression(#"replace "" "." "äb""#, ".ä.b."),
        Expression(#"plural "one anchovy" "many" 1"#, "one anchovy"), Expression(#"plural "one" "many" 2"#, "many"),
        Expression(#"snakecase "FirstName""#, "first_name"), Expression(#"snakecase "HTTPServer""#, "http_server"),
        Expression(#"snakecase "HTTP20xOK""#, "http_20x_ok"), Expression(#"snakecase "Duration2m3s""#, "duration_2m3s"),
        Expression(#"snakecase "Bld4Floor3rd""#, "bld4_floor_3rd"), Expression(#"snakecase "GO PATH""#, "go_path"),
        Expression(#"snakecase "http2xx""#, "http_2xx"), Expression(#"snakecase "a.b""#, "a.b"),
        Expression(#"kebabcase "NoHTTPS""#, "no-https"), Expression(#"kebabcase "GO_PATH""#, "go-path"),
        Expression(#"camelcase "http_server""#, "HttpServer"), Expression(#"camelcase "_camel_case""#, "_CamelCase"),
        Expression(#"camelcase "_complex__case_""#, "_Complex_Case_"), Expression(#"camelcase "all""#, "All"),
        Expression(#"camelcase "GOLANG_IS_GREAT""#, "GolangIsGreat"), Expression(#"camelcase "fooBar""#, "FooBar"),
        Expression(#"swapcase "This Is A.Test""#, "tHIS iS a.tEST"), Expression(#"hello"#, "Hello!"),
        Expression(#"toString 1.5"#, "1.5"), Expression(#"toString nil"#, "<nil>"),
        Expression(#"toStrings (list 1 nil "a")"#, "[1 a]"), Expression(#"join "," (list 1 nil "a")"#, "1,a"),
        Expression(#"join "," "x""#, "x"), Expression(#"join "," nil"#, ""),
        Expression(#"sortAlpha (list "b" "a" "B" 1)"#, "[1 B a b]"), Expression(#"sortAlpha "x""#, "[x]"),
        Expression("sortAlpha nil", "[<nil>]"),
        Expression(#"(split "$" "foo$bar$baz")._1"#, "bar"), Expression(#"split "," "a,b""#, "map[_0:a _1:b]"),
        Expression(#"splitn "$" 2 "foo$bar$baz""#, "map[_0:foo _1:bar$baz]"),
        Expression(#"splitList "," "a,b,,c" | len"#, "4"), Expression(#"splitList "" "äb""#, "[ä b]"),
        Expression(#"splitList "x" "" | len"#, "1"), Expression(#"typeOf (splitList "," "a")"#, "[]string"),
    ]

    @Test(arguments: strings)
    func textsComeOutAsSprigMakesThem(_ example: Expression) throws {
        #expect(try render(example.source) == example.expected)
    }

    @Test(arguments: [
        Expression(#"substr 3 2 "hello""#, "runtime error: slice bounds out of range [3:2]"),
        Expression(#"substr -1 9 "hello""#, "runtime error: slice bounds out of range [:9] with length 5"),
        Expression(#"repeat -1 "a""#, "strings: negative Repeat count"),
        Expression(#"indent -1 "a""#, "strings: negative Repeat count"),
    ])
    func refusesAsGoPanics(_ example: Expression) {
        #expect(failure(example.source).hasSuffix(example.expected), "\(failure(example.source))")
    }

    @Test(arguments: [
        #"repeat 900000000000 "abcdefgh""#, #"indent 900000000000000 "a""#, #"indent 9223372036854775807 "a""#,
        #"until 9000000000000"#, #"untilStep 0 9000000000000 2"#, #"seq 1 9000000000"#,
    ])
    func endsAtTheLimitRatherThanFillingTheMemory(_ source: String) {
        #expect(failure(source).contains("the templates"), "\(failure(source))")
    }

    @Test(arguments: [
        Expression(#"abbrevboth -9223372036854775808 10 "1234 5678 9123""#, "1234 56..."),
        Expression(#"trunc -9223372036854775808 "a""#, "a"),
        Expression(
            #"untilStep 9223372036854775800 9223372036854775807 5"#,
            "[9223372036854775800 9223372036854775805]"
        ),
        Expression(#"(toDate "2006" "2020").AddDate 9223372036854775807 0 0 | kindOf"#, "struct"),
        Expression(#"date "2006" 9223372036854775807 | kindOf"#, "string"),
        Expression(#"date "2006" -9223372036854775808 | kindOf"#, "string"),
        Expression(#"chunk 9223372036854775807 (list 1 2)"#, "[[1 2]]"),
        Expression(#"div -9223372036854775808 -1"#, "-9223372036854775808"),
        Expression(
            #"{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ $e := dict }}{{ $_ := set $e "d" $e }}{{ merge $d $e | len }}"#,
            "1"
        ),
    ])
    func standsExtremes(_ example: Expression) throws {
        #expect(try render(example.source) == example.expected)
    }

    static let encodings: [Expression] = [
        Expression(#"b64enc "hello""#, "aGVsbG8="), Expression(#"b64enc """#, ""),
        Expression(#"b64dec "aGVsbG8=""#, "hello"),
        Expression(#"b64dec "aGVs\nbG8=""#, "hello"), Expression(#"b64dec "a""#, "illegal base64 data at input byte 0"),
        Expression(#"b64dec "aGVsbG8""#, "illegal base64 data at input byte 4"),
        Expression(#"b64dec "aG!s""#, "illegal base64 data at input byte 2"),
        Expression(#"b64dec "aGVsbG8=x""#, "illegal base64 data at input byte 8"),
        Expression(#"b32enc "hello""#, "NBSWY3DP"), Expression(#"b32enc "ab""#, "MFRA===="),
        Expression(#"b32dec "NBSWY3DP""#, "hello"), Expression(#"b32dec "MFRA====""#, "ab"),
        Expression(#"b32dec "1""#, "illegal base32 data at input byte 0"),
        Expression(#"sha1sum "hello""#, "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"),
        Expression(#"sha256sum "hello""#, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"),
        Expression(
            #"sha512sum "" | trunc 32"#,
            "cf83e1357eefb8bdf1542850d66d8007"
        ), Expression(#"adler32sum "hello""#, "103547413"),
        Expression(#"htpasswd "u" "p" "sha""#, "u:{SHA}UWuXg/ylF+7L0dBk2i0WUxCxl1k="),
        Expression(#"htpasswd "a:b" "p""#, "invalid username: a:b"),
        Expression(#"derivePassword 1 "nosuch" "p" "u" "s""#, "cannot find password template nosuch"),
    ]

    @Test(arguments: encodings)
    func encodesAndHashes(_ example: Expression) throws {
        #expect(try render(example.source) == example.expected)
    }

    static let patterns: [Expression] = [
        Expression(#"regexMatch "^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+$" "test@acme.com""#, "true"),
        Expression(#"regexMatch "[" "x""#, "false"), Expression(#"mustRegexMatch "a" "ba""#, "true"),
        Expression(#"regexFindAll "[2,4,6,8]" "123456789" -1"#, "[2 4 6 8]"),
        Expression(#"regexFindAll "[2,4,6,8]" "123456789" 2"#, "[2 4]"),
        Expression(#"regexFindAll "a" "b" -1 | len"#, "0"),
        Expression(#"regexFind "[a-zA-Z][1-9]" "abcd1234""#, "d1"), Expression(#"regexFind "x" "abc""#, ""),
        Expression(#"regexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W""#, "-W-xxW-"),
        Expression(#"regexReplaceAll "a(x*)b" "-ab-axxb-" "$1W""#, "---"),
        Expression(#"regexReplaceAllLiteral "a(x*)b" "-ab-axxb-" "${1}""#, "-${1}-${1}-"),
        Expression(#"regexSplit "z+" "pizza" -1"#, "[pi a]"), Expression(#"regexSplit "a" "banana" 2"#, "[b nana]"),
        Expression(#"regexQuoteMeta "1.2.3""#, #"1\.2\.3"#),
    ]

    @Test(arguments: patterns)
    func matchesPatterns(_ example: Expression) throws {
        #expect(try render(example.source) == example.expected)
    }

    @Test func saysWhatIsWrongWithAPattern() {
        #expect(
            failure(#"regexFind "[" "x""#).hasSuffix(
                "regexp: Compile(`[`): error parsing regexp: missing closing ]: `[`"
            )
        )
        #expect(failure(#"mustRegexFind "[" "x""#).hasSuffix("error parsing regexp: missing closing ]: `[`"))
    }

    static let paths: [Expression] = [
        Expression(#"base "foo/bar/baz.txt""#, "baz.txt"), Expression(#"base """#, "."),
        Expression(#"base "///""#, "/"),
        Expression(#"dir "foo/bar/baz""#, "foo/bar"), Expression(#"dir "x""#, "."), Expression(#"dir "/x""#, "/"),
        Expression(#"clean "foo/bar/../baz""#, "foo/baz"), Expression(#"clean "/../a//b/.""#, "/a/b"),
        Expression(#"clean "../../x""#, "../../x"), Expression(#"ext "foo.tar.gz""#, ".gz"),
        Expression(#"ext "a.b/c""#, ""),
        Expression(#"isAbs "/a""#, "true"), Expression(#"isAbs "a""#, "false"), Expression(#"osBase "/a/b""#, "b"),
        Expression(#"osDir "/a/b""#, "/a"), Expression(#"osExt "a.b""#, ".b"), Expression(#"osClean "a/..""#, "."),
        Expression(#"osIsAbs "/""#, "true"),
    ]

    static let urls: [Expression] = [
        Expression(
            #"urlParse "http://admin:secret@server.com:8080/api?list=false#anchor""#,
            "map[fragment:anchor host:server.com:8080 hostname:server.com opaque: path:/api query:list=false scheme:http userinfo:admin:secret]"
        ),
        Expression(#"(urlParse "mailto:a@b").opaque"#, "a@b"), Expression(#"(urlParse "//h/p%20q").path"#, "/p q"),
        Expression(#"(urlParse "http://[::1]:80/").hostname"#, "::1"),
        Expression(
            #"urlJoin (dict "fragment" "fragment" "host" "host:80" "path" "/path" "query" "query" "scheme" "http")"#,
            "http://host:80/path?query#fragment"
        ),
        Expression(#"urlJoin (dict "host" "h" "path" "p q" "userinfo" "u:p")"#, "//u:p@h/p%20q"),
        Expression(#"urlJoin (urlParse "https://x.y/a%2Fb?c")"#, "https://x.y/a/b?c"),
        Expression(#"getHostByName "localhost""#, ""),
    ]

    @Test(arguments: paths + urls)
    func takesPathsAndURLsApart(_ example: Expression) throws {
        #expect(try render(example.source) == example.expected)
    }

    @Test(arguments: [
        Expression(#"urlParse ":""#, #"unable to parse url: parse ":": missing protocol scheme"#),
        Expression(
            #"urlParse "http://a b/""#,
            #"unable to parse url: parse "http://a b/": invalid character " " in host name"#
        ),
        Expression(#"urlParse "%zz""#, #"unable to parse url: parse "%zz": invalid URL escape "%zz""#),
        Expression(#"urlJoin (dict "host" 1)"#, "unable to parse host key, must be of type string, but int found"),
    ])
    func refusesWhatIsNoURL(_ example: Expression) {
        #expect(failure(example.source).hasSuffix(example.expected), "\(failure(example.source))")
    }
}
