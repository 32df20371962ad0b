package import StructuredValue

extension StructuralSchema {
    /// Removes what the schema does not know, and gives the paths of what was removed, sorted.
    @discardableResult
    package func prune(_ value: inout Value, isResource: Bool = true) -> [String] {
        var pruning = Pruning()
        pruning.prune(&value, self, isRoot: isResource)
        return pruning.unknown.sorted()
    }

    /// The paths of what the schema does not know; the value stays as it is.
    package func unknownFields(of value: Value, isResource: Bool = true) -> [String] {
        var copy = value
        return prune(&copy, isResource: isResource)
    }
}

/// A walk that removes unknown members.
private struct Pruning {
    var unknown: [String] = []
    private var path = FieldPath()

    /// The members of `metadata` in an embedded resource; everything else there is unknown.
    private static let metadataMembers: Set<String> = [
        "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp",
        "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers",
        "managedFields",
    ]

    private func isClean(_ object: Object, _ schema: StructuralSchema, isRoot: Bool) -> Bool {
        object.pairs.allSatisfy { isKnown($0.key, schema, isRoot: isRoot) }
    }

    private func isKnown(_ name: String, _ schema: StructuralSchema, isRoot: Bool) -> Bool {
        if isRoot, StructuralSchema.resourceMembers.contains(name) { return true }
        if schema.properties[name] != nil || schema.preservesUnknownFields { return true }
        switch schema.additionalMembers {
        case .unspecified: return false
        // Kept even when it says false: validation then refuses them by name.
        case .allowed, .schema: return true
        }
    }

    mutating func prune(_ value: inout Value, _ schema: StructuralSchema?, isRoot: Bool) {
        switch value {
        case .object(var object):
            value = .null
            if let schema {
                let isRoot = isRoot || schema.isEmbeddedResource
                if !isClean(object, schema, isRoot: isRoot) {
                    for pair in object.pairs where !isKnown(pair.key, schema, isRoot: isRoot) { report(pair.key) }
                    object.removeAll { !isKnown($0.key, schema, isRoot: isRoot) }
                }
                object.updateValues { name, member in
                    if isRoot, StructuralSchema.resourceMembers.contains(name) {
                        if schema.isEmbeddedResource, name == "metadata" { pruneMetadata(&member) }
                        return
                    }
                    guard let child = schema.member(name) else {
                        // Below `additionalProperties: true` nothing is known; below preserved fields all is kept.
                        if !schema.preservesUnknownFields {
                            path.push(.member(name))
                            prune(&member, nil, isRoot: false)
                            path.pop()
                        }
                        return
                    }
                    path.push(.member(name))
                    prune(&member, child, isRoot: false)
                    path.pop()
                }
            } else {
                for pair in object.pairs { report(pair.key) }
                object = Object()
            }
            value = .object(object)
        case .array(var list):
            if let schema, schema.preservesUnknownFields, schema.items == nil { return }
            value = .null
            for index in list.indices {
                path.push(.index(index))
                prune(&list[index], schema?.items, isRoot: false)
                path.pop()
            }
            value = .array(list)
        default: break
        }
    }

    private mutating func pruneMetadata(_ value: inout Value) {
        guard case .object(var object) = value else { return }
        path.push(.member("metadata"))
        for pair in object.pairs where !Self.metadataMembers.contains(pair.key) { report(pair.key) }
        object.removeAll { !Self.metadataMembers.contains($0.key) || $0.value.isNull }
        path.pop()
        value = .object(object)
    }

    private mutating func report(_ name: String) {
        path.push(.member(name))
        unknown.append(path.text)
        path.pop()
    }
}
