import HelmCharts
import KubernetesModel
import StructuredValue
import Testing
import YAMLFormat

@Suite struct ChartValuesTests {
    static let dump = ["templates/v.yaml": "v: {{ toJson .Values }}"]

    static let settings: [(ChartValues.Setting, String)] = [
        (.typed("a=1,b=x"), #"{"a":1,"b":"x"}"#),
        (.typed("a.b.c=true"), #"{"a":{"b":{"c":true}}}"#),
        (.typed("a=null"), #"{"a":null}"#),
        (.typed("a=012,b=0,c=-3,d=1.5"), #"{"a":"012","b":0,"c":-3,"d":"1.5"}"#),
        (.typed("l={1,two,}"), #"{"l":[1,"two",""]}"#),
        (.typed("l={}"), #"{"l":[""]}"#),
        (.typed("l[1].a=x,l[0]=y"), #"{"l":["y",{"a":"x"}]}"#),
        (.typed("l[0][1]=z"), #"{"l":[[null,"z"]]}"#),
        (.typed(#"a=one\,two,b\.c=3"#), #"{"a":"one,two","b.c":3}"#),
        (.typed("a="), #"{"a":""}"#), (.typed("a.b="), #"{"a":{"b":""}}"#), (.typed("a[1]="), #"{"a":[null,""]}"#),
        (.typed("a[0].name="), #"{"a":[]}"#), (.typed("a[0].x=1,a[2].y="), #"{"a":[{"x":1}]}"#),
        (.typed("a[0].x=,b=1"), #"{"a":[{"x":""}],"b":1}"#), (.typed("a[0][1].x="), #"{"a":[]}"#),
        (.typed("a[1]"), #"{"a":[]}"#),
        (.string("a=1,b=true"), #"{"a":"1","b":"true"}"#),
        (.json(#"a={"x":[1,2]},b=null,c="q,r""#), #"{"a":{"x":[1,2]},"b":null,"c":"q,r"}"#),
        (.json(#"{"a":{"b":1}}"#), #"{"a":{"b":1}}"#),
        (.literal("a=x,y={1}"), #"{"a":"x,y={1}"}"#),
        (.file("a=f", contents: ["f": "content\n"]), #"{"a":"content\n"}"#),
    ]

    @Test(arguments: settings)
    func settingsAreReadAsHelmReadsThem(_ setting: ChartValues.Setting, _ expected: String) throws {
        let text = try render(["templates/v.yaml": "v: {{ toJson .Values | quote }}"], settings: [setting])
        #expect(text.objects.first?.value["v"]?.string == expected)
    }

    @Test(arguments: ["a", "a,b=1", "a.=1", "l[x]=1", "l[-1]=1", "l[70000]=1", "l={1", "a=1,a.b=2", "l[0]x=1"])
    func brokenSettingsAreRefused(_ text: String) {
        let said = rejection { _ = try render(Self.dump, settings: [.typed(text)]) }
        #expect(said?.hasPrefix("failed parsing --set data: ") == true, "\(said ?? "accepted")")
    }

    @Test(arguments: [
        ("a=1,a.b=2", "unable to parse key: interface conversion: interface {} is int64, not map[string]interface {}"),
        ("a=null,a.b=2", "unable to parse key: interface conversion: interface {} is nil, not map[string]interface {}"),
        ("a=x,a[0]=2", "unable to parse key: interface conversion: interface {} is string, not []interface {}"),
        ("a[0]=x,a[0][0]=2", "unable to parse key: interface conversion: interface {} is string, not []interface {}"),
        ("a[x]=1", #"error parsing index: strconv.Atoi: parsing "x": invalid syntax"#),
        ("a[0]bc=1", "unexpected data at end of array index: ['b' 'c']"),
    ])
    func brokenSettingsAreRefusedInHelmsWords(_ text: String, _ reason: String) {
        let said = rejection { _ = try render(Self.dump, settings: [.typed(text)]) }
        #expect(said == "failed parsing --set data: " + reason)
    }

    struct Coalescing: Sendable {
        var name: String
        var defaults: String
        var given: String
        var expected: String
        var child = ""
    }

    static let coalescings: [Coalescing] = [
        .init(
            name: "maps merge, lists replace",
            defaults: "{a: {x: 1, y: 2}, l: [1, 2]}",
            given: "{a: {y: 3}, l: [4]}",
            expected: "{a: {x: 1, y: 3}, l: [4]}"
        ),
        .init(
            name: "null removes a default",
            defaults: "{a: 1, b: {c: 2, d: 3}}",
            given: "{a: null, b: {c: null}}",
            expected: "{b: {d: 3}}"
        ),
        .init(
            name: "null without a default stays below",
            defaults: "{b: {}}",
            given: "{b: {n: null}}",
            expected: "{b: {n: null}}"
        ),
        .init(name: "null defaults vanish", defaults: "{a: null, b: {c: null}}", given: "{}", expected: "{b: {}}"),
        .init(name: "a scalar over a table", defaults: "{a: {x: 1}}", given: "{a: 5}", expected: "{a: 5}"),
        .init(name: "a table over a scalar", defaults: "{a: 5}", given: "{a: {x: 1}}", expected: "{a: {x: 1}}"),
        .init(
            name: "a child gets its values and globals",
            defaults: "{global: {g: 1}, sub: {a: 2}}",
            given: "{global: {h: 2}}",
            expected: "{global: {g: 1, h: 2}, sub: {a: 2, b: 9, global: {g: 1, h: 2, own: true}}}",
            child: "{a: 1, b: 9, global: {g: 0, own: true}}"
        ),
        .init(
            name: "null removes a child's default",
            defaults: "{}",
            given: "{sub: {a: null}}",
            expected: "{sub: {b: 9, global: {}}}",
            child: "{a: 1, b: 9}"
        ),
        .init(
            name: "a null among a parent's defaults removes nothing below",
            defaults: "{sub: {a: null}}",
            given: "{}",
            expected: "{sub: {a: 1, b: 9, global: {}}}",
            child: "{a: 1, b: 9}"
        ),
    ]

    @Test(arguments: coalescings)
    func valuesCoalesceAsHelmDoes(_ example: Coalescing) throws {
        var files = ["values.yaml": example.defaults, "templates/v.yaml": "v: {{ toJson .Values | quote }}"]
        if !example.child.isEmpty {
            files["charts/sub/Chart.yaml"] = "apiVersion: v2\nname: sub\nversion: 1.0.0"
            files["charts/sub/values.yaml"] = example.child
        }
        let rendered = try render(files, values: example.given)
        let text = rendered.objects.first?.value["v"]?.string ?? ""
        #expect(try JSON.parse(Array(text.utf8)) == YAML.value(example.expected), "\(example.name): \(text)")
    }

    @Test func aChildWhoseValuesAreNoTableIsAnError() {
        let files = ["charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0"]
        #expect(
            rejection { _ = try render(files, values: "sub: 1") }?.hasSuffix("type mismatch on sub: %!t(float64=1)")
                == true
        )
    }

    @Test func schemaViolationsNameChartPathAndReason() {
        let files = [
            "values.schema.json":
                #"{"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false}"#
        ]
        #expect(
            rejection { _ = try render(files, values: "a: 1") }
                == "values don't meet the specifications of the schema(s) in the following chart(s):\ndemo:\n- at '/a': got number, want string"
        )
        #expect(rejection { _ = try render(files, values: "a: x") } == nil)
    }
}
