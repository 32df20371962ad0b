import Testing

@testable import FleetRendering

@Suite struct FluxSubstitutionTests {
    struct Example: CustomTestStringConvertible, Sendable {
        var text: String
        var expected: String

        var testDescription: String { text }
    }

    private static let variables = ["name": "demo-1", "empty": "", "word": "abcabc", "path": "v1.2.3"]

    static let examples = [
        Example(text: "plain $name $(name) 5$", expected: "plain $name $(name) 5$"),
        Example(text: "a-${name}-b", expected: "a-demo-1-b"),
        Example(text: "${nothing}", expected: ""),
        Example(text: "$${name}", expected: "${name}"),
        Example(text: "${empty:-x} ${empty-x} ${nothing:=y} ${name:=y}", expected: "x x y demo-1"),
        Example(text: "${nothing:-${name}}!", expected: "demo-1!"),
        Example(text: "${#name}", expected: "6"),
        Example(text: "${name:2} ${name:0:4}", expected: "mo-1 demo"),
        Example(text: "${name^} ${name^^} ${name,,}", expected: "Demo-1 DEMO-1 demo-1"),
        Example(text: "${word/b/X} ${word//b/X} ${word//bc}", expected: "aXcabc aXcaXc aa"),
        Example(text: "${path#v} ${path%.3}", expected: "1.2.3 v1.2"),
        Example(text: "é ${name}", expected: "é demo-1"),
    ]

    @Test(arguments: examples)
    func replacesAsFluxDoes(_ example: Example) throws {
        var substitution = FluxSubstitution(Self.variables)
        #expect(try substitution.replace(example.text) == example.expected)
    }

    @Test func variablesWithoutValueAreNamed() throws {
        var substitution = FluxSubstitution(Self.variables)
        _ = try substitution.replace("${nmae} ${other:-fallback} ${empty}")
        #expect(substitution.unknown == ["nmae"])
    }

    @Test(arguments: ["${", "${}", "${name", "${1a}", "${name@Q}", "${name:x}", "${name#v*}", "${a:-${b}"])
    func whatIsNotUnderstoodIsRefused(_ text: String) {
        var substitution = FluxSubstitution(Self.variables)
        #expect(throws: FluxSubstitution.Failure.self) { try substitution.replace(text) }
    }
}
