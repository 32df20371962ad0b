import KubernetesModel
import SourceDiagnostics
import StructuredValue
import YAMLFormat

extension Kustomization {
    /// Reads a kustomization file's content.
    init(_ value: Value, file: String) throws(OverlayFailure) {
        var fields = try Fields(value, "kustomization", at: OverlayPlace(file))
        fields.rename(to: Self.known)
        if fields.object.isEmpty {
            throw OverlayFailure("overlay-empty", "kustomization.yaml is empty", at: fields.here)
        }
        let kind = try fields.text("kind")
        isComponent = kind == "Component"
        guard ["", "Kustomization", "Component"].contains(kind) else {
            throw OverlayFailure(
                "overlay-kind",
                "kind should be Kustomization or Component, not \(kind)",
                at: fields.here.field("kind")
            )
        }
        let version = "kustomize.config.k8s.io/" + (isComponent ? "v1alpha1" : "v1beta1")
        let given = try fields.text("apiVersion")
        guard given.isEmpty || given == version else {
            throw OverlayFailure(
                "overlay-api-version",
                "apiVersion for \(isComponent ? "Component" : "Kustomization") should be \(version)",
                at: fields.here.field("apiVersion")
            )
        }
        try fields.checkNames(Self.known)
        guard fields.object.keys.contains(where: { $0 != "apiVersion" && $0 != "kind" && $0 != "metadata" }) else {
            throw OverlayFailure("overlay-empty", "kustomization.yaml is empty", at: fields.here)
        }
        resources = try fields.entries("resources") + (try fields.entries("bases"))
        components = try fields.entries("components")
        namespace = try fields.text("namespace")
        namePrefix = try fields.text("namePrefix")
        nameSuffix = try fields.text("nameSuffix")
        labels = try fields.items("labels").map { fields throws(OverlayFailure) in try LabelRule(fields) }
        commonLabels = try fields.textMap("commonLabels")
        commonAnnotations = try fields.textMap("commonAnnotations")
        patchesStrategicMerge = try fields.entries("patchesStrategicMerge")
        patches = try fields.items("patches").map { fields throws(OverlayFailure) in try PatchRule(fields) }
        patchesJSON6902 = try fields.items("patchesJson6902").map { fields throws(OverlayFailure) in
            try PatchRule(fields)
        }
        configMaps = try fields.items("configMapGenerator").map { fields throws(OverlayFailure) in
            try GeneratorRule(fields)
        }
        secrets = try fields.items("secretGenerator").map { fields throws(OverlayFailure) in try GeneratorRule(fields) }
        generatorOptions = try GeneratorOptions(fields.member("generatorOptions"))
        images = try (fields.items("images") + fields.items("imageTags")).map { fields throws(OverlayFailure) in
            try ImageRule(fields)
        }
        replicas = try fields.items("replicas").map { fields throws(OverlayFailure) in
            ReplicaRule(name: try fields.text("name"), count: try fields.number("count"), place: fields.here)
        }
        replacements = try fields.items("replacements").map { fields throws(OverlayFailure) in
            let path = try fields.text("path")
            return path.isEmpty ? .inline(try Replacement(fields)) : .file(path, at: fields.here)
        }
        variables = try fields.items("vars").map { fields throws(OverlayFailure) in try Variable(fields) }
        generators = try fields.entries("generators")
        transformers = try fields.entries("transformers")
        validators = try fields.texts("validators")
        configurations = try fields.entries("configurations")
        crds = try fields.entries("crds")
        openAPIPath = try fields.member("openapi").text("path")
        buildMetadata = Set(try fields.texts("buildMetadata"))
        for option in buildMetadata
        where !["originAnnotations", "transformerAnnotations", "managedByLabel"].contains(option) {
            let place = fields.here.field("buildMetadata")
            throw OverlayFailure("overlay-field", "unknown buildMetadata option \(option)", at: place)
        }
        if fields.object["sortOptions"] != nil { order = try ResourceOrder(fields.member("sortOptions")) }
        helmCharts =
            (fields.object["helmCharts"]?.array ?? []) + (fields.object["helmChartInflationGenerator"]?.array ?? [])
    }

    private static let known: Set<String> = [
        "apiVersion", "kind", "metadata", "openapi", "resources", "bases", "components", "namespace", "namePrefix",
        "nameSuffix", "labels", "commonLabels", "commonAnnotations", "patchesStrategicMerge", "patches",
        "patchesJson6902", "configMapGenerator", "secretGenerator", "generatorOptions", "images", "imageTags",
        "replicas", "replacements", "vars", "generators", "transformers", "validators", "configurations", "crds",
        "buildMetadata", "sortOptions", "helmCharts", "helmGlobals", "helmChartInflationGenerator", "inventory",
    ]
}

