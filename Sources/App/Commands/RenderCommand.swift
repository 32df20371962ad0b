package import ArgumentParser
internal import FleetModel
internal import FleetRendering
internal import KubernetesModel
internal import SourceDiagnostics
internal import StructuredValue
internal import YAMLFormat

/// `martlet render`.
package struct RenderCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "render",
        abstract: "Print every object that the repository asks for."
    )

    @OptionGroup var repository: RepositoryOptions

    @Option(name: .shortAndLong, help: "yaml or json.")
    var output = OutputFormat.yaml

    package init() {}

    package func run() async throws {
        let mirror = try await repository.mirror()
        let cache = RenderCache()
        let files = try await repository.tree(mirror)
        let keeper = repository.keeper(for: mirror)
        let rendered = await RenderedRepository(files, repository.part, keeper, cache: cache)
        try repository.part.check(in: rendered.repository)
        let objects = rendered.members.flatMap { entry in entry.state.objects.map { (entry, $0) } }
        switch output {
        case .json: print(JSON.text(.array(objects.map(\.1.manifest.value)), .init(indent: 2)))
        case .yaml, .table, .wide:
            for (entry, object) in objects {
                let origin = object.manifest.origin.map { "\($0)" } ?? "\(object.source)"
                print("---\n# \(entry.fleet.name)/\(entry.member.name): \(origin)")
                print(YAML.text(object.manifest.value), terminator: "")
            }
        }
        try reportFindings(rendered.repository.allDiagnostics + rendered.members.flatMap(\.state.diagnostics))
    }
}

/// `martlet lint`.
package struct LintCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "Check a repository: every file is read, everything is rendered, every mistake is shown."
    )

    @OptionGroup var repository: RepositoryOptions

    package init() {}

    package func run() async throws {
        let mirror = try await repository.mirror()
        let cache = RenderCache()
        let files = try await repository.tree(mirror)
        let keeper = repository.keeper(for: mirror)
        let rendered = await RenderedRepository(files, repository.part, keeper, cache: cache)
        try repository.part.check(in: rendered.repository)
        try reportFindings(
            rendered.repository.allDiagnostics + rendered.repository.fleets.flatMap(unknownTimeZones)
                + rendered.members.flatMap(\.state.diagnostics)
        )
        let objects = rendered.members.reduce(0) { $0 + $1.state.objects.count }
        let members = rendered.members.count
        print("\(members) management cluster\(members == 1 ? "" : "s"), \(objects) objects, no errors.")
    }
}

/// The windows of a fleet whose time zone this machine's database does not have: they never open.
private func unknownTimeZones(_ folder: FleetFolder) -> [Diagnostic] {
    let unknown = (folder.fleet?.rollout.windows ?? []).map(\.timeZone).filter { timeZoneRules($0.value) == nil }
    if unknown.isEmpty { return [] }
    // A system without the list has no suggestions.
    let list = (try? World.read("/usr/share/zoneinfo/zone.tab")).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let names = list.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
        line.split(separator: "\t").dropFirst(2).first.map(String.init)
    }
    return unknown.map { zone in
        Diagnostic(
            .warning,
            "unknown-time-zone",
            "no time zone is named “\(zone.value)” here; the window never opens",
            at: zone.position,
            hint: closestName(to: zone.value, in: names).map { "did you mean “\($0)”?" }
                ?? "write it like Europe/Berlin"
        )
    }
}

/// Prints findings to the standard error, each once; exits with 1 when one is an error.
func reportFindings(_ diagnostics: [Diagnostic]) throws {
    var seen: Set<Diagnostic> = []
    let findings = diagnostics.filter { seen.insert($0).inserted }
    for finding in findings { writeError("\(finding)") }
    if findings.contains(where: { $0.severity == .error }) { throw ExitCode(1) }
}
