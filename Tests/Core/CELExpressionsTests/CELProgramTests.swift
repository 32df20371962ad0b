import CELExpressions
import StructuredValue
import Testing

/// An expression over `self` and what it gives, written as CEL text.
private func result(_ source: String, self value: Value = nil) throws -> String {
    let program = try CELProgram(source, in: CELEnvironment(["self": .dyn]))
    let shown = try CELProgram("'%s'.format([self])", in: CELEnvironment(["self": .dyn]))
    guard case .string(let text) = try shown.evaluate([program.evaluate([CELValue(value, as: .dyn)])]) else {
        return "?"
    }
    return text
}

struct CELOperatorTests {
    @Test(
        arguments: [
            ("1 + 2 * 3 - 4 / 2", "5"), ("7 % 3", "1"), ("-7 / 2", "-3"), ("1.5 * 2.0", "3"), ("2u + 3u", "5"),
            ("'a' + 'b'", "ab"), ("[1] + [2, 3]", "[1, 2, 3]"), ("1 < 2 && 2.5 > 1", "true"),
            ("dyn(1) == 1.0 || false", "true"),
            ("!true", "false"), ("!!true", "true"), ("- -3", "3"), ("true ? 'y' : 'n'", "y"), ("2 in [1, 2]", "true"),
            ("'k' in {'k': 1}", "true"), ("{'a': 1}['a']", "1"), ("[1, 2][1]", "2"), ("'a' < 'b'", "true"),
            ("false && (1 / 0 > 0)", "false"), ("(1 / 0 > 0) && false", "false"), ("(1 / 0 > 0) || true", "true"),
            ("1 != 2", "true"), ("null == null", "true"), ("b'ab' == b'ab'", "true"), ("0x1F", "31"), ("1e3", "1000"),
            ("\"tab\\there\"", "tab\there"), ("r'a\\d'", "a\\d"), ("type(1) == int", "true"), ("{1: 'x'}[1]", "x"),
            ("1 /* no */ == 1", nil), ("'''a'b'''", "a'b"), ("'\\u00e9'.size()", "1"), ("1000000.0", "1e+06"),
        ] as [(String, String?)]
    )
    func evaluates(_ source: String, _ expected: String?) throws {
        guard let expected else {
            #expect(throws: CELRejection.self) { try result(source) }
            return
        }
        #expect(try result(source) == expected)
    }

    @Test(arguments: [
        ("1 / 0", "division by zero"), ("1 % 0", "modulus by zero"), ("9223372036854775807 + 1", "integer overflow"),
        ("[1][5]", "index out of bounds: 5"), ("self.missing", "no such key: missing"),
        ("self.n + 'x'", "no such overload"),
        ("duration('' + 'zzz')", "type conversion error from 'string' to 'google.protobuf.Duration'"),
    ])
    func failsWithTheReason(_ source: String, _ message: String) {
        #expect(throws: CELFailure(message)) { try result(source, self: ["n": 1]) }
    }

    @Test(arguments: [
        ("self.foo(1)", "undeclared reference to 'foo'"), ("other", "undeclared reference to 'other'"),
        ("1 + 'a'", "found no matching overload for '_+_' applied to '(int, string)'"), ("self.", "Syntax error"),
        ("'a' == 1", "found no matching overload for '_==_'"), ("has(self)", "invalid argument to has() macro"),
        ("'a'.matches('(')", "invalid matches argument"), ("int('x') == 1", "type conversion error"),
        ("duration('x') == duration('1s')", "invalid duration argument"),
        ("cel.bind(x, 3, x) == 3", "undeclared reference to 'cel'"), ("namespace", "reserved identifier"),
        ("1 = 2", "token recognition"),
        ("'a'.size(1)", "found no matching overload for 'size' applied to 'string.(int)'"), ("'abc", "unterminated"),
    ])
    func refusesWhenCompiling(_ source: String, _ message: String) {
        let rejection = #expect(throws: CELRejection.self) { try result(source) }
        #expect(rejection?.description.contains(message) == true)
    }

    @Test func pointsAtTheProblem() {
        let rejection = #expect(throws: CELRejection.self) {
            try CELProgram("self.a == nope", in: CELEnvironment(["self": .dyn]))
        }
        #expect(
            rejection?.description
                == "ERROR: <input>:1:11: undeclared reference to 'nope' (in container '')\n | self.a == nope\n | ..........^"
        )
    }
}

