import HelmCharts
import KubernetesModel
import StructuredValue
import Testing

@Suite struct ChartRenderTests {
    private func names(_ rendered: RenderedChart) -> [String] {
        rendered.manifests.map { "\($0.manifest.kind)/\($0.manifest.name)" }
    }

    @Test func objectsComeInInstallOrderHooksLastCRDsFirst() throws {
        let rendered = try render([
            "crds/c.yaml":
                "kind: CustomResourceDefinition\nmetadata: {name: crd}\n---\nkind: CustomResourceDefinition\nmetadata: {name: crd2}",
            "templates/b.yaml":
                "kind: Zebra\nmetadata: {name: z}\n---\nkind: Deployment\nmetadata: {name: d}\n---\n# nothing\n",
            "templates/a.yaml":
                "kind: Deployment\nmetadata: {name: c}\n---\nkind: Apple\nmetadata: {name: a}\n---\nkind: Namespace\nmetadata: {name: space}",
            "templates/hook.yaml":
                "kind: Job\nmetadata: {name: h, annotations: {helm.sh/hook: 'pre-install, post-delete'}}\n---\nkind: ConfigMap\nmetadata: {name: hc, annotations: {helm.sh/hook: test}}",
            "templates/odd.yaml": "kind: Job\nmetadata: {name: gone, annotations: {helm.sh/hook: sometimes}}",
            "templates/NOTES.txt": "Thank you",
            "templates/_helpers.tpl": "{{ define \"x\" }}{{ end }}",
        ])
        #expect(
            names(rendered) == [
                "CustomResourceDefinition/crd", "CustomResourceDefinition/crd2", "Namespace/space", "Deployment/c",
                "Deployment/d", "/", "Apple/a", "Zebra/z", "ConfigMap/hc", "Job/h",
            ]
        )
        #expect(rendered.objects.count == 9)
        #expect(rendered.manifests.last?.hookEvents == ["pre-install", "post-delete"])
        #expect(rendered.text.hasPrefix("---\n# Source: demo/crds/c.yaml\nkind: Custom"))
    }

    static let heads: [(String, String?)] = [
        ("metadata: {name: 3, annotations: {a: 1, b: true, c: null}}", nil), ("metadata: null", nil), ("kind: 5", nil),
        ("[1]", "array into Go value of type util.SimpleHead"), ("x", "string into Go value of type util.SimpleHead"),
        ("kind: []\napiVersion: {}", "object into Go struct field SimpleHead.apiVersion of type string"),
        ("KIND: []", "array into Go struct field SimpleHead.kind of type string"),
        (
            "metadata: x",
            #"string into Go struct field SimpleHead.metadata of type struct { Name string "json:\"name\""; Annotations map[string]string "json:\"annotations\"" }"#
        ),
        ("metadata: {name: [a]}", "array into Go struct field .metadata.name of type string"),
        ("metadata: {annotations: 3}", "number into Go struct field .metadata.annotations of type map[string]string"),
        ("metadata: {annotations: {a: {b: c}}}", "object into Go struct field .metadata.annotations of type string"),
    ]

    @Test(arguments: heads)
    func documentsWithoutAProperHeadAreRefused(_ document: String, _ misfit: String?) {
        let said = rejection { _ = try render(["templates/a.yaml": document]) }
        #expect(
            said
                == misfit.map {
                    "YAML parse error on demo/templates/a.yaml: error unmarshaling JSON: while decoding JSON: "
                        + "json: cannot unmarshal \($0)"
                }
        )
    }

    @Test func metadataIsCleanedAsHelmDoesAndAnnotationsAreNot() throws {
        let rendered = try render([
            "Chart.yaml": """
            apiVersion: v2
            name: demo
            version: 1.2.3
            description: "one\\ttwo\\u0007\\ue000\\u00a0three"
            annotations:
              own: |
                - team: one
                - team: two
            """,
            "templates/a.yaml": "own: {{ .Chart.Annotations.own | quote }}\nsaid: {{ .Chart.Description | quote }}",
        ])
        #expect(
            rendered.text == """
                ---
                # Source: demo/templates/a.yaml
                own: "- team: one\\n- team: two"
                said: "one two three"

                """
        )
    }

    @Test func templatesSeeReleaseChartCapabilitiesAndFiles() throws {
        let rendered = try render([
            "values.yaml": "a: 5", "conf/a.txt": "one\ntwo\n", "conf/b.bin": "x",
            "templates/a.yaml": """
            release: {{ .Release.Name }}/{{ .Release.Namespace }}/{{ .Release.Service }}/{{ .Release.IsInstall }}
            chart: {{ .Chart.Name }}-{{ .Chart.Version }} {{ .Chart.IsRoot }}
            kube: {{ .Capabilities.KubeVersion }} {{ .Capabilities.KubeVersion.Major }} {{ .Capabilities.KubeVersion.GitVersion }}
            has: {{ .Capabilities.APIVersions.Has "apps/v1" }} {{ .Capabilities.APIVersions.Has "nope/v1" }}
            template: {{ .Template.Name }} {{ .Template.BasePath }}
            lines: {{ .Files.Lines "conf/a.txt" | len }}
            globbed: {{ range $path, $_ := .Files.Glob "conf/*" }}{{ $path }};{{ end }}
            config: {{ (.Files.Glob "conf/*.txt").AsConfig | quote }}
            secrets: {{ (.Files.Glob "conf/b*").AsSecrets | quote }}
            missing: {{ .Files.Get "nope" | quote }}
            methods: {{ .Values.AsMap.a }} {{ typeOf .Values }} {{ .Capabilities.KubeVersion }} {{ print .Capabilities.KubeVersion }}
            """,
        ])
        let value = rendered.objects.first?.value
        #expect(value?["release"]?.string == "r/ns/Helm/true")
        #expect(value?["chart"]?.string == "demo-1.2.3 true")
        #expect(value?["kube"]?.string == "v1.36.0 1 v1.36.0")
        #expect(value?["has"]?.string == "true false")
        #expect(value?["template"]?.string == "demo/templates/a.yaml demo/templates")
        #expect(value?["lines"]?.int == 2)
        #expect(value?["globbed"]?.string == "conf/a.txt;conf/b.bin;")
        #expect(value?["config"]?.string == "a.txt: |\n  one\n  two")
        #expect(value?["secrets"]?.string == "b.bin: eA==")
        #expect(value?["missing"]?.string == "")
        #expect(value?["methods"]?.string == "5 common.Values v1.36.0 {v1.36.0 v1.36.0 1 36}")
    }

    @Test func conditionsTagsAndAliasesDecideAboutDependencies() throws {
        let sub = "apiVersion: v2\nname: sub\nversion: 1.5.0\n"
        let files = [
            "Chart.yaml": """
            apiVersion: v2
            name: demo
            version: 1.0.0
            dependencies:
            - {name: sub, version: ">=1.0.0", condition: sub.enabled}
            - {name: sub, version: "1.x", alias: second, tags: [back]}
            """,
            "charts/sub/Chart.yaml": sub,
            "charts/sub/values.yaml": "who: default",
            "charts/sub/templates/a.yaml": "kind: A\nmetadata: {name: '{{ .Chart.Name }}-{{ .Values.who }}'}",
        ]
        #expect(names(try render(files)) == ["A/second-default", "A/sub-default"])
        #expect(names(try render(files, values: "sub: {enabled: false}\nsecond: {who: me}")) == ["A/second-me"])
        #expect(names(try render(files, values: "tags: {back: false}")) == ["A/sub-default"])
    }

    @Test func importedValuesReachTheParent() throws {
        let files = [
            "Chart.yaml": """
            apiVersion: v2
            name: demo
            version: 1.0.0
            dependencies:
            - name: sub
              version: "*"
              import-values: [data, {child: inner.deep, parent: here}]
            """,
            "values.yaml": "own: 1",
            "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.5.0\n",
            "charts/sub/values.yaml": "exports: {data: {shared: 7, own: 2}}\ninner: {deep: {x: 9}}",
            "templates/a.yaml": "v: {{ .Values.shared }}/{{ .Values.own }}/{{ .Values.here.x }}",
        ]
        #expect(try render(files).objects.first?.value["v"]?.string == "7/1/9")
    }

    @Test func aLibraryChartGivesTemplatesButIsNotInstallable() throws {
        let files = [
            "charts/lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library",
            "charts/lib/templates/_t.tpl": "{{ define \"lib.t\" }}kind: L{{ end }}",
            "charts/lib/templates/not.yaml": "kind: Never",
            "templates/a.yaml": "{{ include \"lib.t\" . }}",
        ]
        #expect(names(try render(files)) == ["L/"])
        let library = ["Chart.yaml": "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library"]
        #expect(rejection { _ = try render(library) } == "library charts are not installable")
    }

    @Test func lookupFindsGivenObjectsAndNothingElse() throws {
        let files = [
            "templates/a.yaml": """
            one: {{ (lookup "v1" "Secret" "ns" "s").data.k | default "none" }}
            all: {{ len (lookup "v1" "Secret" "" "").items }}
            """
        ]
        let secret: Value = [
            "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s", "namespace": "ns"], "data": ["k": "v"],
        ]
        let value = try render(files, objects: [secret]).objects.first?.value
        #expect(value?["one"]?.string == "v")
        #expect(value?["all"]?.int == 1)
        #expect(
            try render(["templates/a.yaml": "x: {{ lookup `v1` `Secret` `` `` | len }}"]).objects.first?.value["x"]?.int
                == 0
        )
    }

    static let failures: [(String, [String: String], String)] = [
        (
            "a missing dependency",
            ["Chart.yaml": "apiVersion: v2\nname: d\nversion: 1.0.0\ndependencies: [{name: gone, version: 1.x}]"],
            "found in Chart.yaml, but missing in charts/ directory: gone"
        ),
        (
            "a Kubernetes version", ["Chart.yaml": "apiVersion: v2\nname: d\nversion: 1.0.0\nkubeVersion: \"<1.20.0\""],
            "chart requires kubeVersion: <1.20.0 which is incompatible with Kubernetes v1.36.0"
        ),
        (
            "a broken template", ["templates/a.yaml": "\n{{ if }}"],
            "parse error at (demo/templates/a.yaml:2): missing value for if"
        ),
        (
            "fail", ["templates/a.yaml": "{{ fail \"not so\" }}"],
            "execution error at (demo/templates/a.yaml:1:3): not so"
        ),
        (
            "required", ["templates/a.yaml": "{{ required \"give x\" .Values.x }}"],
            "execution error at (demo/templates/a.yaml:1:3): give x"
        ),
        ("a nil pointer", ["templates/a.yaml": "{{ .Values.a.b }}"], "nil pointer evaluating interface {}.b"),
        ("broken output", ["templates/a.yaml": "a: b: c"], "YAML parse error on demo/templates/a.yaml: "),
        (
            "a bad version", ["Chart.yaml": "apiVersion: v2\nname: d\nversion: one"],
            "chart.metadata.version \"one\" is invalid"
        ),
        ("a huge text", ["templates/a.yaml": "{{ repeat 10000000000 `xxxxxxxxxx` }}"], "made more than"),
        (
            "a huge replacement", ["templates/a.yaml": "{{ $s := repeat 100000 `x` }}{{ replace `` $s $s }}"],
            "would make more than"
        ),
        ("a huge list", ["templates/a.yaml": "{{ until 10000000000 }}"], "made more than"),
        ("a huge indent", ["templates/a.yaml": "{{ indent 10000000000 `x` }}"], "made more than"),
        (
            "a pattern that backtracks",
            ["templates/a.yaml": "{{ regexMatch `^(a+)+$` (print (repeat 100000 `a`) `b`) }}{{ fail `in time` }}"],
            "in time"
        ),
        ("randomness", ["templates/a.yaml": "{{ randAlphaNum 5 }}"], "randAlphaNum"),
    ]

    @Test(arguments: failures)
    func failuresSayWhatAndWhere(_ name: String, _ files: [String: String], _ message: String) {
        let said = rejection { _ = try render(files) }
        #expect(said?.contains(message) == true, "\(said ?? "accepted")")
    }
}
