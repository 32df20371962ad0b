import StructuredValue

@testable import KubernetesMerge

/// The little of an API server that is needed to replay recorded histories of one object kind.
struct RecordedServer {
    struct Kind {
        var schemas: [String: Value] = [:]
        var types: [String: TypeSchema] = [:]
        var hasStatus = false
        var replicas: [String]?
        var plural: String
        var group: String
        var kind: String
    }

    var kinds: [String: Kind] = [:]
    var objects: [String: Value] = [:]
    var comparedSteps = 0
    private var clock = 0

    mutating func add(crd: Value) {
        var kind = Kind(
            plural: crd[path: "spec", "names", "plural"]?.string ?? "",
            group: crd[path: "spec", "group"]?.string ?? "",
            kind: crd[path: "spec", "names", "kind"]?.string ?? ""
        )
        for version in crd[path: "spec", "versions"]?.array ?? [] {
            let name = version["name"]?.string ?? ""
            let schema = version[path: "schema", "openAPIV3Schema"] ?? .object(Object())
            kind.schemas[name] = schema
            kind.types[name] = .customResource(schema)
            kind.hasStatus = version[path: "subresources", "status"] != nil
            kind.replicas = version[path: "subresources", "scale", "specReplicasPath"]?.string?
                .split(separator: ".").map(String.init)
        }
        kinds[kind.plural] = kind
    }

    struct Address {
        var resource: String
        var name: String?
        var subresource: String
        var apiVersion: String
        var query: [String: String]
    }

    func address(_ path: String) -> Address {
        let parts = path.split(separator: "?", maxSplits: 1)
        var query: [String: String] = [:]
        if parts.count > 1 {
            for item in parts[1].split(separator: "&") {
                let pair = item.split(separator: "=", maxSplits: 1)
                query[String(pair[0])] = pair.count > 1 ? String(pair[1]) : ""
            }
        }
        var segments = parts[0].split(separator: "/").map(String.init)
        let apiVersion = segments.first == "api" ? segments[1] : "\(segments[1])/\(segments[2])"
        segments.removeFirst(segments.first == "api" ? 2 : 3)
        if segments.first == "namespaces", segments.count > 2 { segments.removeFirst(2) }
        return Address(
            resource: segments.first ?? "",
            name: segments.count > 1 ? segments[1] : nil,
            subresource: segments.count > 2 ? segments[2] : "",
            apiVersion: apiVersion,
            query: query
        )
    }

