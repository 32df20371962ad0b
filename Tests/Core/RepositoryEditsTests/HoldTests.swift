import FleetModel
import RepositoryEdits
import SourceDiagnostics
import Testing

@Suite struct HoldTests {
    private static func files(_ fleet: String) -> [String: String] {
        [
            "catalogs/demo/catalog.yaml": """
            apiVersion: martlet.dev/v1alpha1
            kind: Catalog
            metadata: {name: demo}
            spec: {source: {path: charts}}
            """,
            "catalogs/demo/charts/web/Chart.yaml": "{apiVersion: v2, name: web, version: 1.0.0}",
            "fleets/edge/common/web.yaml": """
            apiVersion: martlet.dev/v1alpha1
            kind: App
            metadata: {name: web, namespace: org}
            spec: {catalog: demo, chart: web, version: ^1}
            """,
            "fleets/edge/fleet.yaml": fleet,
        ]
    }

    private static let head = "apiVersion: martlet.dev/v1alpha1\nkind: Fleet\nmetadata: {name: edge}\nspec:\n"

    private func hold(_ edited: Edited, _ request: HoldRequest) -> (String?, [String]) {
        do {
            let change = try holdApp(request, in: edited.repository, states: edited.states)
            return (change.edits.first.map { String(decoding: $0.bytes, as: UTF8.self) }, [])
        } catch { return (nil, error.diagnostics.map(\.code)) }
    }

    private func release(_ edited: Edited, _ app: String) -> (String?, [String]) {
        do {
            let change = try releaseHold(of: app, in: edited.repository, fleet: nil)
            return (change.edits.first.map { String(decoding: $0.bytes, as: UTF8.self) }, [])
        } catch { return (nil, error.diagnostics.map(\.code)) }
    }

    private let request = HoldRequest(
        app: "web",
        version: nil,
        reason: "incident 42",
        until: "2099-12-01",
        managementClusters: ["mc-1"]
    )

    @Test func theFirstHoldMakesTheListAndGoesWithIt() throws {
        let before = Self.head + "  createNamespaces: true # yes\n"
        let (after, codes) = hold(Edited(Self.files(before)), request)
        #expect(codes == [])
        let text = try #require(after)
        #expect(text.hasPrefix(before + "  holds:\n") && text.contains("version: 1.0.0\n"), "\(text)")

        let held = Edited(Self.files(text))
        let fleet = try #require(held.repository.fleets.first?.fleet)
        #expect(fleet.holds.map(\.reason) == ["incident 42"])
        #expect(fleet.holds.first?.managementClusters?.map(\.value) == ["mc-1"])
        #expect(fleet.holds.first?.until != nil)
        #expect(held.states.flatMap(\.holds).map(\.heldVersion) == ["1.0.0"])
        #expect(release(held, "web").0 == before)
    }

    @Test func otherHoldsStay() throws {
        let before = Self.head + "  holds:\n    # a\n    - {app: other, version: 1.2.3, reason: because}\n"
        let text = try #require(hold(Edited(Self.files(before)), request).0)
        #expect(text.hasPrefix(before))
        #expect(release(Edited(Self.files(text)), "web").0 == before)
    }

    @Test func mistakesAreNamed() {
        let edited = Edited(Self.files(Self.head + "  createNamespaces: true\n"))
        var unknown = request
        unknown.app = "wbe"
        #expect(hold(edited, unknown).1 == ["unknown-app"])
        var elsewhere = request
        elsewhere.managementClusters = ["mc-9"]
        elsewhere.version = "1.0.0"
        #expect(hold(edited, elsewhere).1 == ["unknown-management-cluster"])
        #expect(release(edited, "web").1 == ["hold-missing"])
    }
}
