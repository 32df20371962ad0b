import GoTemplate
import Testing

@Suite struct FormatTests {
    static let formats: [(String, [String])] = [
        (#"printf "%v %v %v" 1 "a" 1.5"#, ["1 a 1.5"]),
        (#"printf "%d|%5d|%-5d|%05d|%+d|% d" 42 42 42 42 42 42"#, ["42|   42|42   |00042|+42| 42"]),
        (#"printf "%x %X %o %b %c %q %U %#x" 255 255 8 5 65 65 65 255"#, ["ff FF 10 101 A 'A' U+0041 0xff"]),
        (#"printf "%s|%10s|%-10s|%.2s|%q" "abc" "abc" "abc" "abc" "a\"b""#, [#"abc|       abc|abc       |ab|"a\"b""#]),
        (#"printf "%x % x %X" "hi" "hi" "hi""#, ["6869 68 69 6869"]),
        (
            #"printf "%f %.2f %8.3f %e %g %G" 3.14159 3.14159 3.14159 1234.5 1e9 1e-9"#,
            ["3.141590 3.14    3.142 1.234500e+03 1e+09 1E-09"]
        ),
        (#"printf "%.0f %.1f %.3g %6.2f|" 2.5 0.25 1234.5 -1.0"#, ["2 0.2 1.23e+03  -1.00|"]),
        (#"printf "%t %v" true false"#, ["true false"]),
        (
            #"printf "%T %T %T %T %T %T" 1 1.5 "a" true (list) (dict)"#,
            ["int float64 string bool []interface {} map[string]interface {}"]
        ),
        (#"printf "%v %s %d" nil nil nil"#, ["<nil> %!s(<nil>) %!d(<nil>)"]),
        (#"printf "%d %s" "a" 1"#, ["%!d(string=a) %!s(int=1)"]),
        (#"printf "%d""#, ["%!d(MISSING)"]),
        (#"printf "%d" 1 2 "x""#, ["1%!(EXTRA int=2, string=x)"]),
        (#"printf "%z %!" 1"#, ["%!z(int=1) %!!(NOVERB)", "%!z(int=1) %!!(MISSING)"]),
        (#"printf "100%%""#, ["100%"]),
        (#"printf "%""#, ["%!(NOVERB)"]),
        (#"printf "%[2]s %[1]s" "a" "b""#, ["b a"]),
        (#"printf "%*d" 5 1"#, ["    1"]),
        (#"printf "%v %q %d" (list 1 "a") (list "a" "b") (list 1 2)"#, [#"[1 a] ["a" "b"] [1 2]"#]),
        (#"printf "%s" (dict "a" 1 "b" "c")"#, ["map[a:%!s(int=1) b:c]"]),
        (
            #"printf "%#v %#v %#v" "a" (list 1 "x") (dict "k" 1.5)"#,
            [#""a" []interface {}{1, "x"} map[string]interface {}{"k":1.5}"#]
        ),
        (#"printf "%6.2f%%" 12.3456"#, [" 12.35%"]),
        (#"printf "%08.3f|%+.1e|%x" -3.14159 12345.678 "é""#, ["-003.142|+1.2e+04|c3a9"]),
        (#"printf "%v" 1e21"#, ["1e+21"]),
        (#"printf "%v %v" 0.0001 0.00001"#, ["0.0001 1e-05"]),
        (#"printf "%5t|%-7t|" true false"#, [" true|false  |"]),
        (#"printf "%3c|%-3c|%#q" 'x' 'y' "a`b""#, [#"  x|y  |"a`b""#]),
        (#"printf "%+v %+v %+d" 7 1.5 7"#, ["7 1.5 +7"]),
        (
            #"printf "%05d|%-8s|%8s|%.1d" 7.0 7.0 7.0 1.25"#,
            [
                "%!d(float64=00007)|%!s(float64=7       )|%!s(float64=       7)|%!d(float64=1)"
            ]
        ),
        (#"printf "%#d %#v %+s" 7.0 7.0 7.0"#, ["%!d(float64=7.00000) 7 %!s(float64=+7)"]),
        (#"printf "%w" (list 1)"#, ["%!w([]interface {}=[1])"]),
        (
            #"printf "%x %X %#x %#X %.2x %.0x" 1.5 1.5 1.5 1.5 1.5 1.5"#,
            ["0x1.8p+00 0X1.8P+00 0x1.8000p+00 0X1.8P+00 0x1.80p+00 0x1p+01"]
        ),
        (#"printf "%020x|%#.0f|%#.0e|%b" 1.5 1.5 1.5 1.5"#, ["000000000000x1.8p+00|2.|2.e+00|6755399441055744p-52"]),
        (#"printf "%x %#x %#g %#.3g %#v" 0.0 0.0 1e-7 25.0 25.0"#, ["0x0p+00 0x0.0000p+00 1.00000e-07 25.0 25"]),
        (#"printf "%s %v" (int64 5) (int64 5)"#, ["%!s(int64=5) 5"]),
    ]

    @Test(arguments: formats)
    func printsAsGoDoes(_ call: String, _ expected: [String]) throws {
        let output = try render("{{ \(call) }}")
        #expect(expected.contains(output), "\(output)")
    }
}
