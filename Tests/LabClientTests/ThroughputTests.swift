import Foundation
import KubernetesClient
import KubernetesModel
import StructuredValue
import Testing

/// Run on demand: `MARTLET_MEASURE=1`, in a release build.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["MARTLET_MEASURE"] != nil)) struct ThroughputTests {
    @Test func appliesTwoThousandSmallObjects() async throws {
        try await TestCluster.with { cluster in
            let client = cluster.client(limits: .init(concurrent: 8, perSecond: 100_000, burst: 100_000))
            for round in ["create", "again"] {
                let start = ContinuousClock.now
                let processor = clock()
                await withTaskGroup(of: Void.self) { group in
                    for worker in 0..<8 {
                        group.addTask {
                            for number in 0..<250 {
                                let object = cluster.settings("item-\(worker)-\(number)")
                                do {
                                    try await client.apply(object, fieldManager: "martlet", force: true)
                                } catch {
                                    Issue.record(error)
                                }
                            }
                        }
                    }
                }
                let time = start.duration(to: .now)
                print("apply 2000 (\(round)): \(time), \(Double(clock() - processor) / 1e6) s of processor time here")
            }
        }
    }
}
