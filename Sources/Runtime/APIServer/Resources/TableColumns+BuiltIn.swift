import KubernetesModel
import StructuredValue

extension TableColumns.BuiltIn {
    var heads: [ColumnHead] {
        switch self {
        case .nameAndAge: [.name, .age]
        case .configMap: [.name] + ColumnHead.plain("Data") + [.age]
        case .secret: [.name] + ColumnHead.plain("Type", "Data") + [.age]
        case .namespace: [.name] + ColumnHead.plain("Status") + [.age]
        case .node:
            [.name] + ColumnHead.plain("Status", "Roles") + [.age] + ColumnHead.plain("Version")
                + ColumnHead.wide("Internal-IP", "External-IP", "OS-Image", "Kernel-Version", "Container-Runtime")
        case .pod:
            [.name] + ColumnHead.plain("Ready", "Status", "Restarts") + [.age]
                + ColumnHead.wide("IP", "Node", "Nominated Node", "Readiness Gates")
        case .podTemplate: [.name] + ColumnHead.plain("Containers", "Images", "Pod Labels")
        case .service:
            [.name] + ColumnHead.plain("Type", "Cluster-IP", "External-IP", "Port(s)") + [.age]
                + ColumnHead.wide("Selector")
        case .event:
            ColumnHead.plain("Last Seen", "Type", "Reason", "Object") + ColumnHead.wide("Subobject", "Source")
                + ColumnHead.plain("Message") + ColumnHead.wide("First Seen", "Count") + [.wideName]
        case .lease: [.name] + ColumnHead.plain("Holder") + [.age]
        case .daemonSet:
            [.name, .count("Desired"), .count("Current"), .count("Ready"), .count("Up-to-date"), .count("Available")]
                + ColumnHead.plain("Node Selector") + [.age] + ColumnHead.wide("Containers", "Images", "Selector")
        case .deployment:
            [.name] + ColumnHead.plain("Ready", "Up-to-date", "Available") + [.age]
                + ColumnHead.wide("Containers", "Images", "Selector")
        case .replicaSet:
            [.name, .count("Desired"), .count("Current"), .count("Ready"), .age]
                + ColumnHead.wide("Containers", "Images", "Selector")
        case .statefulSet: [.name] + ColumnHead.plain("Ready") + [.age] + ColumnHead.wide("Containers", "Images")
        case .createdAt: [.name, ColumnHead(name: "Created At", type: "date", description: "When it was created.")]
        case .roleBinding:
            [.name] + ColumnHead.plain("Role") + [.age] + ColumnHead.wide("Users", "Groups", "ServiceAccounts")
        }
    }

