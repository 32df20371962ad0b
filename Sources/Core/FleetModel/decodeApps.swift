import KubernetesModel
import SemanticVersion
import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// Reads a document `kind: App` of ours.
func decodeApp(_ document: MappingReader, _ bag: inout DiagnosticBag) -> App? {
    var document = document
    let metadata = decodeMetadata(&document, &bag)
    guard var spec = document.mapping("spec", &bag) else {
        if document.node["spec"] == nil { document.reportMissing("spec", &bag) }
        return nil
    }
    defer { document.rejectUnknownFields(&bag) }
    let namespace = metadata?.namespace ?? ""
    guard let app = decodeAppFields(&spec, name: metadata?.name, namespace: namespace, &bag) else { return nil }
    return app
}

/// Reads a document `kind: Collection`.
func decodeCollection(_ document: MappingReader, _ bag: inout DiagnosticBag) -> Collection? {
    var document = document
    let metadata = decodeMetadata(&document, &bag)
    guard var spec = document.mapping("spec", &bag) else {
        if document.node["spec"] == nil { document.reportMissing("spec", &bag) }
        return nil
    }
    let version = spec.requiredText("version", &bag)
    var apps: [App] = []
    for var item in spec.mappings("apps", &bag) {
        let name = item.requiredText("name", &bag)
        guard var app = decodeAppFields(&item, name: name, namespace: "", &bag) else { continue }
        app.form = .collection
        app.namespace = app.releaseNamespace
        app.collection = metadata?.name.value
        if let first = apps.first(where: { $0.name == app.name }) {
            bag.report(
                Diagnostic(
                    .error,
                    "duplicate-app",
                    "the collection holds two apps named “\(app.name)”",
                    at: app.position,
                    trail: [first.position]
                )
            )
        }
        apps.append(app)
    }
    spec.rejectUnknownFields(&bag)
    document.rejectUnknownFields(&bag)
    guard let metadata, let version else { return nil }
    return Collection(
        name: metadata.name.value,
        version: version.value,
        position: metadata.name.position,
        apps: apps
    )
}

/// What an App and an entry of a Collection have in common. Reports unknown fields of `reader`.
private func decodeAppFields(
    _ reader: inout MappingReader,
    name: Located<String>?,
    namespace: String,
    _ bag: inout DiagnosticBag
) -> App? {
    let catalog = reader.requiredText("catalog", &bag)
    let chart = reader.requiredText("chart", &bag)
    let version = reader.requiredText("version", &bag)
    if let version, SemanticVersion(version.value) == nil, SemanticVersionRange(version.value) == nil {
        bag.report(
            Diagnostic(
                .error,
                "bad-version",
                "“\(version.value)” is neither a version nor a range of versions",
                at: version.position,
                hint: "write it like 1.2.3 or ~1.2"
            )
        )
    }
    let releaseNamespace = reader.text("namespace", &bag)?.value ?? (namespace.isEmpty ? "default" : namespace)
    let target = reader.mapping("target", &bag).map { decodeTarget($0, namespace: namespace, &bag) }
    let values = reader.values("values", &bag)
    let valuesFrom = reader.mappings("valuesFrom", &bag).compactMap {
        decodeValuesReference($0, namespace: namespace.isEmpty ? releaseNamespace : namespace, &bag)
    }
    let dependsOn = reader.textList("dependsOn", &bag)
    let isPaused = reader.bool("paused", &bag) ?? false
    let skipsCRDs = reader.bool("skipCRDs", &bag) ?? false
    reader.rejectUnknownFields(&bag)
    guard let name, let catalog, let chart, let version else { return nil }
    var app = App(
        name: name.value,
        namespace: namespace,
        position: name.position,
        catalog: catalog,
        chart: chart,
        version: version,
        releaseNamespace: releaseNamespace
    )
    app.target = (target ?? .managementCluster) ?? .managementCluster
    if let values { (app.values, app.valuesPosition) = (values.value, values.position) }
    app.valuesFrom = valuesFrom
    app.dependsOn = dependsOn
    app.isPaused = isPaused
    app.skipsCRDs = skipsCRDs
    return app
}

private func decodeTarget(_ reader: MappingReader, namespace: String, _ bag: inout DiagnosticBag) -> AppTarget? {
    var reader = reader
    let key = onlyOne(of: ["managementCluster", "workloadCluster"], &reader, &bag)
    defer { reader.rejectUnknownFields(&bag) }
    guard let key, var nested = reader.mapping(key, &bag) else { return nil }
    defer { nested.rejectUnknownFields(&bag) }
    if key == "managementCluster" { return .managementCluster }
    guard let name = nested.requiredText("name", &bag) else { return nil }
    let own = nested.text("namespace", &bag)?.value
    return .workloadCluster(name: name.value, namespace: own ?? namespace, secret: nil)
}

private func decodeValuesReference(
    _ reader: MappingReader,
    namespace: String,
    _ bag: inout DiagnosticBag
) -> ValuesReference? {
    var reader = reader
    let kind = reader.word("kind", ValuesReference.Kind.self, &bag)
    if reader.node["kind"] == nil { reader.reportMissing("kind", &bag) }
    let name = reader.requiredText("name", &bag)
    let own = reader.text("namespace", &bag)?.value
    let key = reader.text("key", &bag)?.value
    let priority = reader.integer("priority", in: 0...1000, &bag) ?? 50
    let isOptional = reader.bool("optional", &bag) ?? false
    reader.rejectUnknownFields(&bag)
    guard let kind, let name else { return nil }
    return ValuesReference(
        kind: kind,
        namespace: own ?? namespace,
        name: name.value,
        key: key,
        priority: priority,
        isOptional: isOptional,
        position: reader.node.position
    )
}
