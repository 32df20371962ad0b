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
        if !serviceTypes.contains(type) { problems.append(.notSupported("spec.type", "\"\(type)\"", serviceTypes)) }
        return problems + repeatedPorts(ports, type: type)
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
