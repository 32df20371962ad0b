import FleetModel
import FleetRendering
import KubernetesModel
import SourceDiagnostics
import SourceFiles
import TestSupport
import Testing

/// What people get wrong in the files of a fleet: each mistake with its place, and whatever is right beside it goes on.
@Suite struct UserMistakeTests {
    /// A mistake in one file of the member mc-1, unless it names another file.
    struct Mistake: CustomTestStringConvertible, Sendable {
        var name: String
        var files: [String: String]
        var codes: [String]

        init(_ name: String, _ codes: [String], _ text: String, in path: String = Mistake.folder + "/x.yaml") {
            (self.name, self.codes, files) = (name, codes, [path: text])
        }

        init(_ name: String, _ codes: [String], files: [String: String]) {
            (self.name, self.codes, self.files) = (name, codes, files)
        }

        var testDescription: String { name }

        /// A fleet whose own file cannot be read rolls nothing out: its members keep what they have.
        var stopsFleet: Bool { codes.contains("bad-time") || name == "an unknown field of a wave" }

        static let folder = "fleets/edge/management-clusters/mc-1"
    }

    private static let fleetFile = "fleets/edge/fleet.yaml"

    private static func app(_ spec: String, _ name: String = "a") -> String {
        """
        apiVersion: martlet.dev/v1alpha1
        kind: App
        metadata: {name: \(name), namespace: org}
        spec:
          \(spec)
        """
    }

    private static func kustomized(_ text: String, _ more: [String: String] = [:]) -> [String: String] {
        var files = [
            "\(Mistake.folder)/k/kustomization.yaml": text,
            "\(Mistake.folder)/k/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n",
        ]
        for (name, text) in more { files["\(Mistake.folder)/k/\(name)"] = text }
        return files
    }

    private static let configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n"

