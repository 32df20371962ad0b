import ClusterTopology
import KubernetesModel
import SourceDiagnostics
import StructuredValue
import TestSupport
import Testing
import YAMLFormat

/// Laws of upgrades that hold whatever happens in which order: the decisions are carried out, machines follow at random,
/// and people change their minds about what waits.
struct UpgradeHistoryTests {
    /// A deployment of the cluster that is played.
    struct Workers {
        var version: String
        /// What its machines run.
        var running: [String]
        var isDeferred = false
        var isHolding = false

        var isUpgrading: Bool { running.contains { $0 != version } }
    }

    /// The world that decisions are made in.
    struct World {
        var desired: String
        var controlPlane: String
        /// What the control plane's machines run.
        var controlPlaneRuns: [String]
        var workers: [(name: String, workers: Workers)]
        var concurrency: Int
    }

    private static let versions = [
        "v1.28.3", "v1.28.9", "v1.29.0", "v1.29.4", "v1.30.1", "v1.31.0", "v1.31.6", "v1.32.2", "v1.33.0", "v1.34.1",
    ]

    private static func rank(_ version: String) -> Int { versions.firstIndex(of: version) ?? -1 }

    private static func minor(_ version: String) -> Int { Int(version.split(separator: ".")[1]) ?? 0 }

    private let topologyClass: TopologyClass

    init() throws {
        let list = Self.versions.joined(separator: ", ")
        let input = try Example.input(
            Example.classText(more: "  kubernetesVersions: [\(list)]"),
            Example.clusterText(version: "v1.34.1")
        )
        topologyClass = try #require(try input.compileClasses().values.first)
    }

    // MARK: Observing the world

    private func cluster(_ world: World) -> Manifest {
        let list: [Value] = world.workers.map { name, workers in
            var annotations = Object()
            if workers.isDeferred { annotations.append("topology.cluster.x-k8s.io/defer-upgrade", "") }
            if workers.isHolding { annotations.append("topology.cluster.x-k8s.io/hold-upgrade-sequence", "") }
            return ["class": "worker", "name": .string(name), "metadata": ["annotations": .object(annotations)]]
        }
        return Manifest([
            "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Cluster",
            "metadata": [
                "name": "c1", "namespace": "org",
                "annotations": ["topology.cluster.x-k8s.io/upgrade-concurrency": .string("\(world.concurrency)")],
            ],
            "spec": [
                "controlPlaneRef": [
                    "apiGroup": "controlplane.cluster.x-k8s.io", "kind": "KubeadmControlPlane", "name": "c1-cp",
                ],
                "topology": [
                    "classRef": ["name": "quick"], "version": .string(world.desired),
                    "workers": ["machineDeployments": .array(list)],
                ],
            ],
        ])
    }

    private func objects(_ world: World) -> [Manifest] {
        let common: Object = ["cluster.x-k8s.io/cluster-name": "c1", "topology.cluster.x-k8s.io/owned": ""]
        var objects = [
            Manifest([
                "apiVersion": "controlplane.cluster.x-k8s.io/v1beta2", "kind": "KubeadmControlPlane",
                "metadata": ["name": "c1-cp", "namespace": "org", "labels": .object(common)],
                "spec": ["version": .string(world.controlPlane)],
                "status": ["versions": .array(world.controlPlaneRuns.map { ["version": .string($0)] })],
            ])
        ]
        for (name, workers) in world.workers {
            var labels = common
            labels.append("topology.cluster.x-k8s.io/deployment-name", .string(name))
            objects.append(
                Manifest([
                    "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "MachineDeployment",
                    "metadata": ["name": .string("c1-\(name)"), "namespace": "org", "labels": .object(labels)],
                    "spec": [
                        "selector": ["matchLabels": .object(labels)],
                        "template": ["spec": ["version": .string(workers.version)]],
                    ],
                ])
            )
            for (index, version) in workers.running.enumerated() {
                objects.append(
                    Manifest([
                        "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Machine",
                        "metadata": [
                            "name": .string("\(name)-\(index)"), "namespace": "org", "labels": .object(labels),
                        ],
                        "spec": ["version": .string(version)],
                        "status": ["nodeInfo": ["kubeletVersion": .string(version)]],
                    ])
                )
            }
        }
        return objects
    }

    private func decide(_ world: World) throws -> UpgradeDecision {
        let cluster = cluster(world)
        let observed = try ObservedTopology(of: cluster, among: objects(world))
        return try decideUpgrade(of: cluster, class: topologyClass, observed: observed)
    }

    // MARK: Playing

