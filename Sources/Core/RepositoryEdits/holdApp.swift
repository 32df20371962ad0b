package import FleetModel
package import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// A hold as somebody asks for it.
package struct HoldRequest: Sendable {
    package var app: String
    /// Nil for the version that the app comes to now.
    package var version: String?
    package var reason: String
    package var until: String?
    /// Empty for all members.
    package var managementClusters: [String]

    package init(app: String, version: String?, reason: String, until: String?, managementClusters: [String]) {
        self.app = app
        self.version = version
        self.reason = reason
        self.until = until
        self.managementClusters = managementClusters
    }
}

/// Edits with the name of the commit that they make.
package struct TitledEdits: Sendable {
    package var title: String
    package var edits: [FileEdit]

    package init(title: String, edits: [FileEdit]) {
        self.title = title
        self.edits = edits
    }
}

/// Adds a hold to the file of the fleet whose members have the app.
package func holdApp(
    _ request: HoldRequest,
    in repository: Repository,
    states: [DesiredState]
) throws(RejectedSource) -> TitledEdits {
    let having = states.filter { state in state.resolutions.contains { $0.app == request.app } }
    let fleet = try onlyFleet(Set(having.map(\.fleet)), "has an app named “\(request.app)”", states)
    var version = request.version
    if version == nil {
        let members = having.filter {
            request.managementClusters.isEmpty || request.managementClusters.contains($0.managementCluster)
        }
        let versions = Set(members.flatMap(\.resolutions).filter { $0.app == request.app }.map(\.version))
        guard versions.count == 1, let only = versions.first else {
            throw EditedFiles.failure(
                "hold-version",
                "the app has several versions: \(versions.sorted().joined(separator: ", "))",
                hint: "say which with --version"
            )
        }
        version = only
    }
    let known = Set(states.filter { $0.fleet == fleet }.map(\.managementCluster))
    for member in request.managementClusters where !known.contains(member) {
        throw EditedFiles.failure(
            "unknown-management-cluster",
            "fleet “\(fleet)” has no management cluster “\(member)”",
            hint: closestName(to: member, in: known).map { "did you mean “\($0)”?" }
        )
    }
    var hold: Object = [
        "app": .string(request.app), "version": .string(version ?? ""), "reason": .string(request.reason),
    ]
    if let until = request.until { hold["until"] = .string(until) }
    if !request.managementClusters.isEmpty {
        hold["managementClusters"] = .array(request.managementClusters.map(Value.string))
    }
    let file = "fleets/\(fleet)/fleet.yaml"
    var files = EditedFiles(repository.tree)
    let holds = DocumentSearch(try files.bytes(of: file), file: file).first?["spec"]?["holds"]
    try files.edit(file) { (edit: inout YAMLEdit) throws(RejectedSource) in
        if let holds, !holds.isNull {
            try edit.append(.object(hold), at: ["spec", "holds"])
        } else {
            try edit.set(.array([.object(hold)]), at: ["spec", "holds"])
        }
    }
    return TitledEdits(
        title: "Hold \(request.app) at \(version ?? "") in fleet \(fleet): \(request.reason)",
        edits: files.all
    )
}

/// Removes all holds of an app from the file of the fleet that has them.
package func releaseHold(
    of app: String,
    in repository: Repository,
    fleet wanted: String?
) throws(RejectedSource) -> TitledEdits {
    let holding = repository.fleets.compactMap(\.fleet).filter { fleet in
        (wanted ?? fleet.name) == fleet.name && fleet.holds.contains { $0.app.value == app }
    }
    guard let fleet = holding.first, holding.count == 1 else {
        let names = repository.fleets.compactMap(\.fleet).flatMap(\.holds).map(\.app.value)
        throw EditedFiles.failure(
            "hold-missing",
            holding.isEmpty
                ? "no hold is for an app named “\(app)”"
                : "several fleets hold “\(app)”: \(holding.map(\.name).joined(separator: ", "))",
            hint: holding.isEmpty
                ? closestName(to: app, in: names).map { "did you mean “\($0)”?" } : "say which with --fleet"
        )
    }
    let file = fleet.position.file
    var files = EditedFiles(repository.tree)
    for index in fleet.holds.indices.reversed() where fleet.holds[index].app.value == app {
        try files.edit(file) { (edit: inout YAMLEdit) throws(RejectedSource) in
            try edit.remove(at: ["spec", "holds", .index(index)])
        }
    }
    return TitledEdits(title: "Release the hold of \(app) in fleet \(fleet.name)", edits: files.all)
}

private func onlyFleet(_ fleets: Set<String>, _ what: String, _ states: [DesiredState]) throws(RejectedSource) -> String
{
    if let only = fleets.first, fleets.count == 1 { return only }
    let apps = states.flatMap(\.resolutions).map(\.app)
    throw EditedFiles.failure(
        fleets.isEmpty ? "unknown-app" : "ambiguous-app",
        fleets.isEmpty ? "no fleet \(what)" : "more than one fleet \(what): \(fleets.sorted().joined(separator: ", "))",
        hint: fleets.isEmpty
            ? (apps.isEmpty ? nil : "apps are \(Set(apps).sorted().prefix(8).joined(separator: ", "))")
            : "say which with --fleet"
    )
}
