import ClusterTopology
import StructuredValue

/// The fields of a step as people read them: where an annotation holds JSON, what changes inside of it; and no digests
/// of what is shown already.
func readable(_ fields: [PlannedField]) -> [PlannedField] {
    let digests = [AppliedTopology.hashAnnotation, AppliedTopology.specHashAnnotation].map(annotationPath)
    var result: [PlannedField] = []
    for field in fields where !digests.contains(field.path) {
        guard let old = embedded(field, field.old), let new = embedded(field, field.new) else {
            result.append(field)
            continue
        }
        // The topology is the Cluster's own, kept elsewhere: it is named as its author wrote it.
        let isTopology = field.path == annotationPath(AppliedTopology.topologyAnnotation)
        appendChanges(isTopology ? "spec.topology" : field.path, old, new, to: &result)
    }
    return result.isEmpty ? fields : result
}

private func annotationPath(_ name: String) -> String { "metadata.annotations[\"\(name)\"]" }

/// The object that an annotation holds as JSON.
private func embedded(_ field: PlannedField, _ value: Value?) -> Value? {
    guard field.path.hasPrefix("metadata.annotations["), let text = value?.string, text.hasPrefix("{") else {
        return nil
    }
    guard let value = try? JSON.parse(text), value.object != nil else { return nil }  // then it is plain text
    return value
}

private func appendChanges(_ path: String, _ old: Value?, _ new: Value?, to result: inout [PlannedField]) {
    switch (old, new) {
    case (.object(let before), .object(let after)):
        for name in Set(before.pairs.map(\.key)).union(after.pairs.map(\.key)).sorted() {
            appendChanges("\(path).\(name)", before[name], after[name], to: &result)
        }
    case (.array(let before), .array(let after)):
        appendItemChanges(path, before, after, to: &result)
    default:
        if old != new { result.append(PlannedField(path: path, old: old, new: new)) }
    }
}

/// Items of lists go by their names, where all have one that no other has, as topologies' variables and workers do.
private func appendItemChanges(_ path: String, _ old: [Value], _ new: [Value], to result: inout [PlannedField]) {
    guard let before = byName(old), let after = byName(new) else {
        if old != new { result.append(PlannedField(path: path, old: .array(old), new: .array(new))) }
        return
    }
    for name in Set(before.keys).union(after.keys).sorted() {
        appendChanges("\(path)[name=\(name)]", before[name], after[name], to: &result)
    }
}

private func byName(_ items: [Value]) -> [String: Value]? {
    var named: [String: Value] = [:]
    for item in items {
        guard let name = item["name"]?.string, named.updateValue(item, forKey: name) == nil else { return nil }
    }
    return named
}
