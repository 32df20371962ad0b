package import KubernetesModel
import StructuredValue

/// Objects from files: classes with their templates, Clusters, and what exists already, in any order.
package struct TopologyInput: Sendable {
    package let objects: [Manifest]
    /// The Clusters that have a topology.
    package let clusters: [Manifest]

    /// Objects without a namespace are taken to be in `namespace`.
    package init(_ objects: [Manifest], namespace: String = "default") {
        self.objects = objects.map { object in
            guard object.namespace.isEmpty, object.kind != "CustomResourceDefinition", object.kind != "Namespace" else {
                return object
            }
            var placed = object
            placed.namespace = namespace
            return placed
        }
        clusters = self.objects.filter { Self.isCluster($0) && $0.value[path: "spec", "topology"]?.object != nil }
    }

    private static func isCluster(_ object: Manifest) -> Bool {
        object.kind == "Cluster" && group(of: object.apiVersion) == "cluster.x-k8s.io"
    }

    /// The namespace and name of the class that a Cluster names.
    package static func classKey(of cluster: Manifest) -> (namespace: String, name: String) {
        let topology = cluster.value[path: "spec", "topology"] ?? .null
        let name = topology.givenText("classRef", "name")?.string ?? topology.text("class")
        let namespace = topology.givenText("classRef", "namespace")?.string ?? topology.text("classNamespace")
        return (namespace.isEmpty ? cluster.namespace : namespace, name)
    }

    /// Compiles the classes that the Clusters name, each once, by `namespace/name`.
    package func compileClasses(
        release: TopologyRelease = .newest
    ) throws(TopologyRejection) -> [String: TopologyClass] {
        var classes: [String: TopologyClass] = [:]
        var findings: [TopologyRejection.Finding] = []
        let contracts = ContractVersions(objects)
        for cluster in clusters {
            let key = Self.classKey(of: cluster)
            let path = ["spec", "topology", "classRef", "name"]
            if key.name.isEmpty {
                let message = "Cluster “\(cluster.name)”: spec.topology.classRef.name: Required value: cannot be empty"
                findings.append(TopologyRejection.Finding("topology-cluster", message, in: cluster, path: path))
                continue
            }
            let id = "\(key.namespace)/\(key.name)"
            if classes[id] != nil { continue }
            let found = objects.first { object in
                object.kind == "ClusterClass" && object.name == key.name && object.namespace == key.namespace
            }
            guard let found else {
                let known = objects.filter { $0.kind == "ClusterClass" }.map { "\($0.namespace)/\($0.name)" }
                let message = "Cluster “\(cluster.name)”: ClusterClass “\(id)” was not found"
                findings.append(
                    TopologyRejection.Finding(
                        "topology-class-missing",
                        message,
                        in: cluster,
                        path: path,
                        hint: known.isEmpty
                            ? "no ClusterClass was given" : "given are: \(known.joined(separator: ", "))"
                    )
                )
                continue
            }
            do {
                classes[id] = try TopologyClass.compile(
                    found,
                    templates: objects,
                    contracts: contracts,
                    release: release
                )
            } catch {
                findings += error.findings
            }
        }
        if !findings.isEmpty { throw TopologyRejection(findings) }
        return classes
    }

    /// Expands every Cluster; throws everything that is wrong with any of them.
    package func expand(options: TopologyOptions = TopologyOptions()) throws(TopologyRejection) -> [TopologyExpansion] {
        let classes = try compileClasses(release: options.release)
        var expansions: [TopologyExpansion] = []
        var findings: [TopologyRejection.Finding] = []
        for cluster in clusters {
            let key = Self.classKey(of: cluster)
            guard let topologyClass = classes["\(key.namespace)/\(key.name)"] else { continue }
            do {
                let observed = try ObservedTopology(of: cluster, among: objects)
                expansions.append(try topologyClass.expand(cluster, observed: observed, options: options))
            } catch {
                if error.request != nil { throw error }
                findings += error.findings
            }
        }
        if !findings.isEmpty { throw TopologyRejection(findings) }
        return expansions
    }
}
