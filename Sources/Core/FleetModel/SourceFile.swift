package import KubernetesModel
package import SourceDiagnostics
package import SourceFiles
import StructuredValue
import YAMLFormat

/// The documents of one file, read once for as long as its content stays.
package struct SourceFile: Sendable {
    package var path: String
    package var contentID: String
    package var documents: [SourceDocument]
    /// Mistakes in the file. With an error among them, whatever the file belongs to is incomplete.
    package var diagnostics: [Diagnostic]

    package var isBroken: Bool { diagnostics.contains { $0.severity == .error } }
}

/// One document of a file.
package enum SourceDocument: Sendable {
    /// An object for a cluster, as it stands.
    case manifest(Manifest)
    case app(App)
    case catalog(Catalog)
    case collection(Collection)
    case fleet(Fleet)
    case managementCluster(ManagementCluster)
}

/// Reads a file. Broken documents are left out and reported; the others are there.
package func readSourceFile(_ file: SourceTree.File) -> SourceFile {
    var result = SourceFile(path: file.path, contentID: file.contentID, documents: [], diagnostics: [])
    let bytes: [UInt8]
    do {
        bytes = try file.bytes()
    } catch {
        let start = SourcePosition(file: file.path, line: 1, column: 1)
        result.diagnostics = [Diagnostic(.error, "unreadable-file", "the file cannot be read: \(error)", at: start)]
        return result
    }
    let documents = YAML.documents(bytes, file: file.path)
    var bag = DiagnosticBag()
    var located: [YAML.NodeDocument]?
    for (index, document) in documents.enumerated() {
        for diagnostic in document.diagnostics + document.warnings { bag.report(diagnostic) }
        guard let value = document.value else { continue }
        if let items = listItems(value) {
            // The quick reading does not know where in the document an item begins.
            let nodes = located ?? YAML.nodes(bytes, file: file.path)
            located = nodes
            let places = nodes.indices.contains(index) ? nodes[index].node?["items"]?.items ?? [] : []
            for (number, item) in items.enumerated() {
                let place = places.indices.contains(number) ? places[number].position : document.position
                addManifests(item, at: place, to: &result, &bag)
            }
        } else if value["apiVersion"]?.string?.hasPrefix("martlet.dev/") == true || isGiantSwarmKind(value) {
            let nodes = located ?? YAML.nodes(bytes, file: file.path)
            located = nodes
            guard nodes.indices.contains(index), let node = nodes[index].node else { continue }
            if let decoded = decodeDocument(node, value, path: file.path, &bag) { result.documents.append(decoded) }
        } else {
            addManifests(value, at: document.position, to: &result, &bag)
        }
    }
    result.diagnostics = bag.diagnostics
    return result
}

/// Reads an object that was made, not written: one of our kinds or a foreign App as what it stands for, others as they
/// are. Findings point to the object's origin.
package func readGeneratedDocument(_ manifest: Manifest) -> (document: SourceDocument?, findings: [Diagnostic]) {
    let value = manifest.value
    guard value["apiVersion"]?.string?.hasPrefix("martlet.dev/") == true || isGiantSwarmKind(value) else {
        return (.manifest(manifest), [])
    }
    let place = manifest.origin?.position ?? SourcePosition(file: "", line: 1, column: 1)
    var bag = DiagnosticBag()
    let nodes = YAML.nodes(Array(YAML.text(value).utf8), file: place.file)
    guard let node = nodes.first?.node else { return (nil, nodes.flatMap(\.diagnostics)) }
    let document = decodeDocument(node, value, path: place.file, &bag)
    let findings = bag.diagnostics.map { finding in
        // Lines of the generated text lead nowhere.
        var copy = finding
        copy.position = place
        return copy
    }
    return (document, findings)
}

/// The objects of a `List`, nil for anything else.
private func listItems(_ value: Value) -> [Value]? {
    value["kind"]?.string?.hasSuffix("List") == true ? value["items"]?.array : nil
}

/// Takes an object as it is; a list within a list is taken apart.
private func addManifests(
    _ value: Value,
    at position: SourcePosition,
    to file: inout SourceFile,
    _ bag: inout DiagnosticBag
) {
    if value.isNull { return }
    if let items = listItems(value) {
        for item in items { addManifests(item, at: position, to: &file, &bag) }
        return
    }
    let manifest = Manifest(value, origin: Origin(position: position))
    if manifest.kind.isEmpty || manifest.apiVersion.isEmpty || manifest.name.isEmpty {
        let missing = [("apiVersion", manifest.apiVersion), ("kind", manifest.kind), ("metadata.name", manifest.name)]
            .filter { $0.1.isEmpty }.map { "“\($0.0)”" }.joined(separator: " and ")
        bag.report(
            Diagnostic(
                .error,
                "not-a-manifest",
                "this is no Kubernetes object: \(missing) \(missing.contains(" and ") ? "are" : "is") missing",
                at: position,
                hint: "files that are no manifests belong outside the fleet's folders, or behind a kustomization.yaml"
            )
        )
        return
    }
    file.documents.append(.manifest(manifest))
}

/// The version of Martlet's own kinds.
let ourVersion = "martlet.dev/v1alpha1"
private let ourKinds = ["App", "Catalog", "Collection", "Fleet", "ManagementCluster", "Scenario"]

private func decodeDocument(
    _ node: YAMLNode,
    _ value: Value,
    path: String,
    _ bag: inout DiagnosticBag
) -> SourceDocument? {
    if isGiantSwarmKind(value) { return decodeGiantSwarm(node, value, &bag) }
    let apiVersion = value["apiVersion"]?.string ?? ""
    let kind = value["kind"]?.string ?? ""
    guard apiVersion == ourVersion else {
        bag.report(
            Diagnostic(
                .error,
                "unknown-api-version",
                "“\(apiVersion)” is no version that Martlet knows",
                at: node["apiVersion"]?.position ?? node.position,
                hint: "did you mean “\(ourVersion)”?"
            )
        )
        return nil
    }
    guard let reader = MappingReader(node, "", &bag) else { return nil }
    let place = RepositoryPlace(path)
    switch kind {
    case "App": return decodeApp(reader, &bag).map(SourceDocument.app)
    case "Catalog": return decodeCatalog(reader, directory: folder(of: path), &bag).map(SourceDocument.catalog)
    case "Collection": return decodeCollection(reader, &bag).map(SourceDocument.collection)
    case "Fleet": return decodeFleet(reader, &bag).map(SourceDocument.fleet)
    case "ManagementCluster":
        return decodeManagementCluster(reader, place: place, &bag).map(SourceDocument.managementCluster)
    case "Scenario":
        // It is for the lab, and only checked here.
        _ = decodeScenario(reader, &bag)
        return nil
    default:
        bag.report(
            Diagnostic(
                .error,
                "unknown-kind",
                "\(ourVersion) has no kind “\(kind)”",
                at: node["kind"]?.position ?? node.position,
                hint: closestName(to: kind, in: ourKinds).map { "did you mean “\($0)”?" }
                    ?? "kinds are \(ourKinds.joined(separator: ", "))"
            )
        )
        return nil
    }
}

/// The folder a path stands in; empty for the root.
package func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
}
