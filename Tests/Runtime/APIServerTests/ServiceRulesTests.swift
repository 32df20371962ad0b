import KubernetesModel
import StructuredValue
import Testing

@testable import APIServer

/// What a Service may not say, in a real server's words.
@Suite struct ServiceRulesTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var spec: Value
        var old: Value?
        var expected: [String]
    }

    static let examples = [
        Example(testDescription: "one port needs no name", spec: ["ports": [["port": 80]]], expected: []),
        Example(testDescription: "no ports", spec: [:], expected: ["spec.ports: Required value"]),
        Example(testDescription: "headless without ports", spec: ["clusterIP": "None"], expected: []),
        Example(
            testDescription: "several ports without names",
            spec: ["ports": [["port": 80], ["port": 81, "name": "b"]]],
            expected: ["spec.ports[0].name: Required value"]
        ),
        Example(
            testDescription: "names twice, wrong names, wrong numbers",
            spec: ["ports": [["port": 0, "name": "a"], ["port": 70_000, "name": "a"], ["port": 1, "name": "A_b"]]],
            expected: [
                "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
                "spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive",
                #"spec.ports[1].name: Duplicate value: "a""#,
                "spec.ports[1].port: Invalid value: 70000: must be between 1 and 65535, inclusive",
                "spec.ports[1].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
                #"spec.ports[2].name: Invalid value: "A_b": \#(ObjectNames.labelProblem("A_b") ?? "")"#,
            ]
        ),
        Example(
            testDescription: "protocols and targets",
            spec: ["ports": [["port": 80, "protocol": "X", "targetPort": "Bad--name-"]]],
            expected: [
                #"spec.ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP""#,
                #"spec.ports[0].targetPort: Invalid value: "Bad--name-": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"#,
                #"spec.ports[0].targetPort: Invalid value: "Bad--name-": must not contain consecutive hyphens"#,
                #"spec.ports[0].targetPort: Invalid value: "Bad--name-": must not begin or end with a hyphen"#,
            ]
        ),
        Example(
            testDescription: "the same port twice",
            spec: ["ports": [["port": 80, "name": "a"], ["port": 80, "name": "b"]]],
            expected: [
                #"spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}"#
            ]
        ),
        Example(
            testDescription: "the same port in two protocols",
            spec: ["ports": [["port": 53, "name": "a"], ["port": 53, "name": "b", "protocol": "UDP"]]],
            expected: []
        ),
        Example(
            testDescription: "unknown words",
            spec: ["type": "Foo", "sessionAffinity": "Bar", "ports": [["port": 80]]],
            expected: [
                #"spec.sessionAffinity: Unsupported value: "Bar": supported values: "ClientIP", "None""#,
                #"spec.type: Unsupported value: "Foo": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort""#,
            ]
        ),
        Example(
            testDescription: "external names",
            spec: ["type": "ExternalName"],
            expected: ["spec.externalName: Required value"]
        ),
        Example(
            testDescription: "headless node ports",
            spec: ["type": "NodePort", "clusterIP": "None", "ports": [["port": 80]]],
            expected: [#"spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services"#]
        ),
        Example(
            testDescription: "addresses",
            spec: ["clusterIP": "1.2.3", "ports": [["port": 80, "nodePort": 30_000]]],
            expected: [
                #"spec.clusterIPs[0]: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"#,
                "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
            ]
        ),
        Example(
            testDescription: "another address",
            spec: ["clusterIP": "10.96.0.7", "ports": [["port": 80]]],
            old: ["clusterIP": "10.96.0.8"],
            expected: [#"spec.clusterIPs[0]: Invalid value: ["10.96.0.7"]: may not change once set"#]
        ),
    ]

    @Test(arguments: examples)
    func isToldWhatIsWrong(_ example: Example) {
        var spec = example.spec
        for (name, value) in [("type", "ClusterIP"), ("sessionAffinity", "None")] where spec[name] == nil {
            spec[name] = .string(value)
        }
        let problems = KindRules.service(["spec": spec], old: example.old.map { ["spec": $0] })
        #expect(problems.map { "\($0.field): \($0.message)" } == example.expected)
    }

    @Test func containersAskForNoMoreThanTheirLimit() {
        func problems(_ resources: Value) -> [String] {
            let container: Value = [
                "name": "a", "image": "x", "imagePullPolicy": "Always", "resources": resources,
            ]
            return KindRules.pod(["spec": ["containers": [container]]], "spec", ["spec"]).map {
                "\($0.field): \($0.message)"
            }
        }
        let place = "spec.containers[0].resources"
        #expect(problems(["requests": ["cpu": "500m"], "limits": ["cpu": "1", "memory": "1Gi"]]).isEmpty)
        #expect(
            problems(["requests": ["cpu": "1500m", "memory": "-1"], "limits": ["cpu": "1"]]) == [
                #"\#(place).requests: Invalid value: "1500m": must be less than or equal to cpu limit of 1"#,
                #"\#(place).requests[memory]: Invalid value: "-1": must be greater than or equal to 0"#,
            ]
        )
        #expect(
            problems(["requests": ["example.com/gpu": "1"], "limits": ["example.com/gpu": "2"]]) == [
                #"\#(place).requests: Invalid value: "1": must be equal to example.com/gpu limit of 2"#
            ]
        )
    }
}
