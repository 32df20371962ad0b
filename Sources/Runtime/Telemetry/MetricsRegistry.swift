internal import Synchronization

/// Counters, gauges and histograms of this process, in Prometheus' text form.
///
/// Label values come from closed sets (an outcome, a failure kind, a name of one of the operator's own fleets or
/// management clusters), never from object names, so that the number of series stays small.
package final class MetricsRegistry: Sendable {
    package enum Kind: String, Sendable { case counter, gauge, histogram }

    private struct Family {
        var kind: Kind
        var help: String
        var series: [[String: String]: Series] = [:]
    }

    private struct Series {
        var value = 0.0
        var count = 0
        var buckets: [Int] = []
    }

    /// Upper bounds in seconds of every histogram's buckets.
    package static let bounds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60]
    private let maximumSeries: Int
    private let families = Mutex<[String: Family]>([:])

    /// Beyond `maximumSeries` a family takes no new series: a bug must not eat the memory.
    package init(maximumSeries: Int = 1_000) { self.maximumSeries = maximumSeries }

    /// Names a metric and says what it means. Once, at start.
    package func declare(_ name: String, _ kind: Kind, _ help: String) {
        families.withLock { $0[name] = Family(kind: kind, help: help) }
    }

    /// Adds to a counter.
    package func add(_ name: String, _ amount: Double = 1, _ labels: [String: String] = [:]) {
        change(name, labels) { $0.value += amount }
    }

    /// Sets a gauge.
    package func set(_ name: String, _ value: Double, _ labels: [String: String] = [:]) {
        change(name, labels) { $0.value = value }
    }

    /// Forgets one series of a gauge, when what it measured is gone.
    package func remove(_ name: String, _ labels: [String: String]) {
        families.withLock { $0[name]?.series[labels] = nil }
    }

    /// Adds one observation, in seconds, to a histogram.
    package func observe(_ name: String, _ duration: Duration, _ labels: [String: String] = [:]) {
        let parts = duration.components
        let seconds = Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
        change(name, labels) { series in
            if series.buckets.isEmpty { series.buckets = Array(repeating: 0, count: Self.bounds.count) }
            series.value += seconds
            series.count += 1
            for (index, bound) in Self.bounds.enumerated() where seconds <= bound { series.buckets[index] += 1 }
        }
    }

    private func change(_ name: String, _ labels: [String: String], _ change: (inout Series) -> Void) {
        families.withLock { families in
            guard let family = families[name] else { return }
            if family.series[labels] == nil, family.series.count >= maximumSeries { return }
            change(&families[name, default: family].series[labels, default: Series()])
        }
    }

    /// Everything in Prometheus' text exposition format, sorted.
    package func text() -> String {
        let families = families.withLock { $0 }
        var lines: [String] = []
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            lines.append("# HELP \(name) \(family.help)")
            lines.append("# TYPE \(name) \(family.kind.rawValue)")
            let series = family.series.map { (Self.text($0.key), $0.key, $0.value) }.sorted { $0.0 < $1.0 }
            for (text, labels, value) in series {
                guard family.kind == .histogram else {
                    lines.append("\(name)\(text) \(Self.number(value.value))")
                    continue
                }
                for (bound, count) in zip(Self.bounds, value.buckets) {
                    lines.append("\(name)_bucket\(Self.text(labels, le: Self.number(bound))) \(count)")
                }
                lines.append("\(name)_bucket\(Self.text(labels, le: "+Inf")) \(value.count)")
                lines.append("\(name)_sum\(text) \(Self.number(value.value))")
                lines.append("\(name)_count\(text) \(value.count)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func text(_ labels: [String: String], le bound: String? = nil) -> String {
        var parts = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escaped($0.value))\"" }
        if let bound { parts.append("le=\"\(bound)\"") }
        return parts.isEmpty ? "" : "{\(parts.joined(separator: ","))}"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
        return result
    }

    private static func number(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? "\(value)"
    }
}
