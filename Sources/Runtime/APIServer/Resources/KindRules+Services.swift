import KubernetesModel
import StructuredValue

extension KindRules {
    /// What is wrong with a Service, in the order in which a real server says it.
    static func service(_ object: Value, old: Value?) -> [FieldProblem] {
        let spec = object["spec"] ?? [:]
        let type = spec["type"]?.string ?? ""
        let isHeadless = spec["clusterIP"] == "None"
        let ports = spec["ports"]?.array ?? []
        var problems: [FieldProblem] = []
        if ports.isEmpty, !isHeadless, type != "ExternalName" { problems.append(.required("spec.ports")) }
        switch type {
        case "LoadBalancer", "NodePort":
            if isHeadless {
                let text = "may not be set to 'None' for \(type) services"
                problems.append(.invalid("spec.clusterIPs[0]", "\"None\"", text))
            }
        case "ExternalName":
            let name = spec["externalName"]?.string ?? ""
            if !(spec["clusterIPs"]?.isEmpty ?? true) {
                problems.append(.forbidden("spec.clusterIPs", "may not be set for ExternalName services"))
            }
            if name.isEmpty {
                problems.append(.required("spec.externalName"))
            } else if let why = ObjectNames.subdomainProblem(name) {
                problems.append(.invalid("spec.externalName", "\"\(name)\"", why))
            }
        default: break
        }
        problems += servicePorts(ports)
        problems += ObjectChecks.labels(spec["selector"], field: "spec.selector")
        problems += affinity(spec)
        problems += address(spec, old: old?["spec"], isHeadless: isHeadless)
        problems += reach(spec, type: type)
        if !serviceTypes.contains(type) { problems.append(.notSupported("spec.type", "\"\(type)\"", serviceTypes)) }
        return problems + repeatedPorts(ports, type: type)
    }

    /// Completes a Service when it is read.
    static func completeService(_ object: inout Value) {
        let type = object[path: "spec", "type"]?.string ?? "ClusterIP"
        let isOpen = type == "NodePort" || type == "LoadBalancer"
        func fill(_ name: String, _ value: Value) {
            if object[path: "spec", name]?.isEmpty ?? true { object[path: "spec", name] = value }
        }
        if isOpen { fill("externalTrafficPolicy", "Cluster") }
        if type == "LoadBalancer", object[path: "spec", "allocateLoadBalancerNodePorts"] == nil {
            object[path: "spec", "allocateLoadBalancerNodePorts"] = true
        }
        if type != "ExternalName" { fill("internalTrafficPolicy", "Cluster") }
        if object[path: "spec", "sessionAffinity"] == "ClientIP",
            object[path: "spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds"] == nil
        {
            object[path: "spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds"] = 10_800
        }
        if case .array(let entries) = object[path: "status", "loadBalancer", "ingress"] {
            object[path: "status", "loadBalancer", "ingress"] = .array(
                entries.map { entry in
                    guard entry["ip"]?.isEmpty == false, entry["ipMode"] == nil else { return entry }
                    var entry = entry
                    entry["ipMode"] = "VIP"
                    return entry
                }
            )
        }
        guard case .array(let ports) = object[path: "spec", "ports"] else { return }
        object[path: "spec", "ports"] = .array(
            ports.map { port in
                var port = port
                if port["targetPort"] == nil || port["targetPort"] == 0 { port["targetPort"] = port["port"] }
                return port
            }
        )
    }

    /// What belongs to a Service's former type goes with it, unless somebody just set it; addresses stay.
    static func retypeService(_ object: inout Value, old: Value) {
        let (type, before) = (object[path: "spec", "type"]?.string ?? "", old[path: "spec", "type"]?.string ?? "")
        func isOpen(_ type: String) -> Bool { type == "NodePort" || type == "LoadBalancer" }
        func drop(_ names: String...) {
            for name in names where object[path: "spec", name] == old[path: "spec", name] {
                object[path: "spec", name] = nil
            }
        }
        if isOpen(before), !isOpen(type) {
            drop("externalTrafficPolicy", "healthCheckNodePort")
            let known = (old[path: "spec", "ports"]?.array ?? []).map { $0["nodePort"] }
            if case .array(let ports) = object[path: "spec", "ports"], ports.map({ $0["nodePort"] }) == known {
                object[path: "spec", "ports"] = .array(
                    ports.map { port in
                        var port = port
                        port["nodePort"] = nil
                        return port
                    }
                )
            }
        }
        if before == "LoadBalancer", type != before { drop("allocateLoadBalancerNodePorts", "loadBalancerClass") }
        let addresses = ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"]
        if type == "ExternalName" {
            if before != type {
                addresses.forEach { drop($0) }
                drop("internalTrafficPolicy")
            }
        } else if before != "ExternalName" {
            for name in addresses where object[path: "spec", name]?.isEmpty ?? true {
                object[path: "spec", name] = old[path: "spec", name]
            }
        }
    }

