package import ArgumentParser
import Glibc

/// The commands that need no daemon and no cluster.
package struct OfflineCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "martlet-offline",
        abstract: "Martlet's commands that work on files alone.",
        subcommands: [
            ChartCommand.self, CatalogCommand.self, TopologyCommand.self, KustomizeCommand.self, BenchCommand.self,
        ]
    )

    package init() {}

    /// Runs the command that the process was started with, and ends the process: 0 done, 1 failed, 2 wrong usage.
    package static func start() async -> Never {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            Glibc.exit(0)
        } catch let code as ExitCode {
            Glibc.exit(code.rawValue)
        } catch {
            let message = fullMessage(for: error)
            let code = exitCode(for: error)
            Terminal.write(message + (message.hasSuffix("\n") ? "" : "\n"), to: code == .success ? .output : .error)
            Glibc.exit(code == .success ? 0 : code == .validationFailure ? 2 : 1)
        }
    }
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
