internal import ArgumentParser
internal import Glibc
internal import OfflineCommands

extension Martlet {
    /// Runs the command that the process was started with, and ends the process: 0 done, 1 failed, 2 wrong usage, 3
    /// differences found.
    package static func start() async -> Never {
        do {
            var command = try parseAsRoot()
            if var waiting = command as? any AsyncParsableCommand {
                try await waiting.run()
            } else {
                try command.run()
            }
            Glibc.exit(0)
        } catch let code as ExitCode {
            Glibc.exit(code.rawValue)
        } catch let failure as CommandFailure {
            writeError("error: \(failure)")
            Glibc.exit(1)
        } catch {
            let code = exitCode(for: error)
            switch code {
            case .success: Terminal.write(fullMessage(for: error) + "\n")
            case .validationFailure: writeError(fullMessage(for: error))
            default: writeError("error: \(error)")
            }
            Glibc.exit(code == .success ? 0 : code == .validationFailure ? 2 : 1)
        }
    }
}
