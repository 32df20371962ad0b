import KubernetesModel
import SourceDiagnostics
import SourceFiles
import StructuredValue
import Testing
import YAMLFormat

@testable import Overlays

@Suite struct OverlayTests {
    struct Example: CustomTestStringConvertible, Sendable {
        var name: String
        var files: [String: String]
        var expected: String
        var testDescription: String { name }
    }

    static let deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              serviceAccountName: web
              containers:
              - name: web
                image: registry.example:5000/web:1.0
                envFrom: [{configMapRef: {name: settings}}]
              - {name: side, image: side@sha256:abc}
        """
    static let account = "{apiVersion: v1, kind: ServiceAccount, metadata: {name: web}}"
    static let settings = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {a: '1'}}"

    static let examples: [Example] = [
        Example(
            name: "generated names end in a hash of the content",
            files: [
                "kustomization.yaml": """
                configMapGenerator:
                - {name: files, files: [application.properties]}
                - {name: literals, literals: [b=2, a=1]}
                secretGenerator:
                - {name: secrets, files: [password.txt]}
                """, "application.properties": "FOO=Bar\n", "password.txt": "username=admin\npassword=secret\n",
            ],
            expected: """
                {apiVersion: v1, kind: ConfigMap, metadata: {name: files-g4hk9g2ff8}, data: {application.properties: "FOO=Bar\\n"}}
                ---
                {apiVersion: v1, kind: ConfigMap, metadata: {name: literals-7gdc49gk6d}, data: {a: '1', b: '2'}}
                ---
                {apiVersion: v1, kind: Secret, metadata: {name: secrets-2kdd8ckcc7}, type: Opaque, data: {password.txt: dXNlcm5hbWU9YWRtaW4KcGFzc3dvcmQ9c2VjcmV0Cg==}}
                """
        ),
        Example(
            name: "references follow prefixes, suffixes and hashes",
            files: [
                "kustomization.yaml": "{resources: [base], namePrefix: a-, namespace: ns}",
                "base/kustomization.yaml": """
                resources: [deployment.yaml, account.yaml, binding.yaml]
                nameSuffix: -x
                configMapGenerator: [{name: settings, literals: [a=1]}]
                """, "base/deployment.yaml": deployment, "base/account.yaml": account,
                "base/binding.yaml": """
                apiVersion: rbac.authorization.k8s.io/v1
                kind: ClusterRoleBinding
                metadata: {name: web}
                roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
                subjects: [{kind: ServiceAccount, name: web, namespace: default}, {kind: ServiceAccount, name: other}]
                """,
            ],
            expected: """
                apiVersion: v1
                kind: ServiceAccount
                metadata: {name: a-web-x, namespace: ns}
                ---
                apiVersion: rbac.authorization.k8s.io/v1
                kind: ClusterRoleBinding
                metadata: {name: a-web-x}
                roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
                subjects: [{kind: ServiceAccount, name: a-web-x, namespace: ns}, {kind: ServiceAccount, name: other}]
                ---
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: a-settings-x-SUFFIX, namespace: ns}
                data: {a: "1"}
                ---
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: a-web-x, namespace: ns}
                spec:
                  selector: {matchLabels: {app: web}}
                  template:
                    metadata: {labels: {app: web}}
                    spec:
                      serviceAccountName: a-web-x
                      containers:
                      - name: web
                        image: registry.example:5000/web:1.0
                        envFrom: [{configMapRef: {name: a-settings-x-SUFFIX}}]
                      - {name: side, image: side@sha256:abc}
                """
        ),
        Example(
            name: "labels, annotations, images and replicas are set where each kind has them",
            files: [
                "kustomization.yaml": """
                resources: [d.yaml]
                commonLabels: {team: x}
                labels: [{pairs: {env: prod}}, {pairs: {tier: web}, includeTemplates: true}]
                commonAnnotations: {note: text}
                images:
                - {name: "registry.example:5000/web", newTag: "2.0"}
                - {name: side, newName: mirror/side, digest: sha256:def}
                replicas: [{name: web, count: 3}]
                """,
                "d.yaml":
                    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: {containers: "
                    + "[{name: web, image: 'registry.example:5000/web:1.0'}, {name: side, image: 'side@sha256:abc'}]}}}}",
            ],
            expected: """
                apiVersion: apps/v1
                kind: Deployment
                metadata:
                  name: web
                  labels: {env: prod, tier: web, team: x}
                  annotations: {note: text}
                spec:
                  replicas: 3
                  selector: {matchLabels: {team: x}}
                  template:
                    metadata:
                      labels: {tier: web, team: x}
                      annotations: {note: text}
                    spec:
                      containers:
                      - {name: web, image: "registry.example:5000/web:2.0"}
                      - {name: side, image: "mirror/side@sha256:def"}
                """
        ),
        Example(
            name: "patches merge lists of built-in kinds by key, new items first, and replace those of other kinds",
            files: [
                "kustomization.yaml": """
                resources: [d.yaml, other.yaml]
                patches:
                - patch: |
                    apiVersion: apps/v1
                    kind: Deployment
                    metadata: {name: web}
                    spec:
                      paused: null
                      template:
                        spec:
                          containers:
                          - {name: new, image: n}
                          - {name: web, ports: [{containerPort: 80}]}
                          - {name: side, $patch: delete}
                - target: {kind: Other, name: o.*}
                  patch: "{kind: Other, metadata: {name: any}, spec: {list: [{name: b}]}}"
                - target: {kind: Other}
                  patch: |
                    - {op: add, path: /spec/list/-, value: {name: c}}
                """,
                "d.yaml":
                    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {paused: true, template: {spec: "
                    + "{containers: [{name: web, image: w}, {name: side, image: s}]}}}}",
                "other.yaml":
                    "{apiVersion: x.example/v1, kind: Other, metadata: {name: one}, spec: {list: [{name: a}], keep: 1}}",
            ],
            expected: """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: web}
                spec:
                  template:
                    spec:
                      containers:
                      - {name: new, image: "n"}
                      - {name: web, image: w, ports: [{containerPort: 80}]}
                ---
                apiVersion: x.example/v1
                kind: Other
                metadata: {name: one}
                spec: {list: [{name: b}, {name: c}], keep: 1}
                """
        ),
        Example(
            name: "components see what is gathered, generators may merge into a base's",
            files: [
                "kustomization.yaml": """
                resources: [base]
                components: [component]
                configMapGenerator: [{name: settings, behavior: merge, literals: [b=2]}]
                generatorOptions: {disableNameSuffixHash: true, labels: {made: here}}
                """,
                "base/kustomization.yaml": """
                configMapGenerator: [{name: settings, literals: [a=1, b=1], options: {disableNameSuffixHash: true}}]
                """,
                "component/kustomization.yaml": """
                apiVersion: kustomize.config.k8s.io/v1alpha1
                kind: Component
                commonAnnotations: {by: component}
                """,
            ],
            expected: """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: settings, labels: {made: here}, annotations: {by: component}}
                data: {a: "1", b: "2"}
                """
        ),
        Example(
            name: "replacements copy values, whole or in parts",
            files: [
                "kustomization.yaml": """
                resources: [a.yaml, b.yaml]
                replacements:
                - source: {kind: ConfigMap, name: source, fieldPath: data.host}
                  targets:
                  - select: {kind: Thing}
                    fieldPaths: ["spec.items.[name=x].url", spec.items.*.all]
                    options: {delimiter: "/", index: 2, create: false}
                - source: {kind: ConfigMap, name: source, fieldPath: metadata.name, options: {delimiter: r, index: 0}}
                  targets:
                  - select: {kind: Thing}
                    fieldPaths: ["metadata.annotations.[x.example/from]", spec.made.new]
                    options: {create: true}
                """, "a.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: source}, data: {host: h.example}}",
                "b.yaml":
                    "{apiVersion: x.example/v1, kind: Thing, metadata: {name: t}, spec: {items: [{name: x, url: 'https://old/p', all: 'a/b/c'}, {name: y, url: 'https://o/q', all: 'd/e/f'}]}}",
            ],
            expected: """
                {apiVersion: v1, kind: ConfigMap, metadata: {name: source}, data: {host: h.example}}
                ---
                apiVersion: x.example/v1
                kind: Thing
                metadata: {name: t, annotations: {x.example/from: sou}}
                spec:
                  items:
                  - {name: x, url: "https://h.example/p", all: a/b/h.example}
                  - {name: "y", url: "https://o/q", all: d/e/h.example}
                  made: {new: sou}
                """
        ),
        Example(
            name: "vars are replaced in the fields that may hold them",
            files: [
                "kustomization.yaml": """
                resources: [service.yaml, pod.yaml]
                namePrefix: p-
                vars: [{name: HOST, objref: {kind: Service, name: s, apiVersion: v1}}]
                """, "service.yaml": "{apiVersion: v1, kind: Service, metadata: {name: s}}",
                "pod.yaml":
                    "{apiVersion: v1, kind: Pod, metadata: {name: c}, spec: {containers: [{name: c, args: ['--to=$(HOST)', '$(OTHER)', '$$(HOST)']}]}}",
            ],
            expected: """
                {apiVersion: v1, kind: Service, metadata: {name: p-s}}
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: p-c}
                spec: {containers: [{name: c, args: ["--to=p-s", $(OTHER), $(HOST)]}]}
                """
        ),
        Example(
            name: "built-in transformers may be written out",
            files: [
                "kustomization.yaml": """
                resources: [account.yaml]
                transformers:
                - |-
                  apiVersion: builtin
                  kind: PrefixTransformer
                  metadata: {name: p}
                  prefix: q-
                  fieldSpecs: [{path: metadata/name}]
                - labels.yaml
                buildMetadata: [originAnnotations, managedByLabel]
                """, "account.yaml": account,
                "labels.yaml":
                    "{apiVersion: builtin, kind: LabelTransformer, metadata: {name: l}, labels: {a: b}, fieldSpecs: [{path: metadata/labels, create: true}]}",
            ],
            expected: """
                apiVersion: v1
                kind: ServiceAccount
                metadata:
                  name: q-web
                  labels: {a: b, app.kubernetes.io/managed-by: kustomize-v5.5.0}
                  annotations: {config.kubernetes.io/origin: "path: account.yaml\\n"}
                """
        ),
        Example(
            name: "lists are taken apart, local configuration is left out, the order may be that of gathering",
            files: [
                "kustomization.yaml": "{resources: [list.yaml], sortOptions: {order: fifo}}",
                "list.yaml": """
                apiVersion: v1
                kind: List
                items:
                - {apiVersion: v1, kind: ConfigMap, metadata: {name: z}}
                - {apiVersion: v1, kind: Namespace, metadata: {name: n}}
                - {apiVersion: v1, kind: ConfigMap, metadata: {name: l, annotations: {config.kubernetes.io/local-config: "true"}}}
                """,
            ],
            expected: """
                {apiVersion: v1, kind: ConfigMap, metadata: {name: z}}
                ---
                {apiVersion: v1, kind: Namespace, metadata: {name: "n"}}
                """
        ),
        Example(
            name: "a namespace is set on what lives in one and names the Namespace",
            files: [
                "kustomization.yaml": "{resources: [all.yaml], namespace: ns}",
                "all.yaml": """
                {apiVersion: v1, kind: Namespace, metadata: {name: old}}
                ---
                {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: r}}
                ---
                {apiVersion: x.example/v1, kind: Unknown, metadata: {name: u, namespace: old}}
                """,
            ],
            expected: """
                {apiVersion: v1, kind: Namespace, metadata: {name: ns}}
                ---
                {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: r}}
                ---
                {apiVersion: x.example/v1, kind: Unknown, metadata: {name: u, namespace: ns}}
                """
        ),
    ]

    static let moreExamples: [Example] = [
        Example(
            name: "an OpenAPI document says how lists of other kinds merge",
            files: [
                "kustomization.yaml": """
                resources: [t.yaml]
                openapi: {path: schema.json}
                patches:
                - patch: "{apiVersion: x.example/v1, kind: T, metadata: {name: t}, spec: {list: [{name: b, w: 3}, {name: c}]}}"
                """,
                "t.yaml":
                    "{apiVersion: x.example/v1, kind: T, metadata: {name: t}, spec: {list: [{name: a, v: 1}, {name: b, v: 2}]}}",
                "schema.json": """
                {"definitions": {
                  "T": {"x-kubernetes-group-version-kind": [{"group": "x.example", "version": "v1", "kind": "T"}],
                        "properties": {"spec": {"$ref": "#/definitions/TSpec"}}},
                  "TSpec": {"properties": {"list": {"type": "array", "items": {"type": "object"},
                        "x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge"}}}}}
                """,
            ],
            expected: """
                apiVersion: x.example/v1
                kind: T
                metadata: {name: t}
                spec: {list: [{name: b, v: 2, w: 3}, {name: c}, {name: a, v: 1}]}
                """
        ),
        Example(
            name: "ports are told apart by number and protocol, known ones keep their place",
            files: [
                "kustomization.yaml": """
                resources: [s.yaml]
                patches:
                - patch: |
                    apiVersion: v1
                    kind: Service
                    metadata: {name: web}
                    spec: {ports: [{port: 443, targetPort: 9}, {port: 80, protocol: UDP, targetPort: 7}, {port: 81}]}
                """,
                "s.yaml":
                    "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}, {port: 80, protocol: UDP}, {port: 443}]}}",
            ],
            expected: """
                apiVersion: v1
                kind: Service
                metadata: {name: web}
                spec:
                  ports: [{port: 81}, {port: 80}, {port: 80, protocol: UDP, targetPort: 7}, {port: 443, targetPort: 9}]
                """
        ),
        Example(
            name: "old boolean words are texts, and a patch drops members without a value",
            files: [
                "kustomization.yaml": """
                resources: [t.yaml]
                patches: [{patch: "{apiVersion: x.example/v1, kind: T, metadata: {name: t}, spec: {new: 1}}"}]
                """,
                "t.yaml": """
                apiVersion: x.example/v1
                kind: T
                metadata: {name: t}
                spec:
                  empty:
                  written: null
                  y: no
                  n: [on, "off"]
                """,
            ],
            expected: """
                apiVersion: x.example/v1
                kind: T
                metadata: {name: t}
                spec: {written: null, "y": "no", "n": ["on", "off"], new: 1}
                """
        ),
        Example(
            name: "generators run before components, a merged one has a hash only if both want it",
            files: [
                "kustomization.yaml": """
                resources: [base]
                components: [c]
                configMapGenerator:
                - {name: g, behavior: merge, literals: [b=2], options: {disableNameSuffixHash: true}}
                """,
                "base/kustomization.yaml": "configMapGenerator: [{name: g, literals: [a=1]}]",
                "c/kustomization.yaml":
                    "{apiVersion: kustomize.config.k8s.io/v1alpha1, kind: Component, commonAnnotations: {k: v}}",
            ],
            expected: """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: g, annotations: {k: v}}
                data: {a: "1", b: "2"}
                """
        ),
    ]

    static func build(_ files: [String: String], _ directory: String = "") throws -> [Value] {
        try Overlay.build(directory, in: OverlayFiles(SourceTree(texts: files))).manifests.map(\.value)
    }

    @Test(arguments: examples + moreExamples)
    func buildsWhatKustomizeBuilds(_ example: Example) throws {
        let actual = try Self.build(example.files)
        let suffix = actual.compactMap { $0[path: "metadata", "name"]?.string }
            .first { $0.hasPrefix("a-settings-x-") }?.dropFirst("a-settings-x-".count)
        let parts = example.expected.split(separator: "SUFFIX", omittingEmptySubsequences: false)
        let expected = parts.joined(separator: String(suffix ?? "SUFFIX"))
        let wanted = try YAML.values(expected)
        #expect(actual.map { JSON.text($0, .canonical) } == wanted.map { JSON.text($0, .canonical) })
    }

    struct Mistake: CustomTestStringConvertible, Sendable {
        var name: String
        var files: [String: String]
        var code: String
        var file = "kustomization.yaml"
        var testDescription: String { name }
    }

    static let mistakes: [Mistake] = [
        Mistake(name: "no kustomization", files: ["a.yaml": "a: 1"], code: "overlay-missing-kustomization"),
        Mistake(name: "an empty one", files: ["kustomization.yaml": "kind: Kustomization"], code: "overlay-empty"),
        Mistake(
            name: "an unknown field",
            files: ["kustomization.yaml": "resource: [a.yaml]"],
            code: "overlay-unknown-field"
        ),
        Mistake(
            name: "a missing resource",
            files: ["kustomization.yaml": "resources: [a.yaml]"],
            code: "overlay-missing-resource"
        ),
        Mistake(
            name: "a remote resource",
            files: ["kustomization.yaml": "resources: ['https://example.org/a.yaml']"],
            code: "overlay-remote"
        ),
        Mistake(
            name: "a file without kind",
            files: ["kustomization.yaml": "resources: [a.yaml]", "a.yaml": "metadata: {name: x}"],
            code: "overlay-resource",
            file: "a.yaml"
        ),
        Mistake(
            name: "a file outside",
            files: [
                "x/kustomization.yaml": "resources: [../a.yaml]", "kustomization.yaml": "resources: [x]", "a.yaml": "a",
            ],
            code: "overlay-file-outside",
            file: "x/kustomization.yaml"
        ),
        Mistake(
            name: "a component among the resources",
            files: [
                "kustomization.yaml": "resources: [c]",
                "c/kustomization.yaml": "{kind: Component, namePrefix: x}",
            ],
            code: "overlay-component"
        ),
        Mistake(
            name: "a cycle",
            files: ["kustomization.yaml": "resources: [a]", "a/kustomization.yaml": "resources: [..]"],
            code: "overlay-cycle",
            file: "a/kustomization.yaml"
        ),
        Mistake(
            name: "two of one identity",
            files: [
                "kustomization.yaml": "resources: [a.yaml, b.yaml]",
                "a.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}",
                "b.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: default}}",
            ],
            code: "overlay-duplicate-resource",
            file: "b.yaml"
        ),
        Mistake(
            name: "a patch without target",
            files: [
                "kustomization.yaml":
                    "{namePrefix: a, patches: [{patch: '{kind: A, apiVersion: v1, metadata: {name: x}}'}]}"
            ],
            code: "overlay-patch-target"
        ),
        Mistake(
            name: "a merge into nothing",
            files: ["kustomization.yaml": "configMapGenerator: [{name: a, behavior: merge, literals: [a=b]}]"],
            code: "overlay-generator-target"
        ),
        Mistake(
            name: "a chart",
            files: ["kustomization.yaml": "helmCharts: [{name: x}]"],
            code: "overlay-helm"
        ),
        Mistake(
            name: "a plugin",
            files: [
                "kustomization.yaml": "transformers: [t.yaml]",
                "t.yaml": "{apiVersion: someone.example/v1, kind: Custom, metadata: {name: x}}",
            ],
            code: "overlay-plugin",
            file: "t.yaml"
        ),
    ]

    @Test(arguments: mistakes)
    func namesTheMistake(_ mistake: Mistake) throws {
        let error = #expect(throws: RejectedSource.self) { _ = try Self.build(mistake.files) }
        let diagnostic = try #require(error?.diagnostics.first)
        #expect(diagnostic.code == mistake.code)
        if mistake.code != "overlay-missing-kustomization" { #expect(diagnostic.position?.file == mistake.file) }
    }

    @Test func foldedTextsAreAsKustomizeWritesThem() throws {
        let objects = try Self.build([
            "kustomization.yaml": "resources: [t.yaml]",
            "t.yaml": """
            apiVersion: x.example/v1
            kind: T
            metadata: {name: t}
            folded: >-
              one
              two
                indented
                more
              three

              four
            literal: |
              one
                indented
            """,
        ])
        #expect(objects[0]["folded"] == "one two\n\n  indented\n  more\nthree\nfour")
        #expect(objects[0]["literal"] == "one\n  indented")
    }

    @Test func remembersWhatItRead() throws {
        let tree = SourceTree(texts: [
            "d/kustomization.yaml": "resources: [a.yaml]", "d/a.yaml": Self.account, "d/b.yaml": "",
        ])
        let overlay = try Overlay.build("d", in: OverlayFiles(tree))
        #expect(overlay.readFiles.isSuperset(of: ["d/kustomization.yaml", "d/a.yaml"]))
        #expect(!overlay.readFiles.contains("d/b.yaml"))
        #expect(overlay.manifests.first?.origin?.position.file == "d/a.yaml")
    }
}
