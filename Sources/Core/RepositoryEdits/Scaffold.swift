package import FleetModel
import KubernetesModel
package import SourceDiagnostics
import SourceFiles
package import StructuredValue

/// New files of a repository, as a person would write them.
package enum Scaffold {
    /// A repository with one fleet and one management cluster of the lab.
    package static func repository(fleet: String, managementCluster: String) throws(RejectedSource) -> [FileEdit] {
        try checkName(fleet, "fleet")
        try checkName(managementCluster, "management cluster")
        return [
            file(
                "fleets/\(fleet)/fleet.yaml",
                """
                # A fleet: management clusters that follow the same collections and rollout rules.
                apiVersion: martlet.dev/v1alpha1
                kind: Fleet
                metadata:
                  name: \(fleet)
                spec:
                  createNamespaces: true
                  rollout:
                    waves:
                      - name: all
                        maxUnavailable: 25%
                  drift:
                    mode: Correct

                """
            ),
            self.managementCluster(managementCluster, fleet: fleet, connection: .lab, labels: [:]),
            file(".gitignore", "# What martlet fetches and keeps.\n/.martlet/\n"),
        ]
    }

    /// How a new management cluster is reached.
    package enum Connection: Sendable, Hashable {
        case lab
        case inCluster
        case kubeconfig(file: String, context: String?)
    }

    /// A member of a fleet.
    package static func addManagementCluster(
        _ name: String,
        fleet: String,
        connection: Connection,
        labels: [(String, String)],
        in repository: Repository
    ) throws(RejectedSource) -> TitledEdits {
        try checkName(name, "management cluster")
        try checkFleet(fleet, repository)
        if let other = repository.fleets.flatMap(\.members).first(where: { $0.name == name }) {
            throw EditedFiles.failure(
                "duplicate-management-cluster",
                "another management cluster is named “\(name)” too",
                at: other.position
            )
        }
        let made = managementCluster(name, fleet: fleet, connection: connection, labels: Dictionary(labels) { $1 })
        return TitledEdits(title: "Add management cluster \(name) to fleet \(fleet)", edits: [made])
    }

    /// An app as somebody asks for it.
    package struct NewApp: Sendable {
        package var name: String
        package var namespace: String
        package var catalog: String
        package var chart: String
        package var version: String

        package init(name: String, namespace: String, catalog: String, chart: String, version: String) {
            self.name = name
            self.namespace = namespace
            self.catalog = catalog
            self.chart = chart
            self.version = version
        }
    }

    /// An app on one management cluster, or with `managementCluster` nil on all of a fleet.
    package static func addApp(
        _ app: NewApp,
        fleet: String,
        managementCluster: String?,
        in repository: Repository
    ) throws(RejectedSource) -> TitledEdits {
        try checkName(app.name, "app")
        try checkName(app.namespace, "namespace")
        let folder = try home(fleet, managementCluster, repository)
        if repository.catalogs[app.catalog] == nil {
            throw EditedFiles.failure(
                "unknown-catalog",
                "no catalog is named “\(app.catalog)”",
                hint: closestName(to: app.catalog, in: repository.catalogs.keys.sorted()).map {
                    "did you mean “\($0)”?"
                }
                    ?? "known: \(repository.catalogs.keys.sorted().joined(separator: ", "))"
            )
        }
        let edit = try new(
            "\(folder)/apps/\(app.name).yaml",
            """
            apiVersion: martlet.dev/v1alpha1
            kind: App
            metadata:
              name: \(app.name)
              namespace: \(app.namespace)
            spec:
              catalog: \(text(app.catalog))
              chart: \(text(app.chart))
              version: \(text(app.version))
              target:
                managementCluster: {}

            """,
            repository
        )
        return TitledEdits(title: "Add app \(app.name) to \(managementCluster ?? "fleet \(fleet)")", edits: [edit])
    }

    /// A cluster as somebody asks for it: a topology of a ClusterClass.
    package struct NewCluster: Sendable {
        package var name: String
        package var namespace: String
        /// Nil takes the only class there is.
        package var className: String?
        package var version: String
        package var controlPlaneReplicas: Int
        package var workerReplicas: Int
        package var variables: [(name: String, value: Value)]

        package init(
            name: String,
            namespace: String,
            className: String?,
            version: String,
            controlPlaneReplicas: Int,
            workerReplicas: Int,
            variables: [(name: String, value: Value)]
        ) {
            self.name = name
            self.namespace = namespace
            self.className = className
            self.version = version
            self.controlPlaneReplicas = controlPlaneReplicas
            self.workerReplicas = workerReplicas
            self.variables = variables
        }
    }

    package static func addCluster(
        _ cluster: NewCluster,
        fleet: String,
        managementCluster: String,
        in repository: Repository
    ) throws(RejectedSource) -> TitledEdits {
        try checkName(cluster.name, "cluster")
        try checkName(cluster.namespace, "namespace")
        try VersionText.check(cluster.version)
        let folder = try home(fleet, managementCluster, repository)
        let found = try clusterClass(cluster.className, repository)
        try checkVariables(cluster, found)
        var workers: [String] = []
        if let worker = found.value[path: "spec", "workers", "machineDeployments"]?.array?.first?["class"]?.string {
            workers = [
                "    workers:", "      machineDeployments:", "        - class: \(text(worker))",
                "          name: \(text(worker))",
                "          replicas: \(cluster.workerReplicas)",
            ]
        }
        var lines = [
            "apiVersion: cluster.x-k8s.io/v1beta2", "kind: Cluster", "metadata:", "  name: \(cluster.name)",
            "  namespace: \(cluster.namespace)", "spec:", "  clusterNetwork:",
            "    pods: {cidrBlocks: [192.168.0.0/16]}", "    services: {cidrBlocks: [10.128.0.0/12]}", "  topology:",
            "    classRef:", "      name: \(text(found.name))",
        ]
        if !found.namespace.isEmpty, found.namespace != cluster.namespace {
            lines.append("      namespace: \(text(found.namespace))")
        }
        lines += [
            "    version: v\(VersionText.bare(cluster.version))", "    controlPlane:",
            "      replicas: \(cluster.controlPlaneReplicas)",
        ]
        lines += workers
        if !cluster.variables.isEmpty {
            lines.append("    variables:")
            for variable in cluster.variables {
                lines += ["      - name: \(text(variable.name))", "        value: \(JSON.text(variable.value))"]
            }
        }
        let edit = try new(
            "\(folder)/clusters/\(cluster.name).yaml",
            lines.joined(separator: "\n") + "\n",
            repository
        )
        return TitledEdits(title: "Add cluster \(cluster.name) to \(managementCluster)", edits: [edit])
    }

    // MARK: Checks

    private static func checkName(_ name: String, _ what: String) throws(RejectedSource) {
        if let problem = ObjectNames.subdomainProblem(name) {
            throw EditedFiles.failure("bad-name", "“\(name)” cannot name a \(what): \(problem)")
        }
    }

    private static func checkFleet(_ name: String, _ repository: Repository) throws(RejectedSource) {
        if repository.fleet(name) != nil { return }
        let known = repository.fleets.map(\.name)
        throw EditedFiles.failure(
            "unknown-fleet",
            "no fleet is named “\(name)”",
            hint: closestName(to: name, in: known).map { "did you mean “\($0)”?" }
                ?? "fleets are \(known.joined(separator: ", "))"
        )
    }

    /// The folder for what runs on a member, or on every member.
    private static func home(
        _ fleet: String,
        _ managementCluster: String?,
        _ repository: Repository
    ) throws(RejectedSource) -> String {
        try checkFleet(fleet, repository)
        guard let managementCluster else { return "fleets/\(fleet)/common" }
        let members = repository.fleet(fleet)?.members ?? []
        guard let member = members.first(where: { $0.name == managementCluster }) else {
            throw EditedFiles.failure(
                "unknown-management-cluster",
                "fleet “\(fleet)” has no management cluster “\(managementCluster)”",
                hint: closestName(to: managementCluster, in: members.map(\.name)).map { "did you mean “\($0)”?" }
            )
        }
        return member.directory
    }

    private static func clusterClass(_ name: String?, _ repository: Repository) throws(RejectedSource) -> Manifest {
        let classes = repository.classes.filter { $0.kind == "ClusterClass" }
        let fitting = classes.filter { (name ?? $0.name) == $0.name }
        if let only = fitting.first, fitting.count == 1 { return only }
        let known = classes.map(\.name).sorted()
        throw EditedFiles.failure(
            "unknown-class",
            name.map { "no ClusterClass of the catalogs is named “\($0)”" } ?? "name the ClusterClass with --class",
            hint: name.flatMap { closestName(to: $0, in: known) }.map { "did you mean “\($0)”?" }
                ?? (known.isEmpty
                    ? "put one below catalogs/<catalog>/classes/, or use a chart: martlet add app"
                    : "classes are \(known.joined(separator: ", "))")
        )
    }

    private static func checkVariables(_ cluster: NewCluster, _ found: Manifest) throws(RejectedSource) {
        let defined = found.value[path: "spec", "variables"]?.array ?? []
        let names = defined.compactMap { $0["name"]?.string }
        for variable in cluster.variables where !names.contains(variable.name) {
            throw EditedFiles.failure(
                "unknown-variable",
                "ClusterClass “\(found.name)” has no variable “\(variable.name)”",
                hint: closestName(to: variable.name, in: names).map { "did you mean “\($0)”?" }
                    ?? "variables are \(names.joined(separator: ", "))"
            )
        }
        let missing = defined.filter { variable in
            variable["required"]?.bool == true && variable[path: "schema", "openAPIV3Schema", "default"] == nil
                && !cluster.variables.contains { $0.name == variable["name"]?.string }
        }.compactMap { $0["name"]?.string }
        if !missing.isEmpty {
            throw EditedFiles.failure(
                "missing-variable",
                "ClusterClass “\(found.name)” requires \(missing.map { "“\($0)”" }.joined(separator: ", "))",
                hint: "give it with --variable \(missing[0])=VALUE"
            )
        }
    }

    // MARK: Texts

    private static func managementCluster(
        _ name: String,
        fleet: String,
        connection: Connection,
        labels: [String: String]
    ) -> FileEdit {
        var lines = ["apiVersion: martlet.dev/v1alpha1", "kind: ManagementCluster", "metadata:", "  name: \(name)"]
        if !labels.isEmpty {
            lines.append("  labels:")
            for (key, value) in labels.sorted(by: { $0.key < $1.key }) {
                lines.append("    \(text(key)): \(text(value))")
            }
        }
        lines += ["spec:", "  connection:"]
        switch connection {
        case .lab: lines.append("    lab: {}")
        case .inCluster: lines.append("    inCluster: {}")
        case .kubeconfig(let file, let context):
            lines += ["    kubeconfig:", "      file: \(text(file))"]
            if let context { lines.append("      context: \(text(context))") }
        }
        if connection == .lab {
            lines += [
                "  reconcilers:", "    machinePool: Martlet", "    machineHealthCheck: Martlet",
                "    clusterResourceSet: Martlet",
            ]
        }
        return file(
            "fleets/\(fleet)/management-clusters/\(name)/management-cluster.yaml",
            lines.joined(separator: "\n") + "\n"
        )
    }

    private static func new(_ path: String, _ text: String, _ repository: Repository) throws(RejectedSource) -> FileEdit
    {
        if repository.tree.file(path) != nil {
            throw EditedFiles.failure(
                "file-exists",
                "\(path) is there already",
                hint: "edit it, or choose another name"
            )
        }
        return file(path, text)
    }

    private static func file(_ path: String, _ text: String) -> FileEdit {
        FileEdit(path: path, bytes: Array(text.utf8))
    }

    /// A text as YAML writes it, with quotes where it would be something else.
    private static func text(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "-._/".utf8.contains(byte)
            } && text.contains { $0.isLetter || $0 == "." }
            && Double(text) == nil
            && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
            && !text.hasPrefix("-") && !text.hasPrefix(".")
        return isPlain ? text : JSON.text(.string(text))
    }
}
