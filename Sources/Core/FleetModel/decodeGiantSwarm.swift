import KubernetesModel
import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// Giant Swarm's kinds, read as they are: fields we do not use are left alone, because their own webhooks judge them.
func isGiantSwarmKind(_ value: Value) -> Bool {
    guard value["apiVersion"]?.string == "application.giantswarm.io/v1alpha1" else { return false }
    return value["kind"]?.string == "App" || value["kind"]?.string == "Catalog"
}

func decodeGiantSwarm(_ node: YAMLNode, _ value: Value, _ bag: inout DiagnosticBag) -> SourceDocument? {
    guard let name = value["metadata"]?["name"]?.string, !name.isEmpty else {
        bag.report(Diagnostic(.error, "missing-field", "“metadata.name” is required", at: node.position))
        return nil
    }
    return value["kind"]?.string == "App"
        ? decodeGiantSwarmApp(node, value, name, &bag).map(SourceDocument.app)
        : decodeGiantSwarmCatalog(node, value, name, &bag).map(SourceDocument.catalog)
}

private func decodeGiantSwarmApp(
    _ node: YAMLNode,
    _ value: Value,
    _ name: String,
    _ bag: inout DiagnosticBag
) -> App? {
    let spec = node["spec"]
    func text(_ key: String) -> Located<String>? {
        guard let found = spec?[key], let text = found.value.string else { return nil }
        return Located(text, at: found.position)
    }
    for key in ["catalog", "name", "namespace"] where text(key)?.value.isEmpty ?? true {
        bag.report(
            Diagnostic(.error, "missing-field", "“spec.\(key)” is required", at: spec?.position ?? node.position)
        )
    }
    guard let catalog = text("catalog"), let chart = text("name"), let release = text("namespace") else { return nil }
    let metadata = Manifest(value)
    let namespace = metadata.namespace.isEmpty ? "default" : metadata.namespace
    var app = App(
        name: name,
        namespace: namespace,
        position: node.position,
        catalog: catalog,
        chart: chart,
        version: text("version") ?? Located("", at: spec?.position ?? node.position),
        releaseNamespace: release.value
    )
    app.form = .giantSwarm
    app.source = Manifest(value, origin: Origin(position: node.position))
    app.target = giantSwarmTarget(value, namespace, metadata)
    app.valuesFrom = giantSwarmValues(node, namespace, &bag)
    app.dependsOn = (metadata.annotation("app-operator.giantswarm.io/depends-on") ?? "").split(separator: ",").map {
        Located(String($0.drop { $0 == " " }), at: node.position)
    }
    app.isPaused = metadata.annotation("app-operator.giantswarm.io/paused") == "true"
    if let until = metadata.annotation("app-operator.giantswarm.io/cordon-until").flatMap({ Timestamp($0) }) {
        let reason = metadata.annotation("app-operator.giantswarm.io/cordon-reason") ?? ""
        app.cordon = App.Cordon(until: until, reason: reason)
    }
    app.skipsCRDs = value["spec"]?["install"]?["skipCRDs"]?.bool ?? false
    let extra = Manifest(["metadata": value["spec"]?["namespaceConfig"] ?? .null])
    app.namespaceLabels = extra.labels
    app.namespaceAnnotations = extra.annotations
    return app
}

private func giantSwarmTarget(_ value: Value, _ namespace: String, _ metadata: Manifest) -> AppTarget {
    let kubeConfig = value["spec"]?["kubeConfig"]
    if kubeConfig?["inCluster"]?.bool == true { return .managementCluster }
    let secret = kubeConfig?["secret"]?["name"]?.string
    let label = metadata.label("giantswarm.io/cluster")
    guard let name = label ?? secret.map({ $0.hasSuffix("-kubeconfig") ? String($0.dropLast(11)) : $0 }) else {
        return .managementCluster
    }
    return .workloadCluster(
        name: name,
        namespace: kubeConfig?["secret"]?["namespace"]?.string ?? namespace,
        secret: secret
    )
}

/// `config` counts as priority 50 and `userConfig` as 100; extraConfigs of the same priority are merged before them, so
/// that they lose.
private func giantSwarmValues(_ node: YAMLNode, _ namespace: String, _ bag: inout DiagnosticBag) -> [ValuesReference] {
    var references: [ValuesReference] = []
    func add(_ reference: YAMLNode?, _ kind: ValuesReference.Kind, _ priority: Int, isCap: Bool) {
        guard let reference, let name = reference["name"]?.value.string, !name.isEmpty else { return }
        let own = reference["namespace"]?.value.string ?? ""
        references.append(
            ValuesReference(
                kind: kind,
                namespace: own.isEmpty ? namespace : own,
                name: name,
                key: nil,
                // Twice the priority leaves room for the cap of a level after everything else of that level.
                priority: priority * 2 + (isCap ? 1 : 0),
                position: reference.position
            )
        )
    }
    let spec = node["spec"]
    for item in spec?["extraConfigs"]?.items ?? [] {
        let priority = item["priority"]?.value.int ?? 25
        guard (1...150).contains(priority) else {
            bag.report(
                Diagnostic(
                    .error,
                    "out-of-range",
                    "the priority of an extra config must be 1 to 150, not \(priority)",
                    at: item.position
                )
            )
            continue
        }
        add(item, item["kind"]?.value.string?.lowercased() == "secret" ? .secret : .configMap, priority, isCap: false)
    }
    add(spec?["config"]?["configMap"], .configMap, 50, isCap: true)
    add(spec?["config"]?["secret"], .secret, 50, isCap: true)
    add(spec?["userConfig"]?["configMap"], .configMap, 100, isCap: true)
    add(spec?["userConfig"]?["secret"], .secret, 100, isCap: true)
    return references
}

private func decodeGiantSwarmCatalog(
    _ node: YAMLNode,
    _ value: Value,
    _ name: String,
    _ bag: inout DiagnosticBag
) -> Catalog? {
    let spec = value["spec"]
    var urls = (spec?["repositories"]?.array ?? []).compactMap { $0["URL"]?.string }
    if urls.isEmpty, let url = spec?["storage"]?["URL"]?.string { urls = [url] }
    guard !urls.isEmpty else {
        bag.report(
            Diagnostic(.error, "missing-field", "“spec.repositories” needs at least one repository", at: node.position)
        )
        return nil
    }
    let oci = urls.filter { $0.hasPrefix("oci://") }
    var catalog = Catalog(
        name: name,
        position: node.position,
        source: oci.isEmpty ? .helm(urls: urls) : .oci(urls: oci)
    )
    catalog.isForeign = true
    catalog.description = spec?["description"]?.string ?? ""
    let namespace = value["metadata"]?["namespace"]?.string ?? "default"
    for (key, kind) in [("configMap", ValuesReference.Kind.configMap), ("secret", .secret)] {
        guard let reference = spec?["config"]?[key], let object = reference["name"]?.string, !object.isEmpty else {
            continue
        }
        let own = reference["namespace"]?.string ?? ""
        catalog.valuesFrom.append(
            ValuesReference(
                kind: kind,
                namespace: own.isEmpty ? namespace : own,
                name: object,
                key: nil,
                priority: 0,
                position: node.position
            )
        )
    }
    return catalog
}
