package import ArgumentParser
import CatalogModel
import ChartCatalogs
import SemanticVersion
import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// `martlet catalog`: look for charts where catalogs keep them.
package struct CatalogCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "catalog",
        abstract: "Look for charts in Helm repositories, OCI registries and folders.",
        subcommands: [
            CatalogSearchCommand.self, CatalogVersionsCommand.self, CatalogShowCommand.self, CatalogFetchCommand.self,
        ]
    )

    package init() {}
}

/// `martlet catalog search`: the charts of a catalog.
package struct CatalogSearchCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "List the charts whose name, description or keywords hold a text."
    )

    @Argument(help: "The text; everything is listed without one.")
    var text = ""

    @OptionGroup var place: CatalogPlace
    @OptionGroup var output: CatalogOutput

    package init() {}

    package func run() async throws {
        try await reporting {
            let index = try await place.index()
            let wanted = text.lowercased()
            var rows: [[String]] = [["NAME", "VERSION", "APP VERSION", "VERSIONS", "DESCRIPTION"]]
            var documents: [Value] = []
            for name in index.entries.keys.sorted() {
                let entries = index.entries[name] ?? []
                // A chart without a readable version is not listed.
                guard let newest = try? VersionWish.newest.choose(from: entries, chart: name) else { continue }
                let isWanted =
                    wanted.isEmpty || name.lowercased().contains(wanted)
                    || newest.description.lowercased().contains(wanted)
                    || newest.keywords.contains { $0.lowercased().contains(wanted) }
                if !isWanted { continue }
                rows.append([name, newest.version, newest.appVersion, String(entries.count), newest.description])
                documents.append(newest.document)
            }
            output.write(rows, .array(documents))
        }
    }
}

/// `martlet catalog versions`: the versions of a chart.
package struct CatalogVersionsCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "versions",
        abstract: "List the versions of a chart, the newest first."
    )

    @Argument(help: "The chart.")
    var chart: String

    @Argument(help: "Only versions in this range, e.g. “^1.2”.")
    var range = ""

    @Flag(name: .long, help: "Prereleases too.")
    var all = false

    @Option(name: .long, help: "At most so many; 0 for all.")
    var limit = 20

    @OptionGroup var place: CatalogPlace
    @OptionGroup var output: CatalogOutput

    package init() {}

    package func run() async throws {
        try await reporting {
            let wish = try place.wish(range)
            var entries = try await place.versions(of: chart)
            if case .range(let range) = wish {
                entries = entries.filter { $0.semanticVersion.map { range.contains($0) } ?? false }
            } else if case .exact(let version) = wish {
                entries = entries.filter { $0.version == version }
            } else if !all {
                entries = entries.filter { !($0.semanticVersion?.isPrerelease ?? true) }
            }
            if limit > 0 { entries = Array(entries.prefix(limit)) }
            var rows: [[String]] = [["VERSION", "APP VERSION", "CREATED", "DESCRIPTION"]]
            rows += entries.map { [$0.version, $0.appVersion, String($0.created.prefix(10)), $0.description] }
            output.write(rows, .array(entries.map(\.document)))
        }
    }
}

/// `martlet catalog show`: one version of a chart.
package struct CatalogShowCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what a catalog says about a version of a chart."
    )

    @Argument(help: "The chart.")
    var chart: String

    @Argument(help: "A version or a range; the newest release without one.")
    var version = ""

    @OptionGroup var place: CatalogPlace
    @OptionGroup var output: CatalogOutput

    package init() {}

    package func run() async throws {
        try await reporting {
            let entry = try await place.entry(chart, try place.wish(version))
            if output.output == .text {
                Terminal.write(YAML.text(entry.document, .readable))
            } else {
                output.write([], entry.document)
            }
        }
    }
}

/// `martlet catalog fetch`: download a packed chart.
package struct CatalogFetchCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "Download a packed chart and check its digest."
    )

    @Argument(help: "The chart.")
    var chart: String

    @Argument(help: "A version or a range; the newest release without one.")
    var version = ""

    @Option(name: .long, help: "Where to write it; NAME-VERSION.tgz without this, “-” for the standard output.")
    var to: String?

    @OptionGroup var place: CatalogPlace

    package init() {}

    package func run() async throws {
        try await reporting {
            let fetched = try await place.fetch(chart, try place.wish(version))
            let target = to ?? "\(fetched.entry.name)-\(fetched.entry.version).tgz"
            if target == "-" {
                Terminal.write(fetched.archive)
            } else {
                try LocalFiles.write(fetched.archive, to: target)
                Terminal.write("\(target) \(fetched.digest) from \(fetched.source)\n", to: .error)
            }
        }
    }
}

/// Shows findings and failures and ends the command with exit code 1.
private func reporting(_ work: () async throws -> Void) async throws {
    do { try await work() } catch let rejected as RejectedSource {
        for diagnostic in rejected.diagnostics { Terminal.write("\(diagnostic)\n", to: .error) }
        throw ExitCode(1)
    } catch let failure as CatalogFailure {
        Terminal.write("error: \(failure)\n", to: .error)
        throw ExitCode(1)
    }
}
