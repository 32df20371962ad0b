package import ClusterTopology
package import FleetModel
package import KubernetesModel

/// Decides what to do about every object of one cluster: a pure function of what is desired, what was observed, what the
/// inventory proves and the settings.
///
/// Every pass starts from what is observed. Nothing here remembers an earlier pass, so a restart changes no decision;
/// `expansions` only saves the work of making equal ones again.
package func planApply(
    _ desired: DesiredState,
    _ observed: ObservedState,
    inventory: Inventory,
    settings: PlanSettings = PlanSettings(),
    now: Timestamp,
    expansions: ExpansionCache? = nil
) -> ApplyPlan {
    var draft = PlanDraft(desired, observed, inventory, settings, now, expansions)
    draft.expandTopologies()
    draft.keepReferences()
    draft.normalize()
    draft.rotateTemplates()
    draft.noteSuccessors()
    draft.compareObjects()
    draft.holdTopologies()
    draft.forecastTopologies()
    draft.handOverTopologies()
    draft.checkVersions()
    draft.prune()
    draft.arrange()
    return draft.finish()
}
