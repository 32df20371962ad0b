import Glibc

/// Repeated measurements of the phases of one piece of work.
struct Measurement {
    /// Milliseconds per phase and repetition.
    private var samples: [String: [Double]] = [:]

    /// Runs `work` and counts its time to a phase.
    mutating func time<Result>(_ phase: String, _ work: () throws -> Result) rethrows -> Result {
        let clock = ContinuousClock()
        let start = clock.now
        let result = try work()
        let took = start.duration(to: clock.now)
        samples[phase, default: []].append(
            Double(took.components.attoseconds) / 1e15 + Double(took.components.seconds) * 1e3
        )
        return result
    }

    func best(_ phase: String) -> Double { samples[phase]?.min() ?? 0 }

    func median(_ phase: String) -> Double {
        guard let sorted = samples[phase]?.sorted(), !sorted.isEmpty else { return 0 }
        return sorted[sorted.count / 2]
    }

    /// The most memory that the process ever had resident, in MiB.
    static var peakMemory: Double {
        var usage = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_maxrss) / 1024
    }

    /// A number of milliseconds in a column.
    static func column(_ milliseconds: Double) -> String {
        let text = "\((milliseconds * 10).rounded() / 10)"
        return String(repeating: " ", count: max(0, 10 - text.count)) + text
    }
}
