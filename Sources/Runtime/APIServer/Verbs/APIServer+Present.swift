import APIStore
import KubernetesModel
import StructuredValue

extension APIServer {
    /// Writes the outcome of a verb in the form the client asked for.
    func present(_ outcome: Outcome, _ call: Call, status: Int = 200) throws(APIFailure) -> APIResponse {
        let resource = call.resource
        let object: Value
        switch outcome {
        case .removed(let uid):
            var details: Object = ["name": .string(call.name ?? "")]
            if !resource.group.isEmpty { details.append("group", .string(resource.group)) }
            details.append("kind", .string(resource.plural))
            details.append("uid", .string(uid))
            return encode(
                [
                    "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success",
                    "details": .object(details),
                ],
                call,
                status
            )
        case .stored(let stored):
            if call.presentation.form == .object, call.presentation.encoding == .json,
                resource.isPresentedAsStored(stored)
            {
                return APIResponse(status: status, contentType: "application/json", body: .bytes(stored.bytes))
            }
            object = resource.presented(stored)
        case .transient(let value): object = value
        }
        switch call.presentation.form {
        case .object, .discovery: return encode(object, call, status)
        case .partialList:
            let type = resource.isCustom ? "unstructured.Unstructured" : "core.\(resource.kind)"
            throw .notAcceptable("PartialObjectMetadataList", "is not a list (*\(type))")
        case .partial: return encode(Self.partial(object, version: call.presentation.version), call, status)
        case .table:
            let table = try table([object], call, revision: object[path: "metadata", "resourceVersion"]?.string ?? "")
            return encode(table, call, status)
        }
    }

    func present(_ list: ObjectList, _ call: Call) throws(APIFailure) -> APIResponse {
        let resource = call.resource
        let revision = String(list.revision)
        switch call.presentation.form {
        case .table:
            var table = try table(list.objects.map { resource.presented($0) }, call, revision: revision)
            if !list.continuation.isEmpty { table[path: "metadata", "continue"] = .string(list.continuation) }
            return encode(table, call, 200)
        case .partial:
            let type = resource.isCustom ? "unstructured.UnstructuredList" : "core.\(resource.listKind)"
            throw .notAcceptable("PartialObjectMetadata", "is a list (*\(type))")
        case .partialList:
            let version = call.presentation.version
            let items = list.objects.map { Self.partial(resource.presented($0), version: version) }
            var metadata: Object = ["resourceVersion": .string(revision)]
            if !list.continuation.isEmpty { metadata.append("continue", .string(list.continuation)) }
            let value: Value = [
                "kind": "PartialObjectMetadataList", "apiVersion": .string("meta.k8s.io/\(version)"),
                "metadata": .object(metadata), "items": items.isEmpty ? .null : .array(items),
            ]
            return encode(value, call, 200)
        case .object, .discovery: break
        }
        if call.presentation.encoding == .yaml { return encode(listValue(list, resource), call, 200) }
        return APIResponse(status: 200, contentType: "application/json", body: .bytes(listBytes(list, resource)))
    }

    func presentScale(_ scale: Value, _ call: Call) throws(APIFailure) -> APIResponse {
        if call.presentation.form == .partial {
            return encode(Self.partial(scale, version: call.presentation.version), call, 200)
        }
        guard call.presentation.form == .table else { return encode(scale, call, 200) }
        let created = scale[path: "metadata", "creationTimestamp"]?.string.flatMap { Timestamp($0) }
        let cells: [Value] = [
            scale[path: "metadata", "name"] ?? "", scale[path: "spec", "replicas"] ?? .null,
            scale[path: "status", "replicas"] ?? 0,
            .string(created.map { humanAge(since: $0, now: clock.now()) } ?? "<unknown>"),
        ]
        let heads: [ColumnHead] = [.name, .count("Desired"), .count("Available"), .creation]
        let row: Value = ["cells": .array(cells), "object": Self.partial(scale, version: call.presentation.version)]
        let value: Value = [
            "kind": "Table", "apiVersion": .string("meta.k8s.io/\(call.presentation.version)"),
            "metadata": ["resourceVersion": scale[path: "metadata", "resourceVersion"] ?? ""],
            "columnDefinitions": .array(heads.map(\.value)), "rows": [row],
        ]
        return encode(value, call, 200)
    }

