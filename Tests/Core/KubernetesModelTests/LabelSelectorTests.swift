import KubernetesModel
import StructuredValue
import Testing

@Suite struct LabelSelectorTests {
    struct Example: Sendable {
        var selector: String
        var labels: [String: String]
        var matches: Bool
    }

    @Test(arguments: [
        Example(selector: "", labels: [:], matches: true),
        Example(selector: "a=b", labels: ["a": "b"], matches: true),
        Example(selector: "a==b,c", labels: ["a": "b", "c": ""], matches: true),
        Example(selector: "a!=b", labels: [:], matches: true),
        Example(selector: "a in (x, y)", labels: ["a": "y"], matches: true),
        Example(selector: "a notin (x,y)", labels: ["a": "y"], matches: false),
        Example(selector: "!a", labels: ["a": ""], matches: false),
        Example(selector: "n>5,n<7", labels: ["n": "6"], matches: true),
        Example(selector: "a=", labels: ["a": ""], matches: true),
    ])
    func matchesAsKubectlDoes(_ example: Example) throws {
        let selector = try LabelSelector(text: example.selector)
        #expect(selector.matches(example.labels) == example.matches)
        #expect(try LabelSelector(text: selector.text) == selector)
    }

    @Test(arguments: ["=a", "a in x", "a in (x", "a b", "n>x", "a,"])
    func refusesWhatIsNoSelector(_ text: String) {
        #expect(throws: InvalidSelector.self) { try LabelSelector(text: text) }
    }

    @Test func readsTheObjectForm() throws {
        let selector = try LabelSelector([
            "matchLabels": ["a": "b"], "matchExpressions": [["key": "c", "operator": "DoesNotExist"]],
        ])
        #expect(selector.matches(["a": "b"]))
        #expect(!selector.matches(["a": "b", "c": ""]))
        #expect(throws: InvalidSelector.self) {
            try LabelSelector(["matchExpressions": [["key": "c", "operator": "Is"]]])
        }
    }
}