struct CELMacroTests {
    @Test(arguments: [
        ("self.l.all(x, x > 0)", "true"), ("self.l.exists(x, x == 2)", "true"),
        ("self.l.exists_one(x, x > 1)", "false"),
        ("self.l.map(x, x * 2)", "[2, 4, 6]"), ("self.l.map(x, x > 1, x * 2)", "[4, 6]"),
        ("self.l.filter(x, x != 2)", "[1, 3]"),
        ("has(self.l)", "true"), ("has(self.nope)", "false"), ("self.m.all(k, k.startsWith('a'))", "true"),
        ("self.l.all(i, v, v == i + 1)", "true"), ("self.m.exists(k, v, v == 2)", "true"),
        ("self.l.transformList(i, v, i + v)", "[1, 3, 5]"),
        ("self.m.transformMap(k, v, v + 1)", "{\"a\":2, \"ab\":3}"),
        ("[0, 1].exists(x, 1 / x == 1)", "true"), ("[[1], [2, [3]]].flatten().size()", "3"),
        ("[[1, [2]]].flatten(2) == [1, 2]", "true"), ("[1, 1, 2].distinct() == [1, 2]", "true"),
        ("[2, 1].sort() == [1, 2]", "true"), ("[{'n': 2}, {'n': 1}].sortBy(e, e.n)[0].n", "1"),
        ("[1, 2, 3].slice(1, 3) == [2, 3]", "true"), ("lists.range(3) == [0, 1, 2]", "true"),
        ("[1, 2].reverse() == [2, 1]", "true"), ("[1, 2].first().value()", "1"),
        ("[].last().orValue(7)", "7"), ("'%s'.format([{'a': 1}])", "{\"a\":1}"),
        ("'%.1e'.format([1234.5])", "1.2\u{202F}×\u{202F}10⁰³"),
        ("self.?nope.orValue('d')", "d"), ("self.?l.hasValue()", "true"), ("self.l[?7].hasValue()", "false"),
        ("self.?s.optMap(x, x + '!').orValue('')", "text!"), ("[?self.?nope, 1]", "[1]"),
        ("optional.of(1).value()", "1"),
        ("optional.none().hasValue()", "false"), ("self.l.all(x, self.l.exists_one(y, x == y))", "true"),
    ])
    func expands(_ source: String, _ expected: String) throws {
        #expect(try result(source, self: ["l": [1, 2, 3], "m": ["a": 1, "ab": 2], "s": "text"]) == expected)
    }
}

