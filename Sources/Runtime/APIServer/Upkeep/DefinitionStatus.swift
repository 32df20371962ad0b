import KubernetesModel
import StructuredValue

/// The conditions of custom resource definitions, and which of their names they get.
enum DefinitionStatus {
    static func condition(_ type: String, in definition: Value) -> Value? {
        (definition[path: "status", "conditions"]?.array ?? []).first { $0["type"]?.string == type }
    }

    static func isTrue(_ type: String, in definition: Value) -> Bool {
        condition(type, in: definition)?["status"]?.string == "True"
    }

    static func set(
        _ type: String,
        _ status: String,
        _ reason: String,
        _ message: String,
        in definition: inout Value,
        now: Timestamp
    ) {
        var conditions = definition[path: "status", "conditions"]?.array ?? []
        let old = conditions.first { $0["type"]?.string == type }
        let time = old?["status"]?.string == status ? old?["lastTransitionTime"] : .string(now.description)
        let condition: Value = [
            "type": .string(type), "status": .string(status), "lastTransitionTime": time ?? .null,
            "reason": .string(reason),
            "message": .string(message),
        ]
        if let index = conditions.firstIndex(where: { $0["type"]?.string == type }) {
            conditions[index] = condition
        } else {
            conditions.append(condition)
        }
        definition[path: "status", "conditions"] = .array(conditions)
    }

    static func markTerminating(_ definition: inout Value, now: Timestamp) {
        set(
            "Terminating",
            "True",
            "InstanceDeletionPending",
            "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
            in: &definition,
            now: now
        )
    }

    /// The definition with the names it may have beside the others of its group.
    static func named(_ definition: Value, others: [Value], now: Timestamp) -> Value {
        var result = definition
        let group = definition[path: "spec", "group"]?.string
        let siblings = others.filter {
            $0[path: "spec", "group"]?.string == group
                && $0[path: "metadata", "name"] != definition[path: "metadata", "name"]
        }
        var resources: Set<String> = []
        var kinds: Set<String> = []
        for sibling in siblings {
            let names = sibling[path: "status", "acceptedNames"]
            for name in [names?["plural"], names?["singular"]]
                + (names?["shortNames"]?.array ?? []).map({ Optional($0) })
            {
                if let text = name?.string, !text.isEmpty { resources.insert(text) }
            }
            for name in [names?["kind"], names?["listKind"]] {
                if let text = name?.string, !text.isEmpty { kinds.insert(text) }
            }
        }
        let wanted = definition[path: "spec", "names"]
        var accepted = definition[path: "status", "acceptedNames"] ?? [:]
        var clash: (reason: String, message: String)?
        for (field, taken, reason) in [
            ("plural", resources, "PluralConflict"), ("singular", resources, "SingularConflict"),
            ("shortNames", resources, "ShortNamesConflict"), ("kind", kinds, "KindConflict"),
            ("listKind", kinds, "ListKindConflict"),
        ] {
            let names = wanted?[field]?.array?.compactMap(\.string) ?? wanted?[field]?.string.map { [$0] } ?? []
            let conflicts = names.filter { taken.contains($0) }
            if conflicts.isEmpty {
                accepted[field] = wanted?[field]
            } else {
                clash = (reason, conflicts.map { "\"\($0)\" is already in use" }.joined(separator: ", "))
            }
        }
        accepted["categories"] = wanted?["categories"]
        result[path: "status", "acceptedNames"] = accepted
        if let clash {
            set("NamesAccepted", "False", clash.reason, clash.message, in: &result, now: now)
            if !isTrue("Established", in: result) {
                set("Established", "False", "NotAccepted", "not all names are accepted", in: &result, now: now)
            }
        } else {
            set("NamesAccepted", "True", "NoConflicts", "no conflicts found", in: &result, now: now)
            if !isTrue("Established", in: result) {
                set(
                    "Established",
                    "True",
                    "InitialNamesAccepted",
                    "the initial names have been accepted",
                    in: &result,
                    now: now
                )
            }
        }
        return result
    }
}
