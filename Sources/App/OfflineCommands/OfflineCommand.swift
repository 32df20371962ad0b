package import ArgumentParser
import Glibc

/// The commands that need no daemon and no cluster.
package enum OfflineCommand {
    package static let all: [any ParsableCommand.Type] = [
        ChartCommand.self, CatalogCommand.self, TopologyCommand.self, KustomizeCommand.self,
    ]

    /// The parts of `martlet bench` that need no server.
    package static let benchmarks: [any ParsableCommand.Type] = [
        BenchChartsCommand.self, BenchFleetCommand.self, BenchTopologyCommand.self, BenchYAMLCommand.self,
    ]
}

/// Output of commands: results to the standard output, everything else to the standard error.
package enum Terminal {
    package enum Stream: Int32, Sendable { case output = 1, error = 2 }

    package static func write(_ text: String, to stream: Stream = .output) {
        write(Array(text.utf8), to: stream)
    }

    /// Writes all bytes; gives up when nobody reads them.
    package static func write(_ bytes: [UInt8], to stream: Stream = .output) {
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let written = Glibc.write(
                    stream.rawValue,
                    buffer.baseAddress.map { $0 + offset },
                    buffer.count - offset
                )
                if written <= 0 {
                    if errno == EINTR { continue }
                    return
                }
                offset += written
            }
        }
    }
}
