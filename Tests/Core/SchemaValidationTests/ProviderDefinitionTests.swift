import SchemaValidation
import StructuredValue
import Testing

/// Every CustomResourceDefinition of Cluster API and its providers that stands beside the repository.
@Suite(.enabled(if: Corpus.isPresent, "the definitions are not beside the repository"))
struct ProviderDefinitionTests {
    @Test func allDefinitionsCompile() throws {
        var count = 0
        for file in Corpus.files("crds", ending: ".json") {
            let definition = try Corpus.json(file)
            for version in definition[path: "spec", "versions"]?.array ?? [] {
                guard let schema = version[path: "schema", "openAPIV3Schema"] else { continue }
                #expect(throws: Never.self, "\(file)") { try StructuralSchema.compile(schema, at: "schema") }
                count += 1
            }
        }
        #expect(count > 0)
    }
}
