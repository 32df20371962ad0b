import APIStore
import HTTPServer
import KubernetesMerge
import KubernetesModel
import StructuredValue

extension APIServer {
    /// Answers one request.
    package func handle(_ request: APIRequest) async -> APIResponse {
        var notes = RequestNotes()
        var response: APIResponse
        do {
            guard request.body.count <= settings.maximumBodySize else {
                throw APIFailure(
                    code: 413,
                    reason: "RequestEntityTooLarge",
                    message: "Request entity too large: limit is \(settings.maximumBodySize)"
                )
            }
            if let target = ResourceTarget(request.path) {
                response = try await answer(request, target, &notes)
            } else {
                response = try discover(request)
            }
        } catch let failure as APIFailure {
            response = .failure(failure)
            // A refusal has the form that was asked for, if that can be read at all.
            if !failure.isPlainText, let presentation = try? Presentation(accept: request.headers["accept"]),
                presentation.encoding == .yaml
            {
                response = .yaml(failure.status, status: failure.code)
            }
        } catch {
            response = .failure(.internalError("\(error)"))
        }
        response.warnings = notes.warnings
        return response
    }

    private func answer(
        _ request: APIRequest,
        _ target: ResourceTarget,
        _ notes: inout RequestNotes
    ) async throws -> APIResponse {
        let catalog = catalog
        guard let resource = catalog.resource(group: target.group, version: target.version, plural: target.plural)
        else {
            if target.group.isEmpty || catalog.isBuiltInGroup(target.group) { throw APIFailure.unknownResource }
            throw APIFailure.unknownPath
        }
        // A namespaced object without a namespace in the path is none, and the other way round.
        let isCollection = target.name == nil
        if resource.isNamespaced {
            if target.namespace == nil, !isCollection || !["GET", "HEAD"].contains(request.method) {
                throw resource.isCustom ? APIFailure.unknownPath : isCollection ? .methodNotAllowed : .unknownResource
            }
        } else if target.namespace != nil {
            throw resource.isCustom ? APIFailure.unknownPath : APIFailure.unknownResource
        }
        if let warning = resource.custom?.deprecationWarning { notes.warn(warning) }
        let presentation = try Presentation(accept: request.headers["accept"], isBuiltIn: !resource.isCustom)
        let call = Call(
            request: request,
            resource: resource,
            namespace: target.namespace ?? "",
            scope: target.namespace,
            name: target.name,
            presentation: presentation
        )
        if resource.traits.isReview, request.method != "POST" {
            throw isCollection ? APIFailure.methodNotAllowed : .unknownResource
        }
        if request.method == "HEAD", !resource.isCustom { throw APIFailure.methodNotAllowed }
        if request.path.contains("") {
            throw resource.isCustom ? APIFailure.notFound(resource.groupResource, "") : .unknownResource
        }
        if let name = target.name, let why = Self.segmentProblem(name) {
            throw APIFailure.badRequest("Name parameter invalid: \"\(name)\": \(why)")
        }
        if let path = target.subresource {
            // What follows the subresource of a custom resource does not count.
            let subresource = resource.isCustom ? String(path.prefix { $0 != "/" }) : path
            return try answerSubresource(call, subresource, &notes)
        }
        switch request.method {
        case "GET", "HEAD":
            guard let name = target.name, !target.isWatchPath else { return try await answerList(call, target, &notes) }
            await awaitRevision(request.query["resourceVersion"] ?? "")
            if let text = request.query["resourceVersion"], !text.isEmpty, UInt64(text) == nil {
                throw APIFailure.server(APIFailure.unreadableRevision(text))
            }
            if let text = request.query["resourceVersion"], let wanted = Int(text), wanted > store.revision {
                throw APIFailure.tooLargeRevision(wanted, current: store.revision)
            }
            return try present(.stored(get(resource, namespace: call.namespace, name: name)), call)
        case "POST":
            if !isCollection, !resource.isCustom { throw APIFailure.methodNotAllowed }
            let options = try WriteOptions(request, .create)
            let decoded = try decodeBody(request, resource, options, &notes)
            if resource.traits.isReview {
                let blank = resource.shape.map { ShapeReader.blank($0) }
                let owned = tracker(resource, subresource: "", clock.now())
                    .update(live: blank, new: decoded, manager: options.manager)
                try Reviews.check(owned, resource, namespace: call.namespace)
                return .json(Reviews.answer(owned, resource, request.user, now: clock.now()), status: 201)
            }
            // The path of an object serves as that of its collection: the body says the name.
            let named = decoded[path: "metadata", "name"]?.string?.isEmpty == false
            let outcome = try create(
                decoded,
                resource,
                namespace: call.namespace,
                name: named ? nil : target.name,
                options,
                &notes
            )
            return try present(outcome, call, status: 201)
        case "PUT":
            guard let name = target.name else { throw nameless(resource) }
            let options = try WriteOptions(request, .update)
            let decoded = try decodeBody(request, resource, options, &notes)
            let key = StoreKey(resource: resource.storeResource, namespace: call.namespace, name: name)
            let isNew = store.object(key) == nil
            let outcome = try replace(
                decoded,
                resource,
                namespace: call.namespace,
                name: name,
                subresource: "",
                options,
                &notes
            )
            return try present(outcome, call, status: isNew ? 201 : 200)
        case "PATCH":
            guard let name = target.name else {
                if resource.isCustom { _ = try PatchKind(contentType: request.headers["content-type"], resource) }
                throw nameless(resource)
            }
            return try answerPatch(call, name, subresource: "", &notes)
        case "DELETE":
            let options = try deleteOptions(request)
            guard let name = target.name else {
                guard resource.verbs.contains("deletecollection") else { throw APIFailure.methodNotAllowed }
                let listOptions = try ListOptions(request.query, isWatchPath: false)
                let list = try deleteCollection(resource, namespace: target.namespace, options, listOptions)
                return try present(list, call)
            }
            return try present(delete(resource, namespace: call.namespace, name: name, options), call)
        default: throw resource.isCustom ? APIFailure.notSupported("", on: resource.groupResource) : .methodNotAllowed
        }
    }

