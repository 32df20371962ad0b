import Foundation
import Glibc
import HTTPTransport
import KubernetesClient
import KubernetesModel
import StructuredValue
import TestSupport
import Testing

/// What one small request costs on our side. Run on demand: `MARTLET_MEASURE=1`, in a release build.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["MARTLET_MEASURE"] != nil)) struct RequestCostTests {
    @Test func appliesTwoThousandSmallObjects() async throws {
        let discovery =
            #"{"kind":"APIResourceList","resources":[{"name":"configmaps","kind":"ConfigMap","namespaced":true,"verbs":["patch"]}]}"#
        let stored = #"""
            {"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","namespace":"n","uid":"0f1d","resourceVersion":"5",
            "managedFields":[{"manager":"martlet","operation":"Apply","apiVersion":"v1","fieldsType":"FieldsV1",
            "fieldsV1":{"f:data":{"f:colour":{}}}}]},"data":{"colour":"blue"}}
            """#
        let server = try LoopbackServer { request, connection in
            let body = request.method == "GET" ? discovery : stored
            connection.respond(200, body, headers: ["Content-Type": "application/json"])
        }
        let client = APIClient(
            ServerConnection(server: server.url),
            transport: HTTPTransport(),
            pace: Pace(clock: ContinuousClock(), random: { 0.5 })
        )
        _ = try await client.resource(for: GroupVersionKind(group: "", version: "v1", kind: "ConfigMap"))
        for _ in 0..<3 {
            let start = ContinuousClock.now
            let before = processorTime()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        for number in 0..<250 {
                            let object = Manifest([
                                "apiVersion": "v1", "kind": "ConfigMap",
                                "metadata": ["name": .string("item-\(worker)-\(number)"), "namespace": "n"],
                                "data": ["colour": "blue"],
                            ])
                            try await client.apply(object, fieldManager: "martlet", force: true)
                        }
                    }
                }
                try await group.waitForAll()
            }
            print(
                "2000 applies: \(start.duration(to: .now)), \(processorTime() - before) s of processor time with the server"
            )
        }
        #expect(server.connectionCount <= 8)
    }

    private func processorTime() -> Double {
        var usage = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
