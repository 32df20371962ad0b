package import ArgumentParser
internal import ClusterSimulator
internal import FleetModel
internal import FleetPlanning
internal import FleetRendering
internal import HTTPTransport
internal import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import ManifestApply
internal import OfflineCommands
internal import SourceFiles
internal import StructuredValue

/// `martlet bench`: how fast the parts are, measured on real inputs.
package struct BenchCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how fast the parts are.",
        subcommands: OfflineCommand.benchmarks + [
            BenchApplyCommand.self, BenchLabCommand.self, BenchLiveCommand.self,
        ]
    )

    package init() {}
}

/// `martlet bench apply`: applies small objects to a lab of its own, over TLS, and then the same again.
package struct BenchApplyCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Plan and apply many small objects to a lab over TLS, then plan and apply them unchanged."
    )

    @Option(help: "How many objects.")
    var objects = 2000

    @Option(help: "How many requests are under way at once.")
    var width = 8

    @Option(name: .short, help: "Repetitions, each with a lab of its own; the best and the median count.")
    var n = 3

    package init() {}

    package func run() async throws {
        var times: [String: [Duration]] = [:]
        var requests: [String: Int] = [:]
        for _ in 0..<max(n, 1) {
            for result in try await round() {
                times[result.phase, default: []].append(result.time)
                requests[result.phase] = result.requests
            }
        }
        Terminal.write("phase               best ms  median ms  requests   objects/s\n")
        for phase in ["first pass", "no change"] {
            let sorted = (times[phase] ?? []).map(\.milliseconds).sorted()
            guard let best = sorted.first else { continue }
            let speed = Double(objects) / max(best, 0.001) * 1000
            let numbers = [best, sorted[sorted.count / 2], Double(requests[phase] ?? 0), speed]
            Terminal.write(padded(phase, 16) + numbers.map { padded("\(Int($0.rounded()))", -11) }.joined() + "\n")
        }
    }

    private struct Result: Sendable {
        var phase: String
        var time: Duration
        var requests: Int
    }

    /// One lab: everything is applied, read back, planned again and applied again.
    private func round() async throws -> [Result] {
        let settings = Lab.Settings(dataDirectory: nil, definitions: [])
        let lab = Lab(settings, clock: World.serverClock, logger: makeLogger(.error))
        return try await withThrowingTaskGroup(of: [Result]?.self) { group in
            group.addTask {
                try await lab.run()
                return nil
            }
            group.addTask {
                let endpoint = try await lab.start("bench")
                return try await measure(endpoint)
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            return []
        }
    }

    private func measure(_ endpoint: LabEndpoint) async throws -> [Result] {
        let limits = RequestBudget.Limits(concurrent: width, perSecond: 100_000, burst: 100_000)
        let client = APIClient(endpoint.connection, transport: HTTPTransport(), pace: World.pace, limits: limits)
        let store = InventoryStore(fleet: "bench", managementCluster: "bench", client: client)
        let applier = Applier(client: client, inventory: store, width: width)
        let desired = try state()
        var observed = ObservedState()
        var inventory = Inventory()
        var results: [Result] = []
        for phase in ["first pass", "no change"] {
            let before = await client.requestCount
            let start = ContinuousClock.now
            let plan = planApply(desired, observed, inventory: inventory, now: World.now())
            let changes = await applier.carryOut(plan)
            let time = start.duration(to: .now)
            guard changes.isComplete else {
                let failure = changes.failures.first.map { "\($0.step.key): \($0.failure)" }
                throw CommandFailure("not everything could be applied: \(failure ?? "the inventory was not written")")
            }
            results.append(Result(phase: phase, time: time, requests: await client.requestCount - before))
            inventory = changes.inventory
            let kind = try await client.resource(for: GroupVersionKind(group: "", version: "v1", kind: "ConfigMap"))
            let spaces = try await client.resource(for: GroupVersionKind(group: "", version: "v1", kind: "Namespace"))
            let live = try await client.list(kind, namespace: Self.namespace).items + client.list(spaces).items
            observed = ObservedState(live)
        }
        return results
    }

    private static let namespace = "bench"

    /// A fleet of one management cluster that gets nothing but ConfigMaps.
    private func state() throws -> DesiredState {
        var documents = ""
        for number in 0..<objects {
            documents += """
                ---
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: item-\(number), namespace: \(Self.namespace), labels: {bench: "true"}}
                data: {colour: blue, number: "\(number)"}

                """
        }
        let directory = "fleets/bench/management-clusters/bench"
        let texts = [
            "fleets/bench/fleet.yaml":
                "{apiVersion: martlet.dev/v1alpha1, kind: Fleet, metadata: {name: bench}, spec: {createNamespaces: true}}",
            "\(directory)/management-cluster.yaml":
                "{apiVersion: martlet.dev/v1alpha1, kind: ManagementCluster, metadata: {name: bench}, "
                + "spec: {connection: {lab: {}}}}",
            "\(directory)/items.yaml": documents,
        ]
        let tree = SourceTree(
            revision: "bench",
            files: texts.map { path, text in SourceTree.File(path: path, contentID: path) { Array(text.utf8) } }
        )
        let cache = RenderCache()
        let repository = cache.sources.load(tree)
        guard let folder = repository.fleet("bench"), let fleet = folder.fleet, let member = folder.members.first else {
            throw CommandFailure("the fleet of the benchmark cannot be read")
        }
        return render(repository, fleet: fleet, member: member, now: World.now(), cache: cache)
    }
}

extension Duration {
    fileprivate var milliseconds: Double {
        Double(components.seconds) * 1e3 + Double(components.attoseconds) / 1e15
    }
}
