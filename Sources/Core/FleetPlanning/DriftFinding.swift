package import KubernetesModel
package import StructuredValue

/// A live object that is not as we applied it, although Git did not change: which fields, and who did it.
package struct DriftFinding: Sendable, Hashable {
    package struct Field: Sendable, Hashable {
        package var path: String
        /// What we applied.
        package var wanted: Value?
        /// What stands there now.
        package var found: Value?
        /// The manager that wrote it; empty when the server does not tell.
        package var manager: String
        /// When, as the server recorded it; empty when it does not tell.
        package var time: String

        package init(path: String, wanted: Value?, found: Value?, manager: String, time: String) {
            self.path = path
            self.wanted = wanted
            self.found = found
            self.manager = manager
            self.time = time
        }
    }

    package var key: ObjectKey
    package var fields: [Field]

    package init(key: ObjectKey, fields: [Field]) {
        self.key = key
        self.fields = fields
    }

    init(_ key: ObjectKey, _ changes: [OwnedChange], _ ownership: FieldOwnership, _ fieldManager: String) {
        self.key = key
        fields = changes.map { change in
            let writer = ownership.otherWriter(of: change.path, than: fieldManager)
            return Field(
                path: OwnedChange.text(of: change.path),
                wanted: change.new,
                found: change.old,
                manager: writer?.manager ?? "",
                time: writer?.time ?? ""
            )
        }
    }

    /// `data.colour was changed by kubectl-patch`.
    package var sentence: String {
        let managers = Set(fields.map { $0.manager.isEmpty ? "somebody" : $0.manager }).sorted().joined(separator: ", ")
        let paths = fields.map(\.path)
        let shown = paths.prefix(3).joined(separator: ", ") + (paths.count > 3 ? " and \(paths.count - 3) more" : "")
        return "\(shown) \(paths.count == 1 ? "was" : "were") changed by \(managers)"
    }
}
