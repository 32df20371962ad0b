import KubernetesModel
import StructuredValue

extension KindRules {
    /// What is wrong with the pod at a path of an object.
    static func pod(_ object: Value, _ field: String, _ path: [String]) -> [FieldProblem] {
        guard let spec = object[path: path] else { return [] }
        var problems: [FieldProblem] = []
        if spec["containers"]?.isEmpty ?? true { problems.append(.required("\(field).containers")) }
        var volumes = (spec["volumes"]?.array ?? []).map { $0["name"]?.string ?? "" }
        problems += uniqueNames(volumes, "\(field).volumes")
        for (index, volume) in (spec["volumes"]?.array ?? []).enumerated() {
            let sources = (volume.object ?? Object()).keys.filter { $0 != "name" }
            for extra in volumeKinds.filter(sources.contains).dropFirst() {
                let text = "may not specify more than 1 volume type"
                problems.append(.forbidden("\(field).volumes[\(index)].\(extra)", text))
                volumes.removeAll { $0 == volume["name"]?.string }
            }
        }
        var seen: Set<String> = []
        for list in ["initContainers", "containers"] {
            for (index, container) in (spec[list]?.array ?? []).enumerated() {
                let place = "\(field).\(list)[\(index)]"
                let name = container["name"]?.string ?? ""
                if name.isEmpty {
                    problems.append(.required("\(place).name"))
                } else if let why = ObjectNames.labelProblem(name) {
                    problems.append(.invalid("\(place).name", "\"\(name)\"", why))
                } else if !seen.insert(name).inserted {
                    problems.append(FieldProblem(.duplicate, "\(place).name", "Duplicate value: \"\(name)\""))
                }
                problems += self.container(container, place, volumes: Set(volumes))
            }
        }
        problems += choices(spec, field) + placement(spec, field)
        if path.count > 1, let outer = path.first {
            problems += ObjectChecks.labels(object[path: outer, "metadata", "labels"], field: "\(outer).labels")
        }
        return problems
    }

    /// Whoever has a limit asks for as much, unless it asks for less.
    static func requestLimits(_ object: inout Value) {
        for list in ["initContainers", "containers"] {
            guard case .array(let containers) = object[path: "spec", list] else { continue }
            object[path: "spec", list] = .array(
                containers.map { container in
                    var container = container
                    for pair in container[path: "resources", "limits"]?.object ?? Object()
                    where container[path: "resources", "requests", pair.key] == nil {
                        container[path: "resources", "requests", pair.key] = pair.value
                    }
                    return container
                }
            )
        }
    }

    /// What a cluster adds to every new pod: its class, its rank, and that it outlasts short troubles of its node.
    static func admitPod(_ object: inout Value) {
        object["status"] = ["phase": "Pending", "qosClass": .string(serviceClass(object["spec"] ?? [:]))]
        if object[path: "spec", "priority"] == nil { object[path: "spec", "priority"] = 0 }
        if object[path: "spec", "preemptionPolicy"] == nil {
            object[path: "spec", "preemptionPolicy"] = "PreemptLowerPriority"
        }
        outlastTroubles(&object)
    }