    func cells(of object: Value, now: Timestamp) -> [Value] {
        let name = object[path: "metadata", "name"] ?? ""
        let created = object[path: "metadata", "creationTimestamp"]?.string
        let age: Value = .string(created.flatMap { Timestamp($0) }.map { humanAge(since: $0, now: now) } ?? "<unknown>")
        let spec = object["spec"]
        let status = object["status"]
        func number(_ value: Value?) -> Value { .int(value?.int ?? 0) }
        switch self {
        case .nameAndAge: return [name, age]
        case .configMap: return [name, .int(count(object["data"]) + count(object["binaryData"])), age]
        case .secret: return [name, object["type"] ?? "", .int(count(object["data"])), age]
        case .namespace: return [name, status?["phase"] ?? "", age]
        case .node: return nodeCells(object, name, age)
        case .pod: return podCells(object, name, age)
        case .podTemplate:
            let containers = object[path: "template", "spec", "containers"]?.array ?? []
            return [
                name, names(containers), images(containers),
                .string(pairs(object[path: "template", "metadata", "labels"])),
            ]
        case .service: return serviceCells(object, name, age)
        case .event: return eventCells(object, name, now)
        case .lease: return [name, spec?["holderIdentity"] ?? "", age]
        case .daemonSet:
            return [
                name, number(status?["desiredNumberScheduled"]), number(status?["currentNumberScheduled"]),
                number(status?["numberReady"]), number(status?["updatedNumberScheduled"]),
                number(status?["numberAvailable"]),
                .string(pairs(spec?[path: "template", "spec", "nodeSelector"])), age,
            ] + wide(spec, selector: true)
        case .deployment:
            return [
                name, .string("\(status?["readyReplicas"]?.int ?? 0)/\(spec?["replicas"]?.int ?? 1)"),
                number(status?["updatedReplicas"]), number(status?["availableReplicas"]), age,
            ] + wide(spec, selector: true)
        case .replicaSet:
            return [
                name, number(spec?["replicas"]), number(status?["replicas"]), number(status?["readyReplicas"]), age,
            ]
                + wide(spec, selector: true)
        case .statefulSet:
            return [name, .string("\(status?["readyReplicas"]?.int ?? 0)/\(spec?["replicas"]?.int ?? 1)"), age]
                + wide(spec, selector: false)
        case .createdAt: return [name, created.map { .string($0) } ?? .null]
        case .roleBinding:
            let subjects = object["subjects"]?.array ?? []
            func of(_ kind: String) -> Value {
                .string(
                    subjects.filter { $0["kind"]?.string == kind }.map { subject in
                        let name = subject["name"]?.string ?? ""
                        return kind == "ServiceAccount" ? "\(subject["namespace"]?.string ?? "")/\(name)" : name
                    }.joined(separator: ", ")
                )
            }
            let role =
                "\(object[path: "roleRef", "kind"]?.string ?? "")/\(object[path: "roleRef", "name"]?.string ?? "")"
            return [name, .string(role), age, of("User"), of("Group"), of("ServiceAccount")]
        }
    }

    private func count(_ value: Value?) -> Int { value?.object?.count ?? 0 }

    private func names(_ containers: [Value]) -> Value {
        .string(containers.compactMap { $0["name"]?.string }.joined(separator: ","))
    }

    private func images(_ containers: [Value]) -> Value {
        .string(containers.compactMap { $0["image"]?.string }.joined(separator: ","))
    }

    private func pairs(_ value: Value?) -> String {
        guard let object = value?.object, !object.isEmpty else { return "<none>" }
        return object.sortedPairs.map { "\($0.key)=\($0.value.string ?? "")" }.joined(separator: ",")
    }

    private func wide(_ spec: Value?, selector: Bool) -> [Value] {
        let containers = spec?[path: "template", "spec", "containers"]?.array ?? []
        let cells = [names(containers), images(containers)]
        return selector ? cells + [.string(pairs(spec?[path: "selector", "matchLabels"]))] : cells
    }

    private func nodeCells(_ object: Value, _ name: Value, _ age: Value) -> [Value] {
        let conditions = object[path: "status", "conditions"]?.array ?? []
        let ready = conditions.first { $0["type"]?.string == "Ready" }?["status"]?.string
        var state = ready == "True" ? "Ready" : ready == nil ? "Unknown" : "NotReady"
        if object[path: "spec", "unschedulable"]?.bool == true { state += ",SchedulingDisabled" }
        let prefix = "node-role.kubernetes.io/"
        let roles = (object[path: "metadata", "labels"]?.object ?? Object()).compactMap { pair in
            pair.key.hasPrefix(prefix) ? String(pair.key.dropFirst(prefix.count)) : nil
        }.sorted()
        func address(_ type: String) -> Value {
            (object[path: "status", "addresses"]?.array ?? []).first { $0["type"]?.string == type }?["address"]
                ?? "<none>"
        }
        let facts = object[path: "status", "nodeInfo"]
        func fact(_ name: String) -> Value {
            guard let text = facts?[name]?.string, !text.isEmpty else { return "<unknown>" }
            return .string(text)
        }
        return [
            name, .string(state), .string(roles.isEmpty ? "<none>" : roles.joined(separator: ",")), age,
            facts?["kubeletVersion"] ?? "", address("InternalIP"), address("ExternalIP"), fact("osImage"),
            fact("kernelVersion"), fact("containerRuntimeVersion"),
        ]
    }

