import APIStore
import Foundation
import HTTPServer
import KubernetesModel
import StructuredValue
import Testing

@testable import APIServer

/// Requests that were sent to a real API server, answered again by ours. Watches and timing are left to the full checker.
@Suite(.timeLimit(.minutes(2)))
struct TranscriptTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../../shared/corpus/api").standardizedFileURL

    /// Names of the scenarios that are at hand; none where the recordings are not.
    static let scenarios: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".json") && !$0.hasPrefix("kubectl") }.sorted()
    }()

    @Test(arguments: scenarios)
    func recordedAnswersAreGivenAgain(_ name: String) async throws {
        let scenario = try JSON.parse(Array(Data(contentsOf: Self.folder.appendingPathComponent(name))))
        let clock = ServerClock(
            now: { Timestamp(seconds: Int(Date().timeIntervalSince1970)) },
            sleep: { _ in throw CancellationError() }
        )
        let api = APIServer(store: MemoryStore(), clock: clock, settings: APIServer.Settings(upkeepDelay: .zero))
        var variables = ["ns": "t-abcdef", "rand": "abcdef"]
        let client = InProcessClient(api, manager: "api-transcript")
        if scenario["namespace"] != false {
            try client.create(["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "t-abcdef"]])
        }
        for step in scenario["setup"]?.array ?? [] {
            if let file = step["crdFile"]?.string {
                try client.create(JSON.parse(Array(Data(contentsOf: Self.folder.appendingPathComponent(file)))))
            } else if let definition = step["crd"] {
                try client.create(definition)
            } else {
                _ = await send(step, api, variables)
            }
        }
        for step in scenario["steps"]?.array ?? [] where step["request"] != nil {
            if step["eventually"] != nil { api.settle() }
            let (status, body) = await send(step, api, variables)
            for pair in step["save"]?.object ?? Object() {
                guard let path = pair.value.string, let text = Self.find(path, in: body)?.string else { continue }
                variables[pair.key] = text
            }
            let title = "\(name): \(step["name"]?.string ?? "")"
            #expect(status == step[path: "response", "status"]?.int, "\(title): \(JSON.text(body).prefix(400))")
            guard step["bodyIgnored"] == nil, step["project"] == nil, let wanted = step[path: "response", "body"] else {
                continue
            }
            let expected = Self.plain(Self.substituted(wanted, variables))
            let found = Self.plain(body)
            #expect(
                expected == found,
                "\(title)\nexpected \(JSON.text(expected, .canonical))\n   found \(JSON.text(found, .canonical))"
            )
        }
    }

    private func send(_ step: Value, _ api: APIServer, _ variables: [String: String]) async -> (Int, Value) {
        guard let request = step["request"] else { return (0, .null) }
        var headers = HTTPHeaders([("accept", "application/json"), ("user-agent", "api-transcript/1.0")])
        var body: [UInt8] = []
        if let raw = request["rawBody"]?.string {
            body = Array(Self.substituted(raw, variables).utf8)
        } else if let value = request["body"] {
            body = JSON.bytes(Self.substituted(value, variables))
        }
        if request["rawBody"] != nil || request["body"] != nil { headers["content-type"] = "application/json" }
        for pair in request["headers"]?.object ?? Object() { headers[pair.key] = pair.value.string }
        let target = Self.substituted(request["path"]?.string ?? "/", variables)
        let method = request["method"]?.string ?? "GET"
        let response = await api.handle(
            APIRequest(HTTPRequest(method: method, target: target, headers: headers, body: body), user: .administrator)
        )
        guard case .bytes(let bytes) = response.body else { return (response.status, .null) }
        guard let value = try? JSON.parse(bytes) else {
            let text = String(decoding: bytes, as: UTF8.self)
            return (response.status, .string(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        }
        return (response.status, value)
    }

    private static func find(_ pointer: String, in value: Value) -> Value? {
        pointer.split(separator: "/").reduce(Optional(value)) { current, part in
            Int(part).map { current?[$0] } ?? current?[String(part)]
        }
    }

    private static func substituted(_ text: String, _ variables: [String: String]) -> String {
        variables.reduce(text) { $0.replacing("${\($1.key)}", with: $1.value) }
    }

    private static func substituted(_ value: Value, _ variables: [String: String]) -> Value {
        switch value {
        case .string(let text): return .string(substituted(text, variables))
        case .array(let items): return .array(items.map { substituted($0, variables) })
        case .object(let object):
            if object.count == 1, case .array(let parts) = object["$repeat"], let text = parts.first?.string,
                let count = parts.last?.int
            {
                return .string(String(repeating: text, count: count))
            }
            return .object(
                Object(
                    object.map {
                        Object.Pair(key: substituted($0.key, variables), value: substituted($0.value, variables))
                    }
                )
            )
        default: return value
        }
    }

    private static let unstable: Set<String> = [
        "uid", "resourceVersion", "continue", "creationTimestamp", "deletionTimestamp", "time", "lastTransitionTime",
    ]
    private static let ignored: Set<String> = [
        "message", "description", "storageVersionHash", "serverAddressByClientCIDRs", "remainingItemCount",
    ]

    /// Without what differs from run to run, and without wording.
    private static func plain(_ value: Value) -> Value {
        switch value {
        case .string(let text):
            return text.wholeMatch(of: #/(\d+[smhdy])+|<age>|<time>|\d{4}-\d\d-\d\dT[\d:.]+Z/#) == nil ? value : "<age>"
        case .array(let items): return .array(items.map { plain($0) })
        case .object(let object):
            var result = Object()
            let isStatus = object["reason"] != nil || object["code"] != nil || object["columnDefinitions"] != nil
            for pair in object
            where !(ignored.contains(pair.key) && (isStatus || pair.key != "message" || object["field"] != nil)) {
                if unstable.contains(pair.key), case .string(let text) = pair.value, !text.isEmpty {
                    result.append(pair.key, "*")
                } else if pair.key == "managedFields" || pair.key == "causes", case .array(let entries) = pair.value {
                    result.append(
                        pair.key,
                        .array(
                            entries.map { plain($0) }.sorted { JSON.text($0, .canonical) < JSON.text($1, .canonical) }
                        )
                    )
                } else {
                    result.append(pair.key, plain(pair.value))
                }
            }
            return .object(result)
        default: return value
        }
    }
}