    static let mistakes = [
        // YAML
        Mistake("a tab", ["yaml-tab-indentation"], configMap + "data:\n\ta: b\n"),
        Mistake("a key twice", ["yaml-duplicate-key"], configMap + "data:\n  a: b\n  a: c\n"),
        Mistake("lines of Windows", [], configMap.split(separator: "\n").joined(separator: "\r\n") + "\r\n"),
        Mistake("a byte order mark", [], "\u{FEFF}" + configMap),
        Mistake(
            "a merge that was not finished",
            ["yaml-merge-conflict"],
            configMap + "data:\n<<<<<<< HEAD\n  a: b\n=======\n  a: c\n>>>>>>> topic\n"
        ),
        Mistake(
            "a text that shows the marks of a merge",
            [],
            configMap + "data:\n  help: |\n    <<<<<<< HEAD\n    =======\n    >>>>>>> topic\n"
        ),
        Mistake("a list not closed", ["yaml-syntax"], configMap + "data: {a: [b, c\n"),
        // Kinds and fields
        Mistake(
            "an unknown kind",
            ["unknown-kind"],
            app("catalog: demo").replacing("kind: App", with: "kind: Ap")
        ),
        Mistake(
            "an unknown field",
            ["unknown-field"],
            app("catalog: demo\n  chart: banner\n  version: 1.0.0\n  valuesForm: []")
        ),
        Mistake(
            "an unknown field of a wave",
            ["unknown-field"],
            fleet("rollout: {waves: [{name: a, selct: {}}]}"),
            in: fleetFile
        ),
        Mistake("no kind at all", ["not-a-manifest"], "metadata: {name: x}\n"),
        // Names
        Mistake("an unknown catalog", ["unknown-catalog"], app("catalog: dmeo\n  chart: banner\n  version: 1.0.0")),
        Mistake("an unknown chart", ["unknown-chart"], app("catalog: demo\n  chart: bannner\n  version: 1.0.0")),
        Mistake(
            "a version that the catalog does not have",
            ["unknown-version"],
            app("catalog: demo\n  chart: banner\n  version: 1.0.9")
        ),
        Mistake("a range without a version", ["unknown-version"], app("catalog: demo\n  chart: banner\n  version: ^2")),
        Mistake(
            "an unknown app to depend on",
            ["unknown-app"],
            app("catalog: demo\n  chart: banner\n  version: 1.0.0\n  dependsOn: [b]")
        ),
        Mistake(
            "apps that wait for each other",
            ["app-cycle"],
            app("catalog: demo\n  chart: banner\n  version: 1.0.0\n  dependsOn: [b]") + "\n---\n"
                + app("catalog: demo\n  chart: plain\n  version: 1.0.0\n  dependsOn: [a]", "b")
        ),
        Mistake(
            "an unknown collection",
            ["unknown-collection"],
            fleet("collections: [{name: bsae, version: 1.0.0}]"),
            in: fleetFile
        ),
        Mistake(
            "a collection's version that is not there",
            ["unknown-version"],
            fleet("collections: [{name: base, version: 1.0.1}]"),
            in: fleetFile
        ),
        Mistake(
            "a hold on an unknown management cluster",
            ["unknown-management-cluster"],
            fleet("holds: [{app: a, version: 1.0.0, reason: r, managementClusters: [mc-l]}]"),
            in: fleetFile
        ),
        Mistake(
            "one management cluster in two fleets",
            ["duplicate-management-cluster"],
            files: [
                "fleets/other/fleet.yaml": fleet("createNamespaces: false").replacing("edge", with: "other"),
                "fleets/other/management-clusters/mc-1/management-cluster.yaml": member("mc-1"),
            ]
        ),
        Mistake(
            "a fleet named unlike its folder",
            ["name-mismatch"],
            fleet("createNamespaces: false").replacing("name: edge", with: "name: egde"),
            in: "fleets/more/fleet.yaml"
        ),
        // Rollouts
        Mistake(
            "a wave that selects nobody",
            ["empty-wave"],
            fleet("rollout: {waves: [{name: canary, select: {matchLabels: {fleet: egde}}}, {name: rest}]}"),
            in: fleetFile
        ),
        Mistake(
            "times that are none",
            ["bad-duration", "bad-time"],
            fleet("rollout: {waves: [{name: a, soak: 5 min}], windows: [{from: 8am, to: \"16:00\"}]}"),
            in: fleetFile
        ),
        // Sources
        Mistake(
            "two sources for one object",
            ["duplicate-object"],
            files: ["\(Mistake.folder)/x.yaml": configMap, "\(Mistake.folder)/y.yaml": configMap + "data: {a: b}\n"]
        ),
        Mistake(
            "values that the chart's schema refuses",
            ["values-schema"],
            app("catalog: demo\n  chart: banner\n  version: 1.0.0\n  values:\n    replicas: many\n    replica: 3")
        ),
        Mistake(
            "values in a ConfigMap that the chart's schema refuses",
            ["values-schema"],
            app(
                "catalog: demo\n  chart: banner\n  version: 1.0.0\n"
                    + "  valuesFrom: [{kind: ConfigMap, name: settings, key: values}]"
            ) + "\n---\n"
                + configMap.replacing("name: x", with: "name: settings\n  namespace: org")
                + "data:\n  values: |\n    # the banner\n    replicas: many\n"
        ),
        Mistake(
            "values from a ConfigMap that is not there",
            ["values-not-found"],
            app(
                "catalog: demo\n  chart: banner\n  version: 1.0.0\n"
                    + "  valuesFrom: [{kind: ConfigMap, name: setings, key: values}]"
            ) + "\n---\n" + configMap.replacing("name: x", with: "name: settings\n  namespace: org")
        ),
        Mistake(
            "a path that leaves the repository",
            ["path-outside"],
            "apiVersion: martlet.dev/v1alpha1\nkind: Catalog\nmetadata: {name: out}\nspec: {source: {path: ../../..}}\n",
            in: "catalogs/out/catalog.yaml"
        ),
        // Kustomizations
        Mistake(
            "a merge patch in place for an object that is not there",
            ["overlay-patch-target"],
            files: kustomized(
                """
                # What this cluster gets.
                resources: [cm.yaml]
                patches:
                  - target: {kind: Secret}
                    patch: '[{"op": "remove", "path": "/data"}]'
                  - patch: |-
                      apiVersion: v1
                      kind: ConfigMap
                      metadata:
                        name: setings
                      data: {a: b}
                """
            )
        ),
        Mistake(
            "a patch of another type than the object",
            ["overlay-patch-type"],
            files: kustomized(
                "resources: [cm.yaml]\npatches:\n- path: p.yaml\n",
                [
                    "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: b}\n",
                    "p.yaml":
                        "---\n# none\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: [a]\n",
                ]
            )
        ),
        Mistake(
            "a patch that is no YAML",
            ["yaml-syntax"],
            files: kustomized(
                "resources: [cm.yaml]\npatches:\n- patch: |\n    kind: ConfigMap\n    metadata: {name: x\n"
            )
        ),
        Mistake(
            "a JSON patch that is no JSON",
            ["overlay-json-patch"],
            files: kustomized(
                "resources: [cm.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: '[{op: remove, path: /data}]'\n"
            )
        ),
        Mistake(
            "a patch whose file is not there",
            ["overlay-missing-file"],
            files: kustomized("resources: [cm.yaml]\npatches:\n- path: cn.yaml\n")
        ),
        Mistake(
            "a JSON patch for a field that is not there",
            ["overlay-json-patch"],
            files: kustomized(
                "resources: [cm.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: '[{\"op\": \"remove\", \"path\": \"/data/a\"}]'\n"
            )
        ),
        Mistake(
            "a key that is generated twice",
            ["overlay-generator"],
            files: kustomized("resources: [cm.yaml]\nconfigMapGenerator:\n- name: a\n  literals: [a=1, a=2]\n")
        ),
        Mistake(
            "a replacement of nothing",
            ["overlay-replacement"],
            files: kustomized(
                """
                resources: [cm.yaml]
                replacements:
                  - source: {kind: ConfigMap, name: settings, fieldPath: data.host}
                    targets: [{select: {kind: ConfigMap}, fieldPaths: [data.a]}]
                """
            )
        ),
        Mistake(
            "a count that is a text",
            ["overlay-field"],
            files: kustomized("resources: [cm.yaml]\nreplicas:\n- {name: web, count: \"3\"}\n")
        ),
        Mistake(
            "a resource without a name, in a base",
            ["overlay-resource"],
            files: kustomized(
                "resources:\n- cm.yaml\n- base\n",
                [
                    "base/kustomization.yaml": "resources: [x.yaml]\n",
                    "base/x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  namespace: a\n",
                ]
            )
        ),
        Mistake(
            "one object twice in a kustomization",
            ["overlay-duplicate-resource"],
            files: kustomized(
                "resources: [cm.yaml, again.yaml]\n",
                ["again.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"]
            )
        ),
        Mistake(
            "a kustomization whose merge was not finished",
            ["yaml-merge-conflict"],
            files: kustomized("resources:\n<<<<<<< HEAD\n- cm.yaml\n=======\n- cn.yaml\n>>>>>>> topic\n")
        ),
        Mistake(
            "a merge patch for an object that is not there",
            ["overlay-patch-target"],
            files: kustomized(
                "resources: [cm.yaml]\npatches:\n- path: p.yaml\n",
                ["p.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: setings}\ndata: {a: b}\n"]
            )
        ),
        Mistake(
            "a file that is not there",
            ["overlay-missing-resource"],
            files: kustomized("resources: [cm.yaml, mc.yaml]\n")
        ),
        Mistake(
            "an unknown field of a kustomization",
            ["overlay-unknown-field"],
            files: kustomized("resourses: [cm.yaml]\n")
        ),
        Mistake(
            "a resource outside of the repository",
            ["overlay-missing-resource"],
            files: kustomized("resources: [cm.yaml, ../../../../../../etc]\n")
        ),
        Mistake("a kustomization that is no YAML", ["yaml-syntax"], files: kustomized("resources: [cm.yaml\n")),
    ]

