import GoTemplate
import SprigFunctions
import Testing

struct ValueFunctionTests {
    static let numbers: [Expression] = [
        Expression("add 1 2 3", "6"), Expression("add1 2", "3"), Expression("sub 5 2", "3"), Expression("div 7 2", "3"),
        Expression("mod 7 3", "1"), Expression("mul 1 2 3", "6"), Expression("max 1 5 3", "5"),
        Expression("biggest 1 5", "5"),
        Expression("min 4 2 3", "2"), Expression("add \"3\" 1.9 true", "5"), Expression("addf 0.1 0.2", "0.3"),
        Expression("add1f 1.5", "2.5"), Expression("subf 7.5 2 3", "2.5"), Expression("divf 10 2 4", "1.25"),
        Expression("divf 1 3", "0.3333333333333333"), Expression("mulf 1.5 2 2", "6"), Expression("maxf 1 2.5 3", "3"),
        Expression("minf 1.5 2 3", "1.5"), Expression("floor 123.9999", "123"), Expression("ceil 123.001", "124"),
        Expression("round 123.555555 3", "123.556"), Expression("round -1.5 0", "-2"),
        Expression("round 2.5 0 0.6", "2"),
        Expression("int \"0x10\"", "16"), Expression("int \"010\"", "8"), Expression("int \"1.0\"", "1"),
        Expression("int \"1.5\"", "0"), Expression("int 3.9", "3"), Expression("int64 \"12\"", "12"),
        Expression("int \"abc\"", "0"), Expression("int nil", "0"), Expression("float64 \"1.5\"", "1.5"),
        Expression("float64 \"x\"", "0"), Expression("float64 \"0x1F\"", "0"), Expression("float64 \"0x1p4\"", "16"),
        Expression("float64 3", "3"), Expression("atoi \"12\"", "12"),
        Expression("atoi \"0x10\"", "0"), Expression("atoi \"99999999999999999999\"", "9223372036854775807"),
        Expression("toDecimal \"777\"", "511"), Expression("toDecimal \"8\"", "0"),
        Expression("until 5", "[0 1 2 3 4]"), Expression("until -3", "[0 -1 -2]"),
        Expression("untilStep 3 10 2", "[3 5 7 9]"),
        Expression("untilStep 10 3 -2", "[10 8 6 4]"), Expression("untilStep 1 5 0", "[]"),
        Expression("seq 5", "1 2 3 4 5"),
        Expression("seq -3", "1 0 -1 -2 -3"), Expression("seq 0 2", "0 1 2"), Expression("seq 2 -2", "2 1 0 -1 -2"),
        Expression("seq 0 2 10", "0 2 4 6 8 10"), Expression("seq 0 -2 -5", "0 -2 -4"), Expression("seq", ""),
        Expression("typeOf (add 1 2)", "int64"), Expression("typeOf (int 3.0)", "int"),
        Expression("1e6 | int", "1000000"),
        Expression("mul 9223372036854775807 2", "-2"), Expression("float64 1e21", "1e+21"),
    ]

    static let lists: [Expression] = [
        Expression("list 1 \"a\" nil", "[1 a <nil>]"), Expression("tuple 1 2", "[1 2]"),
        Expression("first (list 1 2)", "1"),
        Expression("first (list) | kindOf", "invalid"), Expression("last (list 1 2)", "2"),
        Expression("rest (list 1 2 3)", "[2 3]"),
        Expression("initial (list 1 2 3)", "[1 2]"), Expression("append (list 1) 2", "[1 2]"),
        Expression("push (list 1) 2", "[1 2]"), Expression("prepend (list 1) 2", "[2 1]"),
        Expression("concat (list 1) (list 2 3)", "[1 2 3]"), Expression("reverse (list 1 2 3)", "[3 2 1]"),
        Expression("uniq (list 1 1 2 \"1\" \"1\")", "[1 2 1]"), Expression("without (list 1 2 3) 2 3", "[1]"),
        Expression("has 4 (list 1 4)", "true"), Expression("has \"4\" (list 1 4)", "false"),
        Expression("has 1 nil", "false"),
        Expression("compact (list 1 \"\" nil 0 \"a\")", "[1 a]"), Expression("slice (list 1 2 3 4) 1 3", "[2 3]"),
        Expression("slice (list 1 2 3) 1", "[2 3]"), Expression("chunk 2 (list 1 2 3)", "[[1 2] [3]]"),
        Expression("mustFirst (list 5)", "5"), Expression("mustUniq (list 1 1)", "[1]"),
        Expression("mustHas 1 (list 1)", "true"),
        Expression("first (splitList \",\" \"a,b\")", "a"),
        Expression("typeOf (rest (splitList \",\" \"a,b\"))", "[]interface {}"),
    ]

