/// What the operating system says about this process, under the names that every Prometheus client gives them.
package struct ProcessFigures: Sendable, Hashable {
    /// Of the program.
    package var version: String
    /// In bytes.
    package var residentMemory: Int
    /// User and system time, in seconds.
    package var processorSeconds: Double
    package var openFiles: Int
    /// Seconds since 1970.
    package var started: Int

    package init(version: String, residentMemory: Int, processorSeconds: Double, openFiles: Int, started: Int) {
        self.version = version
        self.residentMemory = residentMemory
        self.processorSeconds = processorSeconds
        self.openFiles = openFiles
        self.started = started
    }
}
