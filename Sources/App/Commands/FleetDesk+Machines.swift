internal import FleetAPI
internal import FleetReconcilers
internal import KubernetesClient
internal import KubernetesModel
internal import MachineDecisions
internal import StructuredValue

/// What a person wants done with a Machine or with an owner of Machines.
extension FleetDesk {
    /// Does it through Cluster API's own fields; answers what was done, in a sentence.
    func operate(
        _ operation: MachineOperation,
        kind: String,
        name: String,
        namespace: String?,
        managementCluster: String?
    ) async throws -> Value {
        var found: [(link: ClusterLink, object: Manifest, objects: [Manifest])] = []
        for place in Set(board.fleets.flatMap(\.members).map(\.managementCluster)).sorted()
        where (managementCluster ?? place) == place {
            guard let link = await links.existing(place) else { continue }
            let objects = await link.clusterObjects
            for object in objects where object.name == name && object.kind.lowercased() == kind.lowercased() {
                if (namespace ?? object.namespace) == object.namespace { found.append((link, object, objects)) }
            }
        }
        guard let (link, object, objects) = found.first else {
            throw APIProblem(404, "there is no \(kind) named “\(name)”")
        }
        if found.count > 1 {
            let places = found.map { "\($0.link.name) \($0.object.namespace)/\(name)" }.joined(separator: ", ")
            throw APIProblem(409, "several are named “\(name)”: \(places)")
        }
        let step: OperationStep
        do {
            step = try planOperation(operation, on: object, among: objects, now: World.now())
        } catch {
            throw APIProblem(409, error.description)
        }
        try await carryOut(step, on: object, through: link.client)
        return ["message": .string(sentence(operation, step, object))]
    }

    private func carryOut(_ step: OperationStep, on object: Manifest, through client: APIClient) async throws {
        let kind = object.groupVersionKind
        switch step {
        case .patch(let patch):
            try await client.patch(
                kind,
                namespace: object.namespace,
                name: object.name,
                with: patch,
                as: .merge,
                fieldManager: "martlet-operator"
            )
        case .delete(let uid):
            let same = DeletePreconditions(uid: uid)
            try await client.delete(kind, namespace: object.namespace, name: object.name, preconditions: same)
        case .nothing: break
        }
    }

    private func sentence(_ operation: MachineOperation, _ step: OperationStep, _ object: Manifest) -> String {
        let name = "\(object.kind) \(object.namespace)/\(object.name)"
        if step == .nothing { return "\(name) is marked already." }
        return switch operation {
        case .remediate: "\(name) is marked; its health check hands it over, and its owner replaces it."
        case .drain: "\(name) goes: Cluster API empties its Node and deletes it, and its owner makes another."
        case .restart: "\(name) rolls: Cluster API replaces its Machines one after the other."
        }
    }
}
