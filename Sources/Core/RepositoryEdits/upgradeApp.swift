package import FleetModel
package import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// The edit that gives an app, or an app of a collection, another chart version.
package func upgradeApp(
    _ name: String,
    to version: String,
    states: [DesiredState],
    in repository: Repository
) throws(RejectedSource) -> VersionChange {
    try VersionText.check(version)
    var found: [SourcePosition: (resolution: AppResolution, members: [String])] = [:]
    for state in states {
        for resolution in state.resolutions where resolution.app == name {
            found[resolution.position, default: (resolution, [])].members.append(
                "\(state.fleet)/\(state.managementCluster)"
            )
        }
    }
    guard let (position, place) = found.first else { throw unknownApp(name, states) }
    if found.count > 1 {
        let places = found.map { "\($0.key) (\($0.value.members.joined(separator: ", ")))" }.sorted()
        throw EditedFiles.failure(
            "ambiguous-app",
            "several apps are named “\(name)”: \(places.joined(separator: "; "))",
            hint: "say which with --fleet or --management-cluster"
        )
    }
    let app = place.resolution
    var files = EditedFiles(repository.tree)
    let search = DocumentSearch(try files.bytes(of: position.file), file: position.file)
    guard let line = search.place(at: position), line.node.value.string == app.requested else {
        throw EditedFiles.failure(
            "version-place",
            "the version of app “\(name)” does not stand at its place",
            at: position,
            hint: "edit the file by hand"
        )
    }
    let new = VersionText.adapt(version, to: app.requested)
    try files.edit(position.file) { (edit: inout YAMLEdit) throws(RejectedSource) in
        try edit.set(.string(new), at: line.path, inDocument: line.document)
    }
    let subject = app.collection.map { "app \(name) of collection \($0)" } ?? "app \(app.namespace)/\(name)"
    var change = VersionChange(
        subject: subject,
        old: app.requested,
        new: new,
        lines: [
            VersionChange.Line(position: position, subject: "chart \(app.chart)", old: app.requested, new: new)
        ],
        edits: files.all
    )
    if app.requested != app.version, VersionText.bare(app.requested) != VersionText.bare(app.version) {
        change.notes.append("“\(app.requested)” comes to \(app.version) now")
    }
    for hold in states.flatMap(\.holds) where hold.app == name {
        let note = "a hold keeps it at \(hold.heldVersion): \(hold.reason) (\(hold.position))"
        if !change.notes.contains(note) { change.notes.append(note) }
    }
    return change
}

private func unknownApp(_ name: String, _ states: [DesiredState]) -> RejectedSource {
    let known = states.flatMap(\.resolutions).map(\.app)
    return EditedFiles.failure(
        "unknown-app",
        "no app is named “\(name)”",
        hint: closestName(to: name, in: known).map { "did you mean “\($0)”?" }
            ?? (known.isEmpty ? nil : "apps are \(Set(known).sorted().prefix(8).joined(separator: ", "))")
    )
}