    /// Pods stay for a while on nodes in trouble; a cluster sees to that at every write.
    static func outlastTroubles(_ object: inout Value) {
        var tolerations = object[path: "spec", "tolerations"]?.array ?? []
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
            let isTolerated = tolerations.contains { toleration in
                (toleration["key"]?.string == key || toleration["key"]?.isEmpty ?? true)
                    && (toleration["effect"] == "NoExecute" || toleration["effect"]?.isEmpty ?? true)
            }
            if isTolerated { continue }
            tolerations.append([
                "key": .string(key), "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300,
            ])
        }
        object[path: "spec", "tolerations"] = .array(tolerations)
    }

    /// How safe a pod is when its node runs out of something.
    private static func serviceClass(_ spec: Value) -> String {
        let containers = (spec["containers"]?.array ?? []) + (spec["initContainers"]?.array ?? [])
        var asksForNothing = true
        var isGuaranteed = true
        for container in containers {
            for name in ["cpu", "memory"] {
                let limit = container[path: "resources", "limits", name]
                let request = container[path: "resources", "requests", name]
                if limit != nil || request != nil { asksForNothing = false }
                if limit == nil || request != limit { isGuaranteed = false }
            }
        }
        return asksForNothing ? "BestEffort" : isGuaranteed ? "Guaranteed" : "Burstable"
    }

    /// A pod is what it was made: little of it may change.
    static func podChanges(_ object: Value, _ old: Value) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        for list in ["initContainers", "containers"]
        where (object[path: "spec", list]?.array ?? []).count != (old[path: "spec", list]?.array ?? []).count {
            return [.forbidden("spec.\(list)", "pod updates may not add or remove containers")]
        }
        let deadline = object[path: "spec", "activeDeadlineSeconds"]?.int
        if let before = old[path: "spec", "activeDeadlineSeconds"]?.int {
            if let deadline, deadline > before {
                let text = "must be less than or equal to previous value"
                problems.append(.invalid("spec.activeDeadlineSeconds", "\(deadline)", text))
            } else if deadline == nil {
                problems.append(
                    .invalid(
                        "spec.activeDeadlineSeconds",
                        "null",
                        "must not update from a positive integer to nil value"
                    )
                )
            }
        }
        // What may change is made equal; whatever differs then may not.
        var fixed = object["spec"] ?? [:]
        fixed["activeDeadlineSeconds"] = old[path: "spec", "activeDeadlineSeconds"]
        let known = old[path: "spec", "tolerations"]?.array ?? []
        let tolerations = fixed["tolerations"]?.array ?? []
        if known.allSatisfy(tolerations.contains) { fixed["tolerations"] = old[path: "spec", "tolerations"] }
        for list in ["initContainers", "containers"] {
            guard case .array(let containers) = fixed[list] else { continue }
            let before = old[path: "spec", list]?.array ?? []
            fixed[list] = .array(
                containers.enumerated().map { index, container in
                    var container = container
                    container["image"] = index < before.count ? before[index]["image"] : nil
                    return container
                }
            )
        }
        if fixed != old["spec"] {
            problems.append(
                .forbidden(
                    "spec",
                    "pod updates may not change fields other than `spec.containers[*].image`,"
                        + "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to "
                        + "existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
                        + "previously negative)"
                )
            )
        }
        return problems
    }

    private static func uniqueNames(_ names: [String], _ field: String) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        var seen: Set<String> = []
        for (index, name) in names.enumerated() {
            let place = "\(field)[\(index)].name"
            if name.isEmpty {
                problems.append(.required(place))
            } else if let why = ObjectNames.labelProblem(name) {
                problems.append(.invalid(place, "\"\(name)\"", why))
            } else if !seen.insert(name).inserted {
                problems.append(FieldProblem(.duplicate, place, "Duplicate value: \"\(name)\""))
            }
        }
        return problems
    }

    private static func container(_ container: Value, _ place: String, volumes: Set<String>) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        let image = container["image"]?.string ?? ""
        if image.isEmpty { problems.append(.required("\(place).image")) }
        if image != image.trimmed {
            problems.append(
                .invalid("\(place).image", "\"\(image)\"", "must not have leading or trailing whitespace")
            )
        }
        for (index, variable) in (container["env"]?.array ?? []).enumerated() {
            let here = "\(place).env[\(index)]"
            if variable["valueFrom"] != nil, variable["value"]?.isEmpty == false {
                let text = "may not be specified when `value` is not empty"
                problems.append(.invalid("\(here).valueFrom", "\"\"", text))
            }
        }
        for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
            guard let probe = container[name]?.object else { continue }
            if !["exec", "httpGet", "tcpSocket", "grpc"].contains(where: { probe[$0] != nil }) {
                problems.append(.required("\(place).\(name)", "must specify a handler type"))
            }
        }
        problems += ports(container["ports"]?.array ?? [], "\(place).ports")
        problems += resources(container["resources"] ?? .null, "\(place).resources")
        var paths: Set<String> = []
        for (index, mount) in (container["volumeMounts"]?.array ?? []).enumerated() {
            let here = "\(place).volumeMounts[\(index)]"
            let name = mount["name"]?.string ?? ""
            if name.isEmpty {
                problems.append(.required("\(here).name"))
            } else if !volumes.contains(name) {
                problems.append(FieldProblem(.notFound, "\(here).name", "Not found: \"\(name)\""))
            }
            let path = mount["mountPath"]?.string ?? ""
            if path.isEmpty {
                problems.append(.required("\(here).mountPath"))
            } else if !paths.insert(path).inserted {
                problems.append(.invalid("\(here).mountPath", "\"\(path)\"", "must be unique"))
            }
        }
        let policy = container["imagePullPolicy"]?.string ?? ""
        if policy.isEmpty {
            problems.append(.required("\(place).imagePullPolicy"))
        } else if !["Always", "IfNotPresent", "Never"].contains(policy) {
            problems.append(
                .notSupported("\(place).imagePullPolicy", "\"\(policy)\"", ["Always", "IfNotPresent", "Never"])
            )
        }
        return problems
    }

    /// Nothing is less than none, and nobody asks for more than the limit.
    private static func resources(_ resources: Value, _ place: String) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        let limits = resources["limits"]?.object ?? Object()
        for (list, quantities) in [("limits", limits), ("requests", resources["requests"]?.object ?? Object())] {
            for pair in quantities {
                guard let quantity = Quantity(quantityText(pair.value)) else { continue }
                if quantity.amount < 0 {
                    let text = "must be greater than or equal to 0"
                    problems.append(.invalid("\(place).\(list)[\(pair.key)]", "\"\(quantity)\"", text))
                }
                guard list == "requests", let limit = limits[pair.key].flatMap({ Quantity(quantityText($0)) }) else {
                    continue
                }
                // Huge pages and devices cannot be shared: they are asked for as they are limited.
                let isShared = ["cpu", "memory", "ephemeral-storage"].contains(pair.key)
                let relation = isShared ? "less than or equal to" : "equal to"
                if isShared ? quantity > limit : quantity != limit {
                    let text = "must be \(relation) \(pair.key) limit of \(limit)"
                    problems.append(.invalid("\(place).requests", "\"\(quantity)\"", text))
                }
            }
        }
        return problems
    }

    private static func quantityText(_ value: Value) -> String {
        let text = value.string ?? value.int.map { String($0) } ?? ""
        return CanonicalQuantity.text(text) ?? text
    }

    private static func ports(_ ports: [Value], _ field: String) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        var names: Set<String> = []
        for (index, port) in ports.enumerated() {
            let place = "\(field)[\(index)]"
            if let name = port["name"]?.string, !name.isEmpty, !names.insert(name).inserted {
                problems.append(FieldProblem(.duplicate, "\(place).name", "Duplicate value: \"\(name)\""))
            }
            for key in ["containerPort", "hostPort"] {
                guard let number = port[key]?.int, number != 0, !(1...65535).contains(number) else { continue }
                problems.append(
                    .invalid("\(place).\(key)", "\(number)", "must be between 1 and 65535, inclusive")
                )
            }
            let known = ["SCTP", "TCP", "UDP"]
            if let name = port["protocol"]?.string, !known.contains(name) {
                problems.append(.notSupported("\(place).protocol", "\"\(name)\"", known))
            }
        }
        return problems
    }

    /// Kinds of volumes, in the order in which a real server looks at them.
    private static let volumeKinds = [
        "emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi",
        "glusterfs", "flocker", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "quobyte", "downwardAPI", "fc",
        "flexVolume", "configMap", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk",
        "storageos", "projected", "scaleIO", "csi", "ephemeral", "image",
    ]

    /// Where and how long a pod may run.
    private static func placement(_ spec: Value, _ field: String) -> [FieldProblem] {
        var problems = ObjectChecks.labels(spec["nodeSelector"], field: "\(field).nodeSelector")
        if let seconds = spec["activeDeadlineSeconds"]?.int, !(1...Int(Int32.max)).contains(seconds) {
            let text = "must be between 1 and \(Int32.max), inclusive"
            problems.append(.invalid("\(field).activeDeadlineSeconds", "\(seconds)", text))
        }
        for (index, toleration) in (spec["tolerations"]?.array ?? []).enumerated() {
            let known = ["Equal", "Exists"]
            guard let name = toleration["operator"]?.string, !name.isEmpty, !known.contains(name) else { continue }
            problems.append(.notSupported("\(field).tolerations[\(index)].operator", "\"\(name)\"", known))
        }
        for name in ["hostname", "subdomain"] {
            guard let text = spec[name]?.string, !text.isEmpty, let why = ObjectNames.labelProblem(text) else {
                continue
            }
            problems.append(.invalid("\(field).\(name)", "\"\(text)\"", why))
        }
        return problems
    }

    private static func choices(_ spec: Value, _ field: String) -> [FieldProblem] {
        let choices = [
            ("restartPolicy", ["Always", "OnFailure", "Never"]),
            ("dnsPolicy", ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]),
        ]
        return choices.compactMap { name, known in
            guard let value = spec[name]?.string, !known.contains(value) else { return nil }
            return .notSupported("\(field).\(name)", "\"\(value)\"", known)
        }
    }

    /// Sentences about ports that containers of a pod share.
    static func podWarnings(_ object: Value, _ field: String, _ path: [String]) -> [String] {
        var seen: [String: String] = [:]
        var warnings: [String] = []
        for (index, container) in (object[path: path + ["containers"]]?.array ?? []).enumerated() {
            for (number, port) in (container["ports"]?.array ?? []).enumerated() {
                let place = "\(field).containers[\(index)].ports[\(number)]"
                let key = "\(port["containerPort"]?.int ?? 0)/\(port["protocol"]?.string ?? "")"
                if let first = seen[key] {
                    warnings.append("\(place): duplicate port definition with \(first)")
                } else {
                    seen[key] = place
                }
            }
        }
        return warnings + selectorWarnings(object[path: path] ?? [:], field)
    }

    /// A term about other pods that selects none is mostly a mistake.
    private static func selectorWarnings(_ spec: Value, _ field: String) -> [String] {
        var warnings: [String] = []
        func check(_ term: Value?, _ place: String) {
            guard term?["labelSelector"]?.isNull ?? true else { return }
            warnings.append("\(place).labelSelector: a null labelSelector results in matching no pod")
        }
        for kind in ["podAffinity", "podAntiAffinity"] {
            let place = "\(field).affinity.\(kind)"
            let terms = spec[path: "affinity", kind]
            for (index, term) in (terms?["requiredDuringSchedulingIgnoredDuringExecution"]?.array ?? []).enumerated() {
                check(term, "\(place).requiredDuringSchedulingIgnoredDuringExecution[\(index)]")
            }
            for (index, term) in (terms?["preferredDuringSchedulingIgnoredDuringExecution"]?.array ?? []).enumerated() {
                let inner = term["podAffinityTerm"]
                check(inner, "\(place).preferredDuringSchedulingIgnoredDuringExecution[\(index)].podAffinityTerm")
            }
        }
        for (index, constraint) in (spec["topologySpreadConstraints"]?.array ?? []).enumerated() {
            check(constraint, "\(field).topologySpreadConstraints[\(index)]")
        }
        return warnings
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
