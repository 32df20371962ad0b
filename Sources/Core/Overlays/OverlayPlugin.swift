import KubernetesModel
import StructuredValue
import YAMLFormat

/// The configuration of a built-in generator or transformer, as an object of its own.
struct OverlayPlugin {
    var resource: OverlayResource
    /// Where the configuration stands.
    var place: OverlayPlace

    private var kind: String { resource.kind.kind }

    func making(in kustomization: String) -> Making {
        Making(
            configuredIn: kustomization,
            configuredBy: [
                ("apiVersion", resource.kind.apiVersion), ("kind", kind), ("name", resource.name),
            ]
        )
    }

    private func fields() throws(OverlayFailure) -> Fields {
        guard resource.kind.apiVersion == "builtin" else {
            throw OverlayFailure(
                "overlay-plugin",
                "\(kind) (\(resource.kind.apiVersion)) is a plugin; only built-in ones are run",
                at: place
            )
        }
        var value = resource.value
        value["apiVersion"] = nil
        value["kind"] = nil
        return try Fields(value, kind, at: place)
    }

    func generate(_ generator: ResourceGenerator) throws(OverlayFailure) -> [OverlayResource] {
        if KonfigureApp.isGenerator(resource) { return [try KonfigureApp.make(resource, at: place)] }
        var fields = try fields()
        fields.object["name"] = .string(resource.name)
        if !resource.namespace.isEmpty { fields.object["namespace"] = .string(resource.namespace) }
        fields.object.removeValue(forKey: "metadata")
        switch kind {
        case "ConfigMapGenerator": return [try generator.configMap(try GeneratorRule(fields))]
        case "SecretGenerator": return [try generator.secret(try GeneratorRule(fields))]
        default: throw OverlayFailure("overlay-plugin", "there is no generator \(kind)", at: place)
        }
    }

    func transformers(_ reader: ResourceReader) throws(OverlayFailure) -> [OverlayTransformer] {
        let fields = try fields()
        let specs = try fields.fieldSpecs("fieldSpecs")
        switch kind {
        case "AnnotationsTransformer": return [.annotations(try fields.textMap("annotations"), specs)]
        case "LabelTransformer": return [.labels(try fields.textMap("labels"), specs)]
        case "PrefixTransformer": return [.prefix(try fields.text("prefix"), specs)]
        case "SuffixTransformer": return [.suffix(try fields.text("suffix"), specs)]
        case "PrefixSuffixTransformer":
            return [.prefix(try fields.text("prefix"), specs), .suffix(try fields.text("suffix"), specs)]
        case "NamespaceTransformer":
            let mode = try fields.text("setRoleBindingSubjects")
            guard let subjects = mode.isEmpty ? .namedDefault : OverlayTransformer.SubjectMode(rawValue: mode) else {
                throw OverlayFailure(
                    "overlay-plugin",
                    "setRoleBindingSubjects is defaultOnly, allServiceAccounts or none, not \(mode)",
                    at: place
                )
            }
            return [.namespace(resource.namespace, specs, subjects: subjects, onlyUnset: try fields.flag("unsetOnly"))]
        case "PatchTransformer":
            var rule = fields
            rule.object.removeValue(forKey: "metadata")
            return try PatchRule(rule).transformers(reader)
        case "PatchJson6902Transformer":
            let path = try fields.text("path")
            let text = path.isEmpty ? try fields.text("jsonOp") : try reader.text(path)
            return [.jsonPatch(try Kustomization.operations(text), target: try fields.member("target").selector())]
        case "PatchStrategicMergeTransformer":
            var patches: [OverlayResource] = []
            for path in try fields.texts("paths") { patches += try Kustomization.patches(path, reader, place) }
            let text = try fields.text("patches")
            if !text.isEmpty { patches += try reader.resources(text: text) }
            return [.strategicMerge(patches)]
        case "ReplicaCountTransformer":
            let replica = try fields.member("replica")
            let rule = ReplicaRule(name: try replica.text("name"), count: try replica.number("count"))
            return [.replicas(rule, specs)]
        case "ImageTagTransformer": return [.image(try ImageRule(fields.member("imageTag")), specs)]
        case "ReplacementTransformer":
            var replacements: [Replacement] = []
            for item in try fields.items("replacements") {
                let path = try item.text("path")
                let entry = path.isEmpty ? ReplacementEntry.inline(try Replacement(item)) : .file(path, at: item.here)
                replacements += try entry.loaded(reader)
            }
            return [.replacements(replacements)]
        case "HashTransformer": return [.hash]
        default: throw OverlayFailure("overlay-plugin", "there is no transformer \(kind)", at: place)
        }
    }
}
