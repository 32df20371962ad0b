package import ArgumentParser
internal import StructuredValue

/// `martlet approve FLEET --wave W`.
package struct ApproveCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Let a wave begin that waits for approval."
    )

    @Argument(help: "The fleet.")
    var fleet: String

    @Option(help: "The wave.")
    var wave: String

    @OptionGroup var server: ServerOptions

    package init() {}

    package func run() async throws {
        try await server.post("/api/v1/fleets/\(escaped(fleet))/approve", [("wave", wave)])
        print("Wave \(wave) of fleet \(fleet) is approved.")
    }
}

/// `martlet pause FLEET`.
package struct PauseCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Release the revision to no more members of a fleet."
    )

    @Argument(help: "The fleet.")
    var fleet: String

    @OptionGroup var server: ServerOptions

    package init() {}

    package func run() async throws {
        try await server.post("/api/v1/fleets/\(escaped(fleet))/pause")
        print("Fleet \(fleet) is paused. Members keep what they have; drift is still corrected.")
    }
}

/// `martlet resume FLEET`.
package struct ResumeCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on with a fleet's rollout after a pause or a halt."
    )

    @Argument(help: "The fleet.")
    var fleet: String

    @OptionGroup var server: ServerOptions

    package init() {}

    package func run() async throws {
        try await server.post("/api/v1/fleets/\(escaped(fleet))/resume")
        print("Fleet \(fleet) goes on.")
    }
}

/// `martlet apply`.
package struct ApplyCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Make a pass now, and wait until every management cluster is as Git says."
    )

    @OptionGroup var server: ServerOptions

    @Flag(help: "Do not wait for the result.")
    var noWait = false

    @Option(help: "Give up waiting after so many seconds.")
    var timeout = 600

    package init() {}

    package func run() async throws {
        try await server.post("/api/v1/poke")
        if noWait { return }
        let end = ContinuousClock.now.advanced(by: .seconds(timeout))
        while true {
            try await Task.sleep(for: .milliseconds(300))
            let status = try await server.get("/api/v1/status")
            let members = (status["fleets"]?.array ?? []).flatMap { $0["managementClusters"]?.array ?? [] }
            let states = members.compactMap { $0["state"]?.string }
            if states.allSatisfy({ $0 == "Synced" }) || states.contains(where: { $0 == "Failed" || $0 == "Blocked" }) {
                print(statusText(status, at: World.now(), wide: false), terminator: "")
                if states.contains(where: { $0 != "Synced" }) { throw ExitCode(1) }
                return
            }
            if ContinuousClock.now > end { throw CommandFailure("not everything is in place after \(timeout) s") }
        }
    }
}
