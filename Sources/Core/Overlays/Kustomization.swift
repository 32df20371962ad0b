import KubernetesModel
import StructuredValue

/// A `kustomization.yaml`, decoded.
struct Kustomization {
    var isComponent = false
    var resources: [Entry] = []
    var components: [Entry] = []
    var namespace = ""
    var namePrefix = ""
    var nameSuffix = ""
    var labels: [LabelRule] = []
    var commonLabels: [String: String] = [:]
    var commonAnnotations: [String: String] = [:]
    var patchesStrategicMerge: [Entry] = []
    var patches: [PatchRule] = []
    var patchesJSON6902: [PatchRule] = []
    var configMaps: [GeneratorRule] = []
    var secrets: [GeneratorRule] = []
    var generatorOptions = GeneratorOptions()
    var images: [ImageRule] = []
    var replicas: [ReplicaRule] = []
    var replacements: [ReplacementEntry] = []
    var variables: [Variable] = []
    var generators: [Entry] = []
    var transformers: [Entry] = []
    var validators: [String] = []
    var configurations: [Entry] = []
    var crds: [Entry] = []
    /// The OpenAPI document that says how lists merge; empty for the built-in types.
    var openAPIPath = ""
    var buildMetadata: Set<String> = []
    var order = ResourceOrder.legacy
    var helmCharts: [Value] = []
}

/// A text in a list of a kustomization, with its place.
struct Entry {
    var text: String
    var place: OverlayPlace
}

struct LabelRule {
    var pairs: [String: String] = [:]
    var includesSelectors = false
    var includesTemplates = false
    var includesVolumeClaimTemplates = false
    var fields: [FieldSpec] = []
}

struct PatchRule {
    var place: OverlayPlace?
    var path = ""
    var text = ""
    var target: ResourceSelector?
    var allowsNameChange = false
    var allowsKindChange = false
}

struct GeneratorOptions {
    var labels: [String: String] = [:]
    var annotations: [String: String] = [:]
    var disablesHash = false
    var isImmutable = false

    /// These options with those of the whole kustomization below them.
    func over(_ shared: GeneratorOptions) -> GeneratorOptions {
        GeneratorOptions(
            labels: labels.merging(shared.labels) { own, _ in own },
            annotations: annotations.merging(shared.annotations) { own, _ in own },
            disablesHash: disablesHash || shared.disablesHash,
            isImmutable: isImmutable || shared.isImmutable
        )
    }
}

struct GeneratorRule {
    var place: OverlayPlace?
    var name = ""
    var namespace = ""
    var behavior = GeneratorBehavior.create
    var files: [String] = []
    var environments: [String] = []
    var literals: [String] = []
    var options = GeneratorOptions()
    /// The type of a Secret.
    var type = ""
}

struct ImageRule {
    var name = ""
    var newName = ""
    var newTag = ""
    var tagSuffix = ""
    var digest = ""
}

struct ReplicaRule {
    var name = ""
    var count = 0
    var place: OverlayPlace?
}

/// A replacement in place, or a file of them.
enum ReplacementEntry {
    case inline(Replacement)
    case file(String, at: OverlayPlace)
}

struct Replacement {
    struct Options {
        var delimiter = ""
        var index = 0
        var creates = false
    }

    struct Source {
        var identity = ResourceSelector()
        var fieldPath = "metadata.name"
        var options = Options()
    }

    struct Target {
        var select = ResourceSelector()
        var reject: [ResourceSelector] = []
        var fieldPaths: [String] = []
        var options = Options()
    }

    var source: Source?
    var targets: [Target] = []
    var place: OverlayPlace?
}

struct Variable: Equatable {
    var place: OverlayPlace?
    var name = ""
    var kind = KindPattern()
    var objectName = ""
    var namespace = ""
    var fieldPath = "metadata.name"

    /// The place makes no difference.
    static func == (left: Variable, right: Variable) -> Bool {
        left.name == right.name && left.kind == right.kind && left.objectName == right.objectName
            && left.namespace == right.namespace && left.fieldPath == right.fieldPath
    }
}
