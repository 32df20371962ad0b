package import KubernetesModel
internal import StructuredValue

/// What a MachineHealthCheck asks for, read from either API version.
package struct MachineHealthCheckSpec: Hashable, Sendable {
    /// A condition that makes a target unhealthy when it has lasted.
    package struct Symptom: Hashable, Sendable {
        package var type: String
        package var status: String
        package var timeout: Duration

        package init(type: String, status: String, timeout: Duration) {
            self.type = type
            self.status = status
            self.timeout = timeout
        }
    }

    /// The template that external remediation requests are made from.
    package struct Template: Hashable, Sendable {
        package var kind: GroupVersionKind
        package var name: String

        /// The kind of the requests: the template's without its ending.
        package var requestKind: GroupVersionKind {
            var kind = kind
            if kind.kind.hasSuffix("Template") { kind.kind = String(kind.kind.dropLast("Template".count)) }
            return kind
        }
    }

    package var clusterName: String
    package var selector: LabelSelector
    /// How long a Machine may be without a Node; zero when it may forever.
    package var startupTimeout: Duration
    package var nodeSymptoms: [Symptom]
    package var machineSymptoms: [Symptom]
    package var limit: RemediationLimit
    package var template: Template?
    /// What Cluster API's admission would refuse. A check with problems remediates nothing.
    package var problems: [String]

    package init(_ check: Manifest) {
        let spec = check.spec
        let isNew = !check.apiVersion.hasSuffix("/v1beta1")
        let checks = isNew ? spec["checks"] ?? .null : spec
        let trigger = spec[path: "remediation", "triggerIf"] ?? .null
        problems = []
        clusterName = spec["clusterName"]?.string ?? ""
        do {
            selector = try LabelSelector(spec["selector"] ?? [:])
        } catch {
            selector = LabelSelector()
            problems.append("the selector cannot be read: \(error)")
        }
        startupTimeout = .seconds(600)
        switch isNew ? checks["nodeStartupTimeoutSeconds"] : checks["nodeStartupTimeout"] {
        case .some(let value) where isNew: startupTimeout = .seconds(value.int ?? 600)
        case .some(let value):
            guard let timeout = value.string.flatMap({ GoTime.duration($0) }) else {
                problems.append("nodeStartupTimeout is no duration")
                break
            }
            startupTimeout = timeout
        case nil: break
        }
        nodeSymptoms = Self.symptoms(isNew ? checks["unhealthyNodeConditions"] : checks["unhealthyConditions"])
        machineSymptoms = Self.symptoms(checks["unhealthyMachineConditions"])
        limit = .percent(100)
        do {
            limit = try RemediationLimit(
                range: isNew ? trigger["unhealthyInRange"] : spec["unhealthyRange"],
                atMost: isNew ? trigger["unhealthyLessThanOrEqualTo"] : spec["maxUnhealthy"]
            )
        } catch {
            problems.append("the limit of unhealthy Machines: \(error.message)")
        }
        let reference = isNew ? spec[path: "remediation", "templateRef"] : spec["remediationTemplate"]
        if let kind = reference?["kind"]?.string, let name = reference?["name"]?.string {
            let version = reference?["apiVersion"]?.string ?? ""
            template = Template(kind: GroupVersionKind(apiVersion: version, kind: kind), name: name)
        }
        findProblems(in: check)
    }

    private static func symptoms(_ list: Value?) -> [Symptom] {
        (list?.array ?? []).compactMap { entry in
            guard let type = entry["type"]?.string, let status = entry["status"]?.string else { return nil }
            // Without a timeout a symptom counts at once.
            let timeout =
                entry["timeoutSeconds"]?.int.map { Duration.seconds($0) }
                ?? entry["timeout"]?.string.flatMap { GoTime.duration($0) } ?? .zero
            return Symptom(type: type, status: status, timeout: timeout)
        }
    }

    /// Conditions of Machines that say what health checks say; checking them would be a circle.
    package static let forbiddenSymptoms: Set<String> = [
        "Ready", "Available", "HealthCheckSucceeded", "OwnerRemediated", "ExternallyRemediated",
    ]

    private mutating func findProblems(in check: Manifest) {
        if selector.isEmpty { problems.append("the selector must not be empty") }
        let named = check.spec[path: "selector", "matchLabels", HealthCheckWords.clusterLabel]?.string
        if let named, named != clusterName {
            problems.append("the selector's cluster \(named) is not spec.clusterName \(clusterName)")
        }
        if startupTimeout != .zero, startupTimeout < .seconds(30) {
            problems.append("the start-up timeout must be at least 30 seconds, or 0 to switch it off")
        }
        for symptom in machineSymptoms where Self.forbiddenSymptoms.contains(symptom.type) {
            problems.append("the Machine condition \(symptom.type) cannot be checked")
        }
    }

    /// Whether a Machine is one of those that the check follows, by labels alone.
    package func selects(_ machine: Manifest) -> Bool {
        machine.label(HealthCheckWords.clusterLabel) == clusterName && !selector.isEmpty && selector.matches(machine)
    }
}

/// Cluster API's fixed words for health checks.
package enum HealthCheckWords {
    package static let clusterLabel = "cluster.x-k8s.io/cluster-name"
    package static let controlPlaneLabel = "cluster.x-k8s.io/control-plane"
    package static let pausedAnnotation = "cluster.x-k8s.io/paused"
    package static let skipAnnotation = "cluster.x-k8s.io/skip-remediation"
    package static let remediateAnnotation = "cluster.x-k8s.io/remediate-machine"
    package static let succeeded = "HealthCheckSucceeded"
    package static let ownerRemediated = "OwnerRemediated"
    package static let externallyRemediated = "ExternallyRemediated"
    package static let allowed = "RemediationAllowed"
    package static let waiting = "WaitingForRemediation"
}
