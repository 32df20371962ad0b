import StructuredValue
import Testing

@Suite struct JSONTests {
    @Test(arguments: [
        "null", "true", "[]", "{}", "-1", "1.5", "1e+21", "1e-7", "0.000001", "100000000000000000000",
        #""a\"\\\b\f\n\r\tü\u0001""#, #"{"b":1,"a":[1,2,{"c":null}]}"#, "12345678901234567890",
    ])
    func readsBackWhatItWrites(_ text: String) throws {
        let value = try JSON.parse(text)
        #expect(try JSON.parse(JSON.text(value)) == value)
        #expect(JSON.text(value) == text)
    }

    @Test func sortsMembersWhenCanonical() throws {
        #expect(JSON.text(try JSON.parse(#"{"b":1,"a":{"d":1,"c":2}}"#), .canonical) == #"{"a":{"c":2,"d":1},"b":1}"#)
    }

    @Test func escapesMarkupAsGoDoes() {
        #expect(JSON.text("<a & b>\u{2028}", .go) == #""\u003ca \u0026 b\u003e\u2028""#)
    }

    @Test(arguments: [
        ("{\n  \"a\": }", 2, 8), ("[1,", 1, 4), ("01", 1, 2), ("{\"a\":1,}", 1, 8), ("\"a", 1, 3), ("nul", 1, 4),
    ])
    func namesWhereTheTextIsWrong(text: String, line: Int, column: Int) {
        let error = #expect(throws: JSON.SyntaxError.self) { try JSON.parse(text) }
        #expect(error?.line == line)
        #expect(error?.column == column)
    }

    @Test func refusesBottomlessNesting() {
        #expect(throws: JSON.SyntaxError.self) { try JSON.parse(String(repeating: "[", count: 100_000)) }
    }

    @Test func reportsDuplicateKeysAndKeepsTheLast() throws {
        var duplicates: [String] = []
        let value = try JSON.parse(Array(#"{"a":1,"a":2}"#.utf8), duplicates: &duplicates)
        #expect(duplicates == ["a"])
        var paths: [String] = []
        _ = try JSON.parse(Array(#"{"a":{"b":1,"b":2},"c":[0,{"d":1,"d":2}]}"#.utf8), duplicates: &paths)
        #expect(paths == ["a.b", "c[1].d"])
        #expect(value == ["a": 2])
    }
}