    /// Why a text is no name in a path.
    private static func segmentProblem(_ name: String) -> String? {
        if name == "." || name == ".." { return "may not be '\(name)'" }
        return name.contains("%") ? "may not contain '%'" : nil
    }

    private func nameless(_ resource: ServedResource) -> APIFailure {
        resource.isCustom ? .badRequest("name must be provided") : .methodNotAllowed
    }

    private func deleteOptions(_ request: APIRequest) throws(APIFailure) -> DeleteOptions {
        guard !request.body.isEmpty else { return try DeleteOptions(query: request.query, body: nil) }
        let format = try BodyFormat(contentType: request.headers["content-type"])
        do {
            let body = try format.read(request.body)
            guard body.value.isNull || body.value.object != nil else {
                throw BodyProblem(
                    message: "json: cannot unmarshal \(ShapeReader.goKind(body.value)) into Go value of type struct "
                        + "{ APIVersion string; Kind string }"
                )
            }
            return try DeleteOptions(query: request.query, body: body.value)
        } catch let problem as BodyProblem {
            throw .badRequest("couldn't get version/kind; json parse error: \(problem.message)")
        } catch let failure as APIFailure {
            throw failure
        } catch {
            throw .badRequest("\(error)")
        }
    }

    private func answerList(_ call: Call, _ target: ResourceTarget, _ notes: inout RequestNotes) async throws
        -> APIResponse
    {
        let options = try ListOptions(call.request.query, isWatchPath: target.isWatchPath)
        await awaitRevision(options.resourceVersion)
        guard options.isWatch else {
            return try present(list(call.resource, namespace: call.scope, options), call)
        }
        let feed = try watch(call.resource, namespace: call.scope, name: target.name, options)
        return APIResponse(
            status: 200,
            contentType: "application/json",
            body: .stream { [self] write in try await stream(feed, call, to: write) }
        )
    }

