import Foundation
import Testing

/// `martlet upgrade` on copies of the demo fleet.
@Suite(.timeLimit(.minutes(3))) struct UpgradeCommandTests {
    private static let berlin = "fleets/demo/management-clusters/eu-1/clusters/berlin.yaml"
    private static let paris = "fleets/demo/management-clusters/eu-1/clusters/paris.yaml"
    private static let austin = "fleets/demo/management-clusters/us-1/clusters/austin.yaml"

    private func text(_ folder: URL, _ path: String) throws -> String {
        try String(contentsOf: folder.appending(path: path), encoding: .utf8)
    }

    private func log(_ folder: URL) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["git", "-C", folder.path(), "log", "--format=%B", "-1"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: text, as: UTF8.self)
    }

    @Test func plainManifestsGetTheVersionAndNothingElseChanges() throws {
        let folder = try CommandTests.repository()
        let before = try text(folder, Self.berlin)
        let answer = try CommandTests.martlet(
            "upgrade",
            "cluster",
            "berlin",
            "--to",
            "1.34.2",
            "--repo",
            folder.path()
        )
        #expect(answer.status == 0, "\(answer.errors)")
        let after = try text(folder, Self.berlin)
        let wanted = before.replacingOccurrences(of: "  version: v1.33.4", with: "  version: v1.34.2")
        #expect(after == wanted && after != before)
        #expect(answer.output.contains("KubeadmControlPlane org-acme/berlin: v1.33.4 → v1.34.2"), "\(answer.output)")
        #expect(answer.output.contains("6 machines roll because spec.version changes"), "\(answer.output)")
    }

    @Test func aTopologyIsCommittedWithAForecast() throws {
        let folder = try CommandTests.repository()
        try CommandTests.git(folder, "config", "user.name", "Test")
        try CommandTests.git(folder, "config", "user.email", "t@example.com")
        let before = try text(folder, Self.paris)
        let answer = try CommandTests.martlet(
            "upgrade",
            "cluster",
            "paris",
            "--to",
            "v1.34.2",
            "--commit",
            "--repo",
            folder.path()
        )
        #expect(answer.status == 0, "\(answer.errors)")
        let wanted = before.replacingOccurrences(of: "version: v1.33.4", with: "version: v1.34.2")
        #expect(try text(folder, Self.paris) == wanted)
        let message = try log(folder)
        #expect(message.hasPrefix("Upgrade cluster org-acme/paris from v1.33.4 to v1.34.2\n\n"), "\(message)")
        #expect(message.contains("machines roll"), "\(message)")
    }

    @Test func aSkippedMinorIsRefusedWithTheWayToGo() throws {
        let folder = try CommandTests.repository()
        let before = try text(folder, Self.berlin)
        let answer = try CommandTests.martlet(
            "upgrade",
            "cluster",
            "berlin",
            "--to",
            "v1.35.0",
            "--repo",
            folder.path()
        )
        #expect(answer.status == 1)
        #expect(answer.errors.contains("skips a minor version"), "\(answer.errors)")
        #expect(answer.errors.contains("v1.34.x, then v1.35.0"), "\(answer.errors)")
        #expect(try text(folder, Self.berlin) == before)
    }

    @Test func aClusterOfAnAppIsUpgradedInTheAppsValues() throws {
        let folder = try CommandTests.repository()
        let before = try text(folder, Self.austin)
        let answer = try CommandTests.martlet(
            "upgrade",
            "cluster",
            "austin",
            "--to",
            "v1.34.2",
            "--repo",
            folder.path()
        )
        #expect(answer.status == 0, "\(answer.errors)")
        let wanted = before.replacingOccurrences(of: "kubernetesVersion: v1.33.4", with: "kubernetesVersion: v1.34.2")
        #expect(try text(folder, Self.austin) == wanted)
    }

    @Test func anAppGetsAnotherChart() throws {
        let folder = try CommandTests.repository()
        let charts = folder.appending(path: "catalogs/demo/charts")
        try FileManager.default.copyItem(
            at: charts.appending(path: "guardrails"),
            to: charts.appending(path: "guardrails-next")
        )
        let chart = charts.appending(path: "guardrails-next/Chart.yaml")
        try String(contentsOf: chart, encoding: .utf8).replacingOccurrences(of: "1.0.0", with: "1.1.0").write(
            to: chart,
            atomically: true,
            encoding: .utf8
        )
        let collection = "catalogs/demo/collections/base.yaml"
        let before = try text(folder, collection)
        let dry = try CommandTests.martlet(
            "upgrade",
            "app",
            "guardrails",
            "--to",
            "1.1.0",
            "--dry-run",
            "--repo",
            folder.path()
        )
        #expect(dry.status == 0, "\(dry.errors)")
        #expect(try text(folder, collection) == before)
        let answer = try CommandTests.martlet(
            "upgrade",
            "app",
            "guardrails",
            "--to",
            "1.1.0",
            "--repo",
            folder.path()
        )
        #expect(answer.status == 0, "\(answer.errors)")
        let place = try #require(before.range(of: "chart: guardrails\n      version: 1.0.0"))
        #expect(
            try text(folder, collection)
                == before.replacingCharacters(in: place, with: "chart: guardrails\n      version: 1.1.0")
        )
        let missing = try CommandTests.martlet(
            "upgrade",
            "app",
            "guardrails",
            "--to",
            "9.9.9",
            "--repo",
            folder.path()
        )
        #expect(missing.status == 1 && missing.errors.contains("has no version “9.9.9”"), "\(missing.errors)")
    }

    /// A cluster of a Giant Swarm repository: its version is a Release's, named in a ConfigMap.
    private func releaseRepository() throws -> (folder: URL, file: String, text: String) {
        let folder = try CommandTests.repository()
        let place = "fleets/demo/management-clusters/eu-1/acme"
        try FileManager.default.createDirectory(
            at: folder.appending(path: place),
            withIntermediateDirectories: true
        )
        for (version, kubernetes) in [("34.4.1", "1.34.7"), ("34.5.0", "1.34.10"), ("36.0.0", "1.36.1")] {
            try """
            apiVersion: release.giantswarm.io/v1alpha1
            kind: Release
            metadata: {name: aws-\(version)}
            spec:
              state: active
              components: [{name: cluster-aws, version: 7.7.3}, {name: kubernetes, version: \(kubernetes)}]
              apps: [{name: coredns, version: 1.30.0, dependsOn: [cilium]}]
            """.write(
                to: folder.appending(path: "\(place)/release-\(version).yaml"),
                atomically: true,
                encoding: .utf8
            )
        }
        let text = """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: c1-userconfig, namespace: org-acme}
            data:
              values: |
                global:
                  release:
                    version: 34.4.1 # the release
            ---
            apiVersion: application.giantswarm.io/v1alpha1
            kind: App
            metadata: {name: c1, namespace: org-acme}
            spec:
              catalog: cluster
              name: cluster-aws
              namespace: org-acme
              version: ""
              kubeConfig: {inCluster: true}
              userConfig: {configMap: {name: c1-userconfig, namespace: org-acme}}

            """
        let file = "\(place)/c1.yaml"
        try text.write(to: folder.appending(path: file), atomically: true, encoding: .utf8)
        try CommandTests.commit(folder, "a cluster")
        return (folder, file, text)
    }

    @Test(arguments: ["text", "json", "markdown"])
    func aClusterOfAReleaseGetsAnotherRelease(_ format: String) throws {
        let (folder, file, before) = try releaseRepository()
        let answer = try CommandTests.martlet(
            "upgrade",
            "cluster",
            "c1",
            "--to",
            "34.5.0",
            "-o",
            format,
            "--repo",
            folder.path()
        )
        #expect(answer.status == 0, "\(answer.errors)")
        let wanted =
            switch format {
            case "text": "component kubernetes 1.34.7 1.34.10"
            case "json": #""name": "kubernetes","#
            default: "| kubernetes | 1.34.7 | 1.34.10 |"
            }
        #expect(answer.output.contains(wanted), "\(answer.output)")
        #expect(try text(folder, file) == before.replacingOccurrences(of: "34.4.1 #", with: "34.5.0 #"))
    }

    @Test func aSkippedMajorReleaseIsRefusedWithReasons() throws {
        let (folder, file, before) = try releaseRepository()
        let answer = try CommandTests.martlet(
            "upgrade",
            "cluster",
            "c1",
            "--to",
            "36.0.0",
            "--repo",
            folder.path()
        )
        #expect(answer.status == 1)
        #expect(answer.errors.contains("blocked: it skips a major release: go through 35.x"), "\(answer.errors)")
        #expect(answer.errors.contains("blocked: Kubernetes would skip a minor version"), "\(answer.errors)")
        #expect(try text(folder, file) == before)
    }

    @Test func unknownNamesAreExplained() throws {
        let folder = try CommandTests.repository().path()
        let cluster = try CommandTests.martlet("upgrade", "cluster", "berln", "--to", "v1.34.2", "--repo", folder)
        #expect(cluster.status == 1 && cluster.errors.contains("did you mean “berlin”?"))
        let version = try CommandTests.martlet("upgrade", "cluster", "berlin", "--to", "1.34", "--repo", folder)
        #expect(version.status == 1 && version.errors.contains("bad-version"))
    }
}
