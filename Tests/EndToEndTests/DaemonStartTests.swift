import Foundation
import Testing

/// What keeps a daemon from starting is said in one sentence.
@Suite(.timeLimit(.minutes(2))) struct DaemonStartTests {
    private static let files = [
        "fleets/edge/fleet.yaml": "apiVersion: martlet.dev/v1alpha1\nkind: Fleet\nmetadata: {name: edge}\nspec: {}\n",
        "fleets/edge/management-clusters/mc-1/management-cluster.yaml": """
        apiVersion: martlet.dev/v1alpha1
        kind: ManagementCluster
        metadata: {name: mc-1}
        spec: {connection: {lab: {}}}
        """,
    ]

    @Test func twoNeverShareADirectoryOrAnAddress() async throws {
        let daemon = try RunningDaemon(Self.files)
        defer { daemon.stop() }
        try await daemon.wait("the management cluster", "edge", "mc-1") { _ in true }
        let repository = daemon.repository.path()
        let address = String(daemon.server.trimmingPrefix("http://"))
        let second = try CommandTests.martlet(
            [
                "run", "--repo", repository, "--lab", "--listen", "127.0.0.1:0", "--data-dir",
                "\(repository)/.git/martlet",
            ]
        )
        #expect(second.status == 1)
        #expect(second.errors.hasPrefix("error: the data directory \(repository)/.git/martlet is in use by process "))
        #expect(second.errors.contains("hint: stop that process"))
        let third = try CommandTests.martlet(
            ["run", "--repo", repository, "--lab", "--listen", address, "--data-dir", "\(repository)/.git/other"]
        )
        #expect(third.status == 1)
        #expect(third.errors.contains("error: listen on \(address): Address already in use"), "\(third.errors)")
        #expect(third.errors.contains("hint: choose another address with --listen"))
    }
}
