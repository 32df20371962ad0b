import FleetModel
import FleetRendering
import Foundation
import KubernetesModel
import RemoteCatalogs
import SourceFiles
import StructuredValue
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct CatalogKeeperTests {
    private static func request(_ catalog: Catalog, _ chart: String, _ version: String) -> ChartRequest {
        ChartRequest(catalog: catalog, wish: ChartWish(chart: chart, version: version))
    }

    /// Chart and version of every chart that is there with its bytes.
    private static func charts(_ contents: CatalogContents) -> [String] {
        contents.snapshots.values.flatMap(\.entries).compactMap { entry in
            if case .missing = entry.location { nil } else { "\(entry.name) \(entry.version)" }
        }.sorted()
    }

    @Test(arguments: ["helm", "oci"])
    func whatWasChosenAtARevisionStays(kind: String) async throws {
        let world = try CatalogWorld()
        try world.publish("demo", "1.0.0")
        try world.publish("demo", "1.1.0")
        let catalog = kind == "helm" ? world.helm() : world.oci()
        let wanted = [Self.request(catalog, "demo", "^1"), Self.request(catalog, "demo", "1.0.0")]
        let told = Mutex<[String]>([])
        let keeper = world.keeper(onResolution: { resolution in
            told.withLock { $0.append("\(resolution.wish.version) → \(resolution.choice.version)") }
        })
        #expect(Self.charts(await keeper.contents(for: wanted, at: "r1")) == ["demo 1.0.0", "demo 1.1.0"])
        #expect(told.withLock { $0.sorted() } == ["1.0.0 → 1.0.0", "^1 → 1.1.0"])
        let asked = world.requests.count

        // A newer version is for the next revision; and nobody is asked about this one again, even after a restart.
        try world.publish("demo", "1.2.0")
        world.pass(seconds: 3_600)
        #expect(Self.charts(await keeper.contents(for: wanted, at: "r1")) == ["demo 1.0.0", "demo 1.1.0"])
        world.setDown(true)
        #expect(Self.charts(await world.keeper().contents(for: wanted, at: "r1")) == ["demo 1.0.0", "demo 1.1.0"])
        #expect(world.requests.count == asked)
        world.setDown(false)
        #expect(Self.charts(await keeper.contents(for: wanted, at: "r2")) == ["demo 1.0.0", "demo 1.2.0"])
    }

    @Test func oneBadCatalogStopsNoOther() async throws {
        let world = try CatalogWorld()
        try world.publish("demo", "1.0.0")
        let dead = world.catalog("dead", .helm(urls: ["http://127.0.0.1:1/"]))
        let keeper = world.keeper()
        let contents = await keeper.contents(
            for: [Self.request(dead, "demo", "1.0.0"), Self.request(world.helm(), "demo", "1.0.0")],
            at: "r1"
        )
        #expect(Self.charts(contents) == ["demo 1.0.0"])
        #expect(contents.failures.keys.sorted() == ["dead"])
    }

    @Test(arguments: ["helm", "oci"], [("u:p", "Basic dTpw"), ("t0p", "Bearer t0p")])
    func credentialsComeFromAFileThatMayChange(kind: String, secret: (file: String, header: String)) async throws {
        let world = try CatalogWorld()
        try world.publish("demo", "1.0.0")
        world.state.withLock { $0.secret = secret.header }
        let catalog = kind == "helm" ? world.helm(credentials: "shop") : world.oci(credentials: "shop")
        let wanted = [Self.request(catalog, "demo", "^1")]
        let keeper = world.keeper { $0.credentialsDirectory = world.folder.path + "/secrets" }
        let missing = await keeper.contents(for: wanted, at: "r1").failures[catalog.name]
        #expect(missing == "the credentials “shop” cannot be read")
        try world.folder.write("wrong:one\n", to: "secrets/shop")
        world.pass(seconds: 60)
        let refused = try #require(await keeper.contents(for: wanted, at: "r1").failures[catalog.name])
        #expect(refused.contains("401") && !refused.contains("wrong"), "\(refused)")
        try world.folder.write(secret.file + "\n", to: "secrets/shop")
        world.pass(seconds: 60)
        #expect(Self.charts(await keeper.contents(for: wanted, at: "r1")) == ["demo 1.0.0"])
    }

    @Test(arguments: ["../shop", ".hidden", "a/b", ""])
    func credentialsStayInTheirDirectory(name: String) async throws {
        let world = try CatalogWorld()
        try world.publish("demo", "1.0.0")
        let catalog = world.helm(credentials: name)
        let keeper = world.keeper { $0.credentialsDirectory = world.folder.path + "/secrets" }
        let wanted = [Self.request(catalog, "demo", "^1")]
        #expect(await keeper.contents(for: wanted, at: "r1").failures["helm"]?.contains("is no name of a file") == true)
        let without = await world.keeper().contents(for: wanted, at: "r1").failures["helm"]
        #expect(without?.contains("no --credentials-dir was given") == true)
        #expect(world.requests.isEmpty)
    }

    @Test func aCatalogThatComesBackIsReadAgain() async throws {
        let world = try CatalogWorld()
        try world.publish("demo", "1.0.0")
        world.setDown(true)
        let keeper = world.keeper()
        let wanted = [Self.request(world.helm(), "demo", ">=1.0.0")]
        #expect(await keeper.contents(for: wanted, at: "r1").failures.keys.sorted() == ["helm"])
        let asked = world.requests.count
        _ = await keeper.contents(for: wanted, at: "r1")
        #expect(world.requests.count == asked, "a catalog that just failed is left alone")
        world.setDown(false)
        world.pass(seconds: 60)
        let contents = await keeper.contents(for: wanted, at: "r1")
        #expect(contents.failures.isEmpty && Self.charts(contents) == ["demo 1.0.0"])
    }

    @Test func aKeptExactVersionNeedsNoCatalog() async throws {
        let world = try CatalogWorld()
        try world.publish("demo", "1.0.0")
        _ = await world.keeper().contents(for: [Self.request(world.helm(), "demo", "1.0.0")], at: "r1")
        world.setDown(true)
        let contents = await world.keeper().contents(for: [Self.request(world.helm(), "demo", "1.0.0")], at: "r2")
        #expect(contents.failures.isEmpty && Self.charts(contents) == ["demo 1.0.0"])
    }

    @Test func aChartThatChangedUnderItsVersionIsRefused() async throws {
        let world = try CatalogWorld()
        try world.publish("demo", "1.0.0")
        let wanted = [Self.request(world.oci(), "demo", "1.0.0")]
        _ = await world.keeper().contents(for: wanted, at: "r1")
        try FileManager.default.removeItem(atPath: world.folder.path + "/data/catalogs/blobs")
        try world.publish("demo", "1.0.0", text: "another")
        let contents = await world.keeper().contents(for: wanted, at: "r1")
        #expect(contents.failures["oci"]?.contains("when it was chosen") == true, "\(contents.failures)")
    }

    @Test(arguments: ["helm", "oci"])
    func whatIsNotThereIsListed(kind: String) async throws {
        let world = try CatalogWorld()
        try world.publish("demo", "1.0.0")
        let catalog = kind == "helm" ? world.helm() : world.oci()
        let contents = await world.keeper().contents(for: [Self.request(catalog, "demo", "2.0.0")], at: "r1")
        #expect(contents.failures.isEmpty && Self.charts(contents) == [])
        #expect(contents.snapshots[kind]?.entries.map(\.version) == ["1.0.0"])
    }

    @Test func offlineNobodyIsAsked() async throws {
        let world = try CatalogWorld()
        try world.publish("demo", "1.0.0")
        let wanted = [Self.request(world.helm(), "demo", "^1"), Self.request(world.oci(), "demo", "^1")]
        _ = await world.keeper { $0.pinsChoices = false }.contents(for: wanted, at: "worktree")
        let asked = world.requests.count
        let offline = world.keeper {
            $0.pinsChoices = false
            $0.isOffline = true
        }
        let contents = await offline.contents(for: wanted, at: "worktree")
        #expect(Self.charts(contents) == ["demo 1.0.0", "demo 1.0.0"] && contents.failures.isEmpty)
        let missing = await offline.contents(for: [Self.request(world.helm(), "demo", "9.9.9")], at: "worktree")
        #expect(missing.snapshots["helm"]?.entries.map(\.version) == ["1.0.0"])
        #expect(world.requests.count == asked)
    }

    @Test func aGitCatalogIsReadAtOneCommitPerRevision() async throws {
        let world = try CatalogWorld()
        let folder = try TemporaryFolder()
        func commit(_ version: String) throws {
            try folder.write("{apiVersion: v2, name: demo, version: \(version)}", to: "charts/demo/Chart.yaml")
            try folder.run("git", ["add", "-A"])
            try folder.run(
                "git",
                ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", version]
            )
        }
        try folder.run("git", ["init", "-q", "-b", "main"])
        try commit("1.0.0")
        let source = GitSource(
            url: folder.path,
            reference: .branch("main"),
            path: "charts",
            credentialsFile: nil
        )
        let catalog = world.catalog("git", .git(source))
        let wanted = [Self.request(catalog, "demo", "^1")]
        let keeper = world.keeper { $0.allowsLocalRepositories = true }
        #expect(Self.charts(await keeper.contents(for: wanted, at: "r1")) == ["demo 1.0.0"])
        try commit("1.1.0")
        #expect(Self.charts(await keeper.contents(for: wanted, at: "r1")) == ["demo 1.0.0"])
        #expect(Self.charts(await keeper.contents(for: wanted, at: "r2")) == ["demo 1.1.0"])

        let refused = await world.keeper().contents(for: wanted, at: "r3")
        #expect(refused.failures["git"]?.contains("is a directory") == true)
        var secret = source
        secret.credentialsFile = "../../etc/passwd"
        let hostile = world.catalog("git", .git(secret))
        let outside = await world.keeper { $0.credentialsDirectory = folder.path }
            .contents(for: [Self.request(hostile, "demo", "^1")], at: "r3")
        #expect(outside.failures["git"]?.contains("is no name of a file") == true)
    }

    @Test func statusesTellWhatWasChosenAndWhatFails() async throws {
        let world = try CatalogWorld()
        try world.publish("demo", "1.0.0")
        try world.publish("other", "1.0.0")
        let cache = RenderCache()
        let repository = cache.sources.load(
            SourceTree(texts: [
                "catalogs/helm/catalog.yaml": """
                apiVersion: martlet.dev/v1alpha1
                kind: Catalog
                metadata: {name: helm}
                spec: {source: {helm: {url: "http://127.0.0.1:\(world.port)/helm/"}}}
                """,
                "catalogs/idle/catalog.yaml": """
                apiVersion: martlet.dev/v1alpha1
                kind: Catalog
                metadata: {name: idle}
                spec: {source: {helm: {url: "https://user:secret@example.com/"}}}
                """,
                "catalogs/own/catalog.yaml": """
                apiVersion: martlet.dev/v1alpha1
                kind: Catalog
                metadata: {name: own}
                spec: {source: {path: charts}}
                """,
                "catalogs/own/charts/a/Chart.yaml": "{apiVersion: v2, name: a, version: 1.0.0}",
            ])
        )
        let keeper = world.keeper()
        let helm = try #require(repository.catalogs["helm"])
        _ = await keeper.contents(for: [Self.request(helm, "demo", "^1")], at: "r1")
        var statuses = await keeper.statuses(of: repository)
        #expect(statuses.map(\.name) == ["helm", "idle", "own"])
        #expect(statuses.map(\.state) == [.ready, .unused, .ready])
        #expect(statuses.map(\.charts) == [2, nil, 1])
        #expect(statuses[0].choices.map { "\($0.chart) \($0.requested) \($0.version)" } == ["demo ^1 1.0.0"])
        #expect(statuses[1].place == "https://example.com/")
        #expect(statuses.map(\.apps) == [0, 0, 0])
        #expect(await keeper.statuses(of: repository, apps: ["own": 3, "helm": 1]).map(\.apps) == [1, 0, 3])
        world.setDown(true)
        world.pass(seconds: 3_600)
        _ = await keeper.contents(for: [Self.request(helm, "demo", "^1")], at: "r2")
        statuses = await keeper.statuses(of: repository)
        #expect(statuses[0].state == .failed && statuses[0].reason.contains("503"))
        #expect(statuses[0].since == Timestamp(seconds: 1_800_003_600))
    }
}
