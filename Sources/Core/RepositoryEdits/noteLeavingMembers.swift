package import FleetModel
package import SourceDiagnostics

/// Notes for a reviewer on members that a revision takes out of their fleet: nothing on them is deleted, and nothing there
/// is watched any more. Of members and fleets whose files are broken nothing changes, so nothing is noted.
///
/// `before` are the members' desired states at the base.
package func noteLeavingMembers(from before: [DesiredState], to after: Repository) -> [Diagnostic] {
    before.compactMap { (state: DesiredState) -> Diagnostic? in
        let folder = after.fleets.first { ($0.fleet?.name ?? $0.name) == state.fleet }
        if let folder {
            let name = state.managementCluster
            if folder.fleet == nil || folder.brokenMembers.contains(name) || folder.member(name) != nil { return nil }
        }
        let others = after.fleets.filter { $0.member(state.managementCluster) != nil }.compactMap { $0.fleet?.name }
        if let other = others.first {
            return Diagnostic(
                .note,
                "member-moves",
                "management cluster “\(state.managementCluster)” leaves fleet “\(state.fleet)” for “\(other)”",
                at: nil
            )
        }
        let count = state.objects.count
        return Diagnostic(
            .warning,
            "member-leaves",
            "management cluster “\(state.managementCluster)” leaves fleet “\(state.fleet)”; "
                + "\(count == 1 ? "its object stays as it is" : "its \(count) objects stay as they are"), unwatched",
            at: nil,
            hint: "to have them deleted, name them in the fleet's `deletions` and let that roll out first"
        )
    }
}
