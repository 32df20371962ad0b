package import ArgumentParser
import YAMLFormat

/// `martlet bench yaml`: reads a file as values and compares the time with what libyaml's event loop alone takes.
package struct BenchYAMLCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "yaml",
        abstract: "Read a YAML file, beside libyaml's bare event loop over the same text."
    )

    @Argument(help: "A YAML file; - is the standard input.")
    var path: String

    @Option(name: .short, help: "Repetitions; the best and the median of each phase count.")
    var n = 5

    package init() {}

    package func run() throws {
        try failing {
            let bytes = try LocalFiles.bytes(path)
            var measured = Measurement()
            var events = 0
            var documents = 0
            var rejected = 0
            for _ in 0..<max(n, 1) {
                events = measured.time("events") { YAML.countEvents(bytes) ?? 0 }
                measured.time("values") {
                    let read = YAML.documents(bytes, file: path, .lenient)
                    documents = read.count
                    rejected = read.count { $0.value == nil }
                }
            }
            let size = Double(bytes.count) / 1_000_000
            Terminal.write(
                "\((size * 100).rounded() / 100) MB, \(documents) documents, \(events) events, \(rejected) rejected\n"
            )
            Terminal.write("phase       best ms  median ms       MB/s\n")
            for phase in ["events", "values"] {
                let speed = size / max(measured.best(phase), 0.001) * 1000
                Terminal.write(
                    "\(phase)   \(Measurement.column(measured.best(phase))) \(Measurement.column(measured.median(phase)))"
                        + " \(Measurement.column(speed))\n"
                )
            }
            let ratio = measured.best("events") / max(measured.best("values"), 0.001) * 100
            Terminal.write(
                "values at \(Int(ratio.rounded())) % of the speed of the events, peak RSS \(Int(Measurement.peakMemory)) MiB\n"
            )
        }
    }
}
