import Foundation
import KubernetesModel
import MachineDecisions
import StructuredValue
import Testing

/// What a ConfigMap or Secret holds for workload clusters: documents, their order, their hash.
struct ClusterResourceSetSourceTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Key and text, in no order.
        var data: [String: String]
        var isSecret = false
        /// `Kind/name` of the objects in the order of their creation; nil when the source cannot be used.
        var expected: String?
        /// A part of the message.
        var problem = ""
    }

    private static func object(_ kind: String, _ name: String) -> String {
        "{apiVersion: v1, kind: \(kind), metadata: {name: \"\(name)\"}}\n"
    }

    private static let unsorted = [
        "Deployment", "Pod", "Endpoint", "ReplicaSet", "LimitRange", "ServiceAccount", "ConfigMap", "Secret",
        "PersistentVolumeClaim", "PersistentVolume", "StorageClass", "CustomResourceDefinition", "Namespace", "Service",
    ]

    static let examples: [Example] = [
        Example(
            testDescription: "several documents in one key",
            data: ["a": object("Service", "s") + "---\n" + object("Deployment", "d")],
            expected: "Service/s Deployment/d"
        ),
        Example(
            testDescription: "the kinds that others need come first, the rest stays in its order",
            data: ["a": unsorted.map { object($0, "x") }.joined(separator: "---\n")],
            expected: "Namespace/x CustomResourceDefinition/x StorageClass/x PersistentVolume/x "
                + "PersistentVolumeClaim/x Secret/x ConfigMap/x ServiceAccount/x LimitRange/x Pod/x ReplicaSet/x "
                + "Endpoint/x Deployment/x Service/x"
        ),
        Example(
            testDescription: "equal kinds keep the order of the documents",
            data: ["a": ["b", "a", "c"].map { object("ConfigMap", $0) }.joined(separator: "---\n")],
            expected: "ConfigMap/b ConfigMap/a ConfigMap/c"
        ),
        Example(
            testDescription: "the order of keys wins over the order of kinds",
            data: ["b.yaml": object("Namespace", "n"), "a.yaml": object("Service", "s")],
            expected: "Service/s Namespace/n"
        ),
        Example(
            testDescription: "keys are sorted by their bytes",
            data: [
                "a": object("Pod", "3"), "Z": object("Pod", "2"), "10": object("Pod", "0"), "2": object("Pod", "1"),
            ],
            expected: "Pod/0 Pod/1 Pod/2 Pod/3"
        ),
        // Cluster API looks at the first 32 bytes and gives up when there are fewer.
        Example(
            testDescription: "a short document",
            data: ["a": "{kind: A, apiVersion: v1, metadata: {name: b}}"],
            expected: "A/b"
        ),
        Example(testDescription: "an empty value", data: ["a": ""], expected: ""),
        Example(
            testDescription: "documents that hold nothing",
            data: ["a": "---\n# only words\n---\n\n---\n" + object("Pod", "p") + "---\n"],
            expected: "Pod/p"
        ),
        Example(
            testDescription: "a JSON object",
            data: ["a": #"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}"#],
            expected: "Pod/p"
        ),
        Example(
            testDescription: "JSON objects as documents",
            data: [
                "a": #"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}"# + "\n---\n"
                    + #"{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}"#
            ],
            expected: "Secret/s Pod/p"
        ),
        Example(
            testDescription: "a JSON list after white space is sorted, too",
            data: [
                "a": "\n\t [" + #"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}},"#
                    + #"{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}]"#
            ],
            expected: "Namespace/n Pod/p"
        ),
        // Cluster API takes a list that it cannot read for an empty one.
        Example(
            testDescription: "a broken JSON list",
            data: ["good": object("Pod", "p"), "bad": "[{]"],
            problem: "bad"
        ),
        Example(
            testDescription: "broken YAML says in which key",
            data: ["good": object("Pod", "p"), "bad": "a: [b\nc"],
            problem: "key bad"
        ),
        Example(
            testDescription: "an object without a kind",
            data: ["a": "apiVersion: v1\nmetadata: {name: x}\n"],
            problem: "without apiVersion, kind or name"
        ),
        Example(
            testDescription: "a Secret of the right type, in base64",
            data: ["a": object("Pod", "p") + "---\n" + object("Namespace", "n")],
            isSecret: true,
            expected: "Namespace/n Pod/p"
        ),
    ]

    private static func source(_ data: [String: String], isSecret: Bool = false) -> Manifest {
        let entries = data.map { key, text -> (String, Value) in
            (key, .string(isSecret ? Foundation.Data(text.utf8).base64EncodedString() : text))
        }
        var object = Manifest([
            "apiVersion": "v1", "kind": isSecret ? "Secret" : "ConfigMap",
            "metadata": ["name": "c", "namespace": "default", "uid": "u1"],
            "data": .object(Object(entries.map { Object.Pair(key: $0.0, value: $0.1) })),
        ])
        if isSecret { object.value["type"] = "addons.cluster.x-k8s.io/resource-set" }
        return object
    }

    @Test(arguments: examples) func readsWhatASourceHolds(_ example: Example) {
        do {
            let source = try ClusterResourceSetSource(of: Self.source(example.data, isSecret: example.isSecret))
            let names = source.objects.map { "\($0.kind)/\($0.name)" }.joined(separator: " ")
            #expect(names == example.expected)
        } catch {
            #expect(example.expected == nil)
            #expect(error.message.contains(example.problem), "\(error.message)")
        }
    }

    @Test func onlyDataCounts() throws {
        var source = Self.source(["a": Self.object("Pod", "p")])
        let hash = try ClusterResourceSetSource(of: source).hash
        source.value["binaryData"] = ["b": "e30="]
        #expect(try ClusterResourceSetSource(of: source).hash == hash)
        source.value["data"] = nil
        #expect(throws: ClusterResourceSetProblem.unreadable("ConfigMap c has no data")) {
            try ClusterResourceSetSource(of: source)
        }
    }

    @Test func aSecretIsHashedByItsDecodedValues() throws {
        let data = ["a": Self.object("Pod", "p"), "b": "# more\n"]
        let plain = try ClusterResourceSetSource(of: Self.source(data))
        let secret = try ClusterResourceSetSource(of: Self.source(data, isSecret: true))
        #expect(plain.hash == secret.hash)
    }

    @Test func aSecretThatIsNoBase64HoldsNothing() throws {
        var secret = Self.source([:], isSecret: true)
        secret.value["data"] = ["a": "%%%"]
        #expect(try ClusterResourceSetSource(of: secret).objects.isEmpty)
    }

    /// Digests computed apart from this code, by `sha256sum`. Comments hold no objects.
    @Test(
        arguments: [
            (["k": "#hello\n"], "ce5d507b9d8997c37fc5a2c82e27b6ec74aac7737cb83dc87fecc8cf579c6794"),
            (["b": "#llo\n", "a": "#he\n"], "db4f4fc7f4d93bc6a002738ceb4114ada3bfdf37d71065a02c8bdad36bd1a572"),
            (["b": "#he\n", "a": "#llo\n"], "966c2e0d0d35e4d16e64ec732e5c4c7f4615a3704793bc05f5def30806421da3"),
        ] as [([String: String], String)]
    )
    func theHashIsOfTheValuesOneAfterTheOther(data: [String: String], expected: String) throws {
        #expect(try ClusterResourceSetSource(of: Self.source(data)).hash == "sha256:" + expected)
    }
}
