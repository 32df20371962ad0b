import GoTemplate
import SprigFunctions
import StructuredValue
import Testing

/// A run's host with its context.
final class TestHost: SprigHost {
    let sprigContext: SprigContext
    init(_ policy: NonDeterminism, zones: SprigZones = .utcOnly) {
        sprigContext = SprigContext(nonDeterminism: policy, zones: zones)
    }
}

private let helmTable = GoFunctionTable(SprigLibrary.helm)

/// An expression of a template and what it prints.
struct Expression: Sendable, CustomTestStringConvertible {
    var source: String
    var expected: String
    var testDescription: String { source }
    init(_ source: String, _ expected: String) { (self.source, self.expected) = (source, expected) }
}

/// Renders one expression (or, when it has braces, a template) with data given as JSON.
func render(
    _ expression: String,
    _ data: String = "{}",
    policy: NonDeterminism = .forbidden,
    zones: SprigZones = .utcOnly,
    limits: GoLimits = GoLimits()
) throws(GoFailure) -> String {
    let text = expression.contains("{{") ? expression : "{{ \(expression) }}"
    var set = GoTemplateSet()
    set.add(try GoTemplateUnit(name: "t", source: Array(text.utf8), functions: helmTable))
    let host = TestHost(policy, zones: zones)
    let execution = GoExecution(set, limits: limits, host: host)
    let value = (try? JSON.parse(data)) ?? .null  // broken test data shows in the output
    return String(decoding: try execution.execute("t", GoValue(value)), as: UTF8.self)
}

/// Why rendering fails; empty when it does not.
func failure(_ expression: String, policy: NonDeterminism = .forbidden) -> String {
    do throws(GoFailure) {
        _ = try render(expression, policy: policy)
        return ""
    } catch {
        return error.reason
    }
}
