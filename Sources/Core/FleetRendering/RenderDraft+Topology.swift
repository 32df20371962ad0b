import ClusterTopology
import FleetModel
import KubernetesModel
import SourceDiagnostics
import StructuredValue

/// Clusters with a topology: expanded here, or handed to Cluster API together with the class they need.
extension RenderDraft {
    mutating func expandTopologies() {
        let clusters = objects.indices.filter { Self.hasTopology(objects[$0].manifest) }
        guard !clusters.isEmpty else { return }
        let material = ClassMaterial(objects, repository.classes)
        if fleet.topology == .passthrough {
            for index in clusters { addClass(of: objects[index], material) }
            return
        }
        var made: [DesiredObject] = []
        for index in clusters {
            let rendered = expansion(of: objects[index], material)
            made += rendered.objects
            diagnostics += rendered.diagnostics
        }
        let replaced = Set(clusters)
        objects = objects.indices.filter { !replaced.contains($0) }.map { objects[$0] } + made
    }

    private static func hasTopology(_ manifest: Manifest) -> Bool {
        manifest.groupKind == GroupKind(group: "cluster.x-k8s.io", kind: "Cluster")
            && manifest.value["spec"]?["topology"]?.object != nil
    }

    private func expansion(of object: DesiredObject, _ material: ClassMaterial) -> RenderedObjects {
        var cluster = object.manifest
        if cluster.namespace.isEmpty { cluster.namespace = "default" }
        let key = "\(material.digest) \(object.contentHash) \(cluster.namespace) \(object.target)"
        if let known = cache.expansions.content(key) { return known }
        var result = RenderedObjects(objects: [], diagnostics: [])
        do {
            let topologyClass = try compiledClass(for: cluster, material)
            let expansion = try topologyClass.expand(cluster)
            let maker = "class \(topologyClass.name)"
            result.objects = expansion.items.map { item in
                var manifest = item.role == .cluster ? Self.applied(item.manifest, cluster) : item.manifest
                // Owners have no uid yet; Cluster API sets them.
                manifest.value[path: "metadata", "ownerReferences"] = nil
                manifest.origin = Origin(
                    position: cluster.origin?.position ?? SourcePosition(file: "", line: 1, column: 1),
                    trail: [topologyClass.manifest.origin?.position].compactMap { $0 },
                    maker: item.patches.isEmpty ? maker : "\(maker), patches \(item.patches.joined(separator: ", "))"
                )
                return Self.desired(
                    manifest,
                    source: .topology(namespace: cluster.namespace, cluster: cluster.name),
                    target: object.target,
                    dependsOn: object.dependsOnApps
                )
            }
        } catch {
            result.diagnostics = error.diagnostics().map { diagnostic in
                var copy = diagnostic
                if let place = cluster.origin?.position, copy.position != place { copy.trail.append(place) }
                return copy
            }
        }
        cache.expansions.keep(result, for: key)
        return result
    }

    /// The class of a Cluster, compiled once per namespace and content.
    private func compiledClass(for cluster: Manifest, _ material: ClassMaterial) throws(TopologyRejection)
        -> TopologyClass
    {
        let name = TopologyInput.classKey(of: cluster)
        let key = "\(material.digest) \(cluster.namespace) \(name.namespace)/\(name.name)"
        if let known = cache.classes.content(key) { return known }
        let input = TopologyInput(material.objects + [cluster], namespace: name.namespace)
        let compiled = try input.compileClasses()
        guard let found = compiled["\(name.namespace)/\(name.name)"] else { return try missing(cluster, name) }
        cache.classes.keep(found, for: key)
        return found
    }

    private func missing(_ cluster: Manifest, _ name: (namespace: String, name: String)) throws(TopologyRejection)
        -> TopologyClass
    {
        throw TopologyRejection([
            TopologyRejection.Finding(
                "topology-class-missing",
                "Cluster “\(cluster.name)”: ClusterClass “\(name.namespace)/\(name.name)” was not found",
                in: cluster
            )
        ])
    }

    /// The Cluster as it is applied: without the topology, which a server with Cluster API's own controller would expand
    /// a second time, and one without it would refuse. What it was expanded from stays as annotations.
    private static func applied(_ manifest: Manifest, _ cluster: Manifest) -> Manifest {
        var result = manifest
        let topology = cluster.value["spec"]?["topology"] ?? .null
        let text = JSON.text(topology, .canonical)
        let name = TopologyInput.classKey(of: cluster)
        result.value[path: "spec", "topology"] = nil
        result.setAnnotation("martlet.dev/cluster-class", "\(name.namespace)/\(name.name)")
        result.setAnnotation("martlet.dev/topology", text)
        result.setAnnotation("martlet.dev/topology-hash", Digest.of(text))
        return result
    }

    /// Adds a class of a catalog, with its templates, for Cluster API to expand.
    private mutating func addClass(of object: DesiredObject, _ material: ClassMaterial) {
        var cluster = object.manifest
        if cluster.namespace.isEmpty { cluster.namespace = "default" }
        let name = TopologyInput.classKey(of: cluster)
        let present = Set(objects.map(\.key))
        for var manifest in material.catalogClass(name.name) {
            if manifest.namespace.isEmpty { manifest.namespace = name.namespace }
            guard manifest.namespace == name.namespace, !present.contains(manifest.key) else { continue }
            objects.append(
                Self.desired(
                    manifest,
                    source: .manifest(file: manifest.origin?.position.file ?? ""),
                    target: object.target
                )
            )
        }
    }
}

/// Classes and templates that Clusters of one member may use.
private struct ClassMaterial {
    /// The member's own, then those of catalogs.
    var objects: [Manifest]
    var catalog: [Manifest]
    var digest: String

    init(_ desired: [DesiredObject], _ catalog: [Manifest]) {
        let own = desired.filter { Self.isMaterial($0.manifest) }
        self.catalog = catalog
        objects = own.map(\.manifest) + catalog
        let texts =
            own.map(\.contentHash)
            + catalog.map { "\($0.origin?.description ?? "") \(JSON.text($0.value, .canonical))" }
        digest = Digest.of(texts.joined(separator: "\n"))
    }

    private static func isMaterial(_ manifest: Manifest) -> Bool {
        let kind = manifest.groupKind
        guard kind.group == "cluster.x-k8s.io" || kind.group.hasSuffix(".cluster.x-k8s.io") else { return false }
        return kind.kind == "ClusterClass" || kind.kind.hasSuffix("Template")
    }

    /// A class of the catalogs with every template it refers to.
    func catalogClass(_ name: String) -> [Manifest] {
        guard let found = catalog.first(where: { $0.kind == "ClusterClass" && $0.name == name }) else { return [] }
        var names: Set<String> = []
        Self.collect(found.value["spec"] ?? .null, &names)
        return [found] + catalog.filter { $0.kind != "ClusterClass" && names.contains("\($0.kind)/\($0.name)") }
    }

    private static func collect(_ value: Value, _ names: inout Set<String>) {
        switch value {
        case .object(let object):
            if let kind = object["kind"]?.string, let name = object["name"]?.string { names.insert("\(kind)/\(name)") }
            for pair in object { collect(pair.value, &names) }
        case .array(let items): for item in items { collect(item, &names) }
        default: return
        }
    }
}
