internal import KubernetesModel
internal import StructuredValue

/// Every member of every fleet with the fleet's name beside it.
private func members(of status: Value) -> [(fleet: String, member: Value)] {
    (status["fleets"]?.array ?? []).flatMap { fleet in
        (fleet["managementClusters"]?.array ?? []).map { (fleet["name"]?.string ?? "", $0) }
    }
}

/// `martlet get fleets`.
func fleetsText(_ status: Value) -> String {
    var table = TextTable("NAME", "STATE", "WAVE", "REVISION", "MANAGEMENT CLUSTERS", "CLUSTERS", "REASON")
    for fleet in status["fleets"]?.array ?? [] {
        let members = fleet["managementClusters"]?.array ?? []
        table.add(
            fleet["name"]?.string ?? "",
            fleet["state"]?.string ?? "",
            fleet["wave"]?.string ?? "",
            short(fleet["revision"]?.string ?? ""),
            String(members.count),
            String(members.map { $0["clusters"]?.array?.count ?? 0 }.reduce(0, +)),
            oneLine(fleet["reason"]?.string ?? "")
        )
    }
    return table.text
}

/// `martlet get management-clusters`.
func managementClustersText(_ status: Value, at now: Timestamp) -> String {
    var table = TextTable("NAME", "FLEET", "WAVE", "STATE", "SINCE", "APPLIED", "TARGET", "OBJECTS", "CLUSTERS")
    for (fleet, member) in members(of: status) {
        table.add(
            member["name"]?.string ?? "",
            fleet,
            member["wave"]?.string ?? "",
            member["state"]?.string ?? "",
            age(of: member["since"]?.string, at: now),
            short(member["appliedRevision"]?.string ?? ""),
            short(member["targetRevision"]?.string ?? ""),
            count(member["objects"]),
            String(member["clusters"]?.array?.count ?? 0)
        )
    }
    return table.text
}

/// `martlet get clusters`.
func clustersText(_ status: Value, at now: Timestamp, wide: Bool) -> String {
    var table = TextTable(
        header: [
            "MANAGEMENT CLUSTER", "NAMESPACE", "NAME", "PHASE", "HEALTH", "VERSION", "CONTROL PLANE", "WORKERS", "AGE",
        ] + (wide ? ["WANTED", "REASON"] : [])
    )
    for (_, member) in members(of: status) {
        for cluster in member["clusters"]?.array ?? [] {
            func replicas(_ name: String) -> String {
                "\(count(cluster[name]?["ready"]))/\(count(cluster[name]?["desired"]))"
            }
            var row = [
                member["name"]?.string ?? "", cluster["namespace"]?.string ?? "", cluster["name"]?.string ?? "",
                cluster["phase"]?.string ?? "", cluster["health"]?.string ?? "", cluster["version"]?.string ?? "",
                replicas("controlPlane"), replicas("workers"), age(of: cluster["creationTimestamp"]?.string, at: now),
            ]
            if wide {
                row += [cluster["wantedVersion"]?.string ?? "", oneLine(cluster["reason"]?.string ?? "")]
            }
            table.add(row: row)
        }
    }
    return table.text
}

/// `martlet get apps`.
func appsText(_ status: Value) -> String {
    var table = TextTable(
        "MANAGEMENT CLUSTER",
        "NAMESPACE",
        "NAME",
        "CATALOG",
        "CHART",
        "WANTED",
        "VERSION",
        "OBJECTS",
        "HEALTH",
        "HELD"
    )
    for (_, member) in members(of: status) {
        for app in member["apps"]?.array ?? [] {
            table.add(
                member["name"]?.string ?? "",
                app["namespace"]?.string ?? "",
                app["name"]?.string ?? "",
                app["catalog"]?.string ?? "",
                app["chart"]?.string ?? "",
                app["requested"]?.string ?? "",
                app["version"]?.string ?? "",
                count(app["objects"]),
                app["health"]?.string ?? "",
                app["hold"]?.string ?? ""
            )
        }
    }
    return table.text
}

/// `martlet get catalogs`.
func catalogsText(_ catalogs: Value, at now: Timestamp, wide: Bool) -> String {
    let header = ["NAME", "KIND", "STATE", "CHARTS", "USED", "FETCHED", "REASON"]
    var table = TextTable(header: wide ? header + ["PLACE", "COMMIT", "CHOICES"] : header)
    for catalog in catalogs["items"]?.array ?? [] {
        func text(_ key: String) -> String { catalog[key]?.string ?? "" }
        let choices = catalog["choices"]?.array ?? []
        var row = [
            text("name"), text("kind"), text("state"), catalog["charts"]?.int.map { "\($0)" } ?? "",
            catalog["apps"]?.int.map { "\($0)" } ?? "", age(of: catalog["fetched"]?.string, at: now),
            oneLine(text("reason")),
        ]
        if wide {
            let words = choices.map { choice in
                let (wanted, got) = (choice["requested"]?.string ?? "", choice["version"]?.string ?? "")
                return "\(choice["chart"]?.string ?? "") \(wanted == got ? got : "\(wanted) → \(got)")"
            }
            row += [text("place"), String(text("commit").prefix(10)), words.joined(separator: ", ")]
        }
        table.add(row: row)
    }
    return table.text
}
