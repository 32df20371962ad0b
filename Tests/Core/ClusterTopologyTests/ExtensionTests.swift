import ClusterTopology
import KubernetesModel
import StructuredValue
import Testing

struct ExtensionTests {
    private static let patches = """
        [{name: outside, external: {generatePatchesExtension: make.ext, settings: {mode: fast}}}, \
        {name: after, definitions: [{selector: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: TestClusterTemplate, \
        matchResources: {infrastructureCluster: true}}, jsonPatches: [{op: add, path: /spec/template/spec/made/late, value: 1}]}]}]
        """
    private static let status = """
        status:
          variables:
          - name: zone
            definitions: [{from: outside, required: false, schema: {openAPIV3Schema: {type: string, default: z}}}]
        """

    private func expand(_ answers: [String: ExtensionAnswer]?) throws -> TopologyExpansion {
        var options = TopologyOptions()
        options.extensionAnswers = answers
        return try Example.expand(
            Example.classText(patches: Self.patches, more: Self.status),
            Example.clusterText(),
            options: options
        )
    }

    private func request() throws -> ExtensionRequest {
        let rejection = #expect(throws: TopologyRejection.self) { try expand([:]) }
        return try #require(rejection?.request)
    }

    private func answer(_ type: String, _ patch: String) throws -> ExtensionAnswer {
        try ExtensionAnswer([
            "status": "Success",
            "items": [
                ["uid": "item-0", "patchType": .string(type), "patch": .string(Base64.encode(Array(patch.utf8)))]
            ],
        ])
    }

    @Test func withoutAnAddressNobodyIsAsked() {
        let rejection = #expect(throws: TopologyRejection.self) { try expand(nil) }
        #expect(rejection?.request == nil)
        #expect(rejection?.description.contains("for patch \"outside\": spec.patches[0].external") == true)
    }

    @Test func theQuestionIsThatOfClusterAPI() throws {
        let request = try request()
        #expect(request.path == "/hooks.runtime.cluster.x-k8s.io/v1alpha1/generatepatches/make")
        #expect(request.body["kind"] == "GeneratePatchesRequest")
        #expect(request.body["settings"] == ["mode": "fast"])
        let variables = request.body["variables"]?.array ?? []
        #expect(variables.first == ["name": "zone", "value": "z"])
        #expect(variables.last?[path: "value", "cluster", "name"] == "c1")
        let fields = (request.body["items"]?.array ?? []).map { $0[path: "holderReference", "fieldPath"]?.string ?? "" }
        #expect(
            fields == [
                "spec.infrastructureRef", "spec.controlPlaneRef", "spec.machineTemplate.spec.infrastructureRef",
                "spec.template.spec.bootstrap.configRef", "spec.template.spec.infrastructureRef",
                "spec.template.spec.bootstrap.configRef", "spec.template.spec.infrastructureRef",
            ]
        )
    }

    @Test(arguments: [
        ("JSONPatch", #"[{"op": "add", "path": "/spec/template/spec/made", "value": {}}]"#),
        ("JSONMergePatch", #"{"spec": {"template": {"spec": {"made": {}}}}, "kind": "Other"}"#),
    ])
    func theAnswerIsWhatLaterPatchesSee(_ type: String, _ patch: String) throws {
        let key = try request().key
        let expansion = try expand([key: answer(type, patch)])
        #expect(expansion[.infrastructureCluster]?.spec == ["zone": "a", "made": ["late": 1]])
        #expect(expansion[.infrastructureCluster]?.kind == "TestCluster")
    }

    @Test func aRefusalIsToldInItsWords() {
        let failure = #expect(throws: ExtensionAnswer.Failure.self) {
            try ExtensionAnswer(["status": "Failure", "message": "no such image"])
        }
        #expect(failure?.message == "the extension refused: no such image")
    }

    @Test func anAnswerToNoQuestionIsRefused() throws {
        let key = try request().key
        let other = try ExtensionAnswer([
            "status": "Success", "items": [["uid": "item-99", "patchType": "JSONMergePatch", "patch": "e30="]],
        ])
        let rejection = #expect(throws: TopologyRejection.self) { try expand([key: other]) }
        #expect(rejection?.description.contains("unable to find corresponding request item") == true)
    }
}