    /// Plays one step and says what differs from the recorded answer.
    mutating func play(_ step: Value) -> [String] {
        let request = step["request"] ?? .null
        let status = step[path: "response", "status"]?.int ?? 0
        let expected = step[path: "response", "body"] ?? .null
        let address = address(request["path"]?.string ?? "")
        let method = request["method"]?.string ?? ""
        let contentType = request[path: "headers", "Content-Type"]?.string ?? "application/json"
        guard address.query["dryRun"] == nil else { return [] }
        clock += 1
        var name = address.name ?? request[path: "body", "metadata", "name"]?.string ?? ""
        if name.isEmpty { name = expected[path: "metadata", "name"]?.string ?? "" }
        let key = "\(address.resource)/\(name)"
        switch method {
        case "GET":
            if status == 200, address.subresource.isEmpty, address.name != nil, let object = objects[key] {
                return compare(object, expected)
            }
            return []
        case "DELETE":
            if address.name == nil {
                if status == 200 { objects = objects.filter { !$0.key.hasPrefix("\(address.resource)/") } }
            } else if status == 200, expected["kind"]?.string == "Status" {
                objects[key] = nil
            } else if status == 200 {
                objects[key] = withoutPlaceholders(expected)
            }
            return []
        default: break
        }
        guard let body = request["body"], status != 400 else {
            if (200..<300).contains(status), address.subresource.isEmpty {
                objects[key] = withoutPlaceholders(expected)
            }
            return []
        }
        guard
            let result = write(
                method,
                contentType,
                address,
                body,
                live: objects[key],
                agent: request[path: "headers", "User-Agent"]?.string
            )
        else {
            if (200..<300).contains(status), address.subresource.isEmpty {
                objects[key] = withoutPlaceholders(expected)
            }
            return []
        }
        switch result {
        case .success(let object):
            // What a server refuses for other reasons is not stored.
            guard (200..<300).contains(status) else {
                return status == 409 && expected["message"]?.string?.hasPrefix("Apply failed") == true
                    ? ["expected: \(expected["message"]?.string ?? "")"] : []
            }
            objects[key] = object
            return address.subresource == "scale" ? [] : compare(object, expected)
        case .failure(let failure):
            if (200..<300).contains(status) {
                objects[key] = withoutPlaceholders(expected)
                return ["unexpected failure: \(failure.message)"]
            }
            comparedSteps += 1
            let code =
                switch failure.kind {
                case .conflict: 409
                case .badRequest: 400
                case .failed: 500
                }
            if code != status { return ["failed with \(code) \(failure.message), expected \(status)"] }
            if expected["message"]?.string != failure.message {
                return ["message \(failure.message), expected \(expected["message"]?.string ?? "")"]
            }
            let causes = expected[path: "details", "causes"]?.array?.compactMap { $0["field"]?.string } ?? []
            if case .conflict = failure.kind, failure.conflicts.map({ "\($0.path)" }).sorted() != causes.sorted() {
                return ["causes \(failure.conflicts.map { "\($0.path)" }), expected \(causes)"]
            }
            return []
        }
    }

    private mutating func write(
        _ method: String,
        _ contentType: String,
        _ address: Address,
        _ body: Value,
        live: Value?,
        agent: String?
    ) -> Result<Value, ApplyFailure>? {
        let kind = kinds[address.resource]
        let version = String(address.apiVersion.split(separator: "/").last ?? "")
        guard
            let type = kind?.types[version]
                ?? BuiltInTypes.schema(
                    apiVersion: address.apiVersion,
                    kind: ["configmaps": "ConfigMap"][address.resource] ?? ""
                )
        else { return nil }
        let manager =
            address.query["fieldManager"]
            ?? String((agent ?? "api-transcript").split(separator: "/").first ?? "")
        let hasStatus = kind?.hasStatus == true
        let status = FieldSet([FieldPath("status")])
        let endpoint = ServerSideApply(
            schema: address.subresource == "scale"
                ? BuiltInTypes.schema(apiVersion: "autoscaling/v1", kind: "Scale") ?? type : type,
            apiVersion: address.subresource == "scale" ? "autoscaling/v1" : address.apiVersion,
            subresource: address.subresource,
            time: "2026-01-01T00:\(clock / 60 + 10):\(clock % 60 + 10)Z",
            scope: address.subresource == "status"
                ? .only(status) : hasStatus && address.subresource.isEmpty ? .excluding(status) : .everything
        )
        let schema = kind?.schemas[version]
        if address.subresource == "scale" {
            return scale(endpoint, address, method, contentType, body, live, kind, manager)
        }

        func finish(_ object: Value) -> Value {
            var object = object
            if hasStatus, let live {
                if address.subresource == "status" {
                    var kept = live
                    kept["status"] = object["status"]
                    kept[path: "metadata", "managedFields"] = object[path: "metadata", "managedFields"]
                    object = kept
                } else {
                    object["status"] = live["status"]
                }
            } else if hasStatus {
                object["status"] = nil
            }
            if let schema {
                object = pruned(defaulted(object, schema), schema, isRoot: true)
            } else {
                object = asConfigMap(object)
            }
            object[path: "metadata", "uid"] = live?[path: "metadata", "uid"] ?? .string("u\(clock)")
            return live.map { ManagedFields.keepingTimes(object, stored: $0) } ?? object
        }

        var new: Value
        switch (method, contentType) {
        case ("PATCH", "application/apply-patch+yaml"):
            do {
                let result = try endpoint.apply(
                    live: live,
                    applied: body,
                    manager: manager,
                    force: address.query["force"] == "true"
                )
                return .success(finish(result))
            } catch {
                return .failure(error)
            }
        case ("POST", _), ("PUT", _): new = body
        case ("PATCH", "application/merge-patch+json"):
            guard let live else { return nil }
            new = JSONMergePatch.apply(body, to: live)
        case ("PATCH", "application/strategic-merge-patch+json"):
            guard let live, let patched = try? StrategicMergePatch.apply(body, to: live, schema: type) else {
                return nil
            }
            new = patched
        case ("PATCH", "application/json-patch+json"):
            guard let live, let patched = try? JSONPatch(body).apply(to: live) else { return nil }
            new = patched
        default: return nil
        }
        if let schema { new = pruned(defaulted(new, schema), schema, isRoot: true) } else { new = asConfigMap(new) }
        new = withDecodedMetadata(new)
        if let live { new[path: "metadata", "uid"] = live[path: "metadata", "uid"] }
        return .success(finish(endpoint.update(live: live, new: new, manager: manager)))
    }

