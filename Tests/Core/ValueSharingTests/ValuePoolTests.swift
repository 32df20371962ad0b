import StructuredValue
import Testing
import ValueSharing

@Suite(.timeLimit(.minutes(1)))
struct ValuePoolTests {
    private func parse(_ text: String) throws -> Value { try JSON.parse(text) }

    /// Where the members of an object lie.
    private func place(_ value: Value?) -> UnsafeRawPointer? {
        value?.object?.pairs.withUnsafeBufferPointer { UnsafeRawPointer($0.baseAddress) }
    }

    @Test
    func equalPartsLieInOnePlace() throws {
        var pool = ValuePool()
        let one = pool.shared(try parse(#"{"name":"a","labels":{"tier":"front","of":{"x":[1,2,{"y":null}]}}}"#))
        let two = pool.shared(try parse(#"{"name":"b","labels":{"tier":"front","of":{"x":[1,2,{"y":null}]}}}"#))
        #expect(place(one["labels"]) == place(two["labels"]))
        #expect(place(one) != place(two))
        #expect(one["name"] == "a")
        #expect(two["name"] == "b")
    }

    struct Example: Sendable, CustomTestStringConvertible {
        var name: String
        var left: String
        var right: String
        var testDescription: String { name }
    }

    /// Values that are not written the same way, some of them equal to each other nevertheless.
    @Test(arguments: [
        Example(name: "order of members", left: #"{"p":{"a":1,"b":2}}"#, right: #"{"p":{"b":2,"a":1}}"#),
        Example(name: "whole numbers and others", left: #"{"p":{"a":1}}"#, right: #"{"p":{"a":1.0}}"#),
        Example(name: "zero and minus zero", left: #"{"p":{"a":0.0}}"#, right: #"{"p":{"a":-0.0}}"#),
        Example(name: "numbers and texts", left: #"{"p":{"a":1}}"#, right: #"{"p":{"a":"1"}}"#),
        Example(name: "nothing and empty", left: #"{"p":{"a":null}}"#, right: #"{"p":{"a":""}}"#),
        Example(name: "empty list and empty object", left: #"{"p":{"a":[]}}"#, right: #"{"p":{"a":{}}}"#),
        Example(name: "nesting", left: #"{"p":{"a":[[1],[]]}}"#, right: #"{"p":{"a":[[],[1]]}}"#),
        Example(
            name: "letters of two forms",
            left: #"{"p":{"a":"a long name, caf\u00e9 and more"}}"#,
            right: #"{"p":{"a":"a long name, cafe\u0301 and more"}}"#
        ),
    ])
    func whatDiffersStaysAsItWas(_ example: Example) throws {
        var pool = ValuePool()
        let left = pool.shared(try parse(example.left))
        let right = pool.shared(try parse(example.right))
        #expect(JSON.bytes(left) == JSON.bytes(try parse(example.left)))
        #expect(JSON.bytes(right) == JSON.bytes(try parse(example.right)))
        #expect(place(left["p"]) != place(right["p"]))
    }

    @Test(arguments: [1, 7, 64, 4_096])
    func aSmallPoolForgetsButNeverErrs(_ capacity: Int) throws {
        var pool = ValuePool(capacity: capacity)
        var seed = SeededValues(state: UInt64(capacity))
        for _ in 0..<400 {
            let value = seed.value(depth: 4)
            let shared = pool.shared(value)
            #expect(JSON.bytes(shared) == JSON.bytes(value))
        }
    }

    @Test
    func whatIsMetAgainIsRemembered() throws {
        var pool = ValuePool(capacity: 64)
        let text = #"{"metadata":{"labels":{"a":"b"}}}"#
        let first = place(pool.shared(try parse(text)))
        for number in 0..<1_000 {
            _ = pool.shared(["number": ["is": .int(number)]])
            let again = pool.shared(try parse(text))
            #expect(place(again) == first)
        }
    }
}

/// Values made by chance, with few different parts so that many are equal.
private struct SeededValues {
    var state: UInt64

    mutating func next(_ bound: UInt64) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % bound)
    }

    mutating func value(depth: Int) -> Value {
        switch next(depth > 0 ? 8 : 5) {
        case 0: return .null
        case 1: return .bool(next(2) == 0)
        case 2: return .int(next(3))
        case 3: return .string(["", "short", "a text that is longer than fifteen letters"][next(3)])
        case 4: return .double(Double(next(3)) + 0.5)
        case 5: return .array((0..<next(3)).map { _ in value(depth: depth - 1) })
        default:
            var object = Object()
            for _ in 0..<next(4) { object["key\(next(5))"] = value(depth: depth - 1) }
            return .object(object)
        }
    }
}