    private static let beside = [
        "catalogs/demo/catalog.yaml": """
        apiVersion: martlet.dev/v1alpha1
        kind: Catalog
        metadata: {name: demo}
        spec: {source: {path: charts}}
        """,
        "catalogs/demo/charts/banner/Chart.yaml": "{apiVersion: v2, name: banner, version: 1.0.0}",
        "catalogs/demo/charts/banner/values.schema.json":
            #"{"properties": {"replicas": {"type": "integer"}}, "additionalProperties": false}"#,
        "catalogs/demo/charts/plain/Chart.yaml": "{apiVersion: v2, name: plain, version: 1.0.0}",
        "catalogs/demo/collections/base.yaml": """
        apiVersion: martlet.dev/v1alpha1
        kind: Collection
        metadata: {name: base}
        spec: {version: 1.0.0, apps: []}
        """,
        "\(Mistake.folder)/fine.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: fine}}",
        "fleets/edge/management-clusters/mc-2/management-cluster.yaml": member("mc-2"),
        "fleets/edge/management-clusters/mc-2/fine.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: fine}}",
    ]

    private static func findings(_ mistake: Mistake) -> (findings: [Diagnostic], states: [DesiredState]) {
        let rendering = Rendering(beside.merging(mistake.files) { $1 })
        let repository = rendering.cache.sources.load(SourceTree(texts: rendering.texts))
        var findings = repository.allDiagnostics
        var states: [DesiredState] = []
        for folder in repository.fleets {
            for member in folder.members {
                guard let fleet = folder.fleet else { continue }
                let state = render(
                    repository,
                    fleet: fleet,
                    member: member,
                    now: rendering.now,
                    cache: rendering.cache
                )
                findings += state.diagnostics
                states.append(state)
            }
        }
        return (findings, states)
    }

    private static let introduction = """
        # Mistakes, and what Martlet says

        What goes wrong in the files of a fleet, one mistake each, with all that `martlet lint`, `martlet plan` and the daemon
        say about it. The repository around it is whole, and rendered and applied all the same: a mistake stops the file,
        app or cluster that it is about. What each code means: [diagnostics](diagnostics.md).

        This page is written by a test, `UserMistakeTests`; it holds for the version that it comes with.

        """

    @Test(arguments: mistakes)
    func aMistakeHasItsCodeAndPlaceAndStopsNothingElse(_ mistake: Mistake) {
        let (findings, states) = Self.findings(mistake)
        #expect(findings.map(\.code) == mistake.codes)
        #expect(findings.allSatisfy { $0.position != nil })
        #expect(states.filter { $0.fleet == "edge" }.count == (mistake.stopsFleet ? 0 : 2))
        for state in states where state.fleet == "edge" {
            #expect(state.objects.contains { $0.key.name == "fine" }, "\(state.managementCluster)")
        }
    }

    @Test func everyMistakeIsExplained() throws {
        let text = Self.mistakes.map { mistake in
            let findings = Self.findings(mistake).findings.map(\.description)
            let told = (findings.isEmpty ? ["(nothing)"] : findings).joined(separator: "\n")
            return "## \(mistake.name.prefix(1).uppercased())\(mistake.name.dropFirst())\n\n```\n\(told)\n```\n"
        }
        // The page is this test's golden file.
        try expectGolden(([Self.introduction] + text).joined(separator: "\n"), "../../../../docs/user/mistakes.md")
    }
}
