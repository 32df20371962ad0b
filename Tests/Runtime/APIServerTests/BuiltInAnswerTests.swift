import APIStore
import KubernetesModel
import StructuredValue
import Testing

@testable import APIServer

/// What the server adds to built-in objects, hands out and refuses, as a real one does.
@Suite struct BuiltInAnswerTests {
    private func server() -> InProcessClient {
        let clock = ServerClock(
            now: { Timestamp(seconds: 1_800_000_000) },
            sleep: { _ in throw CancellationError() }
        )
        return InProcessClient(
            APIServer(store: MemoryStore(), clock: clock, settings: APIServer.Settings(upkeepDelay: .zero)),
            manager: "test"
        )
    }

    private func object(_ apiVersion: String, _ kind: String, _ name: String, _ members: Value = [:]) -> Value {
        var object = members
        object["apiVersion"] = .string(apiVersion)
        object["kind"] = .string(kind)
        object["metadata"] = ["name": .string(name), "namespace": "default"]
        return object
    }

    private func fields(_ failure: APIFailure) -> [String] { failure.details?.causes.map(\.field).sorted() ?? [] }

    private func refusal(_ body: () throws -> Void) -> [String] {
        do {
            try body()
            return []
        } catch let failure as APIFailure {
            return fields(failure)
        } catch {
            return ["\(error)"]
        }
    }

