import ClusterTopology
import FleetModel
import KubernetesModel
import SourceDiagnostics
import SourceFiles
import StructuredValue
import YAMLFormat

/// Clusters with a topology: expanded here, or handed to Cluster API together with the class they need.
extension RenderDraft {
    mutating func expandTopologies() {
        let clusters = objects.indices.filter { Self.hasTopology(objects[$0].manifest) }
        guard !clusters.isEmpty else { return }
        let material = ClassMaterial(objects, repository.classes)
        if fleet.topology == .passthrough {
            for index in clusters {
                topologies += expansion(of: objects[index], material, isExpandedHere: false).topology.map { [$0] } ?? []
                addClass(of: objects[index], material)
            }
            return
        }
        var made: [DesiredObject] = []
        for index in clusters {
            let rendered = expansion(of: objects[index], material, isExpandedHere: true)
            made += rendered.objects
            diagnostics += rendered.diagnostics
            topologies += rendered.topology.map { [$0] } ?? []
        }
        let replaced = Set(clusters)
        objects = objects.indices.filter { !replaced.contains($0) }.map { objects[$0] } + made
    }

    private static func hasTopology(_ manifest: Manifest) -> Bool {
        manifest.groupKind == GroupKind(group: "cluster.x-k8s.io", kind: "Cluster")
            && manifest.value["spec"]?["topology"]?.object != nil
    }

    /// Expands a Cluster as if nothing existed. Where Cluster API expands it, mistakes are for its webhooks to refuse.
    private func expansion(
        of object: DesiredObject,
        _ material: ClassMaterial,
        isExpandedHere: Bool
    ) -> RenderedTopology {
        var cluster = object.manifest
        if cluster.namespace.isEmpty { cluster.namespace = "default" }
        let key = "\(material.digest) \(object.contentHash) \(cluster.namespace) \(object.target) \(isExpandedHere)"
        if let known = cache.expansions.content(key) { return known }
        var result = RenderedTopology()
        do {
            let compiled = try compiledClass(for: cluster, material)
            let topology = DesiredTopology(
                cluster: cluster,
                topologyClass: compiled.topologyClass,
                expansion: try compiled.topologyClass.expand(cluster),
                target: object.target,
                dependsOnApps: object.dependsOnApps,
                places: compiled.places,
                isExpandedHere: isExpandedHere
            )
            result.topology = topology
            if isExpandedHere {
                result.objects = topology.objects(of: topology.expansion.applied()) { manifest in
                    Digest.of(JSON.bytes(manifest.value, .canonical))
                }.map(\.object)
            }
        } catch {
            result.diagnostics = error.diagnostics { position(of: $1, in: $0) }.map { diagnostic in
                var copy = diagnostic
                if let place = cluster.origin?.position, copy.position?.file != place.file { copy.trail.append(place) }
                return copy
            }
        }
        cache.expansions.keep(result, for: key)
        return result
    }

    /// Where a field of an object stands, by reading its file once more.
    private func position(of path: [String], in origin: Origin) -> SourcePosition? {
        let file = origin.position.file
        guard let bytes = try? repository.tree.file(file)?.bytes() else { return nil }  // the object's place will do
        return YAML.position(of: path, in: bytes, file: file, line: origin.position.line)
    }

    /// Where every operation of a class's patches stands.
    private func places(of topologyClass: TopologyClass) -> [[String]: SourcePosition] {
        guard let origin = topologyClass.manifest.origin,
            let bytes = try? repository.tree.file(origin.position.file)?.bytes()  // then forecasts name no line
        else { return [:] }
        return YAML.positions(
            of: topologyClass.patchPlaces,
            in: bytes,
            file: origin.position.file,
            line: origin.position.line
        )
    }

    /// The class of a Cluster, compiled once per namespace and content.
    private func compiledClass(for cluster: Manifest, _ material: ClassMaterial) throws(TopologyRejection)
        -> CompiledClass
    {
        let name = TopologyInput.classKey(of: cluster)
        let key = "\(material.digest) \(cluster.namespace) \(name.namespace)/\(name.name)"
        if let known = cache.classes.content(key) { return known }
        let input = TopologyInput(material.objects + [cluster], namespace: name.namespace)
        let compiled = try input.compileClasses()
        guard let found = compiled["\(name.namespace)/\(name.name)"] else { return try missing(cluster, name) }
        let result = CompiledClass(topologyClass: found, places: places(of: found))
        cache.classes.keep(result, for: key)
        return result
    }

    private func missing(_ cluster: Manifest, _ name: (namespace: String, name: String)) throws(TopologyRejection)
        -> CompiledClass
    {
        throw TopologyRejection([
            TopologyRejection.Finding(
                "topology-class-missing",
                "Cluster “\(cluster.name)”: ClusterClass “\(name.namespace)/\(name.name)” was not found",
                in: cluster
            )
        ])
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

/// What one Cluster's topology was rendered to.
struct RenderedTopology: Sendable {
    var objects: [DesiredObject] = []
    var diagnostics: [Diagnostic] = []
    var topology: DesiredTopology?
}

/// A class, and where its patches stand.
struct CompiledClass: Sendable {
    var topologyClass: TopologyClass
    var places: [[String]: SourcePosition]
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
