/// One management cluster as a member of one fleet: what a pass is for.
package struct MemberKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    package var fleet: String
    package var managementCluster: String

    package init(fleet: String, managementCluster: String) {
        self.fleet = fleet
        self.managementCluster = managementCluster
    }

    package var description: String { "\(fleet)/\(managementCluster)" }

    package static func < (left: MemberKey, right: MemberKey) -> Bool {
        (left.fleet, left.managementCluster) < (right.fleet, right.managementCluster)
    }
}