    /// A list without taking its objects apart: their text is at hand.
    private func listBytes(_ list: ObjectList, _ resource: ServedResource) -> [UInt8] {
        var output: [UInt8] = []
        output.append(
            contentsOf: "{\"kind\":\"\(resource.listKind)\",\"apiVersion\":\"\(resource.gvk.apiVersion)\",\"metadata\":"
                .utf8
        )
        JSON.append(listMetadata(list, resource), to: &output)
        output.append(contentsOf: ",\"items\":[".utf8)
        for (index, object) in list.objects.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            if resource.isCustom {
                if resource.isPresentedAsStored(object) {
                    output.append(contentsOf: object.bytes)
                } else {
                    JSON.append(resource.presented(object), to: &output)
                }
            } else {
                JSON.append(Self.listItem(resource.presented(object)), to: &output)
            }
        }
        output.append(contentsOf: "]}\n".utf8)
        return output
    }

    /// Items of built-in lists do not repeat their kind.
    private static func listItem(_ object: Value) -> Value {
        var item = object
        item["kind"] = nil
        item["apiVersion"] = nil
        return item
    }

    private func listMetadata(_ list: ObjectList, _ resource: ServedResource) -> Value {
        var metadata = Object()
        if resource.isCustom || !list.continuation.isEmpty { metadata.append("continue", .string(list.continuation)) }
        metadata.append("resourceVersion", .string(String(list.revision)))
        return .object(metadata)
    }

    func listValue(_ list: ObjectList, _ resource: ServedResource) -> Value {
        [
            "kind": .string(resource.listKind), "apiVersion": .string(resource.gvk.apiVersion),
            "metadata": listMetadata(list, resource),
            "items": .array(
                list.objects.map { resource.isCustom ? resource.presented($0) : Self.listItem(resource.presented($0)) }
            ),
        ]
    }

    static func partial(_ object: Value, version: String) -> Value {
        [
            "kind": "PartialObjectMetadata", "apiVersion": .string("meta.k8s.io/\(version)"),
            "metadata": object["metadata"] ?? [:],
        ]
    }

    /// Objects as rows.
    private func table(_ objects: [Value], _ call: Call, revision: String, hasHeads: Bool = true) throws(APIFailure)
        -> Value
    {
        let include = call.request.query["includeObject"] ?? ""
        guard ["", "Metadata", "Object", "None"].contains(include) else {
            throw .badRequest(
                "Unable to convert to Table as requested: includeObject: Invalid value: \"\(include)\": must be 'Metadata', "
                    + "'Object', 'None', or empty"
            )
        }
        let now = clock.now()
        let rows = objects.map { object -> Value in
            let shown: Value
            switch include {
            case "None": shown = .null
            case "Object": shown = object
            default: shown = Self.partial(object, version: call.presentation.version)
            }
            return ["cells": .array(call.resource.columns.cells(of: object, now: now)), "object": shown]
        }
        return [
            "kind": "Table", "apiVersion": .string("meta.k8s.io/\(call.presentation.version)"),
            "metadata": ["resourceVersion": .string(revision)],
            "columnDefinitions": hasHeads ? .array(call.resource.columns.heads.map(\.value)) : .null,
            "rows": .array(rows),
        ]
    }

    private func encode(_ value: Value, _ call: Call, _ status: Int) -> APIResponse {
        switch call.presentation.encoding {
        case .json: .json(value, status: status)
        case .yaml: .yaml(value, status: status)
        }
    }

    /// The lines of a watch: one JSON text per event.
    func stream(_ feed: WatchFeed, _ call: Call, to write: (_ line: [UInt8]) async throws -> Void) async throws {
        var isFirst = true
        try await feed.forEach { entry in
            var line: [UInt8] = Array("{\"type\":\"\(entry.kind.rawValue)\",\"object\":".utf8)
            let isObject = entry.kind != .error
            if isObject, call.presentation.form == .table {
                let object = entry.object ?? entry.stored.map { call.resource.presented($0) } ?? .null
                let revision = object[path: "metadata", "resourceVersion"]?.string ?? ""
                var table = try table([object], call, revision: revision, hasHeads: isFirst)
                if entry.kind == .bookmark, case .array(let rows)? = table["rows"] {
                    // Nothing is where text would be.
                    table["rows"] = .array(
                        rows.map { row in
                            var row = row
                            row["cells"] = .array((row["cells"]?.array ?? []).map { $0.isNull ? "" : $0 })
                            return row
                        }
                    )
                }
                JSON.append(table, to: &line)
                isFirst = false
            } else if isObject, call.presentation.form == .partial || call.presentation.form == .partialList {
                let object = entry.object ?? entry.stored.map { call.resource.presented($0) } ?? .null
                JSON.append(Self.partial(object, version: call.presentation.version), to: &line)
            } else if let stored = entry.stored {
                if call.resource.isPresentedAsStored(stored) {
                    line.append(contentsOf: stored.bytes)
                } else {
                    JSON.append(call.resource.presented(stored), to: &line)
                }
            } else {
                JSON.append(entry.object ?? .null, to: &line)
            }
            line.append(contentsOf: "}\n".utf8)
            try await write(line)
        }
    }
}