    static let maps: [Expression] = [
        Expression(#"dict "a" 1 "b""#, "map[a:1 b:]"), Expression(#"get (dict "a" 1) "a""#, "1"),
        Expression(#"get (dict "a" 1) "x""#, ""), Expression(#"set (dict "a" 1) "b" 2"#, "map[a:1 b:2]"),
        Expression(#"unset (dict "a" 1 "b" 2) "a""#, "map[b:2]"), Expression(#"hasKey (dict "a" nil) "a""#, "true"),
        Expression(#"pluck "a" (dict "a" 1) (dict "b" 2) (dict "a" 3)"#, "[1 3]"),
        Expression(#"keys (dict "b" 1 "a" 2) (dict "c" 3)"#, "[a b c]"),
        Expression(#"values (dict "b" 1 "a" 2)"#, "[2 1]"),
        Expression(#"pick (dict "a" 1 "b" 2) "a" "x""#, "map[a:1]"),
        Expression(#"omit (dict "a" 1 "b" 2) "a""#, "map[b:2]"),
        Expression(#"dig "a" "b" "none" (dict "a" (dict "b" 7))"#, "7"),
        Expression(#"dig "a" "x" "none" (dict "a" (dict))"#, "none"),
        Expression(
            #"merge (dict "a" 1 "n" (dict "x" 1)) (dict "a" 2 "b" 3 "n" (dict "x" 2 "y" 3))"#,
            "map[a:1 b:3 n:map[x:1 y:3]]"
        ),
        Expression(#"merge (dict "a" "") (dict "a" 2)"#, "map[a:2]"),
        Expression(#"merge (dict "a" false) (dict "a" true)"#, "map[a:true]"),
        Expression(#"merge (dict "a" (list)) (dict "a" (list 1))"#, "map[a:[1]]"),
        Expression(#"merge (dict "a" (list 2)) (dict "a" (list 1))"#, "map[a:[2]]"),
        Expression(
            #"mergeOverwrite (dict "a" 1 "n" (dict "x" 1)) (dict "a" 2 "n" (dict "y" 3))"#,
            "map[a:2 n:map[x:1 y:3]]"
        ),
        Expression(#"mergeOverwrite (dict "a" 1) (dict "a" "")"#, "map[a:]"),
        Expression(#"mergeOverwrite (dict "a" 1) (dict "a" nil)"#, "map[a:<nil>]"),
        Expression(#"merge (dict "a" 1) (dict "a" nil "b" nil)"#, "map[a:1]"),
        Expression(#"mergeOverwrite (dict "a" (dict "b" 1)) (dict "a" 5)"#, "map[a:5]"),
        Expression(#"mustMerge (dict) (dict "a" 1)"#, "map[a:1]"),
        Expression(#"mustMergeOverwrite (dict "a" 1) (dict "a" 2)"#, "map[a:2]"),
        Expression(#"{{ $a := dict "x" 1 }}{{ $b := deepCopy $a }}{{ $_ := set $b "x" 2 }}{{ $a.x }}"#, "1"),
        Expression(#"{{ $a := dict "x" 1 }}{{ $b := $a }}{{ $_ := set $b "x" 2 }}{{ $a.x }}"#, "2"),
        Expression(
            #"{{ $s := dict "n" (dict "x" 1) }}{{ $d := merge (dict) $s }}{{ $_ := set $d.n "x" 9 }}{{ $s.n.x }}"#,
            "9"
        ),
    ]

    static let defaults: [Expression] = [
        Expression(#"default "d" nil"#, "d"), Expression(#"default "d" """#, "d"), Expression(#"default "d" 0"#, "d"),
        Expression(#"default "d" false"#, "d"), Expression(#"default "d" "x""#, "x"),
        Expression(#"default "d" (list)"#, "d"),
        Expression(#"default "d""#, "d"), Expression(#"empty (dict)"#, "true"), Expression(#"empty 0.1"#, "false"),
        Expression(#"coalesce 0 "" nil "z" 1"#, "z"), Expression(#"coalesce 0 | kindOf"#, "invalid"),
        Expression(#"all 1 "a" true"#, "true"),
        Expression(#"all 1 0"#, "false"), Expression(#"any 0 "" 1"#, "true"), Expression(#"any"#, "false"),
        Expression(#"ternary "y" "n" true"#, "y"), Expression(#"false | ternary "y" "n""#, "n"),
        Expression(#"kindOf 1"#, "int"), Expression(#"kindOf "a""#, "string"), Expression(#"kindOf (list)"#, "slice"),
        Expression(#"kindOf (dict)"#, "map"), Expression(#"kindOf nil"#, "invalid"),
        Expression(#"kindOf 1.0"#, "float64"),
        Expression(#"typeOf (dict)"#, "map[string]interface {}"), Expression(#"typeOf (list)"#, "[]interface {}"),
        Expression(#"typeOf nil"#, "<nil>"), Expression(#"kindIs "int" 1"#, "true"),
        Expression(#"typeIs "string" "a""#, "true"),
        Expression(#"typeIsLike "semver.Version" (semver "1.2.3")"#, "true"),
        Expression(#"deepEqual (list 1) (list 1)"#, "true"),
        Expression(#"deepEqual 1 1.0"#, "false"),
        Expression(#"deepEqual (dict "a" (list 1)) (dict "a" (list 1))"#, "true"),
        Expression(#"deepEqual (splitList "," "a") (list "a")"#, "false"),
        Expression(#"required "needed" "x""#, "x"), Expression(#"required "needed" 0"#, "0"),
        Expression(#"semverCompare "^1.2.0" "1.2.3""#, "true"),
        Expression(#"semverCompare ">=1.19-0" "v1.33.0""#, "true"),
        Expression(#"(semver "v1.2.3-beta.1+1").Prerelease"#, "beta.1"), Expression(#"(semver "1.2.3").Major"#, "1"),
        Expression(#"(semver "1.2.3").IncMinor"#, "1.3.0"), Expression(#"semver "v1.2" | toString"#, "1.2.0"),
        Expression(#"(semver "1.2.3").Compare (semver "1.2.4")"#, "-1"),
        Expression(#"(semver "v1.2").Original"#, "v1.2"),
        Expression(#"(semver "1.2.3").Minor | int"#, "2"), Expression(#"gt (semver "1.30.0").Minor 29"#, "true"),
    ]

    @Test(arguments: numbers + lists + maps + defaults)
    func valuesComeOutAsSprigMakesThem(_ example: Expression) throws {
        #expect(try render(example.source) == example.expected)
    }

    @Test(arguments: [
        Expression("div 1 0", "runtime error: integer divide by zero"),
        Expression("mod 1 0", "runtime error: integer divide by zero"),
        Expression("divf 1 0", "decimal division by 0"), Expression("first \"a\"", "Cannot find first on type string"),
        Expression("mustLast 1", "Cannot find last on type int"),
        Expression("append \"a\" 1", "Cannot push on type string"),
        Expression("concat (dict)", "Cannot concat type map as list"),
        Expression("has 1 \"a\"", "Cannot find has on type string"),
        Expression("first nil", "runtime error: invalid memory address or nil pointer dereference"),
        Expression("slice (list 1 2) 1 5", "reflect.Value.Slice: slice index out of bounds"),
        Expression("slice 1", "list should be type of slice or array but int"),
        Expression(#"dig "a" (dict)"#, "dig needs at least three arguments"),
        Expression(
            #"dig "a" "b" 1 (dict "a" "x")"#,
            "interface conversion: interface {} is string, not map[string]interface {}"
        ),
        Expression(#"semverCompare "^x1" "1""#, "constraint parser error"),
        Expression(#"semverCompare "=a" "1""#, #"improper constraint: "=a""#),
        Expression(#"semverCompare "1" "a""#, "invalid semantic version"), Expression(#"fail "no way""#, "no way"),
        Expression(#"required "needed" nil"#, "needed"), Expression(#"required "needed" """#, "needed"),
        Expression(#"mustFromJson "{""#, "unexpected end of JSON input"),
    ])
    func failsWithGosWords(_ example: Expression) {
        #expect(failure(example.source).hasSuffix(example.expected), "\(failure(example.source))")
    }

    @Test func refusalsAreToldFromMistakes() {
        for source in [#"fail "x""#, #"required "x" nil"#] {
            do throws(GoFailure) {
                _ = try render(source)
                Issue.record("rendered")
            } catch {
                #expect(error.kind == .refusal)
            }
        }
    }

    @Test func theHermeticTableLacksWhatDependsOnTheWorld() {
        let names = Set(SprigLibrary.hermetic.map(\.name))
        #expect(!names.contains("now") && !names.contains("uuidv4") && !names.contains("date"))
        #expect(names.contains("upper") && names.contains("semverCompare") && names.contains("toJson"))
        #expect(!names.contains("toYaml"), "Helm's own functions are no part of it")
    }
}