struct CELFunctionTests {
    @Test(arguments: [
        ("'hello'.contains('ell')", "true"), ("'hello'.matches('^h.*o$')", "true"), ("matches('x', self.r)", "true"),
        ("'a,b,c'.split(',')", "[\"a\", \"b\", \"c\"]"), ("'a,b,c'.split(',', 2)", "[\"a\", \"b,c\"]"),
        ("['a', 'b'].join('-')", "a-b"), ("'aXbX'.replace('X', 'y', 1)", "aybX"), ("'tacocat'.substring(4)", "cat"),
        ("'tacocat'.substring(0, 4)", "taco"), ("'  t '.trim()", "t"), ("'TacoCat'.lowerAscii()", "tacocat"),
        ("'abc'.charAt(1)", "b"), ("'abcab'.lastIndexOf('ab')", "3"), ("'abcab'.indexOf('ab', 1)", "3"),
        ("'héllo'.size()", "5"), ("size([1, 2])", "2"), ("'a12b3'.findAll('[0-9]+')", "[\"12\", \"3\"]"),
        ("'a12'.find('[0-9]+')", "12"), ("[1, 3, 2].max()", "3"), ("[1, 2].isSorted()", "true"),
        ("[1, 2, 3].sum()", "6"),
        ("[3, 1].min()", "1"), ("['a', 'b', 'a'].lastIndexOf('a')", "2"), ("isIP('10.0.0.1')", "true"),
        ("isIP('::1')", "true"),
        ("isIP('10.0.0.256')", "false"), ("isCIDR('10.0.0.0/33')", "false"),
        ("cidr('10.0.0.0/8').containsIP('10.1.2.3')", "true"),
        ("cidr('10.1.2.3/8').masked()", "10.0.0.0/8"), ("ip('fe80::1').isLinkLocalUnicast()", "true"),
        ("ip('::ffff').family()", "6"),
        ("isURL('https://a.b/c')", "true"), ("isURL('nope')", "false"),
        ("url('https://u@a.b:8/c?x=1').getHost()", "a.b:8"),
        ("url('https://[::1]:80/').getHostname()", "::1"), ("quantity('1Gi').compareTo(quantity('1024Mi'))", "0"),
        ("quantity('500m').add(quantity('1')).asApproximateFloat()", "1.5"), ("isQuantity('1x')", "false"),
        ("duration('1h30m').getMinutes()", "90"), ("duration('90s') == duration('1.5m')", "true"),
        ("string(duration('90s'))", "90s"),
        ("timestamp('2024-02-29T12:00:00Z').getMonth()", "1"),
        ("timestamp('2024-01-01T00:00:00Z') + duration('36h')", "2024-01-02T12:00:00Z"),
        ("timestamp('2024-01-01T00:00:00+02:00').getHours()", "22"),
        ("'%d of %.2f %s %x'.format([3, 2.5, [1], 255])", "3 of 2.50 [1] ff"),
        ("int('42') + int(2.9)", "44"), ("string(1.5)", "1.5"), ("double('2')", "2"),
        ("format.dns1123Label().validate('Bad_').hasValue()", "true"),
        ("!format.named('dns1123Subdomain').value().validate('a.b').hasValue()", "true"),
        ("sets.contains([1, 2], [2])", "true"),
        ("semver('1.30.0').isGreaterThan(semver('1.9.9'))", "true"), ("isSemver('v1.0', true)", "true"),
        ("dyn(1) == 1.0", "true"), ("strings.quote('a\"b')", "\"a\\\"b\""), ("bool('true')", "true"),
    ])
    func computes(_ source: String, _ expected: String) throws {
        #expect(try result(source, self: ["r": "^x$"]) == expected)
    }

    @Test func typedDataIsConverted() throws {
        let type = CELType.object(
            CELObjectType(members: [
                ("timeout", .duration), ("namespace", .string), ("a-b", .int), ("ratio", .double),
                ("tags", .list(.string, .set)),
            ])
        )
        let environment = CELEnvironment(["self": type])
        let data = try CELValue(
            ["timeout": "90s", "namespace": "n", "a-b": 2, "ratio": 1, "tags": ["x", "y"]],
            as: type
        )
        for source in [
            "self.timeout > duration('1m')", "self.__namespace__ == 'n'", "self.a__dash__b == 2",
            "self.ratio / 2.0 == 0.5",
            "self.tags == ['y', 'x']", "has(self.timeout)",
        ] {
            guard case .bool(true) = try CELProgram(source, in: environment, expecting: .bool).evaluate([data]) else {
                Issue.record("\(source) does not hold")
                continue
            }
        }
        #expect(throws: CELRejection.self) { try CELProgram("self.other == 1", in: environment) }
        #expect(throws: CELRejection.self) { try CELProgram("self.ratio + 1 == 2.0", in: environment) }
        #expect(throws: CELRejection.self) { try CELProgram("self.timeout", in: environment, expecting: .bool) }
    }

    @Test(arguments: ["1" + String(repeating: " + 1", count: 50_000), String(repeating: "(", count: 50_000)])
    func depthIsLimited(_ source: String) {
        #expect(throws: CELRejection.self) { try CELProgram(source, in: CELEnvironment([:])) }
    }

    @Test func endlessWorkIsCutOff() throws {
        let items = Value.array((0..<2_000).map { .int($0) })
        let program = try CELProgram("self.all(x, self.exists(y, x == y))", in: CELEnvironment(["self": .list(.int)]))
        #expect(throws: CELFailure.self) { try program.evaluate([CELValue(items, as: .list(.int))]) }
    }

    @Test func namesTheVariablesThatAreRead() throws {
        let environment = CELEnvironment(["self": .dyn, "oldSelf": .dyn])
        #expect(try CELProgram("self == oldSelf", in: environment).usedVariables == ["self", "oldSelf"])
        #expect(try CELProgram("self > 1", in: environment).usedVariables == ["self"])
    }
}