    private func podCells(_ object: Value, _ name: Value, _ age: Value) -> [Value] {
        let statuses = object[path: "status", "containerStatuses"]?.array ?? []
        let total = object[path: "spec", "containers"]?.array?.count ?? 0
        let ready = statuses.filter { $0["ready"]?.bool == true }.count
        let restarts = statuses.reduce(0) { $0 + ($1["restartCount"]?.int ?? 0) }
        var state = object[path: "status", "reason"]?.string ?? object[path: "status", "phase"]?.string ?? ""
        if let waiting = statuses.lazy.compactMap({ $0[path: "state", "waiting", "reason"]?.string }).first {
            state = waiting
        }
        if object[path: "metadata", "deletionTimestamp"] != nil { state = "Terminating" }
        func text(_ value: Value?) -> Value {
            guard let string = value?.string, !string.isEmpty else { return "<none>" }
            return .string(string)
        }
        return [
            name, .string("\(ready)/\(total)"), .string(state), .string(String(restarts)), age,
            text(object[path: "status", "podIP"]), text(object[path: "spec", "nodeName"]),
            text(object[path: "status", "nominatedNodeName"]), "<none>",
        ]
    }

    private func serviceCells(_ object: Value, _ name: Value, _ age: Value) -> [Value] {
        let spec = object["spec"]
        let ports = (spec?["ports"]?.array ?? []).map { port in
            let node = port["nodePort"]?.int.map { $0 > 0 ? ":\($0)" : "" } ?? ""
            return "\(port["port"]?.int ?? 0)\(node)/\(port["protocol"]?.string ?? "TCP")"
        }
        let address = spec?["clusterIP"]?.string ?? ""
        return [
            name, spec?["type"] ?? "ClusterIP", .string(address.isEmpty ? "<none>" : address),
            .string(outerAddress(object)),
            .string(ports.isEmpty ? "<none>" : ports.joined(separator: ",")), age, .string(pairs(spec?["selector"])),
        ]
    }

    /// How a Service is reached from outside of the cluster.
    private func outerAddress(_ service: Value) -> String {
        let spec = service["spec"]
        let fixed = (spec?["externalIPs"]?.array ?? []).compactMap(\.string)
        let type = spec?["type"]?.string ?? ""
        if type == "ExternalName" { return spec?["externalName"]?.string ?? "" }
        if type == "LoadBalancer" {
            let entries = service[path: "status", "loadBalancer", "ingress"]?.array ?? []
            let found = entries.compactMap { $0["ip"]?.string ?? $0["hostname"]?.string }
            let all = found + fixed
            return all.isEmpty ? "<pending>" : all.joined(separator: ",")
        }
        return fixed.isEmpty ? "<none>" : fixed.joined(separator: ",")
    }

    private func eventCells(_ object: Value, _ name: Value, _ now: Timestamp) -> [Value] {
        // Both forms of events are shown alike.
        let about = object["involvedObject"] ?? object["regarding"]
        let source = object["source"] ?? object["deprecatedSource"]
        func since(_ texts: Value?...) -> Value {
            let text = texts.lazy.compactMap { $0?.string }.first { !$0.isEmpty }
            return .string(text.flatMap { Timestamp($0) }.map { humanAge(since: $0, now: now) } ?? "<unknown>")
        }
        let target = "\((about?["kind"]?.string ?? "").lowercased())/\(about?["name"]?.string ?? "")"
        let component =
            source?["component"]?.string ?? object["reportingComponent"]?.string ?? object["reportingController"]?
            .string ?? ""
        let instance = source?["host"]?.string ?? object["reportingInstance"]?.string ?? ""
        let host = instance.isEmpty ? "" : ", \(instance)"
        let count = object[path: "series", "count"]?.int ?? object["count"]?.int ?? object["deprecatedCount"]?.int ?? 1
        return [
            since(
                object[path: "series", "lastObservedTime"],
                object["lastTimestamp"],
                object["deprecatedLastTimestamp"],
                object["eventTime"]
            ),
            object["type"] ?? "", object["reason"] ?? "", .string(target), about?["fieldPath"] ?? "",
            .string(component + host), object["message"] ?? object["note"] ?? "",
            since(object["firstTimestamp"], object["deprecatedFirstTimestamp"], object["eventTime"]),
            .int(max(count, 1)), name,
        ]
    }
}