    @Test func everyNodePortIsGivenOnce() throws {
        let client = server()
        let open: Value = ["spec": ["type": "NodePort", "ports": [["port": 80]]]]
        let first = try client.create(object("v1", "Service", "a", open))
        let second = try client.create(object("v1", "Service", "b", open))
        let ports = [first, second].map { $0[path: "spec", "ports"]?.array?.first?["nodePort"]?.int ?? 0 }
        #expect(ports[0] != ports[1])
        #expect(ports.allSatisfy { (30_000...32_767).contains($0) })
        #expect(first[path: "spec", "clusterIP"] != second[path: "spec", "clusterIP"])
        #expect(first[path: "spec", "externalTrafficPolicy"] == "Cluster")
        for port in [Value.int(ports[0]), 80] {
            let wanted: Value = ["spec": ["type": "NodePort", "ports": [["port": 80, "nodePort": port]]]]
            #expect(
                refusal { try client.create(object("v1", "Service", "c", wanted)) } == ["spec.ports[0].nodePort"]
            )
        }
    }

    @Test func addressesAreTakenAndLeft() throws {
        let client = server()
        let fixed: Value = ["spec": ["clusterIP": "10.96.3.4", "ports": [["port": 80]]]]
        try client.create(object("v1", "Service", "a", fixed))
        #expect(refusal { try client.create(object("v1", "Service", "b", fixed)) } == ["spec.clusterIPs"])
        let outside: Value = ["spec": ["clusterIP": "10.0.0.1", "ports": [["port": 80]]]]
        #expect(refusal { try client.create(object("v1", "Service", "b", outside)) } == ["spec.clusterIPs"])
        let headless = try client.create(object("v1", "Service", "h", ["spec": ["clusterIP": "None"]]))
        #expect(headless[path: "spec", "clusterIPs"] == ["None"])
        #expect(headless[path: "spec", "ipFamilyPolicy"] == "RequireDualStack")
    }

    @Test func whatBelongsToATypeGoesWithIt() {
        let old: Value = [
            "spec": [
                "type": "NodePort", "clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9"],
                "externalTrafficPolicy": "Cluster", "ports": [["port": 80, "nodePort": 30_001]],
            ]
        ]
        var closed = old
        closed[path: "spec", "type"] = "ClusterIP"
        KindRules.retypeService(&closed, old: old)
        #expect(closed[path: "spec", "ports"] == [["port": 80]])
        #expect(closed[path: "spec", "externalTrafficPolicy"] == nil)
        #expect(closed[path: "spec", "clusterIP"] == "10.96.0.9")
        var named = old
        named[path: "spec", "type"] = "ExternalName"
        KindRules.retypeService(&named, old: old)
        #expect(named[path: "spec", "clusterIP"] == nil)
    }

    @Test func aPodIsWhatItWasMade() {
        let pod: Value = [
            "spec": ["containers": [["name": "a", "image": "x"]], "tolerations": [["key": "k"]], "nodeName": "n"]
        ]
        func changed(_ change: (inout Value) -> Void) -> [String] {
            var next = pod
            change(&next)
            return KindRules.podChanges(next, pod).map(\.field)
        }
        #expect(changed { $0[path: "spec", "containers"] = [["name": "a", "image": "y"]] } == [])
        #expect(changed { $0[path: "spec", "tolerations"] = [["key": "k"], ["key": "l"]] } == [])
        #expect(changed { $0[path: "spec", "activeDeadlineSeconds"] = 5 } == [])
        #expect(changed { $0[path: "spec", "nodeName"] = "m" } == ["spec"])
        #expect(changed { $0[path: "spec", "tolerations"] = [["key": "l"]] } == ["spec"])
        #expect(changed { $0[path: "spec", "containers"] = [] } == ["spec.containers"])
    }

    static let roles: [(rules: Value, expected: [String])] = [
        ([["verbs": ["get"], "apiGroups": [""], "resources": ["pods"]]], []),
        ([["verbs": [], "apiGroups": [""], "resources": ["pods"]]], ["rules[0].verbs"]),
        ([["verbs": ["get"], "resources": ["pods"]]], ["rules[0].apiGroups"]),
        ([["verbs": ["get"], "apiGroups": [""]]], ["rules[0].resources"]),
        ([["verbs": ["get"], "nonResourceURLs": ["/x"]]], ["rules[0].nonResourceURLs"]),
    ]

    @Test(arguments: roles)
    func rolesSayWhatTheyAllow(_ rules: Value, _ expected: [String]) {
        #expect(KindRules.role(["rules": rules], isNamespaced: true).map(\.field) == expected)
    }

    @Test func bindingsNameWhoAndWhat() throws {
        let client = server()
        let group = "rbac.authorization.k8s.io/v1"
        let people: Value = [
            "roleRef": ["kind": "Role", "name": "r"],
            "subjects": [["kind": "User", "name": "u"], ["kind": "ServiceAccount", "name": "s", "namespace": "n"]],
        ]
        var bound = try client.create(object(group, "RoleBinding", "b", people))
        #expect(bound[path: "subjects"]?.array?.first?["apiGroup"] == "rbac.authorization.k8s.io")
        bound[path: "roleRef", "name"] = "other"
        #expect(refusal { try client.update(bound) } == ["roleRef"])
        let odd: Value = ["roleRef": ["kind": "Foo", "name": "r"], "subjects": [["kind": "Bar", "name": "x"]]]
        #expect(
            refusal { try client.create(object(group, "RoleBinding", "c", odd)) } == [
                "roleRef.kind", "subjects[0].kind",
            ]
        )
    }

    static let classes: [(resources: Value, expected: Value)] = [
        (["requests": ["cpu": "1"]], "Burstable"), (["limits": ["cpu": "1", "memory": "1Gi"]], "Guaranteed"),
        ([:], "BestEffort"),
    ]

    @Test(arguments: classes)
    func podsHaveAClass(_ resources: Value, _ expected: Value) throws {
        let spec: Value = ["spec": ["containers": [["name": "a", "image": "x", "resources": resources]]]]
        let pod = try server().create(object("v1", "Pod", "p", spec))
        #expect(pod[path: "status", "qosClass"] == expected)
        #expect(pod[path: "spec", "tolerations"]?.array?.count == 2)
    }

    @Test func tolerationsOfTheClusterOutlastAChange() throws {
        let client = server()
        let spec: Value = ["spec": ["containers": [["name": "a", "image": "x"]]]]
        var pod = try client.create(object("v1", "Pod", "p", spec))
        pod[path: "spec", "tolerations"] = [["key": "k", "operator": "Exists"]]
        #expect(try client.update(pod)[path: "spec", "tolerations"]?.array?.count == 3)
    }

    @Test func secretsOfRegistriesAreRead() {
        let secret: Value = ["type": "kubernetes.io/dockerconfigjson", "data": [".dockerconfigjson": "eA=="]]
        #expect(
            refusal { try server().create(object("v1", "Secret", "s", secret)) } == ["data[.dockerconfigjson]"]
        )
    }
}
