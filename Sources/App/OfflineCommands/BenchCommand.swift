package import ArgumentParser

/// `martlet bench`: how fast the parts are, measured on real inputs.
package struct BenchCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how fast the parts are.",
        subcommands: [BenchChartsCommand.self, BenchFleetCommand.self, BenchTopologyCommand.self]
    )

    package init() {}
}