    private func answerPatch(
        _ call: Call,
        _ name: String,
        subresource: String,
        _ notes: inout RequestNotes
    ) throws(APIFailure) -> APIResponse {
        let resource = call.resource
        let kind = try PatchKind(contentType: call.request.headers["content-type"], resource)
        let options = try WriteOptions(call.request, .patch, isApply: kind == .apply)
        let (patch, duplicates) = try decodePatch(kind, call.request.body)
        if subresource == "scale" {
            return .json(try patchScale(call, name, patch, options, &notes))
        }
        guard case .apply(let applied) = patch else {
            let outcome = try self.patch(
                patch,
                duplicates: duplicates,
                resource,
                namespace: call.namespace,
                name: name,
                subresource: subresource,
                options,
                &notes
            )
            return try present(outcome, call)
        }
        let (outcome, isNew) = try apply(
            applied,
            duplicates: duplicates,
            resource,
            namespace: call.namespace,
            name: name,
            subresource: subresource,
            options,
            &notes
        )
        return try present(outcome, call, status: isNew ? 201 : 200)
    }

    private func answerSubresource(
        _ call: Call,
        _ subresource: String,
        _ notes: inout RequestNotes
    ) throws(APIFailure) -> APIResponse {
        let resource = call.resource
        let name = call.name ?? ""
        let request = call.request
        let isOffered =
            (subresource == "status" && resource.hasStatus) || (subresource == "scale" && resource.scale != nil)
            || (subresource == "finalize" && resource.hasFinalize)
        guard isOffered else {
            throw resource.isCustom ? .notFound(resource.groupResource, name) : .unknownResource
        }
        switch request.method {
        case "GET", "HEAD":
            if subresource == "finalize" { throw .methodNotAllowed }
            let object = try get(resource, namespace: call.namespace, name: name)
            if subresource == "scale" { return try presentScale(scale(resource, of: object), call) }
            return try present(.stored(object), call)
        case "PUT":
            let options = try WriteOptions(request, .update)
            if subresource == "scale" { return .json(try replaceScale(call, name, options, &notes)) }
            let decoded = try decodeBody(request, resource, options, &notes)
            if subresource == "finalize" {
                return try present(finalize(decoded, resource, name: name, options, &notes), call)
            }
            let outcome = try replace(
                decoded,
                resource,
                namespace: call.namespace,
                name: name,
                subresource: subresource,
                options,
                &notes
            )
            return try present(outcome, call)
        case "PATCH":
            if subresource == "finalize" { throw .methodNotAllowed }
            return try answerPatch(call, name, subresource: subresource, &notes)
        case "POST": throw resource.isCustom ? .notSupported("create", on: resource.groupResource) : .methodNotAllowed
        case "DELETE": throw resource.isCustom ? .notSupported("delete", on: resource.groupResource) : .methodNotAllowed
        default: throw .methodNotAllowed
        }
    }

    private func decodeScale(_ value: Value, _ options: WriteOptions) throws(APIFailure)
        -> (scale: Value, doubts: [String])
    {
        func refused(_ why: String) -> APIFailure {
            let shown = GoText.escaped(JSON.text(value, .go))
            var failure = APIFailure.invalid(
                group: "",
                kind: "",
                name: "",
                [.invalid("patch", "\"\(shown)\"", why)]
            )
            failure.details = APIFailure.Details(name: "", group: "", kind: "", causes: failure.details?.causes ?? [])
            return failure
        }
        let kind = value["kind"]?.string ?? ""
        let version = value["apiVersion"]?.string ?? ""
        guard kind == "Scale" || kind.isEmpty else {
            throw refused(
                "no kind \"\(kind)\" is registered for version \"\(version)\" in scheme \"k8s.io/client-go/scale/util.go:146\""
            )
        }
        var reader = ShapeReader()
        let scale: Value
        do { scale = try reader.read(value, as: BuiltInTypes.type("Scale")) } catch { throw refused(error.message) }
        let doubts = reader.unknownFields.sorted().map { "unknown field \"\($0)\"" }
        switch options.fieldValidation {
        case .ignore: return (scale, [])
        case .warn: return (scale, doubts)
        case .strict:
            guard doubts.isEmpty else { throw refused("strict decoding error: \(doubts.joined(separator: ", "))") }
            return (scale, [])
        }
    }

