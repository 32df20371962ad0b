import APIStore
import KubernetesModel
import StructuredValue

extension APIServer {
    /// Ports on which nodes pass requests on.
    private static let nodePorts = 30_000...32_767

    /// Gives a Service the addresses and node ports that it lacks, and refuses those that are taken or cannot be had.
    func allocate(_ service: inout Value, old: Value?) throws(APIFailure) {
        let taken = takenByServices(besides: service[path: "metadata", "uid"]?.string)
        var problems: [FieldProblem] = []
        allocateAddress(&service, old: old, taken: taken.addresses, &problems)
        allocatePorts(&service, old: old, taken: taken.ports, &problems)
        guard problems.isEmpty else {
            let name = service[path: "metadata", "name"]?.string ?? ""
            throw .invalid(group: "", kind: "Service", name: name, problems)
        }
    }

    private func takenByServices(besides uid: String?) -> (addresses: Set<String>, ports: Set<Int>) {
        var addresses: Set<String> = []
        var ports: Set<Int> = []
        // Services have no history that a list could lack.
        let services = (try? store.list(StoreQuery(StoreScope(resource: "services"))))?.objects ?? []
        for service in services where service.value[path: "metadata", "uid"]?.string != uid {
            if let address = service.value[path: "spec", "clusterIP"]?.string { addresses.insert(address) }
            for port in service.value[path: "spec", "ports"]?.array ?? [] {
                if let number = port["nodePort"]?.int, number > 0 { ports.insert(number) }
            }
        }
        return (addresses, ports)
    }

    private func allocateAddress(
        _ service: inout Value,
        old: Value?,
        taken: Set<String>,
        _ problems: inout [FieldProblem]
    ) {
        guard service[path: "spec", "type"] != "ExternalName" else { return }
        let given = service[path: "spec", "clusterIP"]?.string ?? ""
        let isNew = old?[path: "spec", "clusterIP"]?.isEmpty ?? true
        if given == "None" {
            if isNew { setFamilies(&service, isHeadless: true) }
            service[path: "spec", "clusterIPs"] = ["None"]
            return
        }
        if !given.isEmpty {
            guard isNew else { return }
            let shown = JSON.text(.array([.string(given)]), .go)
            if !Self.isServiceAddress(given) {
                let detail =
                    "failed to allocate IP \(given): the provided IP (\(given)) is not in the valid range. The range of valid "
                    + "IPs is 10.96.0.0/12"
                problems.append(.invalid("spec.clusterIPs", shown, detail))
            } else if taken.contains(given) {
                let detail = "failed to allocate IP \(given): provided IP is already allocated"
                problems.append(.invalid("spec.clusterIPs", shown, detail))
            }
            setAddress(&service, given)
            return
        }
        // One of the million addresses of 10.96.0.0/12: the next free one after any.
        let size = (1 << 20) - 2
        let start = Int(clock.random() % UInt64(size))
        for step in 0..<size {
            let number = (start + step) % size + 1
            let address = "10.\(96 + (number >> 16)).\(number >> 8 & 255).\(number & 255)"
            if taken.contains(address) { continue }
            setAddress(&service, address)
            return
        }
    }

    private func setAddress(_ service: inout Value, _ address: String) {
        service[path: "spec", "clusterIP"] = .string(address)
        service[path: "spec", "clusterIPs"] = [.string(address)]
        setFamilies(&service, isHeadless: false)
    }

    /// Headless Services without pods of their own answer with whatever addresses there are.
    private func setFamilies(_ service: inout Value, isHeadless: Bool) {
        let isFree = isHeadless && service[path: "spec", "selector"]?.isEmpty ?? true
        if service[path: "spec", "ipFamilies"]?.isEmpty ?? true {
            service[path: "spec", "ipFamilies"] = isFree ? ["IPv4", "IPv6"] : ["IPv4"]
        }
        if service[path: "spec", "ipFamilyPolicy"]?.isEmpty ?? true {
            service[path: "spec", "ipFamilyPolicy"] = isFree ? "RequireDualStack" : "SingleStack"
        }
    }

    private static func isServiceAddress(_ text: String) -> Bool {
        let parts = text.split(separator: ".").compactMap { Int($0) }
        return parts.count == 4 && parts[0] == 10 && (96...111).contains(parts[1])
    }

    private func allocatePorts(
        _ service: inout Value,
        old: Value?,
        taken: Set<Int>,
        _ problems: inout [FieldProblem]
    ) {
        guard case .array(var ports) = service[path: "spec", "ports"] else { return }
        let type = service[path: "spec", "type"]?.string ?? ""
        let isWanted =
            type == "NodePort"
            || (type == "LoadBalancer" && service[path: "spec", "allocateLoadBalancerNodePorts"]?.bool != false)
        guard type == "NodePort" || type == "LoadBalancer" else { return }
        let before = Set((old?[path: "spec", "ports"]?.array ?? []).compactMap { $0["nodePort"]?.int })
        var used = taken.union(ports.compactMap { $0["nodePort"]?.int })
        for (index, port) in ports.enumerated() {
            guard let number = port["nodePort"]?.int, number != 0 else {
                guard isWanted else { continue }
                let size = UInt64(Self.nodePorts.count)
                let start = Int(clock.random() % size)
                let free = (0..<Int(size)).lazy.map { Self.nodePorts.lowerBound + (start + $0) % Int(size) }
                    .first { !used.contains($0) }
                guard let free else {
                    problems.append(FieldProblem(.internalError, "spec.ports[\(index)].nodePort", "no port is free"))
                    continue
                }
                used.insert(free)
                ports[index]["nodePort"] = .int(free)
                continue
            }
            guard !before.contains(number) else { continue }
            let place = "spec.ports[\(index)].nodePort"
            if !Self.nodePorts.contains(number) {
                let detail =
                    "provided port is not in the valid range. The range of valid ports is "
                    + "\(Self.nodePorts.lowerBound)-\(Self.nodePorts.upperBound)"
                problems.append(.invalid(place, "\(number)", detail))
            } else if taken.contains(number) {
                problems.append(.invalid(place, "\(number)", "provided port is already allocated"))
            }
        }
        service[path: "spec", "ports"] = .array(ports)
    }
}
