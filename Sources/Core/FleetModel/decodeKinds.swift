import KubernetesModel
import SourceDiagnostics
import StructuredValue
import YAMLFormat

struct DecodedMetadata {
    var name: Located<String>
    var namespace: String
    var labels: [String: String]
    var annotations: [String: String]
}

/// Reads `apiVersion`, `kind` and `metadata` of one of our documents.
func decodeMetadata(_ document: inout MappingReader, _ bag: inout DiagnosticBag) -> DecodedMetadata? {
    _ = document.node("apiVersion")
    _ = document.node("kind")
    guard var metadata = document.mapping("metadata", &bag) else {
        if document.node["metadata"] == nil { document.reportMissing("metadata", &bag) }
        return nil
    }
    let name = metadata.requiredText("name", &bag)
    let namespace = metadata.text("namespace", &bag)?.value ?? ""
    let labels = metadata.texts("labels", &bag)
    let annotations = metadata.texts("annotations", &bag)
    metadata.rejectUnknownFields(&bag)
    guard let name else { return nil }
    if let problem = ObjectNames.subdomainProblem(name.value) {
        bag.report(Diagnostic(.error, "bad-name", "“\(name.value)”: \(problem)", at: name.position))
        return nil
    }
    return DecodedMetadata(name: name, namespace: namespace, labels: labels, annotations: annotations)
}

/// Reads a document `kind: Catalog`. Paths are seen from the folder of the file.
func decodeCatalog(_ document: MappingReader, directory: String, _ bag: inout DiagnosticBag) -> Catalog? {
    var document = document
    let metadata = decodeMetadata(&document, &bag)
    guard var spec = document.mapping("spec", &bag) else {
        if document.node["spec"] == nil { document.reportMissing("spec", &bag) }
        return nil
    }
    let description = spec.text("description", &bag)?.value ?? ""
    let values = spec.values("values", &bag)
    var source: CatalogSource?
    if let reader = spec.mapping("source", &bag) {
        source = decodeCatalogSource(reader, directory: directory, &bag)
    } else if spec.node["source"] == nil {
        spec.reportMissing("source", &bag)
    }
    spec.rejectUnknownFields(&bag)
    document.rejectUnknownFields(&bag)
    guard let metadata, let source else { return nil }
    var catalog = Catalog(name: metadata.name.value, position: document.node.position, source: source)
    catalog.description = description
    if let values { (catalog.values, catalog.valuesPosition) = (values.value, values.position) }
    return catalog
}

private func decodeCatalogSource(
    _ reader: MappingReader,
    directory: String,
    _ bag: inout DiagnosticBag
) -> CatalogSource? {
    var reader = reader
    let key = onlyOne(of: ["path", "git", "helm", "oci"], &reader, &bag)
    defer { reader.rejectUnknownFields(&bag) }
    switch key {
    case "path":
        guard let path = reader.requiredText("path", &bag) else { return nil }
        guard let folder = SourcePaths.resolve(path, from: directory, &bag) else { return nil }
        return .folder(folder)
    case "git":
        guard let git = reader.mapping("git", &bag) else { return nil }
        return decodeGitSource(git, &bag)
    case "helm", "oci":
        guard let key, var nested = reader.mapping(key, &bag) else { return nil }
        let url = nested.requiredText("url", &bag)
        let credentials = decodeCredentials(&nested, &bag)
        nested.rejectUnknownFields(&bag)
        guard let url else { return nil }
        let schemes = key == "oci" ? ["oci://"] : ["https://", "http://"]
        guard schemes.contains(where: { url.value.hasPrefix($0) }) else {
            bag.report(
                Diagnostic(
                    .error,
                    "bad-url",
                    "“\(url.value)” does not begin with \(schemes.joined(separator: " or "))",
                    at: url.position
                )
            )
            return nil
        }
        if credentials != nil, url.value.hasPrefix("http://"), !isOnThisMachine(url.value) {
            bag.report(
                Diagnostic(
                    .error,
                    "bad-url",
                    "credentials would go to “\(url.value)” for everybody to read",
                    at: url.position,
                    hint: "use https://"
                )
            )
            return nil
        }
        return key == "oci"
            ? .oci(urls: [url.value], credentialsFile: credentials)
            : .helm(urls: [url.value], credentialsFile: credentials)
    default: return nil
    }
}

/// The name of the daemon's file in `credentials: {file: …}`, if there is one.
private func decodeCredentials(_ reader: inout MappingReader, _ bag: inout DiagnosticBag) -> String? {
    guard var nested = reader.mapping("credentials", &bag) else { return nil }
    defer { nested.rejectUnknownFields(&bag) }
    return nested.requiredText("file", &bag)?.value
}

/// Whether an address names this machine, where no network can listen.
private func isOnThisMachine(_ url: String) -> Bool {
    guard let start = url.firstRange(of: "://") else { return false }
    let host = url[start.upperBound...].prefix { $0 != "/" && $0 != ":" && $0 != "?" }
    return host == "localhost" || host == "127.0.0.1"
}

