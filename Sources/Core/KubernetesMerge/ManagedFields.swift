package import StructuredValue

/// Who owns which fields of an object: the content of `metadata.managedFields`.
package struct ManagedFields: Hashable, Sendable {
    /// How a manager came to own fields.
    package enum Operation: String, Hashable, Sendable { case apply = "Apply", update = "Update" }

    /// What tells one entry from another. An applier is the same whatever version it applies in.
    package struct Owner: Hashable, Sendable {
        package var manager: String
        package var operation: Operation
        package var subresource: String
        /// The version for updates; empty for appliers.
        package var apiVersion: String

        /// As conflict messages name an owner: `"m" with subresource "scale" using v1`.
        package var conflictText: String {
            var text = JSON.text(.string(manager))
            if !subresource.isEmpty { text += " with subresource \(JSON.text(.string(subresource)))" }
            if operation == .update { text += " using \(apiVersion)" }
            return text
        }
    }

    package struct Entry: Hashable, Sendable {
        package var manager: String
        package var operation: Operation
        package var apiVersion: String
        package var subresource: String
        /// RFC 3339 with seconds; nil when the owner never changed anything.
        package var time: String?
        package var fields: FieldSet

        package init(
            manager: String,
            operation: Operation,
            apiVersion: String,
            subresource: String = "",
            time: String? = nil,
            fields: FieldSet
        ) {
            self.manager = manager
            self.operation = operation
            self.apiVersion = apiVersion
            self.subresource = subresource
            self.time = time
            self.fields = fields
        }

        package var owner: Owner {
            Owner(
                manager: manager,
                operation: operation,
                subresource: subresource,
                apiVersion: operation == .apply ? "" : apiVersion
            )
        }
    }

    package var entries: [Entry]

    package init(_ entries: [Entry] = []) { self.entries = entries }

    package var isEmpty: Bool { entries.isEmpty }

    /// The entry of an owner.
    package subscript(_ owner: Owner) -> Entry? {
        get { entries.first { $0.owner == owner } }
        set {
            let index = entries.firstIndex { $0.owner == owner }
            switch (index, newValue) {
            case (let index?, let entry?): entries[index] = entry
            case (let index?, nil): entries.remove(at: index)
            case (nil, let entry?): entries.append(entry)
            case (nil, nil): break
            }
        }
    }
}

extension ManagedFields {
    /// Reads the `metadata.managedFields` of an object; of two entries for one owner the last counts.
    package static func of(_ object: Value) throws(FieldSetFailure) -> ManagedFields {
        try ManagedFields(storedValue: object[path: "metadata", "managedFields"] ?? .null)
    }

    package init(storedValue: Value) throws(FieldSetFailure) {
        entries = []
        guard case .array(let items) = storedValue else { return }
        entries.reserveCapacity(items.count)
        for (index, item) in items.enumerated() {
            guard let operation = item["operation"]?.string.flatMap(Operation.init(rawValue:)) else {
                throw FieldSetFailure(message: "operation must be `Apply` or `Update`")
            }
            guard let apiVersion = item["apiVersion"]?.string, !apiVersion.isEmpty else {
                throw FieldSetFailure(message: "apiVersion must not be empty")
            }
            switch item["fieldsType"]?.string ?? "" {
            case "FieldsV1": break
            case "": throw FieldSetFailure(message: "missing fieldsType in managed fields entry \(index)")
            case let other:
                throw FieldSetFailure(
                    message: "invalid fieldsType \(JSON.text(.string(other))) in managed fields entry \(index)"
                )
            }
            let entry = Entry(
                manager: item["manager"]?.string ?? "",
                operation: operation,
                apiVersion: apiVersion,
                subresource: item["subresource"]?.string ?? "",
                time: item["time"]?.string,
                fields: try FieldSet(storedValue: item["fieldsV1"] ?? .object(Object()))
            )
            self[entry.owner] = entry
        }
    }

    /// The stored form, in the order an API server keeps: appliers first, then by time, manager, version, subresource.
    package var storedValue: Value {
        let sorted = entries.sorted { left, right in
            if left.operation != right.operation { return left.operation == .apply }
            let (leftTime, rightTime) = (left.time ?? "", right.time ?? "")
            if leftTime != rightTime { return leftTime < rightTime }
            return (left.manager, left.apiVersion, left.subresource) < (
                right.manager, right.apiVersion, right.subresource
            )
        }
        return .array(
            sorted.map { entry in
                var object = Object()
                object.reserveCapacity(7)
                object.append("manager", .string(entry.manager))
                object.append("operation", .string(entry.operation.rawValue))
                object.append("apiVersion", .string(entry.apiVersion))
                if let time = entry.time { object.append("time", .string(time)) }
                object.append("fieldsType", "FieldsV1")
                object.append("fieldsV1", entry.fields.storedValue)
                if !entry.subresource.isEmpty { object.append("subresource", .string(entry.subresource)) }
                return .object(object)
            }
        )
    }

    /// Puts the entries into an object, or takes the field away when there are none.
    package func store(in object: inout Value) {
        object[path: "metadata", "managedFields"] = isEmpty ? Value?.none : storedValue
    }

    /// Whether an object asks for its managed fields to be dropped: exactly one entry, and it is empty.
    static func isReset(_ object: Value) -> Bool {
        object[path: "metadata", "managedFields"] == .array([.object(Object())])
    }

    /// When nothing but times differs between an object and what is stored, the object with the stored times, so that a
    /// write that changes nothing is none.
    package static func keepingTimes(_ object: Value, stored: Value) -> Value {
        guard case .array(let new) = object[path: "metadata", "managedFields"],
            case .array(let old) = stored[path: "metadata", "managedFields"],
            new.count == old.count, new != old
        else { return object }
        func withoutTime(_ entry: Value) -> Value {
            var entry = entry
            entry["time"] = nil
            return entry
        }
        // Entries are sorted by time too, so equal ones may stand at different places.
        var open = old.map(withoutTime)
        for entry in new.map(withoutTime) {
            guard let index = open.firstIndex(of: entry) else { return object }
            open.remove(at: index)
        }
        var result = object
        result[path: "metadata", "managedFields"] = .array(old)
        return result == stored ? result : object
    }
}
