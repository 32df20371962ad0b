import KubernetesModel
import StructuredValue

extension KindRules {
    /// What is wrong with the pod at a path of an object.
    static func pod(_ object: Value, _ field: String, _ path: [String]) -> [FieldProblem] {
        guard let spec = object[path: path] else { return [] }
        var problems: [FieldProblem] = []
        if spec["containers"]?.isEmpty ?? true { problems.append(.required("\(field).containers")) }
        let volumes = (spec["volumes"]?.array ?? []).map { $0["name"]?.string ?? "" }
        problems += uniqueNames(volumes, "\(field).volumes")
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
        problems += choices(spec, field)
        if path.count > 1, let outer = path.first {
            problems += ObjectChecks.labels(object[path: outer, "metadata", "labels"], field: "\(outer).labels")
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
        for (index, variable) in (container["env"]?.array ?? []).enumerated()
        where variable["name"]?.isEmpty ?? true {
            problems.append(.required("\(place).env[\(index)].name"))
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
