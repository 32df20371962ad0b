import Foundation
import JSONSchema
import StructuredValue
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

extension RunningDaemon {
    /// What the daemon answers at a path.
    func answer(_ path: String) throws -> Value {
        let url: URL = try #require(URL(string: server + path))
        return try JSON.parse(String(decoding: try Data(contentsOf: url), as: UTF8.self))
    }

    /// Holds answers against what the daemon's OpenAPI document says of their paths, with nothing in them that it does not
    /// describe.
    func expectDescribed(_ answers: [(path: String, template: String)]) throws {
        let document = try answer("/api/v1/openapi.json")
        for (path, template) in answers {
            let content = document[path: "paths", template, "get", "responses", "200", "content", "application/json"]
            let reference: Value = try #require(content?[path: "schema", "$ref"], "\(template)")
            let schema = try ValueSchema(compiling: [
                "$ref": reference, "components": Self.strict(document["components"] ?? .null),
            ])
            let violations = schema.violations(in: try answer(path))
            #expect(violations.isEmpty, "\(path): \(SchemaViolation.text(violations))")
        }
    }

    private static func strict(_ value: Value) -> Value {
        switch value {
        case .array(let items): return .array(items.map(strict))
        case .object(let object):
            var result = Object(object.pairs.map { Object.Pair(key: $0.key, value: strict($0.value)) })
            if result["properties"]?.object != nil, result["type"] == "object" {
                result["additionalProperties"] = false
            }
            return .object(result)
        default: return value
        }
    }
}
