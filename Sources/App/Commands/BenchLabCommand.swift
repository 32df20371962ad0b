package import ArgumentParser
internal import ClusterSimulator
internal import FleetAPI
internal import Foundation
internal import HTTPServer
internal import KubernetesModel
internal import Logging
internal import OfflineCommands
internal import StructuredValue

/// `martlet bench lab`: a whole fleet on the lab, from the first commit until nothing happens any more.
package struct BenchLabCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "lab",
        abstract:
            "Run a fleet of simulated clusters: how long until all run, what it costs, and what it costs to do nothing.",
        discussion: "Everything is kept in a temporary folder, which goes at the end. Needs the git program."
    )

    @Option(help: "How many workload clusters.")
    var clusters = 1000

    @Option(help: "How many Machines each has.")
    var machines = 5

    @Option(help: "On how many management clusters.")
    var managementClusters = 20

    @Option(help: "How many times faster than in life simulated machines come and go.")
    var timeScale = 60.0

    @Option(help: "How long nothing is done at the end, in seconds.")
    var idle = 60

    @Option(help: "When to give up, in seconds.")
    var timeout = 900

    package init() {}

    package func validate() throws {
        guard clusters > 0, machines > 0, managementClusters > 0, managementClusters <= clusters else {
            throw ValidationError("there must be a Machine, a cluster and a management cluster, and no more of these")
        }
    }

    package func run() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "martlet-bench-\(UUID())").path()
        defer { try? FileManager.default.removeItem(atPath: folder) }  // it lies in the temporary folder
        try Self.git(folder, fleet())
        let settings = Daemon.Settings(
            repository: folder + "/repository",
            branch: "main",
            interval: .seconds(5),
            host: "127.0.0.1",
            port: 0,
            dataDirectory: folder + "/data",
            lab: Lab.Settings(dataDirectory: folder + "/data/lab", definitions: [], timeScale: timeScale)
        )
        let daemon = try Daemon(settings, log: makeLogger(.error))
        print(
            "\(clusters) clusters with \(machines) Machines each on \(managementClusters) management clusters, "
                + "time scale \(timeScale)"
        )
        var end = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await daemon.run() }
            try await measure(daemon)
            end = .now
            group.cancelAll()
            // Ended as it was asked to.
            while (try? await group.next()) != nil {}
        }
        row("until it has stopped", "\(Self.seconds(end.duration(to: .now))) s")
    }

    private func measure(_ daemon: Daemon) async throws {
        let start = ContinuousClock.now
        var seen = Seen()
        while !(seen.healthy == clusters && seen.synced == managementClusters) {
            if start.duration(to: .now) > .seconds(timeout) {
                throw CommandFailure("after \(timeout) s only \(seen.healthy) of \(clusters) clusters are healthy")
            }
            try await Task.sleep(for: .milliseconds(500))
            seen = try await look(daemon)
        }
        row("until all run", "\(Self.seconds(start.duration(to: .now))) s")
        row("Machines that are ready", "\(seen.machines)")
        row("requests", "\(daemon.lab?.requests ?? 0)")
        row("writes", "\(daemon.lab?.writes ?? 0)")
        row("processor time", "\(Self.processorSeconds()) s")
        row("memory", "\(Self.residentMiB()) MiB")
        // Twice as long as it takes objects to rest.
        try await Task.sleep(for: .seconds(65))
        row("memory at rest", "\(Self.residentMiB()) MiB")
        let before = (daemon.lab?.requests ?? 0, daemon.lab?.writes ?? 0, Self.processorSeconds())
        try await Task.sleep(for: .seconds(idle))
        row("idle for \(idle) s: writes", "\((daemon.lab?.writes ?? 0) - before.1)")
        row("idle for \(idle) s: requests", "\((daemon.lab?.requests ?? 0) - before.0)")
        let spent = ((Self.processorSeconds() - before.2) * 10).rounded() / 10
        row("idle for \(idle) s: processor time", "\(spent) s")
    }

    private func row(_ name: String, _ text: String) {
        print(name + String(repeating: " ", count: max(1, 36 - name.count)) + text)
        fflush(nil)
    }

    // MARK: What is seen

    private struct Seen {
        var healthy = 0
        var synced = 0
        var machines = 0
    }

    private func look(_ daemon: Daemon) async throws -> Seen {
        let answer = await daemon.api.respond(
            to: HTTPRequest(method: "GET", target: "/api/v1/status", headers: HTTPHeaders(), body: [])
        )
        guard case .bytes(let bytes) = answer.body else { return Seen() }
        var seen = Seen()
        for fleet in try JSON.parse(bytes)["fleets"]?.array ?? [] {
            for member in fleet["managementClusters"]?.array ?? [] {
                if member["state"] == "Synced" { seen.synced += 1 }
                for cluster in member["clusters"]?.array ?? [] {
                    if cluster["health"] == "Healthy" { seen.healthy += 1 }
                    for part in ["workers", "controlPlane"] { seen.machines += cluster[path: part, "ready"]?.int ?? 0 }
                }
            }
        }
        return seen
    }

    private static func residentMiB() -> Int {
        // Nothing elsewhere than on Linux.
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return (pages * Int(sysconf(Int32(_SC_PAGESIZE)))) >> 20
    }

    private static func processorSeconds() -> Double {
        var usage = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        let micro = Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
        return ((Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + micro / 1e6) * 10).rounded() / 10
    }

    private static func seconds(_ duration: Duration) -> Double {
        let parts = duration.components
        return ((Double(parts.seconds) + Double(parts.attoseconds) / 1e18) * 10).rounded() / 10
    }

    // MARK: The fleet

    /// The files of the repository.
    private func fleet() -> [String: String] {
        let head = "apiVersion: martlet.dev/v1alpha1\nkind: "
        var files = [
            "fleets/bench/fleet.yaml": head + "Fleet\nmetadata: {name: bench}\nspec: {createNamespaces: true}\n"
        ]
        for number in 0..<managementClusters {
            let name = "mc-\(number)"
            let directory = "fleets/bench/management-clusters/\(name)"
            files["\(directory)/management-cluster.yaml"] =
                head + "ManagementCluster\nmetadata: {name: \(name)}\nspec: {connection: {lab: {}}}\n"
            for index in stride(from: number, to: clusters, by: managementClusters) {
                files["\(directory)/clusters/c\(index).yaml"] = cluster("c\(index)")
            }
        }
        return files
    }

    private func cluster(_ name: String) -> String {
        let controlPlanes = machines >= 4 ? 3 : 1
        let core = "cluster.x-k8s.io"
        func template(_ name: String) -> String {
            """
            apiVersion: infrastructure.\(core)/v1beta2
            kind: LabMachineTemplate
            metadata: {name: \(name), namespace: bench}
            spec: {template: {spec: {size: medium}}}
            ---

            """
        }
        return """
            apiVersion: \(core)/v1beta2
            kind: Cluster
            metadata: {name: \(name), namespace: bench}
            spec:
              controlPlaneRef: {apiGroup: controlplane.\(core), kind: KubeadmControlPlane, name: \(name)}
              infrastructureRef: {apiGroup: infrastructure.\(core), kind: LabCluster, name: \(name)}
            ---
            apiVersion: infrastructure.\(core)/v1beta2
            kind: LabCluster
            metadata: {name: \(name), namespace: bench}
            ---
            apiVersion: controlplane.\(core)/v1beta2
            kind: KubeadmControlPlane
            metadata: {name: \(name), namespace: bench}
            spec:
              replicas: \(controlPlanes)
              version: v1.33.4
              machineTemplate:
                spec:
                  infrastructureRef: {apiGroup: infrastructure.\(core), kind: LabMachineTemplate, name: \(name)-cp}
            ---
            \(template(name + "-cp"))\(template(name + "-md"))apiVersion: bootstrap.\(core)/v1beta2
            kind: KubeadmConfigTemplate
            metadata: {name: \(name)-md, namespace: bench}
            spec: {template: {spec: {joinConfiguration: {nodeRegistration: {taints: []}}}}}
            ---
            apiVersion: \(core)/v1beta2
            kind: MachineDeployment
            metadata: {name: \(name)-md, namespace: bench}
            spec:
              clusterName: \(name)
              replicas: \(machines - controlPlanes)
              selector: {matchLabels: {pool: \(name)-md}}
              template:
                metadata: {labels: {pool: \(name)-md}}
                spec:
                  clusterName: \(name)
                  version: v1.33.4
                  bootstrap:
                    configRef: {apiGroup: bootstrap.\(core), kind: KubeadmConfigTemplate, name: \(name)-md}
                  infrastructureRef: {apiGroup: infrastructure.\(core), kind: LabMachineTemplate, name: \(name)-md}

            """
    }

    /// Makes a repository of one commit.
    private static func git(_ folder: String, _ files: [String: String]) throws {
        let repository = folder + "/repository"
        for (path, text) in files {
            let file = URL(filePath: "\(repository)/\(path)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: file)
        }
        let identity = ["-c", "user.name=martlet", "-c", "user.email=bench@martlet.dev"]
        for arguments in [["init", "-q", "-b", "main"], ["add", "-A"], identity + ["commit", "-qm", "bench"]] {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["git", "-C", repository] + arguments
            try process.run()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else {
                throw CommandFailure("git \(arguments.joined(separator: " ")) failed")
            }
        }
    }
}