    private func patchScale(
        _ call: Call,
        _ name: String,
        _ patch: Patch,
        _ options: WriteOptions,
        _ notes: inout RequestNotes
    ) throws(APIFailure) -> Value {
        let resource = call.resource
        var doubts: [String] = []
        defer { doubts.forEach { notes.warn($0) } }
        return try updateScale(resource, namespace: call.namespace, name: name, options, &notes) {
            (current, tracker) throws(APIFailure) in
            let changed: Value
            switch patch {
            case .apply(let applied):
                let version = applied["apiVersion"]?.string ?? ""
                let kind = applied["kind"]?.string ?? ""
                guard version == ScaleOwnership.scaleVersion, kind == "Scale" else {
                    let gvk = GroupVersionKind(apiVersion: version, kind: kind)
                    throw .badRequest("invalid object type: \(gvk.group)/\(gvk.version), Kind=\(gvk.kind)")
                }
                do {
                    let merged = try tracker.apply(
                        live: current,
                        applied: applied,
                        manager: options.manager,
                        force: options.force
                    )
                    if merged[path: "spec", "replicas"] != current[path: "spec", "replicas"], options.force,
                        resource.isCustom
                    {
                        // A real server cannot take the number from its owner: it looks for a Scale version of the kind.
                        let others =
                            (try? ManagedFields.of(current))?.entries.contains { $0.manager != options.manager }
                            ?? false
                        if others {
                            throw APIFailure.server(
                                "failed to convert new object (/\(name); autoscaling/v1, Kind=Scale) to proper version: request to "
                                    + "convert CR to an invalid group/version: autoscaling/v1"
                            )
                        }
                    }
                    return merged
                } catch let failure as ApplyFailure {
                    throw APIFailure(failure)
                } catch let failure as APIFailure {
                    throw failure
                } catch {
                    throw .internalError("\(error)")
                }
            case .json(let operations):
                do { changed = try operations.apply(to: current) } catch {
                    throw APIFailure(
                        code: 422,
                        reason: "Invalid",
                        message: "the server rejected our request due to an error in our request",
                        details: APIFailure.Details()
                    )
                }
            case .merge(let patch), .strategic(let patch): changed = JSONMergePatch.apply(patch, to: current)
            }
            let decoded = try decodeScale(changed, options)
            doubts = decoded.doubts
            let given = decoded.scale[path: "metadata", "name"]?.string ?? ""
            if given != name {
                throw .badRequest("the name of the object (\(given)) does not match the name on the URL (\(name))")
            }
            return tracker.update(live: current, new: decoded.scale, manager: options.manager)
        }
    }

    private func replaceScale(
        _ call: Call,
        _ name: String,
        _ options: WriteOptions,
        _ notes: inout RequestNotes
    ) throws(APIFailure) -> Value {
        let format = try BodyFormat(contentType: call.request.headers["content-type"])
        let body: BodyText
        do { body = try format.read(call.request.body) } catch {
            throw .badRequest("the object provided is unrecognized (must be of type Scale): \(error.message)")
        }
        if let kind = body.value["kind"]?.string, !kind.isEmpty, kind != "Scale" {
            throw .badRequest(
                "no kind is registered for the type v1.Scale in scheme "
                    + "\"k8s.io/apiextensions-apiserver/pkg/apiserver/customresource_handler.go:781\""
            )
        }
        let decoded: Value
        var reader = ShapeReader()
        do { decoded = try reader.read(body.value, as: BuiltInTypes.type("Scale")) } catch {
            throw .badRequest("Scale in version \"v1\" cannot be handled as a Scale: \(error.message)")
        }
        let given = decoded[path: "metadata", "name"]?.string ?? ""
        if given.isEmpty {
            throw .badRequest(
                "the name of the object (\(name) based on URL) was undeterminable: name must be provided"
            )
        }
        if given != name {
            throw .badRequest("the name of the object (\(given)) does not match the name on the URL (\(name))")
        }
        return try updateScale(call.resource, namespace: call.namespace, name: name, options, &notes) {
            (current, tracker) throws(APIFailure) in
            tracker.update(live: current, new: decoded, manager: options.manager)
        }
    }
}

/// One request to a resource, with what the path and headers said.
struct Call {
    var request: APIRequest
    var resource: ServedResource
    var namespace: String
    /// nil means all namespaces.
    var scope: String?
    var name: String?
    var presentation: Presentation
}
