internal import Logging
internal import Telemetry

/// The process's logger: lines on the standard error.
func makeLogger(_ level: Logger.Level) -> Logger {
    Logger(label: "martlet") { label in
        LogLineWriter(label: label, level: level, now: World.now, write: { writeError($0) })
    }
}
