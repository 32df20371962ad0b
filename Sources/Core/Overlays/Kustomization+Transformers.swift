import SourceDiagnostics
import StructuredValue
import YAMLFormat

extension Kustomization {
    /// The transformers that the fields of a kustomization stand for, in the order they run.
    func transformers(
        _ settings: TransformerSettings,
        _ reader: ResourceReader
    ) throws(OverlayFailure) -> [OverlayTransformer] {
        var steps: [OverlayTransformer] = []
        if !patchesStrategicMerge.isEmpty {
            var loaded: [OverlayResource] = []
            for entry in patchesStrategicMerge { loaded += try Self.patches(entry, reader) }
            if loaded.isEmpty { throw OverlayFailure("overlay-patch", "patch appears to be empty") }
            steps.append(.strategicMerge(loaded))
        }
        for rule in patches { steps += try rule.transformers(reader) }
        if !namespace.isEmpty {
            steps.append(.namespace(namespace, settings.namespaces, subjects: .namedDefault, onlyUnset: false))
        }
        if !namePrefix.isEmpty { steps.append(.prefix(namePrefix, settings.prefixes)) }
        if !nameSuffix.isEmpty { steps.append(.suffix(nameSuffix, settings.suffixes)) }
        for rule in labels {
            var fields = try FieldSpec.joined(rule.fields, settings.labels)
            if rule.includesSelectors {
                fields = try FieldSpec.joined(fields, settings.commonLabels)
            } else {
                if rule.includesTemplates { fields = try FieldSpec.joined(fields, settings.templateLabels) }
                if rule.includesVolumeClaimTemplates {
                    fields = try FieldSpec.joined(fields, settings.volumeClaimLabels)
                }
                fields = try FieldSpec.joined(fields, [FieldSpec("metadata/labels", creates: true)])
            }
            steps.append(.labels(rule.pairs, fields))
        }
        if !commonLabels.isEmpty { steps.append(.labels(commonLabels, settings.commonLabels)) }
        if !commonAnnotations.isEmpty { steps.append(.annotations(commonAnnotations, settings.commonAnnotations)) }
        for rule in patchesJSON6902 {
            guard let target = rule.target else {
                throw OverlayFailure("overlay-patch", "must specify the target field in patchesJson6902")
            }
            let text = rule.path.isEmpty ? rule.text : try reader.text(rule.path)
            steps.append(.jsonPatch(try Self.operations(text), target: target))
        }
        for rule in replicas { steps.append(.replicas(rule, settings.replicas)) }
        for rule in images { steps.append(.image(rule, settings.images)) }
        if !replacements.isEmpty {
            var loaded: [Replacement] = []
            for entry in replacements { loaded += try entry.loaded(reader) }
            steps.append(.replacements(loaded))
        }
        return steps
    }

    /// Patches of one entry of `patchesStrategicMerge`: in place, or in a file.
    static func patches(_ entry: String, _ reader: ResourceReader) throws(OverlayFailure) -> [OverlayResource] {
        if entry.contains("\n") || entry.contains(": ") { return try reader.resources(text: entry) }
        return try reader.resources(try reader.bytes(entry), file: OverlayPath.join(reader.directory, entry))
    }

    /// The operations of a JSON patch written as JSON or YAML.
    static func operations(_ text: String) throws(OverlayFailure) -> Value {
        if text.trimmed.hasPrefix("[") {
            do { return try JSON.parse(text.trimmed) } catch {
                throw OverlayFailure("overlay-json-patch", "the patch begins like JSON and is none: \(error)")
            }
        }
        do { return try YAML.value(text) } catch {
            throw OverlayFailure(
                "overlay-json-patch",
                "the patch is neither JSON nor YAML: \(error.diagnostics.first?.message ?? "")"
            )
        }
    }
}

extension ReplacementEntry {
    /// A file may hold one replacement or a list of them.
    func loaded(_ reader: ResourceReader) throws(OverlayFailure) -> [Replacement] {
        switch self {
        case .inline(let replacement): return [replacement]
        case .file(let path):
            let value = try reader.value(path)
            var result: [Replacement] = []
            for item in value.array ?? [value] {
                result.append(try Replacement(Fields(item, path, file: OverlayPath.join(reader.directory, path))))
            }
            return result
        }
    }
}

extension PatchRule {
    /// A patch is a list of JSON patch operations or one or more objects to merge.
    func transformers(_ reader: ResourceReader) throws(OverlayFailure) -> [OverlayTransformer] {
        let inline = text.trimmed
        guard inline.isEmpty != path.isEmpty else {
            throw OverlayFailure(
                "overlay-patch",
                path.isEmpty ? "must specify one of patch and path" : "patch and path can't be set at the same time"
            )
        }
        let source = path.isEmpty ? inline : try reader.text(path)
        let file = path.isEmpty ? "kustomization.yaml" : path
        let merges: [OverlayResource]
        do {
            merges = try reader.resources(Array(source.utf8), file: OverlayPath.join(reader.directory, file))
        } catch {
            guard let operations = try? Kustomization.operations(source), operations.array != nil else { throw error }
            guard let target else {
                throw OverlayFailure("overlay-patch", "must specify a target for JSON patch \(file)")
            }
            return [.jsonPatch(operations, target: target)]
        }
        if merges.isEmpty { return [] }
        guard let target else { return [.mergeEach(merges, self)] }
        guard merges.count == 1 else {
            throw OverlayFailure(
                "overlay-patch",
                "Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set `patches.target` field"
            )
        }
        return [.merge(merges[0], target: target, self)]
    }
}

extension String {
    /// Without white space at both ends.
    fileprivate var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
