import FleetModel
import KubernetesModel
package import SourceDiagnostics

/// The plans of all clusters that a revision touches, and what they come to.
package struct FleetPlan: Sendable {
    package var revision: String
    /// The revision it is compared with when no cluster was asked; nil for a plan against observed objects.
    package var base: String?
    /// Sorted by fleet, management cluster and target.
    package var plans: [ApplyPlan]
    /// Findings that belong to no single management cluster.
    package var diagnostics: [Diagnostic]

    package init(revision: String, base: String? = nil, plans: [ApplyPlan], diagnostics: [Diagnostic] = []) {
        self.revision = revision
        self.base = base
        self.plans = plans.sorted {
            ($0.fleet, $0.managementCluster, $0.target) < ($1.fleet, $1.managementCluster, $1.target)
        }
        self.diagnostics = diagnostics
    }

    package var isComplete: Bool { plans.allSatisfy(\.isComplete) && !diagnostics.contains { $0.severity == .error } }
    package var forecast: Forecast { Forecast(plans) }

    /// All findings, each once, in the order of their places.
    package var allDiagnostics: [Diagnostic] {
        var seen: Set<Diagnostic> = []
        let all = (diagnostics + plans.flatMap(\.diagnostics)).filter { seen.insert($0).inserted }
        return all.sorted {
            let left = ($0.position?.file ?? "", $0.position?.line ?? 0, $0.position?.column ?? 0, $0.code, $0.message)
            let right = ($1.position?.file ?? "", $1.position?.line ?? 0, $1.position?.column ?? 0, $1.code, $1.message)
            return left < right
        }
    }
}

/// What plans come to, in numbers.
package struct Forecast: Sendable, Hashable {
    /// Management clusters on which something changes or is blocked.
    package var managementClusters = 0
    /// Workload clusters with an object that changes or is blocked.
    package var clusters = 0
    package var machinesRolled = 0
    package var machinesCreated = 0
    package var machinesDeleted = 0
    package var creates = 0
    package var updates = 0
    package var deletes = 0
    /// Objects that are held back until a person does something.
    package var blocked = 0
    /// Objects that are held back until what they wait for comes by itself.
    package var waiting = 0
    package var handovers = 0
    /// Objects that the cluster's server would not take; 0 when it was not asked.
    package var refused = 0
    /// How many machines roll because of which field, most first.
    package var causes: [Cause] = []

    package struct Cause: Sendable, Hashable {
        package var field: String
        package var machines: Int

        package init(field: String, machines: Int) {
            self.field = field
            self.machines = machines
        }
    }

    package init() {}

    package init(_ plans: [ApplyPlan]) {
        var members: Set<String> = []
        var touched: Set<String> = []
        var fields: [String: Int] = [:]
        for plan in plans {
            let member = "\(plan.fleet)/\(plan.managementCluster)"
            for step in plan.steps where step.verdict != .none {
                count(step)
                members.insert(member)
                if let cluster = step.cluster { touched.insert("\(member)/\(cluster)") }
                if case .workloadCluster(let namespace, let name, _) = plan.target {
                    touched.insert("\(member)/\(namespace)/\(name)")
                }
                if let machines = step.machines, machines.rolled > 0 {
                    // Control planes and workers have it in different places; to a reader it is one change.
                    let field = machines.because.hasSuffix("spec.version") ? "spec.version" : machines.because
                    fields[field, default: 0] += machines.rolled
                }
            }
        }
        managementClusters = members.count
        clusters = touched.count
        causes = fields.map { Cause(field: $0.key, machines: $0.value) }
            .sorted { ($1.machines, $0.field) < ($0.machines, $1.field) }
    }

    private mutating func count(_ step: PlanStep) {
        switch step.verdict {
        case .none: return
        case .create: creates += 1
        case .rotate: creates += 1
        case .metadata, .inPlace, .roll, .recreate: updates += 1
        case .delete: deletes += 1
        case .blocked where step.isWaiting: waiting += 1
        case .blocked: blocked += 1
        case .handover: handovers += 1
        }
        if case .refuses? = step.answer { refused += 1 }
        machinesRolled += step.machines?.rolled ?? 0
        machinesCreated += step.machines?.created ?? 0
        machinesDeleted += step.machines?.deleted ?? 0
    }
}
