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
        let presentation = try Presentation(accept: request.headers["accept"])
        let call = Call(
            request: request,
            resource: resource,
            namespace: target.namespace ?? "",
            scope: target.namespace,
            name: target.name,
            presentation: presentation
        )
        if let subresource = target.subresource {
            return try answerSubresource(call, subresource, &notes)
        }
        switch request.method {
        case "GET", "HEAD":
            guard let name = target.name, !target.isWatchPath else { return try await answerList(call, target, &notes) }
            await awaitRevision(request.query["resourceVersion"] ?? "")
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
                return .json(review(owned, resource, request.user), status: 201)
            }
            let outcome = try create(decoded, resource, namespace: call.namespace, name: target.name, options, &notes)
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
            guard let name = target.name else { throw nameless(resource) }
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
        default: throw APIFailure.methodNotAllowed
        }
    }

    private func nameless(_ resource: ServedResource) -> APIFailure {
        resource.isCustom ? .badRequest("name must be provided") : .methodNotAllowed
    }

    private func deleteOptions(_ request: APIRequest) throws(APIFailure) -> DeleteOptions {
        guard !request.body.isEmpty else { return try DeleteOptions(query: request.query, body: nil) }
        let format = try BodyFormat(contentType: request.headers["content-type"])
        do {
            let body = try format.read(request.body)
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

    private func decodeScale(_ value: Value, shown: String) throws(APIFailure) -> Value {
        var reader = ShapeReader()
        do { return try reader.read(value, as: BuiltInTypes.type("Scale")) } catch {
            var failure = APIFailure.invalid(
                group: "",
                kind: "",
                name: "",
                [.invalid("patch", "\"\(GoText.escaped(shown))\"", error.message)]
            )
            failure.details = APIFailure.Details(name: "", group: "", kind: "", causes: failure.details?.causes ?? [])
            throw failure
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
            let decoded = try decodeScale(changed, shown: JSON.text(changed, .go))
            return tracker.update(live: current, new: decoded, manager: options.manager)
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
        let decoded: Value
        var reader = ShapeReader()
        do { decoded = try reader.read(body.value, as: BuiltInTypes.type("Scale")) } catch {
            throw .badRequest("Scale in version \"v1\" cannot be handled as a Scale: \(error.message)")
        }
        let given = decoded[path: "metadata", "name"]?.string ?? ""
        if given != name {
            throw .badRequest("the name of the object (\(given)) does not match the name on the URL (\(name))")
        }
        return try updateScale(call.resource, namespace: call.namespace, name: name, options, &notes) {
            (current, tracker) throws(APIFailure) in
            tracker.update(live: current, new: decoded, manager: options.manager)
        }
    }

    /// Answers the reviews that clients ask about themselves: everybody here may do everything.
    private func review(_ object: Value, _ resource: ServedResource, _ user: APIUser) -> Value {
        var answer = object
        answer["kind"] = .string(resource.kind)
        answer["apiVersion"] = .string(resource.gvk.apiVersion)
        let info: Value = ["username": .string(user.name), "groups": .array(user.groups.map { .string($0) })]
        switch resource.kind {
        case "SelfSubjectReview":
            answer["metadata"] = ["creationTimestamp": .string(clock.now().description)]
            answer["status"] = ["userInfo": info]
        case "TokenReview": answer["status"] = ["authenticated": true, "user": info]
        case "SelfSubjectRulesReview":
            answer["status"] = [
                "resourceRules": [["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]]],
                "nonResourceRules": [["verbs": ["*"], "nonResourceURLs": ["*"]]], "incomplete": false,
            ]
        default: answer["status"] = ["allowed": true]
        }
        return answer
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
