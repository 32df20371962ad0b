internal import FleetAPI
import Foundation

extension World {
    /// What the system says of this process; nil where there is no `/proc`.
    static func processFigures() -> ProcessFigures? {
        // Where the files are not there, or say something else, nothing is shown.
        guard let memory = try? read("/proc/self/statm"), let times = try? read("/proc/self/stat") else { return nil }
        // The name in parentheses may hold anything; the fields after it are numbers.
        let fields = String(decoding: times, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
        let pages = String(decoding: memory, as: UTF8.self).split(separator: " ")
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        guard fields.count > 19, pages.count > 1, let resident = Int(pages[1]), let user = Double(fields[11]),
            let system = Double(fields[12]), let start = Double(fields[19])
        else { return nil }
        let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
        return ProcessFigures(
            version: Martlet.version,
            residentMemory: resident * sysconf(Int32(_SC_PAGESIZE)),
            processorSeconds: (user + system) / ticks,
            openFiles: open,
            started: bootTime + Int(start / ticks)
        )
    }

    /// When the system started, in seconds since 1970; 0 when it does not say.
    private static let bootTime: Int = {
        let lines = (try? read("/proc/stat")).map { String(decoding: $0, as: UTF8.self).split(separator: "\n") } ?? []
        return lines.first { $0.hasPrefix("btime ") }.flatMap { Int($0.dropFirst(6)) } ?? 0
    }()
}
