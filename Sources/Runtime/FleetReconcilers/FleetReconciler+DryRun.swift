internal import FleetModel
internal import FleetPlanning
internal import KubernetesClient
package import KubernetesModel

/// What a server answers to one object that it was asked to apply without doing so.
package enum DryRunResult: Sendable {
    /// What it would store, values of Secrets as digests.
    case stored(Manifest)
    /// It would not, or could not be asked: `isRefusal` tells which.
    case failed(String, isRefusal: Bool)
}

extension FleetReconciler {
    /// Asks the server of one cluster of a member to apply objects as Martlet would, without doing it.
    package func dryRun(
        _ key: MemberKey,
        target: String,
        _ objects: [(manifest: Manifest, force: Bool)]
    ) async throws -> [DryRunResult] {
        guard let newest = await director.newest else {
            return objects.map { _ in .failed("no revision was read yet", isRefusal: false) }
        }
        let release = await director.target(of: key) ?? Rollout.Release(revision: newest.revision, moment: now())
        let revision = release.revision
        let repository = try await stations.repository(at: revision)
        guard let member = repository.fleet(key.fleet)?.member(key.managementCluster) else {
            return objects.map { _ in
                .failed("the daemon does not know this management cluster yet", isRefusal: false)
            }
        }
        var link = try await links.link(to: member, in: repository.tree)
        if target != ObjectTarget.managementCluster.description {
            let rendered = try await stations.desired(for: key, at: revision, now: release.moment)
            guard let place = rendered?.state.workloadTargets.first(where: { $0.description == target }) else {
                return objects.map { _ in
                    .failed("the daemon does not know this workload cluster yet", isRefusal: false)
                }
            }
            link = try await links.link(to: place, of: link)
        }
        let client = link.client
        return await withTaskGroup(of: (Int, DryRunResult).self) { group in
            var results = [DryRunResult](repeating: .failed("", isRefusal: false), count: objects.count)
            var next = 0
            func add() {
                guard next < objects.count else { return }
                let index = next
                let (manifest, force) = objects[index]
                let redaction = redaction
                group.addTask { (index, await ask(client, manifest, force: force, redaction)) }
                next += 1
            }
            for _ in 0..<8 { add() }
            while let (index, result) = await group.next() {
                results[index] = result
                add()
            }
            return results
        }
    }
}

private func ask(
    _ client: APIClient,
    _ manifest: Manifest,
    force: Bool,
    _ redaction: SecretRedaction
) async -> DryRunResult {
    do throws(KubernetesFailure) {
        let stored = try await client.apply(manifest, fieldManager: "martlet", force: force, dryRun: true)
        return .stored(redaction.redacted(stored))
    } catch {
        // What is not there yet — a namespace, a kind — is no refusal of the object.
        let isRefusal = (400..<500).contains(error.status) && error.kind != .notFound && !error.isRetryable
        return .failed(error.message, isRefusal: isRefusal)
    }
}
