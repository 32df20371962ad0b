import MachineDecisions
import StructuredValue
import Testing

@Suite struct RemediationLimitTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var range: Value?
        var atMost: Value?
        var targets: Int
        var unhealthy: Int
        /// Nil when remediation is not allowed.
        var remaining: Int?

        var testDescription: String { "\(range ?? .null) \(atMost ?? .null): \(unhealthy) of \(targets)" }
    }

    static let examples: [Example] = [
        // Without a limit everything may be remediated.
        Example(targets: 3, unhealthy: 3, remaining: 0),
        Example(targets: 0, unhealthy: 0, remaining: 0),
        // A number.
        Example(atMost: 2, targets: 5, unhealthy: 2, remaining: 0),
        Example(atMost: 2, targets: 5, unhealthy: 3, remaining: nil),
        Example(atMost: 0, targets: 5, unhealthy: 0, remaining: 0),
        Example(atMost: 0, targets: 5, unhealthy: 1, remaining: nil),
        Example(atMost: 10, targets: 3, unhealthy: 3, remaining: 7),
        Example(atMost: -1, targets: 3, unhealthy: 0, remaining: nil),
        // Percentages are rounded down.
        Example(atMost: "40%", targets: 3, unhealthy: 1, remaining: 0),
        Example(atMost: "40%", targets: 3, unhealthy: 2, remaining: nil),
        Example(atMost: "40%", targets: 5, unhealthy: 2, remaining: 0),
        Example(atMost: "40%", targets: 5, unhealthy: 3, remaining: nil),
        Example(atMost: "33%", targets: 3, unhealthy: 1, remaining: nil),
        Example(atMost: "34%", targets: 3, unhealthy: 1, remaining: 0),
        Example(atMost: "60%", targets: 7, unhealthy: 4, remaining: 0),
        Example(atMost: "60%", targets: 7, unhealthy: 5, remaining: nil),
        Example(atMost: "50%", targets: 1, unhealthy: 1, remaining: nil),
        Example(atMost: "1%", targets: 99, unhealthy: 1, remaining: nil),
        Example(atMost: "99%", targets: 100, unhealthy: 99, remaining: 0),
        Example(atMost: "0%", targets: 100, unhealthy: 0, remaining: 0),
        Example(atMost: "100%", targets: 0, unhealthy: 0, remaining: 0),
        Example(atMost: "200%", targets: 2, unhealthy: 2, remaining: 2),
        Example(atMost: "-5%", targets: 2, unhealthy: 0, remaining: nil),
        // Both ends of a range are in it, and it wins over a number.
        Example(range: "[2-4]", targets: 9, unhealthy: 1, remaining: nil),
        Example(range: "[2-4]", targets: 9, unhealthy: 2, remaining: 2),
        Example(range: "[2-4]", targets: 9, unhealthy: 4, remaining: 0),
        Example(range: "[2-4]", targets: 9, unhealthy: 5, remaining: nil),
        Example(range: "[0-0]", targets: 9, unhealthy: 0, remaining: 0),
        Example(range: "[3-3]", atMost: 1, targets: 9, unhealthy: 3, remaining: 0),
        Example(range: "", atMost: 1, targets: 9, unhealthy: 1, remaining: 0),
    ]

    @Test(arguments: examples)
    func answersHowManyMoreMayBreak(_ example: Example) throws {
        let limit = try RemediationLimit(range: example.range, atMost: example.atMost)
        let answer = limit.answer(targets: example.targets, unhealthy: example.unhealthy)
        #expect(answer.isAllowed == (example.remaining != nil))
        #expect(answer.remaining == example.remaining ?? 0)
    }

    @Test(arguments: ["[4-2]", "[a-2]", "[-2]", "2-4", "[1-2-3]", "[+1-2]", "[1 -2]", "[1-99999999999999999999]"])
    func refusesWhatIsNoRange(_ text: String) {
        #expect(throws: RemediationLimit.Invalid.self) {
            try RemediationLimit(range: .string(text), atMost: nil)
        }
    }

    @Test(arguments: ["3", "", "x%", "%", "40 %"])
    func refusesATextThatIsNoPercentage(_ text: String) {
        #expect(throws: RemediationLimit.Invalid.self) {
            try RemediationLimit(range: nil, atMost: .string(text))
        }
    }

    @Test func speaksAsItWasWritten() throws {
        #expect(try RemediationLimit(range: "[1-3]", atMost: nil).text == "[1-3]")
        #expect(try RemediationLimit(range: nil, atMost: "40%").text == "40%")
        #expect(try RemediationLimit(range: nil, atMost: 4).text == "4")
    }
}