    private func scale(
        _ endpoint: ServerSideApply,
        _ address: Address,
        _ method: String,
        _ contentType: String,
        _ body: Value,
        _ live: Value?,
        _ kind: Kind?,
        _ manager: String
    ) -> Result<Value, ApplyFailure>? {
        guard let kind, let path = kind.replicas, let live, let entries = try? ManagedFields.of(live) else {
            return nil
        }
        let ownership = ScaleOwnership(
            apiVersion: address.apiVersion,
            replicas: [address.apiVersion: FieldPath(path.map { .field($0) })]
        )
        var scale: Value = [
            "apiVersion": "autoscaling/v1", "kind": "Scale",
            "metadata": ["name": live[path: "metadata", "name"] ?? .null, "uid": "u"],
        ]
        scale[path: "spec", "replicas"] = live[path: path]
        ownership.entriesOfScale(object: entries).store(in: &scale)
        let written: Value
        do {
            switch (method, contentType) {
            case ("PATCH", "application/apply-patch+yaml"):
                written = try endpoint.apply(
                    live: scale,
                    applied: body,
                    manager: manager,
                    force: address.query["force"] == "true"
                )
            case ("PATCH", "application/merge-patch+json"):
                written = endpoint.update(live: scale, new: JSONMergePatch.apply(body, to: scale), manager: manager)
            case ("PATCH", "application/json-patch+json"):
                guard let new = try? JSONPatch(body).apply(to: scale) else { return nil }
                written = endpoint.update(live: scale, new: new, manager: manager)
            case ("PUT", _):
                var new = body
                new[path: "metadata", "uid"] = "u"
                written = endpoint.update(live: scale, new: new, manager: manager)
            default: return nil
            }
        } catch {
            return .failure(error)
        }
        var object = live
        object[path: path] = written[path: "spec", "replicas"]
        let scaleEntries = (try? ManagedFields.of(written)) ?? ManagedFields()
        ownership.entriesOfObject(entries, scale: scaleEntries).store(in: &object)
        return .success(object)
    }

    // MARK: Comparing

    private func withoutPlaceholders(_ object: Value) -> Value {
        var object = object
        if case .array(let entries) = object[path: "metadata", "managedFields"] {
            object[path: "metadata", "managedFields"] = .array(
                entries.map { entry in
                    var entry = entry
                    if entry["time"] != nil { entry["time"] = "2026-01-01T00:00:00Z" }
                    return entry
                }
            )
        }
        return object
    }