private func decodeGitSource(_ reader: MappingReader, _ bag: inout DiagnosticBag) -> CatalogSource? {
    var reader = reader
    let url = reader.requiredText("url", &bag)
    var reference = GitSource.Reference.branch("main")
    if var nested = reader.mapping("ref", &bag) {
        if let key = onlyOne(of: ["branch", "tag", "semver", "commit"], &nested, &bag),
            let text = nested.requiredText(key, &bag)?.value
        {
            switch key {
            case "tag": reference = .tag(text)
            case "semver": reference = .semver(text)
            case "commit": reference = .commit(text)
            default: reference = .branch(text)
            }
        }
        nested.rejectUnknownFields(&bag)
    }
    let path = reader.text("path", &bag)?.value ?? ""
    let credentials = decodeCredentials(&reader, &bag)
    reader.rejectUnknownFields(&bag)
    guard let url else { return nil }
    return .git(GitSource(url: url.value, reference: reference, path: path, credentialsFile: credentials))
}

/// Reads a document `kind: ManagementCluster`.
func decodeManagementCluster(
    _ document: MappingReader,
    place: RepositoryPlace,
    _ bag: inout DiagnosticBag
) -> ManagementCluster? {
    var document = document
    let metadata = decodeMetadata(&document, &bag)
    guard var spec = document.mapping("spec", &bag) else {
        if document.node["spec"] == nil { document.reportMissing("spec", &bag) }
        return nil
    }
    var connection: Connection?
    if let reader = spec.mapping("connection", &bag) {
        connection = decodeConnection(reader, &bag)
    } else if spec.node["connection"] == nil {
        spec.reportMissing("connection", &bag)
    }
    var reconcilers = Reconcilers()
    if var reader = spec.mapping("reconcilers", &bag) {
        reconcilers.machinePool = reader.word("machinePool", Reconcilers.Runner.self, &bag)
        reconcilers.machineHealthCheck = reader.word("machineHealthCheck", Reconcilers.Runner.self, &bag)
        reconcilers.clusterResourceSet = reader.word("clusterResourceSet", Reconcilers.Runner.self, &bag)
        reader.rejectUnknownFields(&bag)
    }
    let values = spec.values("values", &bag)
    spec.rejectUnknownFields(&bag)
    document.rejectUnknownFields(&bag)
    guard let metadata, let connection else { return nil }
    var cluster = ManagementCluster(
        name: metadata.name.value,
        position: metadata.name.position,
        connection: connection,
        directory: place.directory,
        homeFleet: place.fleet
    )
    cluster.labels = metadata.labels
    cluster.reconcilers = reconcilers
    if let values { (cluster.values, cluster.valuesPosition) = (values.value, values.position) }
    return cluster
}

private func decodeConnection(_ reader: MappingReader, _ bag: inout DiagnosticBag) -> Connection? {
    var reader = reader
    let key = onlyOne(of: ["lab", "kubeconfig", "inCluster"], &reader, &bag)
    defer { reader.rejectUnknownFields(&bag) }
    switch key {
    case "lab", "inCluster":
        guard let key, let nested = reader.mapping(key, &bag) else { return nil }
        nested.rejectUnknownFields(&bag)
        return key == "lab" ? .lab : .inCluster
    case "kubeconfig":
        guard var nested = reader.mapping("kubeconfig", &bag) else { return nil }
        defer { nested.rejectUnknownFields(&bag) }
        let kind = onlyOne(of: ["file", "secret"], &nested, &bag)
        let context = nested.text("context", &bag)?.value
        if kind == "file", let file = nested.requiredText("file", &bag) {
            return .kubeconfigFile(path: file.value, context: context)
        }
        if kind == "secret", var secret = nested.mapping("secret", &bag) {
            let name = secret.requiredText("name", &bag)?.value
            let namespace = secret.text("namespace", &bag)?.value ?? "default"
            let dataKey = secret.text("key", &bag)?.value ?? "value"
            secret.rejectUnknownFields(&bag)
            return name.map { .kubeconfigSecret(namespace: namespace, name: $0, key: dataKey) }
        }
        return nil
    default: return nil
    }
}

/// Which of several fields is there, of which exactly one must be. `lab: {}` counts although it holds nothing, and so
/// does a field that is null.
func onlyOne(of keys: [String], _ reader: inout MappingReader, _ bag: inout DiagnosticBag) -> String? {
    for key in keys { _ = reader.node(key) }
    let present = keys.filter { key in reader.node.entries?.contains { $0.key == key } ?? false }
    if present.count == 1 { return present[0] }
    let choice = keys.joined(separator: ", ")
    bag.report(
        Diagnostic(
            .error,
            "exactly-one",
            present.isEmpty
                ? "“\(reader.path)” needs one of \(choice)"
                : "“\(reader.path)” takes only one of \(choice), not \(present.joined(separator: " and "))",
            at: reader.node.position
        )
    )
    return nil
}
