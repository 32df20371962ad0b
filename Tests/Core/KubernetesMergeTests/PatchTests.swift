import StructuredValue
import Testing

@testable import KubernetesMerge

@Suite struct PatchTests {
    struct Example: CustomTestStringConvertible, Sendable {
        var name: String
        var document: String
        var patch: String
        /// Nil when the patch must fail.
        var expected: String?
        var testDescription: String { name }
    }

    static let jsonPatches: [Example] = [
        Example(
            name: "leading zeros of an index do not count",
            document: #"{"l":[1,2]}"#,
            patch: #"[{"op":"replace","path":"/l/01","value":3}]"#,
            expected: #"{"l":[1,3]}"#
        ),
        Example(
            name: "copying below what is missing",
            document: #"{"a":1}"#,
            patch: #"[{"op":"copy","from":"/b/c","path":"/d"}]"#
        ),
        Example(
            name: "copying what is missing",
            document: #"{"a":1}"#,
            patch: #"[{"op":"copy","from":"/b","path":"/d"}]"#,
            expected: #"{"a":1,"d":null}"#
        ),
        Example(
            name: "add to the end",
            document: #"{"l":[1]}"#,
            patch: #"[{"op":"add","path":"/l/-","value":2}]"#,
            expected: #"{"l":[1,2]}"#
        ),
        Example(
            name: "insert",
            document: #"{"l":[1]}"#,
            patch: #"[{"op":"add","path":"/l/0","value":2}]"#,
            expected: #"{"l":[2,1]}"#
        ),
        Example(
            name: "negative index",
            document: #"{"l":[1,2]}"#,
            patch: #"[{"op":"remove","path":"/l/-1"}]"#,
            expected: #"{"l":[1]}"#
        ),
        Example(
            name: "escapes",
            document: #"{"m":{"a/b":1,"c~d":2}}"#,
            patch: #"[{"op":"replace","path":"/m/a~1b","value":3},{"op":"remove","path":"/m/c~0d"}]"#,
            expected: #"{"m":{"a/b":3}}"#
        ),
        Example(
            name: "move",
            document: #"{"a":1,"m":{}}"#,
            patch: #"[{"op":"move","from":"/a","path":"/m/b"}]"#,
            expected: #"{"m":{"b":1}}"#
        ),
        Example(
            name: "copy",
            document: #"{"a":[1]}"#,
            patch: #"[{"op":"copy","from":"/a","path":"/b"}]"#,
            expected: #"{"a":[1],"b":[1]}"#
        ),
        Example(
            name: "test",
            document: #"{"a":1}"#,
            patch: #"[{"op":"test","path":"/a","value":1},{"op":"test","path":"/b","value":null}]"#,
            expected: #"{"a":1}"#
        ),
        Example(
            name: "replacing a missing member adds it",
            document: #"{"a":1}"#,
            patch: #"[{"op":"replace","path":"/b","value":1}]"#,
            expected: #"{"a":1,"b":1}"#
        ),
        Example(
            name: "the whole document",
            document: #"{"a":1}"#,
            patch: #"[{"op":"replace","path":"","value":{"b":1}}]"#,
            expected: #"{"b":1}"#
        ),
        Example(name: "a failing test", document: #"{"a":1}"#, patch: #"[{"op":"test","path":"/a","value":2}]"#),
        Example(name: "removing what is missing", document: #"{"a":1}"#, patch: #"[{"op":"remove","path":"/b"}]"#),
        Example(
            name: "an index out of range",
            document: #"{"l":[]}"#,
            patch: #"[{"op":"add","path":"/l/2","value":1}]"#
        ),
        Example(name: "a missing parent", document: #"{}"#, patch: #"[{"op":"add","path":"/a/b","value":1}]"#),
        Example(name: "an unknown operation", document: #"{}"#, patch: #"[{"op":"frob","path":"/a"}]"#),
        Example(name: "no list", document: #"{}"#, patch: #"{"op":"remove","path":"/a"}"#),
    ]

    @Test(arguments: jsonPatches)
    func jsonPatch(_ example: Example) throws {
        let document = try JSON.parse(example.document)
        let patch = try JSON.parse(example.patch)
        if let expected = example.expected {
            #expect(JSON.text(try JSONPatch(patch).apply(to: document), .canonical) == expected)
        } else {
            #expect(throws: JSONPatch.Failure.self) { try JSONPatch(patch).apply(to: document) }
        }
    }

    static let mergePatches: [Example] = [
        Example(
            name: "merge",
            document: #"{"a":{"b":1,"c":2}}"#,
            patch: #"{"a":{"b":null,"d":{"e":null,"f":1}}}"#,
            expected: #"{"a":{"c":2,"d":{"f":1}}}"#
        ),
        Example(name: "lists are replaced", document: #"{"l":[1,2]}"#, patch: #"{"l":[3]}"#, expected: #"{"l":[3]}"#),
        Example(
            name: "an object replaces a scalar",
            document: #"{"a":1}"#,
            patch: #"{"a":{"b":2}}"#,
            expected: #"{"a":{"b":2}}"#
        ),
        Example(name: "no object replaces everything", document: #"{"a":1}"#, patch: #"[1]"#, expected: #"[1]"#),
    ]

    @Test(arguments: mergePatches)
    func mergePatch(_ example: Example) throws {
        let result = JSONMergePatch.apply(try JSON.parse(example.patch), to: try JSON.parse(example.document))
        #expect(JSON.text(result, .canonical) == example.expected)
    }

    @Test func aDifferenceTurnsOneIntoTheOther() throws {
        let one = try JSON.parse(#"{"a":1,"b":{"c":1,"d":[1]},"e":2}"#)
        let two = try JSON.parse(#"{"a":1,"b":{"c":2,"d":[1]},"f":{}}"#)
        let patch = try #require(JSONMergePatch.difference(from: one, to: two))
        #expect(JSON.text(patch, .canonical) == #"{"b":{"c":2},"e":null,"f":{}}"#)
        #expect(JSONMergePatch.apply(patch, to: one) == two)
        #expect(JSONMergePatch.difference(from: one, to: one) == nil)
    }

    @Test func threeWayKeepsWhatOthersSet() throws {
        let patch = JSONMergePatch.threeWay(
            original: try JSON.parse(#"{"a":1,"gone":1}"#),
            modified: try JSON.parse(#"{"a":2}"#),
            live: try JSON.parse(#"{"a":1,"gone":1,"other":1}"#)
        )
        #expect(JSON.text(patch ?? .null, .canonical) == #"{"a":2,"gone":null}"#)
    }

    static let template =
        #"{"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c1","image":"i1","env":[{"name":"A","value":"1"}]},{"name":"c2","image":"i2"}],"tolerations":[{"key":"k"}],"volumes":[{"name":"v","emptyDir":{}}]}}}"#

    static let strategicPatches: [Example] = [
        Example(
            name: "items merge by key",
            document: template,
            patch: #"{"template":{"spec":{"containers":[{"name":"c1","env":[{"name":"B","value":"2"}]}]}}}"#,
            expected:
                #"[{"env":[{"name":"B","value":"2"},{"name":"A","value":"1"}],"image":"i1","name":"c1"},{"image":"i2","name":"c2"}]"#
        ),
        Example(
            name: "an item is deleted",
            document: template,
            patch: #"{"template":{"spec":{"containers":[{"$patch":"delete","name":"c2"}]}}}"#,
            expected: #"[{"env":[{"name":"A","value":"1"}],"image":"i1","name":"c1"}]"#
        ),
        Example(
            name: "the list is replaced",
            document: template,
            patch: #"{"template":{"spec":{"containers":[{"$patch":"replace"},{"name":"c3"}]}}}"#,
            expected: #"[{"name":"c3"}]"#
        ),
        Example(
            name: "a directive beside a key replaces the list as well",
            document: template,
            patch: #"{"template":{"spec":{"containers":[{"$patch":"replace","name":"c1","image":"x"}]}}}"#,
            expected: "[]"
        ),
        Example(
            name: "merging cannot be asked for in a list",
            document: template,
            patch: #"{"template":{"spec":{"containers":[{"$patch":"merge","name":"c1"}]}}}"#
        ),
        Example(
            name: "what is no list has no order",
            document: template,
            patch: #"{"template":{"$setElementOrder/spec":["x"]}}"#
        ),
        Example(
            name: "the order is set",
            document: template,
            patch:
                #"{"template":{"spec":{"$setElementOrder/containers":[{"name":"c0"},{"name":"c2"},{"name":"c1"}],"containers":[{"name":"c0"}]}}}"#,
            expected:
                #"[{"name":"c0"},{"image":"i2","name":"c2"},{"env":[{"name":"A","value":"1"}],"image":"i1","name":"c1"}]"#
        ),
        Example(
            name: "a missing key",
            document: template,
            patch: #"{"template":{"spec":{"containers":[{"image":"x"}]}}}"#
        ),
        Example(
            name: "an unknown directive",
            document: template,
            patch: #"{"template":{"spec":{"containers":[{"$patch":"frob","name":"c1"}]}}}"#
        ),
    ]

    @Test(arguments: strategicPatches)
    func strategicPatch(_ example: Example) throws {
        let schema = try #require(BuiltInTypes.schema(apiVersion: "v1", kind: "PodTemplate"))
        let document = try JSON.parse(example.document)
        let patch = try JSON.parse(example.patch)
        if let expected = example.expected {
            let result = try StrategicMergePatch.apply(patch, to: document, schema: schema)
            #expect(JSON.text(result[path: "template", "spec", "containers"] ?? .null, .canonical) == expected)
        } else {
            #expect(throws: StrategicMergePatch.Failure.self) {
                try StrategicMergePatch.apply(patch, to: document, schema: schema)
            }
        }
    }

    @Test func retainedKeysAndMapDirectives() throws {
        let schema = try #require(BuiltInTypes.schema(apiVersion: "v1", kind: "PodTemplate"))
        let patch = try JSON.parse(
            #"{"template":{"metadata":{"labels":{"$patch":"replace","x":"y"}},"spec":{"tolerations":[{"key":"z"}],"volumes":[{"name":"v","$retainKeys":["name","configMap"],"configMap":{"name":"cm"}}]}}}"#
        )
        let result = try StrategicMergePatch.apply(patch, to: try JSON.parse(Self.template), schema: schema)
        #expect(JSON.text(result[path: "template", "metadata", "labels"] ?? .null) == #"{"x":"y"}"#)
        #expect(JSON.text(result[path: "template", "spec", "tolerations"] ?? .null) == #"[{"key":"z"}]"#)
        #expect(
            JSON.text(result[path: "template", "spec", "volumes"] ?? .null, .canonical)
                == #"[{"configMap":{"name":"cm"},"name":"v"}]"#
        )
    }

    @Test func finalizersAreAddedAndTakenFromAList() throws {
        let schema = try #require(BuiltInTypes.schema(apiVersion: "v1", kind: "ConfigMap"))
        let object = try JSON.parse(#"{"metadata":{"finalizers":["a","b"]}}"#)
        let patch = try JSON.parse(#"{"metadata":{"finalizers":["c"],"$deleteFromPrimitiveList/finalizers":["a"]}}"#)
        let result = try StrategicMergePatch.apply(patch, to: object, schema: schema)
        #expect(JSON.text(result[path: "metadata", "finalizers"] ?? .null) == #"["c","b"]"#)
    }

    @Test func everyNameOfTheBuiltInTableIsDefined() {
        // Each kind compiles to a map with metadata, and no reference leads nowhere.
        for (version, kind) in [("v1", "Pod"), ("apps/v1", "Deployment"), ("v1", "Service"), ("batch/v1", "CronJob")] {
            #expect(BuiltInTypes.schema(apiVersion: version, kind: kind)?.map?.fields["metadata"] != nil)
        }
        #expect(BuiltInTypes.undefinedNames.isEmpty, "\(BuiltInTypes.undefinedNames)")
    }
}
