internal import ClusterInspection
internal import FleetAPI
internal import FleetModel
internal import FleetPlanning
internal import FleetReconcilers
internal import GitStore
internal import KubernetesClient
internal import KubernetesModel
internal import MachineDecisions
internal import RemoteCatalogs
internal import SourceDiagnostics
internal import StructuredValue

/// Answers the questions of the API from the running parts.
struct FleetDesk: Sendable {
    let board: StatusBoard
    let director: FleetDirector
    let reconciler: FleetReconciler
    let links: LinkDirectory
    let mirror: GitMirror
    let catalogs: CatalogKeeper
    let redactionKey: String

    func actions(
        poke: @escaping @Sendable () async -> Void,
        step: @escaping @Sendable (String) async -> Void
    ) -> FleetActions {
        FleetActions(
            plan: { try await plan(revision: $0, fleet: $1) },
            observed: { try await observed(MemberKey(fleet: $0, managementCluster: $1)) },
            dryRun: { try await dryRun(MemberKey(fleet: $0, managementCluster: $1), $2) },
            describe: {
                try await describe($0, namespace: $1, managementCluster: $2, groupsMachines: $3)
            },
            catalogs: {
                guard let newest = await director.newest else { return [] }
                let apps = board.fleets.flatMap(\.members).flatMap(\.apps)
                let counts = Dictionary(grouping: apps, by: \.catalog).mapValues(\.count)
                return await catalogs.statuses(of: newest, apps: counts).map(\.value)
            },
            kubeconfig: { try await kubeconfig($0, namespace: $1, managementCluster: $2) },
            poke: poke,
            approve: { fleet, wave in
                guard try await director.approve(fleet, wave: wave) else {
                    throw APIProblem(404, "fleet “\(fleet)” has no wave “\(wave)” that is rolling out")
                }
                await step(fleet)
                return ["approved": .string(wave)]
            },
            pause: { fleet, isPaused in
                guard try await director.setPaused(isPaused, fleet) else {
                    throw APIProblem(404, "there is no fleet “\(fleet)”")
                }
                await step(fleet)
                return ["paused": .bool(isPaused)]
            },
            operate: { request in
                guard let operation = MachineOperation(rawValue: request.operation) else {
                    throw APIProblem(404, "an object can be asked to remediate, drain or restart")
                }
                return try await operate(
                    operation,
                    kind: request.kind,
                    name: request.name,
                    namespace: request.namespace,
                    managementCluster: request.managementCluster
                )
            }
        )
    }

    private func plan(revision: String?, fleet: String?) async throws -> Value {
        let commit =
            if let revision {
                try await mirror.resolve(revision: revision).id.description
            } else {
                await director.newest?.revision ?? ""
            }
        var plans: [ApplyPlan] = []
        for key in await director.members where (fleet ?? key.fleet) == key.fleet {
            plans += try await reconciler.plan(key, at: commit)
        }
        return FleetPlan(revision: commit, plans: plans).value()
    }

    private func observed(_ key: MemberKey) async throws -> Value {
        guard await director.members.contains(key) else {
            return ["targets": [], "redaction": .string(redactionKey)]
        }
        let worlds = try await reconciler.observe(key)
        return [
            "targets": .array(worlds.map { $0.world.value(target: $0.target) }), "redaction": .string(redactionKey),
        ]
    }

    private func dryRun(_ key: MemberKey, _ body: Value) async throws -> Value {
        let objects = (body["objects"]?.array ?? []).map { entry in
            (manifest: Manifest(entry["manifest"] ?? .null), force: entry["force"]?.bool ?? false)
        }
        guard objects.count <= 1_000 else { throw APIProblem(413, "no more than 1000 objects at once") }
        let results = try await reconciler.dryRun(key, target: body["target"]?.string ?? "", objects)
        return [
            "results": .array(
                results.map { result in
                    switch result {
                    case .stored(let manifest): ["stored": manifest.value]
                    case .failed(let message, let isRefusal):
                        ["message": .string(message), "refused": .bool(isRefusal)]
                    }
                }
            )
        ]
    }

    private func describe(
        _ name: String,
        namespace: String?,
        managementCluster: String?,
        groupsMachines: Bool
    ) async throws -> Value {
        let (member, _, objects) = try await find(name, namespace, managementCluster)
        let tree = ClusterTree(objects, groupAbove: groupsMachines ? 3 : .max)
        let summary = summarizeClusters([objects.cluster]).first
        let full = member.clusters.first { $0.name == name && $0.namespace == objects.cluster.namespace } ?? summary
        let mark = "\(objects.cluster.namespace)/\(name)"
        return [
            "summary": full?.value ?? .null, "managementCluster": .string(member.managementCluster),
            "fleet": .string(member.fleet), "appliedRevision": .string(member.appliedRevision),
            "message": .string(board.source.revision == member.appliedRevision ? board.source.message : ""),
            "tree": tree.value,
            "blocked": .array(member.findings.filter { $0.cluster == mark }.map { .string($0.text) }),
        ]
    }

    private func kubeconfig(_ name: String, namespace: String?, managementCluster: String?) async throws -> String {
        let (_, link, objects) = try await find(name, namespace, managementCluster)
        let secret = try await link.client.get(
            GroupVersionKind(group: "", version: "v1", kind: "Secret"),
            namespace: objects.cluster.namespace,
            name: "\(name)-kubeconfig"
        )
        guard let encoded = secret?.value["data"]?["value"]?.string, let text = Base64.text(encoded) else {
            throw APIProblem(404, "cluster “\(name)” has no kubeconfig yet")
        }
        return text
    }

    /// Says that no cluster is named so, and which name was meant perhaps.
    private func unknownCluster(_ name: String, _ namespace: String?) -> String {
        let known = board.fleets.flatMap(\.members).flatMap(\.clusters)
        let place = namespace.map { " in the namespace “\($0)”" } ?? ""
        let elsewhere = known.first { $0.name == name }
        let hint =
            elsewhere.map { "; there is one in the namespace “\($0.namespace)”" }
            ?? closestName(to: name, in: known.map(\.name)).map { "; did you mean “\($0)”?" } ?? ""
        return "no cluster is named “\(name)”\(place)\(hint)"
    }

    /// The one cluster of this name; refuses to guess between several.
    private func find(
        _ name: String,
        _ namespace: String?,
        _ managementCluster: String?
    ) async throws -> (MemberStatus, ClusterLink, ClusterObjects) {
        var found: [(MemberStatus, ClusterLink, ClusterObjects)] = []
        for member in board.fleets.flatMap(\.members)
        where (managementCluster ?? member.managementCluster) == member.managementCluster {
            guard let link = await links.existing(member.managementCluster) else { continue }
            for objects in ClusterObjects.grouping(await link.clusterObjects)
            where objects.cluster.name == name && (namespace ?? objects.cluster.namespace) == objects.cluster.namespace
            {
                found.append((member, link, objects))
            }
        }
        guard let first = found.first else { throw APIProblem(404, unknownCluster(name, namespace)) }
        if found.count > 1 {
            let places = found.map { "\($0.0.managementCluster) \($0.2.cluster.namespace)/\(name)" }
            throw APIProblem(409, "several clusters are named “\(name)”: \(places.joined(separator: ", "))")
        }
        return first
    }
}
