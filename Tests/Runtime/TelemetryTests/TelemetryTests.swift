import KubernetesModel
import Logging
import Synchronization
import Telemetry
import Testing

@Suite struct TelemetryTests {
    @Test func writesOneSortedLinePerEntry() {
        let lines = LineStore()
        var log = Logger(label: "test") { label in
            LogLineWriter(label: label, level: .info, now: { Timestamp(seconds: 0) }, write: { lines.append($0) })
        }
        log[metadataKey: "fleet"] = "edge"
        log.info("applied plan", metadata: ["changed": "2", "by": "a \"b\""])
        log.debug("not shown")
        #expect(
            lines.all == [#"1970-01-01T00:00:00.000000Z info  applied plan by="a \"b\"" changed=2 fleet=edge"#]
        )
    }

    @Test func printsWhatPrometheusReads() {
        let registry = MetricsRegistry()
        registry.declare("passes_total", .counter, "Passes.")
        registry.declare("pass_seconds", .histogram, "How long.")
        registry.add("passes_total", 2, ["outcome": "done"])
        registry.observe("pass_seconds", .milliseconds(30))
        let text = registry.text()
        #expect(text.contains("passes_total{outcome=\"done\"} 2\n"))
        #expect(text.contains("pass_seconds_bucket{le=\"0.01\"} 0\n"))
        #expect(text.contains("pass_seconds_bucket{le=\"0.05\"} 1\n"))
        #expect(text.contains("pass_seconds_count 1\n"))
    }

    @Test func aFamilyTakesOnlySoManySeries() {
        let registry = MetricsRegistry(maximumSeries: 100)
        registry.declare("x", .gauge, "X.")
        for index in 0..<150 { registry.set("x", 1, ["i": "\(index)"]) }
        #expect(registry.text().split(separator: "\n").count == 102)
    }
}

private final class LineStore: Sendable {
    private let lines = Mutex<[String]>([])
    func append(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}
