import HTTPTransport
import KubernetesClient
import KubernetesModel
import StructuredValue
import Testing

@Suite(.timeLimit(.minutes(1))) struct VerbsTests {
    @Test func anObjectIsCreatedReadChangedAndDeleted() async throws {
        try await TestCluster.with { cluster in
            let client = cluster.client()
            let created = try await client.create(cluster.settings("a"), fieldManager: "one")
            #expect(created.uid?.isEmpty == false)
            let again = await failure { () throws(KubernetesFailure) in
                try await client.create(cluster.settings("a"), fieldManager: "one")
            }
            #expect(again?.kind == .alreadyExists)
            #expect(again?.isRetryable == false)

            var changed = created
            changed.value[path: "data", "colour"] = "red"
            let updated = try await client.update(changed, fieldManager: "one")
            #expect(updated.resourceVersion != created.resourceVersion)
            // The version that was read first is not the stored one any more.
            let late = await failure { () throws(KubernetesFailure) in
                try await client.update(changed, fieldManager: "one")
            }
            #expect(late?.kind == .conflict)
            #expect(late?.isRetryable == true)

            let patched = try await client.patch(
                TestCluster.configMap,
                namespace: cluster.namespace,
                name: "a",
                with: ["data": ["size": "9"]],
                as: .merge,
                fieldManager: "one"
            )
            #expect(patched.value["data"] == ["colour": "red", "size": "9"])
            let removed = try await client.patch(
                TestCluster.configMap,
                namespace: cluster.namespace,
                name: "a",
                with: [["op": "remove", "path": "/data/size"]],
                as: .json,
                fieldManager: "one"
            )
            #expect(removed.value["data"] == ["colour": "red"])

            let wrong = await failure { () throws(KubernetesFailure) in
                try await client.delete(
                    TestCluster.configMap,
                    namespace: cluster.namespace,
                    name: "a",
                    preconditions: DeletePreconditions(uid: "somebody-else")
                )
            }
            #expect(wrong?.kind == .conflict)
            let isGone = try await client.delete(
                TestCluster.configMap,
                namespace: cluster.namespace,
                name: "a",
                preconditions: DeletePreconditions(uid: created.uid)
            )
            #expect(isGone)
            #expect(try await client.get(TestCluster.configMap, namespace: cluster.namespace, name: "a") == nil)
        }
    }

    @Test func applyingTellsWhoOwnsWhatItMayNotTake() async throws {
        try await TestCluster.with { cluster in
            let client = cluster.client()
            try await client.apply(cluster.settings("a", ["colour": "blue"]), fieldManager: "one", force: false)
            let conflict = await failure { () throws(KubernetesFailure) in
                try await client.apply(cluster.settings("a", ["colour": "red"]), fieldManager: "two", force: false)
            }
            #expect(conflict?.kind == .conflict)
            #expect(conflict?.isRetryable == false)
            #expect(conflict?.causes.first?.field == ".data.colour")
            #expect(conflict?.causes.first?.message.contains("\"one\"") == true)

            let dry = try await client.apply(
                cluster.settings("a", ["colour": "red"]),
                fieldManager: "two",
                force: true,
                dryRun: true
            )
            #expect(dry.value["data"] == ["colour": "red"])
            let live = try await client.get(TestCluster.configMap, namespace: cluster.namespace, name: "a")
            #expect(live?.value["data"] == ["colour": "blue"])

            try await client.apply(cluster.settings("a", ["colour": "red"]), fieldManager: "two", force: true)
            // The first manager gives up what it does not own any more without touching it.
            let after = try await client.apply(cluster.settings("a", [:]), fieldManager: "one", force: false)
            #expect(after.value["data"] == ["colour": "red"])
        }
    }

    @Test func listsArriveInChunksAndBySelector() async throws {
        try await TestCluster.with { cluster in
            let client = cluster.client()
            for number in 0..<25 {
                var object = cluster.settings("item-\(number)")
                object.setLabel("half", number < 10 ? "first" : "second")
                try await client.create(object, fieldManager: "one")
            }
            let resource = try await client.resource(for: TestCluster.configMap)
            let all = try await client.list(resource, namespace: cluster.namespace, chunk: 7)
            // A namespace may get objects of its own, such as kube-root-ca.crt.
            #expect(Set(all.items.map(\.name)).isSuperset(of: (0..<25).map { "item-\($0)" }))
            #expect(Set(all.items.map(\.name)).count == all.items.count)
            #expect(all.items.allSatisfy { $0.kind == "ConfigMap" && $0.apiVersion == "v1" })
            let some = try await client.list(
                resource,
                namespace: cluster.namespace,
                labelSelector: LabelSelector(matchLabels: ["half": "first"]),
                chunk: 3
            )
            #expect(some.items.count == 10)
            #expect(!some.resourceVersion.isEmpty)
        }
    }

    @Test func whatTheServerRefusesIsNamed() async throws {
        try await TestCluster.with { cluster in
            let client = cluster.client()
            let unknown = await failure { () throws(KubernetesFailure) in
                _ = try await client.resource(
                    for: GroupVersionKind(group: "none.example", version: "v1", kind: "Nothing")
                )
            }
            #expect(unknown?.kind == .notFound)
            let invalid = await failure { () throws(KubernetesFailure) in
                try await client.create(cluster.settings("Not A Name"), fieldManager: "one")
            }
            #expect(invalid?.kind == .invalid)
            #expect(invalid?.causes.isEmpty == false)
            var elsewhere = cluster.settings("a")
            elsewhere.namespace = cluster.namespace + "-missing"
            let missing = await failure { () throws(KubernetesFailure) in
                try await client.create(elsewhere, fieldManager: "one")
            }
            #expect(missing?.kind == .notFound)
            // The namespace was missing, not the kind: it is still known.
            let known = try await client.resource(for: TestCluster.configMap)
            #expect(known.name == "configmaps")
        }
    }

    @Test func aCallerThatShowsNothingIsNotLetIn() async throws {
        try await TestCluster.with { cluster in
            var stranger = cluster
            stranger.connection.trust.clientCertificate = nil
            stranger.connection.trust.clientKey = nil
            stranger.connection.credential = .token("wrong")
            let client = stranger.client()
            let refused = await failure { () throws(KubernetesFailure) in
                _ = try await client.get(TestCluster.configMap, namespace: cluster.namespace, name: "a")
            }
            #expect(refused?.kind == .unauthorized)
        }
    }

    @Test func theWholeAPIIsDiscovered() async throws {
        try await TestCluster.with { cluster in
            let client = cluster.client()
            try await client.discoverAll()
            #expect(await client.discovery.hasDiscoveredAll)
            let scopes = await client.discovery.scopes
            #expect(scopes[GroupKind(group: "", kind: "Namespace")] == false)
            #expect(scopes[GroupKind(group: "coordination.k8s.io", kind: "Lease")] == true)
            let lease = await client.discovery.preferredResource(
                for: GroupKind(group: "coordination.k8s.io", kind: "Lease")
            )
            #expect(lease?.groupVersionKind.version == "v1")
        }
    }
}