/// The members of a mapping in a configuration, read by name and type.
struct Fields {
    var object: Object
    /// What these fields are members of, in words.
    private let name: String
    /// Where they stand.
    let here: OverlayPlace

    init(_ value: Value, _ name: String, at place: OverlayPlace) throws(OverlayFailure) {
        switch value {
        case .object(let object): self.object = object
        case .null: object = Object()
        default:
            throw OverlayFailure("overlay-field", "\(name) must be a mapping, not a \(value.typeName)", at: place)
        }
        self.name = name
        here = place
    }

    private func wrong(_ name: String, _ more: YAML.PathStep..., mustBe wanted: String) -> OverlayFailure {
        var place = here.field(.key(name))
        place.spot.path += more
        let steps = more.map { step in
            switch step {
            case .key(let key): ".\(key)"
            case .index(let index): "[\(index)]"
            }
        }
        return OverlayFailure(
            "overlay-field",
            "\(self.name).\(name)\(steps.joined()) must be \(wanted)",
            at: place
        )
    }

    func checkNames(_ known: Set<String>) throws(OverlayFailure) {
        for pair in object where !known.contains(pair.key) {
            var place = here.field(.key(pair.key))
            place.spot.isKey = true
            throw OverlayFailure(
                "overlay-unknown-field",
                "\(name) has an unknown field “\(pair.key)”",
                at: place,
                hint: closestName(to: pair.key, in: known).map { "did you mean “\($0)”?" }
            )
        }
    }

