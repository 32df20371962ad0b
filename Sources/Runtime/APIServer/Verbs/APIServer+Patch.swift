import APIStore
import KubernetesMerge
import KubernetesModel
import StructuredValue

/// The forms of patches.
enum PatchKind: String, Sendable {
    case json = "application/json-patch+json"
    case merge = "application/merge-patch+json"
    case strategic = "application/strategic-merge-patch+json"
    case apply = "application/apply-patch+yaml"

    static func accepted(by resource: ServedResource) -> [PatchKind] {
        resource.isCustom ? [.json, .merge, .apply] : [.json, .merge, .strategic, .apply]
    }

    init(contentType: String?, _ resource: ServedResource) throws(APIFailure) {
        let accepted = Self.accepted(by: resource)
        guard let type = contentType.flatMap({ MediaType(Substring($0)) })?.type, let kind = PatchKind(rawValue: type),
            accepted.contains(kind)
        else { throw resource.isCustom ? .unsupportedMediaType(accepted.map(\.rawValue)) : .unknownPatchType }
        self = kind
    }
}

/// A patch as it was sent.
enum Patch: Sendable {
    case json(JSONPatch)
    case merge(Value)
    case strategic(Value)
    case apply(Value)
}

extension APIServer {
    /// Reads a patch body; duplicates are judged later, with the patched object.
    func decodePatch(_ kind: PatchKind, _ body: [UInt8]) throws(APIFailure) -> (patch: Patch, duplicates: [String]) {
        let text: BodyText
        do {
            text = try kind == .apply ? BodyText.yaml(body) : BodyText.json(body)
        } catch {
            throw .badRequest("error decoding \(kind == .apply ? "YAML" : "patch"): \(error.message)")
        }
        switch kind {
        case .json where text.value.isNull: return (.merge([:]), [])
        case .json:
            let doubts = text.duplicates.map { "json patch \($0)" } + Self.unknownMembers(ofOperations: text.value)
            do { return (.json(try JSONPatch(text.value)), doubts) } catch {
                if error.kind == .malformed { throw .badRequest(error.message) }
                throw Self.patchRefused
            }
        case .strategic where text.value.isNull: return (.merge([:]), [])
        case .merge, .strategic:
            guard case .object = text.value else {
                throw .badRequest(
                    "error decoding patch: json: cannot unmarshal \(ShapeReader.goKind(text.value)) into Go value of type "
                        + "map[string]interface {}"
                )
            }
            return (kind == .merge ? .merge(text.value) : .strategic(text.value), text.duplicates)
        case .apply:
            if !text.value.isNull, text.value.object == nil {
                throw .badRequest(
                    "error decoding YAML: json: cannot unmarshal \(ShapeReader.goKind(text.value)) into Go value of type map[string]interface {}"
                )
            }
            return (.apply(text.value.isNull ? [:] : text.value), text.duplicates)
        }
    }

    /// Sentences about members that operations of a JSON patch do not have.
    private static func unknownMembers(ofOperations patch: Value) -> [String] {
        (patch.array ?? []).enumerated().flatMap { index, operation in
            (operation.object ?? Object()).keys.filter { !["op", "path", "from", "value"].contains($0) }
                .map { "json patch unknown field \"[\(index)].\($0)\"" }
        }
    }

    private static let patchRefused = APIFailure(
        code: 422,
        reason: "Invalid",
        message: "the server rejected our request due to an error in our request",
        details: APIFailure.Details()
    )

    /// Changes an object by a patch other than apply.
    func patch(
        _ patch: Patch,
        duplicates: [String] = [],
        _ resource: ServedResource,
        namespace: String,
        name: String,
        subresource: String,
        _ options: WriteOptions,
        _ notes: inout RequestNotes
    ) throws(APIFailure) -> Outcome {
        let key = StoreKey(resource: resource.storeResource, namespace: namespace, name: name)
        for _ in 0..<20 {
            guard let live = store.object(key) else { throw .notFound(resource.groupResource, name) }
            let old = resource.presented(live)
            let patched = try result(of: patch, on: old, resource)
            var attempt = RequestNotes()
            defer { attempt.warnings.forEach { notes.warn($0) } }
            var candidate = try decodePatched(patched, patch, duplicates, resource, options, &attempt)
            try checkTarget(candidate, resource, namespace: namespace, name: name)
            candidate[path: "metadata", "namespace"] = resource.isNamespaced ? .string(namespace) : Value?.none
            if let wanted = try Self.revision(candidate[path: "metadata", "resourceVersion"]?.string) {
                if wanted != live.revision { throw .conflict(resource.groupResource, name) }
            } else if !resource.allowsUnconditionalUpdate {
                throw Self.revisionRequired(resource, name)
            }
            if let outcome = try finish(candidate, over: live, resource, subresource, .patch, options, &attempt) {
                return outcome
            }
        }
        throw .conflict(resource.groupResource, name)
    }

