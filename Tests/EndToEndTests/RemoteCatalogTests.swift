import Foundation
import Synchronization
import TestSupport
import Testing

/// A daemon whose apps come from a Helm repository on a loopback port, from the commit to the object on the cluster.
@Suite(.timeLimit(.minutes(3))) struct RemoteCatalogTests {
    private static func catalog(_ port: Int) -> String {
        """
        apiVersion: martlet.dev/v1alpha1
        kind: Catalog
        metadata: {name: far}
        spec: {source: {helm: {url: "http://127.0.0.1:\(port)/"}}}
        """
    }

    private static func app(_ version: String) -> String {
        """
        apiVersion: martlet.dev/v1alpha1
        kind: App
        metadata: {name: banner, namespace: default}
        spec: {catalog: far, chart: banner, version: "\(version)"}
        """
    }

    /// Charts on a port of this machine.
    private final class Shelf: Sendable {
        let files = Mutex<[String: [UInt8]]>([:])
        let isDown = Mutex(false)
        private let folder: TemporaryFolder
        private let server = Mutex<LoopbackServer?>(nil)

        init() throws {
            folder = try TemporaryFolder()
            let listening = try LoopbackServer { [weak self] request, connection in
                let isDown = self?.isDown.withLock { $0 } ?? true
                let bytes = self?.files.withLock { $0[request.target] }
                if isDown {
                    connection.respond(503, "")
                } else {
                    connection.respond(bytes == nil ? 404 : 200, bytes ?? [])
                }
            }
            server.withLock { $0 = listening }
        }

        deinit { server.withLock { $0?.stop() } }

        var port: Int { server.withLock { $0?.port ?? 0 } }

        func publish(_ versions: String..., template: String? = nil) throws {
            var index = "apiVersion: v1\nentries:\n  banner:\n"
            for version in versions {
                try folder.write(
                    "{apiVersion: v2, name: banner, version: \(version)}",
                    to: "\(version)/banner/Chart.yaml"
                )
                try folder.write(
                    template
                        ?? "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: banner}\ndata: {version: \"\(version)\"}\n",
                    to: "\(version)/banner/templates/map.yaml"
                )
                let bytes = try folder.run("tar", ["-cz", "-C", version, "banner"])
                files.withLock { $0["/banner-\(version).tgz"] = bytes }
                index += "  - {name: banner, version: \(version), urls: [banner-\(version).tgz]}\n"
            }
            files.withLock { $0["/index.yaml"] = Array(index.utf8) }
        }
    }

    private struct Setting {
        let shelf: Shelf
        let folder: URL
        let server: String
        let program: BackgroundProgram

        init(_ shelf: Shelf, app version: String) throws {
            self.shelf = shelf
            folder = Scratch.place("martlet")
            for (path, text) in [
                "catalogs/far/catalog.yaml": catalog(shelf.port),
                "fleets/edge/fleet.yaml":
                    "apiVersion: martlet.dev/v1alpha1\nkind: Fleet\nmetadata: {name: edge}\nspec: {}\n",
                "fleets/edge/management-clusters/mc-1/management-cluster.yaml": """
                apiVersion: martlet.dev/v1alpha1
                kind: ManagementCluster
                metadata: {name: mc-1}
                spec: {connection: {lab: {}}}
                """,
                "fleets/edge/management-clusters/mc-1/banner.yaml": app(version),
                "fleets/edge/management-clusters/mc-1/note.yaml":
                    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: note, namespace: default}\n",
            ] {
                try Self.write(text, folder.appending(path: path))
            }
            try CommandTests.git(folder, "init", "-q", "-b", "main")
            try CommandTests.commit(folder, "first")
            // A port that was free a moment ago.
            let probe = try LoopbackServer { _, connection in connection.close() }
            let address = "127.0.0.1:\(probe.port)"
            probe.stop()
            server = "http://\(address)"
            let path = try #require(CommandTests.program?.path())
            let data = folder.path() + "-data"
            program = try BackgroundProgram(
                path,
                ["run", "--repo", folder.path(), "--lab", "--listen", address, "--data-dir", data]
            )
            // Each question takes a process, so that this asks no more than some times a second.
            let server = server
            try Self.waitUntil { try CommandTests.martlet("status", "--server", server).status == 0 }
        }

        /// One commit of one file.
        func commit(_ path: String, _ text: String) throws { try commit([(path, text)]) }

        /// One commit of all files; those without a text are removed.
        func commit(_ files: [(path: String, text: String?)]) throws {
            for (path, text) in files {
                let file = folder.appending(path: "fleets/edge/management-clusters/mc-1/\(path)")
                if let text { try Self.write(text, file) } else { try FileManager.default.removeItem(at: file) }
            }
            try CommandTests.commit(folder, files.map(\.path).joined(separator: ", "))
        }

        func martlet(_ arguments: String...) throws -> [String: Any] {
            let answer = try CommandTests.martlet(arguments + ["-o", "json", "--server", server])
            #expect(answer.status == 0, "\(answer.errors)")
            return try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: Any] ?? [:]
        }

        /// The versions that the app's ConfigMap had, the newest first, and the objects that were deleted.
        func history() throws -> (applied: Int, deleted: [String]) {
            let entries = try martlet("history")["entries"] as? [[String: Any]] ?? []
            let deleted = entries.filter { $0["event"] as? String == "deleted" }
            let applied = entries.filter { ["created", "updated"].contains($0["event"] as? String) }
            return (applied.count, deleted.compactMap { $0["name"] as? String })
        }

        func version() throws -> String? {
            let apps = try martlet("get", "apps")["items"] as? [[String: Any]]
            return apps?.first?["version"] as? String
        }

        static func waitUntil(_ isSo: () throws -> Bool) throws {
            let end = ContinuousClock.now.advanced(by: .seconds(60))
            while try !isSo() { try #require(ContinuousClock.now < end, "this does not come to pass") }
        }

        private static func write(_ text: String, _ file: URL) throws {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
    }

    @Test func aRangeIsResolvedRecordedAndRolledOut() throws {
        let shelf = try Shelf()
        try shelf.publish("1.0.0", "1.1.0")
        let setting = try Setting(shelf, app: "^1")
        try Setting.waitUntil { try setting.version() == "1.1.0" }
        let catalogs = try setting.martlet("get", "catalogs")["items"] as? [[String: Any]]
        #expect(catalogs?.first?["state"] as? String == "Ready")
        let choices = catalogs?.first?["choices"] as? [[String: Any]]
        #expect(choices?.first?["requested"] as? String == "^1" && choices?.first?["version"] as? String == "1.1.0")
        #expect((choices?.first?["content"] as? String)?.hasPrefix("sha256:") == true)
        let table = try CommandTests.martlet("get", "catalogs", "-o", "wide", "--server", setting.server)
        #expect(table.output.contains("banner ^1 → 1.1.0"), "\(table.output)")
        let apps = try setting.martlet("get", "apps")["items"] as? [[String: Any]] ?? []
        #expect(catalogs?.first?["apps"] as? Int == apps.count && !apps.isEmpty)
        let entries = try setting.martlet("history")["entries"] as? [[String: Any]] ?? []
        #expect(entries.contains { $0["event"] as? String == "resolved" })

        let events = try CommandTests.martlet("events", "--server", setting.server)
        let lines = events.output.split(separator: "\n").map(String.init)
        let created = lines.firstIndex { $0.contains("created") && $0.contains("default/banner") }
        let resolved = lines.firstIndex { $0.contains("resolved") && $0.contains("banner ^1") }
        #expect(try #require(resolved) < #require(created), "\(events.output)")
        let logs = try CommandTests.martlet("logs", "-n", "2", "--server", setting.server)
        #expect(logs.output.split(separator: "\n").count == 2 && logs.output.contains(" info "), "\(logs.output)")

        // What the catalog offers later is for the next commit.
        try shelf.publish("1.0.0", "1.1.0", "1.2.0")
        try setting.commit(
            "note.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: note, namespace: default}\ndata: {a: b}\n"
        )
        try Setting.waitUntil { try setting.version() == "1.2.0" }
    }

    @Test func aDeadCatalogDeletesNothing() throws {
        let shelf = try Shelf()
        try shelf.publish("1.0.0")
        let setting = try Setting(shelf, app: "1.0.0")
        try Setting.waitUntil { try setting.version() == "1.0.0" }
        shelf.isDown.withLock { $0 = true }
        // One commit: the removal alone would be complete, and rightly be carried out.
        try setting.commit([("note.yaml", nil), ("banner.yaml", Self.app("^2"))])
        // The catalog fails first, then what needs it.
        try Setting.waitUntil {
            try CommandTests.martlet("get", "catalogs", "--server", setting.server).output.contains("Failed")
        }
        try Setting.waitUntil {
            try CommandTests.martlet("status", "--server", setting.server, "-o", "json").output
                .contains("catalog-unavailable")
        }
        #expect(try setting.history().deleted == [])

        try shelf.publish("2.0.0")
        shelf.isDown.withLock { $0 = false }
        _ = try CommandTests.martlet("apply", "--no-wait", "--server", setting.server)
        try Setting.waitUntil { try setting.version() == "2.0.0" && setting.history().deleted == ["note"] }
    }

    /// The chart's object is named by what the chart found on the cluster; nothing is applied before that is known.
    @Test func chartsLookUpWhatTheDaemonObserves() throws {
        let shelf = try Shelf()
        try shelf.publish(
            "1.0.0",
            template: """
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: {{ if lookup "v1" "Namespace" "" "default" }}found{{ else }}missing{{ end }}-{{ len (lookup "v1" "Secret" "" "") }}
                """
        )
        let setting = try Setting(shelf, app: "1.0.0")
        try Setting.waitUntil { try setting.version() == "1.0.0" }
        let entries = try setting.martlet("history")["entries"] as? [[String: Any]] ?? []
        let created = entries.filter { $0["event"] as? String == "created" }.compactMap { $0["name"] as? String }
        #expect(created.contains { $0.hasPrefix("found-") } && !created.contains { $0.hasPrefix("missing-") })
    }

    @Test func commandsFetchAndThenWorkFromWhatIsKept() throws {
        let shelf = try Shelf()
        try shelf.publish("1.0.0")
        let setting = try Setting(shelf, app: "^1")
        let folder = setting.folder.path()
        let kept = folder + "-kept"
        let first = try CommandTests.martlet("render", "--repo", folder, "--data-dir", kept)
        #expect(first.status == 0 && first.output.contains("version: 1.0.0"), "\(first.errors)")
        shelf.isDown.withLock { $0 = true }
        let offline = try CommandTests.martlet("render", "--repo", folder, "--data-dir", kept, "--no-fetch")
        #expect(offline.status == 0 && offline.output == first.output, "\(offline.errors)")
        let values = try CommandTests.martlet("values", "banner", "--repo", folder, "--data-dir", kept, "--no-fetch")
        #expect(values.status == 0, "\(values.errors)")
        let nothing = try CommandTests.martlet("lint", "--repo", folder, "--data-dir", kept + "2", "--no-fetch")
        #expect(nothing.status == 1 && nothing.errors.contains("catalog-unavailable"), "\(nothing.errors)")
    }
}