    /// Takes members whose names differ only in case for those that are known.
    mutating func rename(to known: Set<String>) {
        let names = Dictionary(known.map { ($0.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
        object = Object(
            object.pairs.map { pair in
                let name = known.contains(pair.key) ? pair.key : names[pair.key.lowercased()]
                return Object.Pair(
                    key: name.map { object.contains($0) && $0 != pair.key ? pair.key : $0 } ?? pair.key,
                    value: pair.value
                )
            }
        )
    }

    func text(_ name: String) throws(OverlayFailure) -> String {
        switch object[name] {
        case nil, .null: return ""
        case .string(let text): return text
        default: throw wrong(name, mustBe: "a string")
        }
    }

    func flag(_ name: String) throws(OverlayFailure) -> Bool {
        switch object[name] {
        case nil, .null: return false
        case .bool(let flag): return flag
        default: throw wrong(name, mustBe: "a boolean")
        }
    }

    func number(_ name: String) throws(OverlayFailure) -> Int {
        switch object[name] {
        case nil, .null: return 0
        case .int(let number): return number
        default: throw wrong(name, mustBe: "an integer")
        }
    }

    func texts(_ name: String) throws(OverlayFailure) -> [String] {
        switch object[name] {
        case nil, .null: return []
        case .array(let items):
            var result: [String] = []
            for (index, item) in items.enumerated() {
                guard case .string(let text) = item else { throw wrong(name, .index(index), mustBe: "a string") }
                result.append(text)
            }
            return result
        default: throw wrong(name, mustBe: "a list of strings")
        }
    }

    /// As `texts`, with their places.
    func entries(_ name: String) throws(OverlayFailure) -> [Entry] {
        try texts(name).enumerated().map { Entry(text: $1, place: here.field(.key(name), .index($0))) }
    }

    func textMap(_ name: String) throws(OverlayFailure) -> [String: String] {
        switch object[name] {
        case nil, .null: return [:]
        case .object(let members):
            var result: [String: String] = [:]
            for pair in members {
                guard case .string(let text) = pair.value else {
                    throw wrong(name, .key(pair.key), mustBe: "a string")
                }
                result[pair.key] = text
            }
            return result
        default: throw wrong(name, mustBe: "a mapping of strings")
        }
    }

    func member(_ name: String) throws(OverlayFailure) -> Fields {
        try Fields(object[name] ?? .null, "\(self.name).\(name)", at: here.field(.key(name)))
    }

    func items(_ name: String) throws(OverlayFailure) -> [Fields] {
        switch object[name] {
        case nil, .null: return []
        case .array(let items):
            var result: [Fields] = []
            for (index, item) in items.enumerated() {
                let place = here.field(.key(name), .index(index))
                result.append(try Fields(item, "\(self.name).\(name)[\(index)]", at: place))
            }
            return result
        default: throw wrong(name, mustBe: "a list")
        }
    }

    func fieldSpecs(_ name: String) throws(OverlayFailure) -> [FieldSpec] {
        try items(name).map { fields throws(OverlayFailure) in try fields.fieldSpec() }
    }

    func fieldSpec() throws(OverlayFailure) -> FieldSpec {
        FieldSpec(try text("path"), kind: try kindPattern(), creates: try flag("create"))
    }

    func kindPattern() throws(OverlayFailure) -> KindPattern {
        var pattern = KindPattern(group: try text("group"), version: try text("version"), kind: try text("kind"))
        let apiVersion = try text("apiVersion")
        if !apiVersion.isEmpty {
            let kind = GroupVersionKind(apiVersion: apiVersion, kind: "")
            pattern.group = kind.group
            pattern.version = kind.version
        }
        return pattern
    }

    func selector() throws(OverlayFailure) -> ResourceSelector {
        ResourceSelector(
            group: try text("group"),
            version: try text("version"),
            kind: try text("kind"),
            name: try text("name"),
            namespace: try text("namespace"),
            labels: try text("labelSelector"),
            annotations: try text("annotationSelector")
        )
    }
}

extension LabelRule {
    init(_ fields: Fields) throws(OverlayFailure) {
        pairs = try fields.textMap("pairs")
        includesSelectors = try fields.flag("includeSelectors")
        includesTemplates = try fields.flag("includeTemplates")
        includesVolumeClaimTemplates = try fields.flag("includeVolumeClaimTemplates")
        self.fields = try fields.fieldSpecs("fields")
    }
}

extension PatchRule {
    init(_ fields: Fields) throws(OverlayFailure) {
        try fields.checkNames(["path", "patch", "target", "options"])
        place = fields.here
        path = try fields.text("path")
        text = try fields.text("patch")
        if fields.object["target"] ?? .null != .null {
            let target = try fields.member("target")
            try target.checkNames([
                "group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector",
            ])
            self.target = try target.selector()
        }
        let options = try fields.member("options")
        allowsNameChange = try options.flag("allowNameChange")
        allowsKindChange = try options.flag("allowKindChange")
    }
}

extension GeneratorOptions {
    init(_ fields: Fields) throws(OverlayFailure) {
        try fields.checkNames(["labels", "annotations", "disableNameSuffixHash", "immutable"])
        labels = try fields.textMap("labels")
        annotations = try fields.textMap("annotations")
        disablesHash = try fields.flag("disableNameSuffixHash")
        isImmutable = try fields.flag("immutable")
    }
}

extension GeneratorRule {
    init(_ fields: Fields) throws(OverlayFailure) {
        try fields.checkNames([
            "name", "namespace", "behavior", "files", "envs", "env", "literals", "options", "type",
        ])
        place = fields.here
        name = try fields.text("name")
        namespace = try fields.text("namespace")
        type = try fields.text("type")
        files = try fields.texts("files")
        environments = try fields.texts("envs")
        let environment = try fields.text("env")
        if !environment.isEmpty { environments.append(environment) }
        literals = try fields.texts("literals")
        options = try GeneratorOptions(fields.member("options"))
        behavior = GeneratorBehavior(rawValue: try fields.text("behavior").lowercased()) ?? .create
    }
}

extension ImageRule {
    init(_ fields: Fields) throws(OverlayFailure) {
        name = try fields.text("name")
        newName = try fields.text("newName")
        newTag = try fields.text("newTag")
        tagSuffix = try fields.text("tagSuffix")
        digest = try fields.text("digest")
    }
}

extension Replacement {
    init(_ fields: Fields) throws(OverlayFailure) {
        try fields.checkNames(["source", "targets", "path"])
        place = fields.here
        if fields.object["source"] ?? .null != .null {
            let from = try fields.member("source")
            var source = Source()
            source.identity = try from.selector()
            let path = try from.text("fieldPath")
            if !path.isEmpty { source.fieldPath = path }
            source.options = try Options(from.member("options"))
            self.source = source
        }
        targets = try fields.items("targets").map { fields throws(OverlayFailure) in
            guard fields.object["select"] ?? .null != .null else {
                throw OverlayFailure(
                    "overlay-replacement",
                    "target must specify resources to select",
                    at: fields.here
                )
            }
            return Target(
                select: try fields.member("select").selector(),
                reject: try fields.items("reject").map { fields throws(OverlayFailure) in try fields.selector() },
                fieldPaths: try fields.texts("fieldPaths"),
                options: try Options(fields.member("options"))
            )
        }
    }
}

extension Replacement.Options {
    init(_ fields: Fields) throws(OverlayFailure) {
        delimiter = try fields.text("delimiter")
        index = try fields.number("index")
        creates = try fields.flag("create")
    }
}

extension Variable {
    init(_ fields: Fields) throws(OverlayFailure) {
        place = fields.here
        name = try fields.text("name")
        let object = try fields.member("objref")
        kind = try object.kindPattern()
        objectName = try object.text("name")
        namespace = try object.text("namespace")
        let field = try fields.member("fieldref").text("fieldpath")
        let other = try fields.member("fieldref").text("fieldPath")
        if !field.isEmpty || !other.isEmpty { fieldPath = field.isEmpty ? other : field }
    }
}
