import SemanticVersion
import StructuredValue

/// The versions that a control plane and workers go through to reach the one that is wanted.
package struct UpgradePlan: Hashable, Sendable {
    package var controlPlane: [String] = []
    package var workers: [String] = []

    struct Failure: Error {
        var message: String
    }

    /// Plans the way. `available` are the class's versions, oldest first; without them one minor at a time is possible.
    init(
        to desired: String,
        controlPlane current: String,
        lowestWorker: String?,
        available: [String]
    ) throws(Failure) {
        let target = try Self.parse(desired)
        let start = try Self.parse(current)
        let lowest = try lowestWorker.map { (text) throws(Failure) in try Self.parse(text) }
        if start.isSame(as: target), lowest.map({ $0.isSame(as: target) }) ?? true { return }
        if !start.isSame(as: target) {
            controlPlane =
                available.isEmpty
                ? try Self.oneMinor(start, target, current, desired) : try Self.listed(available, start, target)
        }
        try validateControlPlane(start, target, current, desired)
        if let lowest, !lowest.isSame(as: target) {
            workers = try Self.workers(from: lowest, to: target, desired, minors: minors(current))
            try validateWorkers(lowest, target, desired, current)
        }
    }

    private static func parse(_ text: String) throws(Failure) -> KubernetesVersion {
        guard let version = KubernetesVersion(text) else { throw Failure(message: "failed to parse version \(text)") }
        return version
    }

    private static func oneMinor(
        _ start: KubernetesVersion,
        _ target: KubernetesVersion,
        _ current: String,
        _ desired: String
    ) throws(Failure) -> [String] {
        if target.number.minor > start.number.minor + 1 {
            throw Failure(message: "cannot compute an upgrade plan from \(current) to \(desired)")
        }
        return [desired]
    }

    /// The last patch version of every minor on the way.
    private static func listed(
        _ available: [String],
        _ start: KubernetesVersion,
        _ target: KubernetesVersion
    ) throws(Failure) -> [String] {
        var all: [(text: String, version: KubernetesVersion)] = []
        for text in available {
            let version = try parse(text)
            if version.number.compare(to: start.number) <= 0 { continue }
            if version.compare(target) == 1 { break }
            all.append((text, version))
            if version.isSame(as: target) { break }
        }
        guard let first = all.first else { return [] }
        var plan: [String] = []
        var minor = start.number.minor
        if minor == target.number.minor { plan.append(first.text) }
        for step in all {
            if step.version.number.minor > minor {
                plan.append(step.text)
            } else if !plan.isEmpty {
                plan[plan.count - 1] = step.text
            }
            minor = step.version.number.minor
        }
        return plan
    }

    /// The version that stands for each minor on the control plane's way.
    private func minors(_ current: String) throws(Failure) -> [UInt64: String] {
        var minors: [UInt64: String] = [try Self.parse(current).number.minor: current]
        for text in controlPlane { minors[try Self.parse(text).number.minor] = text }
        return minors
    }

    /// Workers may trail by three minors: a stop at every third.
    private static func workers(
        from lowest: KubernetesVersion,
        to target: KubernetesVersion,
        _ desired: String,
        minors: [UInt64: String]
    ) throws(Failure) -> [String] {
        var plan: [String] = []
        let distance = target.number.minor >= lowest.number.minor ? target.number.minor - lowest.number.minor : 0
        for step in 0..<distance where step > 0 && step % 3 == 0 {
            guard let version = minors[lowest.number.minor + step] else {
                throw Failure(
                    message: "invalid upgrade plan; unable to identify version for minor \(lowest.number.minor + step)"
                )
            }
            plan.append(version)
        }
        if plan.last != desired { plan.append(desired) }
        return plan
    }

    private func validateControlPlane(
        _ start: KubernetesVersion,
        _ target: KubernetesVersion,
        _ current: String,
        _ desired: String
    ) throws(Failure) {
        if start.compare(target) == 0 { return }
        var last = start
        var lastText = current
        for (index, text) in controlPlane.enumerated() {
            let version = try Self.parse(text)
            if version.compare(last) <= 0 {
                throw Failure(
                    message:
                        "invalid ControlPlane upgrade plan: item \(index); version \(text) must be greater than \(lastText)"
                )
            }
            if version.number.minor != last.number.minor, version.number.minor != last.number.minor + 1 {
                throw Failure(
                    message: "invalid ControlPlane upgrade plan: item \(index); expecting a version with minor "
                        + "\(last.number.minor) or \(last.number.minor + 1), found version \(text)"
                )
            }
            last = version
            lastText = text
        }
        if last.compare(target) != 0 {
            throw Failure(
                message:
                    "invalid ControlPlane upgrade plan: control plane upgrade plan must end with version \(desired), ends with \(lastText) instead"
            )
        }
    }

    private func validateWorkers(
        _ lowest: KubernetesVersion,
        _ target: KubernetesVersion,
        _ desired: String,
        _ current: String
    ) throws(Failure) {
        var order: [String: Int] = [current: -1]
        for (index, text) in controlPlane.enumerated() { order[text] = index }
        var last = lowest
        for (index, text) in workers.enumerated() {
            let version = try Self.parse(text)
            let comparison = version.compare(last)
            if comparison <= 0 {
                throw Failure(
                    message:
                        "invalid workers upgrade plan, item \(index); version \(text) must be greater than \(last.text)"
                )
            }
            if comparison == 2, let place = order[text], let before = order[last.text], place < before {
                throw Failure(
                    message: "invalid workers upgrade plan, item \(index); version \(text) must be before \(last.text)"
                )
            }
            if version.number.minor > last.number.minor + 3 {
                throw Failure(
                    message: "invalid workers upgrade plan, item \(index); workers cannot go from minor "
                        + "\(last.number.minor) (\(last.text)) to minor \(version.number.minor) (\(text)), an intermediate step is required"
                )
            }
            last = version
        }
        if last.compare(target) != 0 {
            throw Failure(
                message:
                    "invalid workers upgrade plan; workers upgrade plan must end with version \(desired), ends with \(last.text) instead"
            )
        }
    }
}

/// A Kubernetes version with what builds add to it, such as `v1.30.1+rke2r1`.
struct KubernetesVersion: Sendable {
    var text: String
    var number: SemanticVersion

    init?(_ text: String) {
        guard let number = SemanticVersion(text) else { return nil }
        self.text = text
        self.number = number
    }

    /// Equal including what the build added.
    func isSame(as other: KubernetesVersion) -> Bool {
        number.compare(to: other.number) == 0 && number.buildMetadata == other.number.buildMetadata
    }

    /// -1, 0 or 1, and 2 for versions that differ only in builds that have no order.
    func compare(_ other: KubernetesVersion) -> Int {
        let order = number.compare(to: other.number)
        if order != 0 { return order < 0 ? -1 : 1 }
        let mine = number.buildMetadata.split(separator: ".")
        let theirs = other.number.buildMetadata.split(separator: ".")
        for (left, right) in zip(mine, theirs) where left != right {
            switch (UInt64(left), UInt64(right)) {
            case (let left?, let right?): return left < right ? -1 : 1
            // Numbers come before words; two words have no order.
            case (_?, nil): return -1
            case (nil, _?): return 1
            case (nil, nil): return 2
            }
        }
        return mine.count == theirs.count ? 0 : mine.count < theirs.count ? -1 : 1
    }
}
