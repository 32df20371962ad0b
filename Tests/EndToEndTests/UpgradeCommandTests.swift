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

    @Test func unknownNamesAreExplained() throws {
        let folder = try CommandTests.repository().path()
        let cluster = try CommandTests.martlet("upgrade", "cluster", "berln", "--to", "v1.34.2", "--repo", folder)
        #expect(cluster.status == 1 && cluster.errors.contains("did you mean “berlin”?"))
        let version = try CommandTests.martlet("upgrade", "cluster", "berlin", "--to", "1.34", "--repo", folder)
        #expect(version.status == 1 && version.errors.contains("bad-version"))
    }
}
