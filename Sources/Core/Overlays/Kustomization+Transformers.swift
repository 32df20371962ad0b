import SourceDiagnostics
import StructuredValue
import YAMLFormat

extension Kustomization {
    /// The transformers that the fields of a kustomization stand for, in the order they run.
    func transformers(
        _ settings: TransformerSettings,
        _ reader: ResourceReader,
        _ file: OverlayPlace
    ) throws(OverlayFailure) -> [(transformer: OverlayTransformer, place: OverlayPlace)] {
        var steps: [(transformer: OverlayTransformer, place: OverlayPlace)] = []
        if !patchesStrategicMerge.isEmpty {
            var loaded: [OverlayResource] = []
            for entry in patchesStrategicMerge {
                do { loaded += try Self.patches(entry.text, reader, entry.place) } catch {
                    throw error.from(entry.place)
                }
            }
            let place = file.field("patchesStrategicMerge")
            if loaded.isEmpty { throw OverlayFailure("overlay-patch", "patch appears to be empty", at: place) }
            steps.append((.strategicMerge(loaded), place))
        }
        for rule in patches {
            let place = rule.place ?? file.field("patches")
            do { steps += try rule.transformers(reader).map { ($0, place) } } catch { throw error.from(place) }
        }
        if !namespace.isEmpty {
            steps.append(
                (
                    .namespace(namespace, settings.namespaces, subjects: .namedDefault, onlyUnset: false),
                    file.field("namespace")
                )
            )
        }
        if !namePrefix.isEmpty { steps.append((.prefix(namePrefix, settings.prefixes), file.field("namePrefix"))) }
        if !nameSuffix.isEmpty { steps.append((.suffix(nameSuffix, settings.suffixes), file.field("nameSuffix"))) }
        for (index, rule) in labels.enumerated() {
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
            steps.append((.labels(rule.pairs, fields), file.field("labels", .index(index))))
        }
        if !commonLabels.isEmpty {
            steps.append((.labels(commonLabels, settings.commonLabels), file.field("commonLabels")))
        }
        if !commonAnnotations.isEmpty {
            let place = file.field("commonAnnotations")
            steps.append((.annotations(commonAnnotations, settings.commonAnnotations), place))
        }
        for rule in patchesJSON6902 {
            let place = rule.place ?? file.field("patchesJson6902")
            guard let target = rule.target else {
                throw OverlayFailure("overlay-patch", "must specify the target field in patchesJson6902", at: place)
            }
            do {
                let text = rule.path.isEmpty ? rule.text : try reader.text(rule.path)
                steps.append((.jsonPatch(try Self.operations(text), target: target), place))
            } catch { throw error.from(place) }
        }
        for rule in replicas { steps.append((.replicas(rule, settings.replicas), rule.place ?? file)) }
        for rule in images { steps.append((.image(rule, settings.images), file.field("images"))) }
        if !replacements.isEmpty {
            var loaded: [Replacement] = []
            for entry in replacements { loaded += try entry.loaded(reader) }
            steps.append((.replacements(loaded), file.field("replacements")))
        }
        return steps
    }

    /// Patches of one entry of `patchesStrategicMerge`: in place, or in a file.
    static func patches(
        _ entry: String,
        _ reader: ResourceReader,
        _ place: OverlayPlace
    ) throws(OverlayFailure) -> [OverlayResource] {
        if entry.contains("\n") || entry.contains(": ") {
            return try reader.resources(text: entry).map { $0.placed(within: place) }
        }
        return try reader.resources(try reader.bytes(entry), file: OverlayPath.join(reader.directory, entry))
            .map { $0.placed(namedBy: place) }
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
        case .file(let path, let place):
            do {
                let value = try reader.value(path)
                let file = OverlayPlace(OverlayPath.join(reader.directory, path))
                var result: [Replacement] = []
                for (index, item) in (value.array ?? [value]).enumerated() {
                    let own = value.array == nil ? file : file.field(.index(index))
                    result.append(try Replacement(Fields(item, path, at: own)))
                }
                return result
            } catch { throw error.from(place) }
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
        var merges: [OverlayResource]
        do {
            if path.isEmpty {
                merges = try reader.resources(text: inline)
            } else {
                merges = try reader.resources(Array(source.utf8), file: OverlayPath.join(reader.directory, file))
            }
        } catch {
            let mistake: OverlayFailure
            do throws(OverlayFailure) {
                let operations = try Kustomization.operations(source)
                if operations.array != nil { return try Self.jsonPatch(operations, target, file) }
                mistake = error
            } catch let other {
                // What looks like a list was meant as one of operations.
                mistake = source.trimmed.hasPrefix("[") || source.hasPrefix("-") ? other : error
            }
            let own = path.isEmpty ? place?.field("patch") : OverlayPlace(OverlayPath.join(reader.directory, path))
            throw own.map(mistake.at) ?? mistake
        }
        if merges.isEmpty { return [] }
        if let place {
            merges = merges.map { path.isEmpty ? $0.placed(within: place.field("patch")) : $0.placed(namedBy: place) }
        }
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

extension PatchRule {
    private static func jsonPatch(
        _ operations: Value,
        _ target: ResourceSelector?,
        _ file: String
    ) throws(OverlayFailure) -> [OverlayTransformer] {
        guard let target else {
            throw OverlayFailure("overlay-patch", "must specify a target for JSON patch \(file)")
        }
        return [.jsonPatch(operations, target: target)]
    }
}

extension String {
    /// Without white space at both ends.
    fileprivate var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
