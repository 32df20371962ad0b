import FleetAPI
import FleetLedger
import FleetReconcilers
import HTTPServer
import JSONSchema
import KubernetesModel
import StructuredValue
import Telemetry
import Testing

/// The OpenAPI document, held against what the daemon answers.
@Suite struct APIDescriptionTests {
    private static func document() async throws -> Value {
        let response = await (try FleetAPITests.api()).respond(
            to: HTTPRequest(method: "GET", target: "/api/v1/openapi.json")
        )
        guard case .bytes(let bytes) = response.body else { return .null }
        return try JSON.parse(bytes)
    }

    /// The schema of an answer, with nothing in it that it does not describe.
    private static func schema(_ name: String, of document: Value) throws -> ValueSchema {
        func strict(_ value: Value) -> Value {
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
        var whole = strict(document)
        whole["$ref"] = .string("#/components/schemas/\(name)")
        return try ValueSchema(compiling: ["$ref": whole["$ref"] ?? .null, "components": whole["components"] ?? .null])
    }

    /// Every operation of the document is one that the daemon has, and the index lists all of them and no other.
    @Test func everyOperationExists() async throws {
        let document = try await Self.document()
        let api = try FleetAPITests.api()
        var operations: [String] = []
        for path in document["paths"]?.object ?? Object() {
            for method in path.value.object ?? Object() {
                operations.append("\(method.key.uppercased()) \(path.key)")
                if path.key == "/api/v1/events" { continue }
                var target = path.key
                for parameter in method.value["parameters"]?.array ?? [] {
                    let name = parameter["name"]?.string ?? ""
                    let isInPath = target.contains("{\(name)}")
                    #expect((parameter["in"] == "path") == isInPath, "\(target) \(name)")
                    target = target.replacing("{\(name)}", with: "berlin")
                }
                let answer = await api.respond(to: HTTPRequest(method: method.key.uppercased(), target: target))
                let text = FleetAPITests.text(answer)
                #expect(!text.contains("there is nothing at this path") && answer.status != 405, "\(target)")
            }
        }
        let index = await api.respond(to: HTTPRequest(method: "GET", target: "/api/v1"))
        let lines = try JSON.parse(FleetAPITests.text(index))["paths"]?.array?.compactMap(\.string) ?? []
        #expect(Set(lines.map { String($0.prefix { $0 != "?" }) }) == Set(operations))
        #expect(operations.count == Set(operations).count)
    }

    /// Every schema that is named is there, every one that is there is named, and names of operations are unique.
    @Test func namesLeadSomewhere() async throws {
        let document = try await Self.document()
        var named: Set<String> = []
        var operations: [String] = []
        func walk(_ value: Value) {
            if let name = value["$ref"]?.string { named.insert(String(name.dropFirst("#/components/schemas/".count))) }
            if let name = value["operationId"]?.string { operations.append(name) }
            for pair in value.object ?? Object() { walk(pair.value) }
            for item in value.array ?? [] { walk(item) }
        }
        walk(document)
        #expect(named == Set(document[path: "components", "schemas"]?.object?.keys ?? []))
        #expect(operations.count >= 16 && Set(operations).count == operations.count)
    }

    @Test(arguments: [
        ("/api/v1", "Index"), ("/api/v1/status", "Status"), ("/api/v1/status?brief=true", "Status"),
        ("/api/v1/history", "History"), ("/api/v1/logs", "LogLines"), ("/api/v1/nothing", "Error"),
    ])
    func answersAreAsDescribed(_ target: String, _ schema: String) async throws {
        let api = try FleetAPITests.api()
        let answer = try JSON.parse(
            FleetAPITests.text(await api.respond(to: HTTPRequest(method: "GET", target: target)))
        )
        let violations = try Self.schema(schema, of: try await Self.document()).violations(in: answer)
        #expect(violations.isEmpty, "\(SchemaViolation.text(violations))")
    }

    /// The check above can fail: an answer with a member too many or of another type is not what is described.
    @Test(arguments: [#"{"paths": 1}"#, #"{"paths": [], "more": true}"#, "{}"])
    func otherAnswersAreNot(_ text: String) async throws {
        let violations = try Self.schema("Index", of: try await Self.document()).violations(in: try JSON.parse(text))
        #expect(!violations.isEmpty)
    }
}