    /// Words and addresses of a Service's parts that are rarely set.
    private static func reach(_ spec: Value, type: String) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        let isAddressText = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
        for (index, address) in (spec["externalIPs"]?.array ?? []).enumerated() {
            guard let text = address.string, !isAddress(text) else { continue }
            problems.append(.invalid("spec.externalIPs[\(index)]", "\"\(text)\"", isAddressText))
        }
        let open = spec["externalTrafficPolicy"]?.string
        if let open, type != "NodePort", type != "LoadBalancer", spec["externalIPs"]?.isEmpty ?? true {
            let text = "may only be set for externally-accessible services"
            problems.append(.invalid("spec.externalTrafficPolicy", "\"\(open)\"", text))
        } else if let open, !["Cluster", "Local"].contains(open) {
            problems.append(.notSupported("spec.externalTrafficPolicy", "\"\(open)\"", ["Cluster", "Local"]))
        }
        if let inner = spec["internalTrafficPolicy"]?.string, !["Cluster", "Local"].contains(inner) {
            problems.append(.notSupported("spec.internalTrafficPolicy", "\"\(inner)\"", ["Cluster", "Local"]))
        }
        for (index, range) in (spec["loadBalancerSourceRanges"]?.array ?? []).enumerated() {
            let text = range.string ?? ""
            let parts = text.split(separator: "/")
            if parts.count == 2, isAddress(String(parts[0])), Int(parts[1]) != nil { continue }
            let detail = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
            problems.append(.invalid("spec.LoadBalancerSourceRanges[\(index)]", "\"\(text)\"", detail))
        }
        if spec["clusterIP"] != "None" {
            if spec["ipFamilyPolicy"] == "RequireDualStack" {
                let text = "this cluster is not configured for dual-stack services"
                problems.append(.invalid("spec.ipFamilyPolicy", "\"RequireDualStack\"", text))
            }
            for (index, family) in (spec["ipFamilies"]?.array ?? []).enumerated() where family != "IPv4" {
                let shown = "\"\(family.string ?? "")\""
                problems.append(.invalid("spec.ipFamilies[\(index)]", shown, "not configured on this cluster"))
            }
        }
        return problems
    }

    /// What is wrong with the status of a Service.
    static func serviceStatus(_ object: Value) -> [FieldProblem] {
        (object[path: "status", "loadBalancer", "ingress"]?.array ?? []).enumerated().compactMap { index, entry in
            guard let text = entry["ip"]?.string, !text.isEmpty, !isAddress(text) else { return nil }
            let detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
            return .invalid("status.loadBalancer.ingress[\(index)].ip", "\"\(text)\"", detail)
        }
    }

    private static let serviceTypes = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]
    private static let portRange = "must be between 1 and 65535, inclusive"

    private static func servicePorts(_ ports: [Value]) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        var names: Set<String> = []
        for (index, port) in ports.enumerated() {
            let place = "spec.ports[\(index)]"
            let name = port["name"]?.string ?? ""
            if name.isEmpty {
                // One port needs no name; several are told apart by theirs.
                if ports.count > 1 { problems.append(.required("\(place).name")) }
            } else {
                if let why = ObjectNames.labelProblem(name) {
                    problems.append(.invalid("\(place).name", "\"\(name)\"", why))
                }
                if !names.insert(name).inserted {
                    problems.append(FieldProblem(.duplicate, "\(place).name", "Duplicate value: \"\(name)\""))
                }
            }
            let number = port["port"]?.int ?? 0
            if !(1...65_535).contains(number) {
                problems.append(.invalid("\(place).port", "\(number)", portRange))
            }
            let known = ["SCTP", "TCP", "UDP"]
            if let name = port["protocol"]?.string, !known.contains(name) {
                problems.append(.notSupported("\(place).protocol", "\"\(name)\"", known))
            }
            problems += targetPort(port["targetPort"] ?? .int(number), "\(place).targetPort")
        }
        return problems
    }

    private static func targetPort(_ target: Value, _ place: String) -> [FieldProblem] {
        if let number = target.int {
            return (1...65_535).contains(number) ? [] : [.invalid(place, "\(number)", portRange)]
        }
        let name = target.string ?? ""
        return portNameProblems(name).map { .invalid(place, "\"\(name)\"", $0) }
    }

    /// Why a text is no name of a port, as IANA registers them.
    private static func portNameProblems(_ name: String) -> [String] {
        var problems: [String] = []
        let bytes = Array(name.utf8)
        let isLetter = { (byte: UInt8) in (0x61...0x7A).contains(byte) }
        if bytes.count > 15 { problems.append("must be no more than 15 characters") }
        if !bytes.allSatisfy({ isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x2D }) || bytes.isEmpty {
            problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
        }
        if !bytes.contains(where: isLetter) { problems.append("must contain at least one letter (a-z)") }
        if name.contains("--") { problems.append("must not contain consecutive hyphens") }
        if bytes.first == 0x2D || bytes.last == 0x2D { problems.append("must not begin or end with a hyphen") }
        return problems
    }

    private static func affinity(_ spec: Value) -> [FieldProblem] {
        let affinity = spec["sessionAffinity"]?.string ?? ""
        let config = spec["sessionAffinityConfig"]
        switch affinity {
        case "None":
            if config?.isEmpty ?? true { return [] }
            let text = "must not be set when session affinity is None"
            return [.forbidden("spec.sessionAffinityConfig", text)]
        case "ClientIP":
            guard let seconds = config?["clientIP"]?["timeoutSeconds"]?.int, !(1...86_400).contains(seconds) else {
                return []
            }
            let place = "spec.sessionAffinityConfig.clientIP.timeoutSeconds"
            return [.invalid(place, "\(seconds)", "must be greater than 0 and less than 86400")]
        default: return [.notSupported("spec.sessionAffinity", "\"\(affinity)\"", ["ClientIP", "None"])]
        }
    }

    private static func address(_ spec: Value, old: Value?, isHeadless: Bool) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        let address = spec["clusterIP"]?.string ?? ""
        if !isHeadless, !address.isEmpty, !isAddress(address) {
            let text = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
            problems.append(.invalid("spec.clusterIPs[0]", "\"\(address)\"", text))
        }
        if let before = old?["clusterIP"]?.string, !before.isEmpty, before != address,
            spec["type"] != "ExternalName", old?["type"] != "ExternalName"
        {
            let shown = JSON.text(.array([.string(address)]), .go)
            problems.append(.invalid("spec.clusterIPs[0]", shown, "may not change once set"))
        }
        return problems
    }

    private static func isAddress(_ text: String) -> Bool {
        if text.contains(":") {
            return text.utf8.allSatisfy {
                (0x30...0x3A).contains($0) || (0x61...0x66).contains($0 | 0x20) || $0 == 0x2E
            }
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                guard let number = UInt8(part) else { return false }
                return String(number) == part
            }
    }

    /// Two ports of a Service differ in number or protocol.
    private static func repeatedPorts(_ ports: [Value], type: String) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        if type == "ClusterIP" {
            for (index, port) in ports.enumerated() where port["nodePort"].map({ $0 != 0 }) ?? false {
                let text = "may not be used when `type` is 'ClusterIP'"
                problems.append(.forbidden("spec.ports[\(index)].nodePort", text))
            }
        }
        var seen: Set<String> = []
        for (index, port) in ports.enumerated() {
            let name = port["protocol"]?.string ?? "TCP"
            let number = port["port"]?.int ?? 0
            guard !seen.insert("\(name)/\(number)").inserted else { continue }
            // A real server shows its internal type here.
            let shown =
                #"{"Name":"","Protocol":"\#(name)","AppProtocol":null,"Port":\#(number),"TargetPort":0,"NodePort":0}"#
            problems.append(FieldProblem(.duplicate, "spec.ports[\(index)]", "Duplicate value: \(shown)"))
        }
        return problems
    }
}
