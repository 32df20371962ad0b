import SchemaValidation
import StructuredValue
import Testing

/// Objects that a real API server took or refused, with the causes it gave.
@Suite(.enabled(if: Corpus.isPresent, "the recorded sessions are not beside the repository"))
struct RecordedSessionTests {
    @Test(arguments: ["schema-validation", "cel-basic", "schema-defaults-pruning"])
    func judgesAsRecorded(_ session: String) throws {
        let recording = try Corpus.json("api/\(session).json")
        let definition = try #require(recording["setup"]?[0]?["crd"])
        let version = try #require(definition[path: "spec", "versions"]?[0])
        let schema = try StructuralSchema.compile(
            version[path: "schema", "openAPIV3Schema"] ?? .null,
            at: "spec.versions[0].schema.openAPIV3Schema"
        )
        for step in recording["steps"]?.array ?? [] {
            guard step[path: "request", "method"] == "POST", var object = step[path: "request", "body"],
                object["kind"] == definition[path: "spec", "names", "kind"]
            else { continue }
            let name = step["name"]?.string ?? ""
            schema.dropForbiddenNulls(in: &object)
            let unknown = schema.prune(&object)
            schema.applyDefaults(to: &object)
            let errors = schema.validate(object).errors
            let causes = (step[path: "response", "body", "details", "causes"]?.array ?? []).map { cause in
                "\(cause["field"]?.string ?? "") \(cause["reason"]?.string ?? "") \(cause["message"]?.string ?? "")"
            }
            #expect(
                errors.map { "\($0.field) \($0.reason.rawValue) \($0.message)" }.sorted() == causes.sorted(),
                "\(name)"
            )
            if step[path: "response", "status"] == 201 {
                #expect(object["spec"] == step[path: "response", "body", "spec"], "\(name)")
                let warnings = (step[path: "response", "headers", "warning"]?.array ?? []).compactMap(\.string)
                #expect(unknown.map { "299 - \"unknown field \\\"\($0)\\\"\"" } == warnings, "\(name)")
            }
        }
    }
}
