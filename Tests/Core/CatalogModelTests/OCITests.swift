import CatalogModel
import SourceFiles
import StructuredValue
import Testing

struct OCITests {
    @Test(arguments: [
        ("oci://registry.example/charts", "registry.example", "charts"), ("oci://h:5000/a/b/", "h:5000", "a/b"),
        ("oci://h", "h", ""),
    ])
    func readsReferences(_ text: String, _ host: String, _ repository: String) {
        #expect(OCIReference(text) == OCIReference(host: host, repository: repository))
    }

    @Test(arguments: ["https://h/x", "oci://", "oci:///x", "oci://h/../x", "oci://h/A", "h/x"])
    func refusesOtherTexts(_ text: String) { #expect(OCIReference(text) == nil) }

    @Test func writesPlusSignsAsUnderscores() {
        #expect(OCIReference.tag(for: "1.2.3+b.1") == "1.2.3_b.1")
        #expect(OCIReference.version(of: "1.2.3_b.1") == "1.2.3+b.1")
        #expect(OCIReference(host: "h", repository: "").appending("x").repository == "x")
    }

    @Test func readsChallenges() {
        let header = #"Bearer realm="https://auth.example/token",service="reg, one",scope="repository:a/b:pull,push""#
        #expect(
            AuthenticationChallenge(header)
                == .bearer(realm: "https://auth.example/token", service: "reg, one", scope: "repository:a/b:pull,push")
        )
        #expect(AuthenticationChallenge("basic realm=x") == .basic)
        #expect(AuthenticationChallenge("Bearer service=x") == nil)
        #expect(AuthenticationChallenge("Negotiate") == nil)
    }

    @Test(
        arguments: [
            (#"</v2/a/tags/list?last=x&n=2>; rel="next""#, "/v2/a/tags/list?last=x&n=2"), ("</a>; rel=prev", nil),
            ("", nil),
            (#"</a>; rel="first", </b>; rel="next""#, "/b"),
        ] as [(String, String?)]
    )
    func readsLinksToTheNextPage(_ header: String, _ expected: String?) {
        #expect(OCIDocuments.nextPage(header) == expected)
    }

    @Test func findsTheChartInAManifest() throws {
        let digest = "sha256:" + String(repeating: "a", count: 64)
        let manifest = OCIManifest([
            "config": ["mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": .string(digest), "size": 1],
            "layers": [
                [
                    "mediaType": "application/vnd.cncf.helm.chart.provenance.v1.prov", "digest": .string(digest),
                    "size": 2,
                ],
                [
                    "mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip", "digest": .string(digest),
                    "size": 3,
                ],
            ],
        ])
        #expect(manifest?.chart?.size == 3)
        #expect(OCIManifest(["config": [:]]) == nil)
    }

    @Test func namesContentByItsDigest() {
        let digest = ContentDigest(of: "hello".utf8)
        #expect(digest.digits == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
        #expect(ContentDigest("SHA256:" + digest.digits.uppercased()) == digest)
        #expect(ContentDigest("sha256:abc") == nil && ContentDigest("") == nil)
    }

    @Test func findsChartsInATree() {
        let tree = SourceTree(texts: [
            "charts/a/Chart.yaml": "name: a\nversion: 1.0.0\ndescription: one",
            "charts/a/charts/sub/Chart.yaml": "name: sub\nversion: 9.0.0",
            "charts/a/templates/x.yaml": "", "charts/b-app-1.2.3-rc.1.tgz": "", "charts/a-2.0.0.tgz": "",
            "charts/odd.tgz": "",
            "other/c/Chart.yaml": "name: c\nversion: 1.0.0", "charts/broken/Chart.yaml": "{",
        ])
        let catalog = TreeCatalog(tree, folder: "charts")
        #expect(catalog.index.entries.keys.sorted() == ["a", "b-app"])
        #expect(catalog.index.entries["a"]?.map(\.version) == ["2.0.0", "1.0.0"])
        let entries = catalog.index.entries["a"] ?? []
        #expect(entries.map { catalog.place(of: $0) } == ["charts/a-2.0.0.tgz", "charts/a"])
        #expect(entries.last?.description == "one")
    }

    @Test(
        arguments: [
            ("cert-manager-app-2.20.0.tgz", "cert-manager-app", "2.20.0"), ("a-v1.0.0.tgz", "a", "v1.0.0"),
            (
                "release-aks-0.0.0-dev.release-v35-0-0.2026-07-15.tgz", "release-aks",
                "0.0.0-dev.release-v35-0-0.2026-07-15"
            ),
            ("x.tgz", nil, nil),
        ] as [(String, String?, String?)]
    )
    func splitsNamesOfPackedCharts(_ file: String, _ name: String?, _ version: String?) {
        let parts = TreeCatalog.split(file)
        #expect(parts?.name == name)
        #expect(parts?.version == version)
    }
}
