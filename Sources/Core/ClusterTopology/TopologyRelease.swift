/// The Cluster API release whose behaviour is wanted; releases differ in what patches may touch and what templates may read.
package enum TopologyRelease: String, CaseIterable, Comparable, Hashable, Sendable {
    case release10 = "1.10"
    case release11 = "1.11"
    case release12 = "1.12"
    case release13 = "1.13"
    case release14 = "1.14"

    package static let newest = TopologyRelease.release14

    /// Reads `1.13`, `v1.13` or `v1.13.2`.
    package init?(_ text: String) {
        let digits = text.hasPrefix("v") ? text.dropFirst() : text[...]
        let parts = digits.split(separator: ".")
        guard parts.count >= 2, let release = TopologyRelease(rawValue: parts[0...1].joined(separator: ".")) else {
            return nil
        }
        self = release
    }

    private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    package static func < (left: TopologyRelease, right: TopologyRelease) -> Bool { left.order < right.order }

    /// Up to 1.13 patches change nothing but `spec.template.spec`.
    var patchesMetadata: Bool { self >= .release14 }
    /// `builtin.cluster.network.ipFamily` went away with 1.11.
    var hasIPFamily: Bool { self <= .release10 }
    /// `builtin.cluster.topology.classRef` came with 1.11.
    var hasClassRef: Bool { self >= .release11 }
    /// Several minor versions in one upgrade, taints and the annotation that names the step came with 1.12.
    var chainsUpgrades: Bool { self >= .release12 }
    /// `rollout.after` of the topology is used from 1.13 on.
    var usesRolloutAfter: Bool { self >= .release13 }
}