    private mutating func compare(_ object: Value, _ expected: Value) -> [String] {
        comparedSteps += 1
        var differences: [String] = []
        func entries(_ object: Value) -> [String] {
            (object[path: "metadata", "managedFields"]?.array ?? []).map { entry in
                var entry = entry
                if entry["time"] != nil { entry["time"] = "T" }
                return JSON.text(entry, .canonical)
            }.sorted()
        }
        let (ours, theirs) = (entries(object), entries(expected))
        if ours != theirs {
            differences.append(
                "managed fields\n  got \(ours.filter { !theirs.contains($0) }.joined(separator: "\n      "))"
                    + "\n  not \(theirs.filter { !ours.contains($0) }.joined(separator: "\n      "))"
            )
        }
        func content(_ object: Value) -> Value {
            var object = object
            let metadata = object["metadata"]
            object["metadata"] = .object(Object())
            for key in ["labels", "annotations", "finalizers", "ownerReferences"] {
                if let value = metadata?[key], !value.isEmpty { object[path: "metadata", key] = value }
            }
            return object
        }
        if JSON.text(content(object), .canonical) != JSON.text(content(expected), .canonical) {
            differences.append(
                "object \(JSON.text(content(object), .canonical))\n  not \(JSON.text(content(expected), .canonical))"
            )
        }
        return differences
    }

    // MARK: What typed decoding does

    private func asConfigMap(_ object: Value) -> Value {
        var object = object
        object["apiVersion"] = "v1"
        object["kind"] = "ConfigMap"
        for key in ["data", "binaryData"] {
            guard case .object(var data) = object[key], !data.isEmpty else {
                object[key] = nil
                continue
            }
            data.updateValues { _, value in if value.isNull { value = "" } }
            object[key] = .object(data)
        }
        return object
    }

    private func withDecodedMetadata(_ object: Value) -> Value {
        var object = object
        for key in ["labels", "annotations", "finalizers", "ownerReferences"]
        where object[path: "metadata", key]?.isEmpty == true {
            object[path: "metadata", key] = nil
        }
        if objects.values.allSatisfy({ $0[path: "metadata", "name"] != object[path: "metadata", "name"] }) {
            object[path: "metadata", "deletionTimestamp"] = nil
            object[path: "metadata", "deletionGracePeriodSeconds"] = nil
        }
        return object
    }

    // MARK: Structural schemas

    private func defaulted(_ value: Value, _ schema: Value) -> Value {
        switch value {
        case .object(var object):
            for pair in schema["properties"]?.object ?? Object() {
                guard let fallback = pair.value["default"] else { continue }
                if let member = object[pair.key], !(member.isNull && pair.value["nullable"]?.bool != true) { continue }
                object[pair.key] = fallback
            }
            object.updateValues { key, member in
                if let type = schema[path: "properties", key] ?? schema["additionalProperties"] {
                    member = defaulted(member, type)
                }
            }
            return .object(object)
        case .array(let items):
            guard let type = schema["items"] else { return value }
            return .array(items.map { defaulted($0, type) })
        default: return value
        }
    }

    private func pruned(_ value: Value, _ schema: Value, isRoot: Bool = false) -> Value {
        switch value {
        case .object(let object):
            var result = Object()
            let isOpen = schema["x-kubernetes-preserve-unknown-fields"]?.bool == true
            let isEmbedded = isRoot || schema["x-kubernetes-embedded-resource"]?.bool == true
            for pair in object {
                if isEmbedded, ["apiVersion", "kind", "metadata"].contains(pair.key) {
                    result.append(pair.key, pair.value)
                } else if let type = schema[path: "properties", pair.key] ?? schema["additionalProperties"],
                    type.object != nil
                {
                    result.append(pair.key, pruned(pair.value, type))
                } else if isOpen || schema["type"] == nil || schema["additionalProperties"]?.bool == true {
                    result.append(pair.key, pair.value)
                }
            }
            return .object(result)
        case .array(let items):
            guard let type = schema["items"] else { return value }
            return .array(items.map { pruned($0, type) })
        default: return value
        }
    }
}
