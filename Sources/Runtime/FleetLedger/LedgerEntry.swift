package import KubernetesModel
package import StructuredValue

/// One line of history: what happened to which object, when, by which commit, and by whom.
package struct LedgerEntry: Hashable, Sendable {
    package enum Event: String, Sendable, CaseIterable {
        /// We made the object.
        case created
        /// We changed the object because Git changed.
        case updated
        /// We deleted the object.
        case deleted
        /// Somebody else changed what we applied; reported, not put back.
        case drifted
        /// Somebody else changed what we applied; put back.
        case corrected
        /// A step failed; the message says why.
        case failed
        /// A revision was seen for the first time.
        case revision
        /// A rollout moved: a wave started, soaked, halted, was approved.
        case rollout
        /// A version range of a remote catalog came to a version, which stays for this revision.
        case resolved
    }

    package struct Field: Hashable, Sendable {
        package var path: String
        package var old: Value?
        package var new: Value?

        package init(path: String, old: Value?, new: Value?) {
            self.path = path
            self.old = old
            self.new = new
        }
    }

    package var time: Timestamp
    package var event: Event
    package var fleet: String
    /// Empty for what concerns the whole fleet.
    package var managementCluster: String
    /// The commit that was being followed.
    package var revision: String
    /// Nil for what concerns no single object.
    package var object: ObjectKey?
    package var fields: [Field]
    /// The field manager of the other writer, for drift.
    package var manager: String?
    package var message: String

    package init(
        time: Timestamp,
        event: Event,
        fleet: String,
        managementCluster: String = "",
        revision: String,
        object: ObjectKey? = nil,
        fields: [Field] = [],
        manager: String? = nil,
        message: String = ""
    ) {
        self.time = time
        self.event = event
        self.fleet = fleet
        self.managementCluster = managementCluster
        self.revision = revision
        self.object = object
        self.fields = fields
        self.manager = manager
        self.message = message
    }

    /// As `/api/v1/history` and `martlet history -o json` show it.
    package var value: Value {
        var result: Object = [
            "time": .string(time.description), "event": .string(event.rawValue), "fleet": .string(fleet),
            "managementCluster": .string(managementCluster), "revision": .string(revision),
        ]
        if let object {
            result["group"] = .string(object.group)
            result["kind"] = .string(object.kind)
            result["namespace"] = .string(object.namespace)
            result["name"] = .string(object.name)
        }
        if !fields.isEmpty {
            result["fields"] = .array(
                fields.map { field in
                    var entry: Object = ["path": .string(field.path)]
                    entry["old"] = field.old ?? .null
                    entry["new"] = field.new ?? .null
                    return .object(entry)
                }
            )
        }
        if let manager { result["manager"] = .string(manager) }
        if !message.isEmpty { result["message"] = .string(message) }
        return .object(result)
    }

    /// Reads what `value` wrote; nil when it is something else.
    package init?(_ value: Value) {
        guard let time = value["time"]?.string.flatMap(Timestamp.init),
            let event = value["event"]?.string.flatMap(Event.init), let fleet = value["fleet"]?.string
        else { return nil }
        self.init(
            time: time,
            event: event,
            fleet: fleet,
            managementCluster: value["managementCluster"]?.string ?? "",
            revision: value["revision"]?.string ?? "",
            object: value["kind"]?.string.map { kind in
                ObjectKey(
                    groupKind: GroupKind(group: value["group"]?.string ?? "", kind: kind),
                    namespace: value["namespace"]?.string ?? "",
                    name: value["name"]?.string ?? ""
                )
            },
            fields: (value["fields"]?.array ?? []).map {
                Field(path: $0["path"]?.string ?? "", old: $0["old"], new: $0["new"])
            },
            manager: value["manager"]?.string,
            message: value["message"]?.string ?? ""
        )
    }
}
