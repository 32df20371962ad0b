internal import Logging
internal import Telemetry

/// The process's logger: lines on the standard error, and kept for `martlet logs`.
func makeLogger(_ level: Logger.Level, keeping tail: LogTail? = nil) -> Logger {
    Logger(label: "martlet") { label in
        LogLineWriter(label: label, level: level, now: World.now) { line in
            writeError(line)
            tail?.append(line)
        }
    }
}