    private func result(of patch: Patch, on old: Value, _ resource: ServedResource) throws(APIFailure) -> Value {
        switch patch {
        case .json(let operations):
            do { return try operations.apply(to: old) } catch { throw Self.patchRefused }
        case .merge(let patch): return JSONMergePatch.apply(patch, to: old)
        case .strategic(let patch):
            do { return try StrategicMergePatch.apply(patch, to: old, schema: resource.typeSchema) } catch {
                if error.kind == .failed { throw .server(error.message) }
                if error.kind == .malformed { throw .badRequest(error.message) }
                throw patchInvalid(GoText.map(patch), error.message)
            }
        case .apply: return old
        }
    }

    private func patchInvalid(_ shown: String, _ why: String) -> APIFailure {
        var failure = APIFailure.invalid(
            group: "",
            kind: "",
            name: "",
            [.invalid("patch", "\"\(GoText.escaped(shown))\"", why)]
        )
        failure.details = APIFailure.Details(name: "", group: "", kind: "", causes: failure.details?.causes ?? [])
        return failure
    }

    /// Reads the patched object as its kind again.
    private func decodePatched(
        _ patched: Value,
        _ patch: Patch,
        _ duplicates: [String],
        _ resource: ServedResource,
        _ options: WriteOptions,
        _ notes: inout RequestNotes
    ) throws(APIFailure) -> Value {
        func shown() -> String {
            if case .strategic(let patch) = patch { return GoText.map(patch) }
            return JSON.text(patched, .go)
        }
        let kind = patched["kind"]?.string ?? ""
        let version = patched["apiVersion"]?.string ?? ""
        // What does not say its kind is of the kind that is patched.
        let isOwnKind =
            (kind.isEmpty || kind == resource.kind) && (version.isEmpty || version == resource.gvk.apiVersion)
        if resource.isCustom {
            if kind.isEmpty { throw patchInvalid(shown(), "Object 'Kind' is missing in '\(shown())'") }
            if version.isEmpty {
                throw .internalError("Object 'apiVersion' is missing in 'object has no apiVersion field'")
            }
        }
        if !resource.isCustom, !isOwnKind {
            throw patchInvalid(
                shown(),
                "\(kind) in version \"\(version)\" cannot be handled as a \(resource.kind)"
            )
        }
        var decoded: DecodedObject
        if !resource.isCustom, version.isEmpty, patched["apiVersion"] == nil {
            // Read as no version at all, whose fields nobody knows by these names.
            let names = (patched.object ?? Object()).keys.filter { $0 != "kind" }.sorted()
            decoded = DecodedObject(value: [:], doubts: names.map { "unknown field \"\($0)\"" })
        } else {
            do { decoded = try resource.decode(patched) } catch { throw patchInvalid(shown(), error.message) }
        }
        let doubts = duplicates + decoded.doubts
        switch options.fieldValidation {
        case .ignore: break
        case .warn: doubts.forEach { notes.warn($0) }
        case .strict:
            if !doubts.isEmpty {
                throw patchInvalid(shown(), "strict decoding error: \(doubts.joined(separator: ", "))")
            }
        }
        return decoded.value
    }

    /// A patch may not move an object.
    private func checkTarget(
        _ object: Value,
        _ resource: ServedResource,
        namespace: String,
        name: String
    ) throws(APIFailure) {
        let given = object[path: "metadata", "name"]?.string ?? ""
        if given != name {
            if given.isEmpty {
                throw .badRequest(
                    "the name of the object (\(name) based on URL) was undeterminable: name must be provided"
                )
            }
            throw .badRequest("the name of the object (\(given)) does not match the name on the URL (\(name))")
        }
        if resource.isNamespaced {
            let given = object[path: "metadata", "namespace"]?.string ?? ""
            if !given.isEmpty, given != namespace {
                throw .badRequest(
                    "the namespace of the provided object does not match the namespace sent on the request"
                )
            }
        }
    }

