internal import ControllerRuntime
internal import FleetModel
internal import FleetPlanning
internal import FleetReconcilers
internal import KubernetesClient
internal import ManifestApply

/// The elections that a daemon of this name takes part in: one for each management cluster outside the lab, by a Lease
/// beside the inventory. The lab lives and dies with its daemon, so nobody else can write there.
///
/// The Lease is named after the fleet as well: daemons of other repositories keep inventories of their own.
func leaderElections(identity: String) -> LinkDirectory.Contest {
    { member, client, onSighting in
        if member.connection == .lab { return nil }
        let inventory = Inventory.baseName(fleet: member.homeFleet, managementCluster: member.name)
        return LeaderElection(
            client: client,
            namespace: InventoryStore.namespace,
            name: "\(inventory)-leader",
            identity: identity,
            // Slower than controllers do it: a request of each daemon every five seconds is the price of the fence.
            timing: LeaseTiming(duration: .seconds(30), renewDeadline: .seconds(20), retryPeriod: .seconds(5)),
            wallClock: World.now,
            onSighting: onSighting
        )
    }
}

/// Where the operator says that this daemon is the only one.
let noElections: LinkDirectory.Contest = { _, _, _ in nil }