    /// Carries a decision out, after checking it against the laws.
    private func carryOut(_ decision: UpgradeDecision, in world: inout World, _ history: String) {
        let before = world
        let next = decision.controlPlaneVersion
        #expect(Self.rank(next) >= Self.rank(before.controlPlane), "the control plane goes back: \(history)")
        #expect(Self.rank(next) <= Self.rank(before.desired), "the control plane overtakes: \(history)")
        if next != before.controlPlane {
            #expect(Self.minor(next) <= Self.minor(before.controlPlane) + 1, "a minor is skipped: \(history)")
            #expect(before.controlPlaneRuns == [before.controlPlane], "the last step is not done: \(history)")
            #expect(!before.workers.contains { $0.workers.isUpgrading }, "workers are on their way: \(history)")
        }
        var isHeld = false
        var upgrading = before.workers.count { $0.workers.isUpgrading }
        for index in world.workers.indices {
            let (name, workers) = before.workers[index]
            isHeld = isHeld || workers.isHolding
            guard let decided = decision.deployments[name] else {
                Issue.record("no decision for \(name): \(history)")
                continue
            }
            if decided.version == workers.version { continue }
            #expect(!isHeld && !workers.isDeferred, "\(name) was to wait: \(history)")
            #expect(Self.rank(decided.version) > Self.rank(workers.version), "\(name) goes back: \(history)")
            let oldest = before.controlPlaneRuns.map(Self.rank).min() ?? -1
            #expect(Self.rank(decided.version) <= oldest, "\(name) is ahead of the control plane: \(history)")
            #expect(next == before.controlPlane, "both at once: \(history)")
            if !workers.isUpgrading { upgrading += 1 }
            #expect(upgrading <= before.concurrency, "too many at a time: \(history)")
            world.workers[index].workers.version = decided.version
        }
        world.controlPlane = next
        let lowest = world.workers.flatMap { $0.workers.running }.map(Self.minor).min() ?? Self.minor(next)
        #expect(Self.minor(next) - lowest <= 3, "workers are too far behind: \(history)")
    }

    /// Some machines are replaced; or all that are under way, when `isHurried`.
    private func advance(_ world: inout World, isHurried: Bool, _ dice: inout SeededGenerator) {
        if isHurried || dice.happens(50) {
            world.controlPlaneRuns = [world.controlPlane]
        } else if world.controlPlaneRuns != [world.controlPlane] {
            world.controlPlaneRuns = Array(Set(world.controlPlaneRuns + [world.controlPlane])).sorted()
        }
        for index in world.workers.indices {
            let version = world.workers[index].workers.version
            for machine in world.workers[index].workers.running.indices where isHurried || dice.happens(40) {
                world.workers[index].workers.running[machine] = version
            }
        }
    }

    private func changeMinds(_ world: inout World, _ dice: inout SeededGenerator) {
        if dice.happens(15) { world.concurrency = Int.random(in: 1...3, using: &dice) }
        for index in world.workers.indices {
            if dice.happens(15) { world.workers[index].workers.isDeferred.toggle() }
            if dice.happens(10) { world.workers[index].workers.isHolding.toggle() }
        }
    }

    private func world(_ dice: inout SeededGenerator) -> World {
        let start = Int.random(in: 0..<Self.versions.count - 1, using: &dice)
        let controlPlane = Self.versions[start]
        let minor = Self.minor(controlPlane)
        // Workers start within the skew that Kubernetes allows.
        let allowed = Self.versions[...start].filter { Self.minor($0) >= minor - 3 }
        let target = Int.random(in: start..<Self.versions.count, using: &dice)
        let workers = (0..<Int.random(in: 1...4, using: &dice)).map { index in
            let version = dice.happens(70) ? controlPlane : allowed.randomElement(using: &dice) ?? controlPlane
            let running = Array(repeating: version, count: Int.random(in: 0...3, using: &dice))
            return (name: "w\(index)", workers: Workers(version: version, running: running))
        }
        return World(
            desired: Self.versions[target],
            controlPlane: controlPlane,
            controlPlaneRuns: [controlPlane],
            workers: workers,
            concurrency: Int.random(in: 1...3, using: &dice)
        )
    }

    @Test(arguments: 0..<150)
    func keepsTheLawsAndArrives(seed: Int) throws {
        var dice = SeededGenerator(state: UInt64(seed))
        var world = world(&dice)
        for step in 0..<20 {
            changeMinds(&world, &dice)
            carryOut(try decide(world), in: &world, "seed \(seed), step \(step), \(world)")
            advance(&world, isHurried: false, &dice)
        }
        // Nobody holds anything any more: the chain must end, and within a step for each version and deployment.
        for index in world.workers.indices {
            world.workers[index].workers.isDeferred = false
            world.workers[index].workers.isHolding = false
        }
        let limit = 2 * Self.versions.count * (world.workers.count + 1)
        for step in 0..<limit {
            advance(&world, isHurried: true, &dice)
            carryOut(try decide(world), in: &world, "seed \(seed), last steps \(step), \(world)")
        }
        #expect(world.controlPlane == world.desired, "seed \(seed)")
        #expect(world.workers.allSatisfy { $0.workers.version == world.desired }, "seed \(seed): \(world)")
        #expect(try decide(world).step == nil, "seed \(seed): the upgrade is not over")
    }
}

extension SeededGenerator {
    fileprivate mutating func happens(_ percent: Int) -> Bool { below(100) < percent }
}