    /// Server-side apply.
    func apply(
        _ applied: Value,
        duplicates: [String] = [],
        _ resource: ServedResource,
        namespace: String,
        name: String,
        subresource: String,
        _ options: WriteOptions,
        _ notes: inout RequestNotes
    ) throws(APIFailure) -> (outcome: Outcome, isNew: Bool) {
        let version = applied["apiVersion"]?.string ?? ""
        let kind = applied["kind"]?.string ?? ""
        let isOwnKind = kind == resource.kind && version == resource.gvk.apiVersion
        if !isOwnKind {
            let gvk = GroupVersionKind(apiVersion: version, kind: kind)
            throw .badRequest("invalid object type: \(gvk.group)/\(gvk.version), Kind=\(gvk.kind)")
        }
        // An object that is there lends its name to what is applied.
        if store.object(StoreKey(resource: resource.storeResource, namespace: namespace, name: name)) == nil
            || applied[path: "metadata", "name"]?.string?.isEmpty == false
        {
            try checkTarget(applied, resource, namespace: namespace, name: name)
        }
        if let given = applied[path: "metadata", "managedFields"], !given.isNull {
            throw .badRequest("metadata.managedFields must be nil")
        }
        let key = StoreKey(resource: resource.storeResource, namespace: namespace, name: name)
        for _ in 0..<20 {
            let live = store.object(key)
            let old = live.map { resource.presented($0) }
            if old == nil, !subresource.isEmpty { throw .notFound(resource.groupResource, name) }
            let merged: Value
            do {
                merged = try tracker(resource, subresource: subresource, clock.now()).apply(
                    live: old,
                    applied: applied,
                    manager: options.manager,
                    force: options.force
                )
            } catch { throw APIFailure(error) }
            switch options.fieldValidation {
            case .ignore: break
            case .warn: duplicates.forEach { notes.warn($0) }
            case .strict:
                if !duplicates.isEmpty {
                    throw .badRequest(
                        "error strict decoding YAML: yaml: unmarshal errors:\n  \(duplicates.joined(separator: "\n  "))"
                    )
                }
            }
            // Who gave the name up, having applied it before, has applied an object without one.
            try checkTarget(merged, resource, namespace: namespace, name: name)
            let managed = merged[path: "metadata", "managedFields"]
            let decoded: DecodedObject
            do { decoded = try resource.decode(merged, isMerged: true) } catch {
                throw .badRequest(
                    "\(resource.kind) in version \"\(resource.gvk.version)\" cannot be handled as a \(resource.kind): \(error.message)"
                )
            }
            var candidate = decoded.value
            candidate[path: "metadata", "managedFields"] = managed
            if !resource.isNamespaced { candidate[path: "metadata", "namespace"] = nil }
            guard let live else {
                if let uid = applied[path: "metadata", "uid"]?.string, !uid.isEmpty {
                    throw .conflict(
                        resource.groupResource,
                        name,
                        "uid mismatch: the provided object specified uid \(uid), and no existing object was found"
                    )
                }
                let outcome = try create(
                    candidate,
                    resource,
                    namespace: namespace,
                    name: name,
                    options,
                    isApplied: true,
                    &notes
                )
                return (outcome, true)
            }
            if let wanted = try Self.revision(applied[path: "metadata", "resourceVersion"]?.string),
                wanted != live.revision
            {
                throw .conflict(resource.groupResource, name)
            }
            if let outcome = try finish(candidate, over: live, resource, subresource, .apply, options, &notes) {
                return (outcome, false)
            }
        }
        throw .conflict(resource.groupResource, name)
    }
}

extension APIFailure {
    /// Why an apply was refused.
    init(_ failure: ApplyFailure) {
        switch failure.kind {
        case .badRequest: self = .badRequest(failure.message)
        case .failed: self = .server(failure.message)
        case .conflict(let conflicts):
            var details = Details()
            details.causes = conflicts.map {
                Cause(reason: "FieldManagerConflict", message: $0.causeMessage, field: "\($0.path)")
            }
            self.init(code: 409, reason: "Conflict", message: failure.message, details: details)
        }
    }
}

/// Values as Go's `%v` and `%q` print them, for messages.
enum GoText {
    static func map(_ value: Value) -> String {
        switch value {
        case .object(let object):
            "map[\(object.sortedPairs.map { "\($0.key):\(map($0.value))" }.joined(separator: " "))]"
        case .array(let items): "[\(items.map { map($0) }.joined(separator: " "))]"
        case .string(let text): text
        case .null: "<nil>"
        default: JSON.text(value)
        }
    }

    /// The type that Go has for a value that it read as JSON.
    static func type(of value: Value) -> String {
        switch value {
        case .object: "map[string]interface {}"
        case .array: "[]interface {}"
        case .string: "string"
        case .bool: "bool"
        case .int: "int64"
        case .null: "<nil>"
        default: "float64"
        }
    }

    static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
