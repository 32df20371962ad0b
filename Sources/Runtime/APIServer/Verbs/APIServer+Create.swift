import APIStore
import KubernetesMerge
import KubernetesModel
import StructuredValue

extension APIServer {
    /// Creates an object that has been decoded.
    ///
    /// - Parameter applied: The object comes from an apply and carries its managed fields.
    func create(
        _ decoded: Value,
        _ resource: ServedResource,
        namespace: String,
        name: String? = nil,
        _ options: WriteOptions,
        isApplied: Bool = false,
        _ notes: inout RequestNotes
    ) throws(APIFailure) -> Outcome {
        var object = decoded
        try place(&object, resource, namespace: namespace, name: name)
        if let warning = OwnerReferences.unify(&object, isPatched: isApplied) { notes.warn(warning) }
        let now = clock.now()
        let sentVersion = object[path: "metadata", "resourceVersion"]?.string ?? ""
        for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"] {
            object[path: "metadata", field] = nil
        }
        // Kinds without a generation of their own keep what they are given.
        if resource.isCustom || resource.traits.hasGeneration { object[path: "metadata", "generation"] = nil }
        object[path: "metadata", "uid"] = nil
        object[path: "metadata", "creationTimestamp"] = nil
        if resource.hasStatus, !resource.traits.keepsStatusOnCreate { object["status"] = nil }
        if !isApplied {
            // Compared with an empty object of its type: structs that are always there belong to nobody.
            let blank = resource.shape.map { ShapeReader.blank($0) }
            object = tracker(resource, subresource: "", now).update(live: blank, new: object, manager: options.manager)
        }
        if (object[path: "metadata", "name"]?.string ?? "").isEmpty,
            let prefix = object[path: "metadata", "generateName"]?.string, !prefix.isEmpty
        {
            object[path: "metadata", "name"] = .string(String(prefix.prefix(58)) + clock.nameSuffix())
            // The label that tells a namespace's name needs the name.
            if !resource.isCustom { KindRules.applyDefaults(&object, of: resource) }
        }
        let objectName = object[path: "metadata", "name"]?.string ?? ""
        if resource.isNamespaced { try admit(resource, namespace: namespace, name: objectName) }
        object[path: "metadata", "uid"] = .string(clock.uid())
        object[path: "metadata", "creationTimestamp"] = .string(now.description)
        if resource.isCustom || resource.traits.hasGeneration { object[path: "metadata", "generation"] = 1 }
        if !resource.isCustom { KindRules.prepareForCreate(&object, of: resource) }
        try validate(object, old: nil, resource, subresource: "", &notes)
        if resource.isService { try allocate(&object, old: nil) }
        if !sentVersion.isEmpty, !isApplied, !options.isDryRun {
            throw .server("resourceVersion should not be set on objects to be created")
        }
        let key = StoreKey(resource: resource.storeResource, namespace: namespace, name: objectName)
        if let existing = store.object(key) {
            var failure = APIFailure.alreadyExists(
                resource.groupResource,
                objectName,
                isBeingDeleted: existing.value[path: "metadata", "deletionTimestamp"] != nil
            )
            if object[path: "metadata", "generateName"]?.isEmpty == false {
                failure.message += ", the server was not able to generate a unique name for the object"
                failure.details?.retryAfterSeconds = 1
            }
            throw failure
        }
        if options.isDryRun {
            // Nothing is stored that could have another version.
            if !sentVersion.isEmpty, !isApplied { object[path: "metadata", "resourceVersion"] = .string(sentVersion) }
            return .transient(object)
        }
        do {
            let stored = try commit(.create(key, resource.stored(object)))
            afterWrite(resource, stored)
            return .stored(stored)
        } catch {
            throw APIFailure(error, resource, name: objectName)
        }
    }

    /// Puts the object where the path says, unless it says otherwise itself.
    func place(_ object: inout Value, _ resource: ServedResource, namespace: String, name: String?) throws(APIFailure) {
        let given = object[path: "metadata", "namespace"]?.string ?? ""
        if resource.isNamespaced {
            if !given.isEmpty, given != namespace {
                throw .badRequest(
                    "the namespace of the provided object does not match the namespace sent on the request"
                )
            }
            object[path: "metadata", "namespace"] = .string(namespace)
        } else {
            object[path: "metadata", "namespace"] = nil
        }
        if let name {
            let given = object[path: "metadata", "name"]?.string ?? ""
            if given.isEmpty {
                object[path: "metadata", "name"] = .string(name)
            } else if given != name {
                throw .badRequest("the name of the object (\(given)) does not match the name on the URL (\(name))")
            }
        }
    }

    /// Nothing new in a namespace that is missing or going away.
    func admit(_ resource: ServedResource, namespace: String, name: String) throws(APIFailure) {
        guard let found = store.object(StoreKey(resource: "namespaces", name: namespace)) else {
            throw .notFound(GroupResource(group: "", resource: "namespaces"), namespace)
        }
        guard found.value[path: "metadata", "deletionTimestamp"] != nil else { return }
        throw .forbidden(
            resource.groupResource,
            name,
            "unable to create new content in namespace \(namespace) because it is being terminated",
            causes: [
                APIFailure.Cause(
                    reason: "NamespaceTerminating",
                    message: "namespace \(namespace) is being terminated",
                    field: "metadata.namespace"
                )
            ]
        )
    }

    /// Judges an object that is to be stored; fails with everything that is wrong.
    func validate(
        _ object: Value,
        old: Value?,
        _ resource: ServedResource,
        subresource: String,
        _ notes: inout RequestNotes
    ) throws(APIFailure) {
        var problems: [FieldProblem] = []
        if let old { problems += immutableMetadata(object, old: old) }
        if subresource.isEmpty || !resource.isCustom {
            let found = ObjectChecks.metadata(object, of: resource)
            problems += found
            // A real server looks at changed metadata several times and counts what it finds each time.
            if old != nil { problems += Self.foundAgain(found, isCustom: resource.isCustom) }
        }
        let kind = object["kind"]?.string ?? resource.kind
        if let custom = resource.custom {
            let version = object["apiVersion"]?.string ?? ""
            // What is of another kind is not looked at further.
            if kind != resource.kind || version != resource.gvk.apiVersion { problems = [] }
            if kind != resource.kind { problems.append(.invalid("kind", "\"\(kind)\"", "must be \(resource.kind)")) }
            if version != resource.gvk.apiVersion {
                problems.append(.invalid("apiVersion", "\"\(version)\"", "must be \(resource.gvk.apiVersion)"))
            }
            if problems.isEmpty || (kind == resource.kind && version == resource.gvk.apiVersion) {
                let findings = custom.schema.validate(object, old: old, isStatus: subresource == "status")
                problems += findings.problems
                if subresource.isEmpty { problems += custom.schema.embeddedProblems(in: object) }
                findings.warnings.forEach { notes.warn($0) }
            }
            if kind == resource.kind, version == resource.gvk.apiVersion { problems += scaleProblems(object, resource) }
            if problems.isEmpty { ObjectChecks.finalizerWarnings(object, old: old).forEach { notes.warn($0) } }
        } else {
            problems += KindRules.problems(object, old: old, of: resource, subresource: subresource)
            if problems.isEmpty, resource.kind == "CustomResourceDefinition" {
                DefinitionSchemaText.formatWarnings(object, old: old).forEach { notes.warn($0) }
            }
            let isTemplate = resource.kind == "PodTemplate"
            if problems.isEmpty, isTemplate || resource.kind == "Pod", resource.group.isEmpty {
                let path = isTemplate ? ["template", "spec"] : ["spec"]
                KindRules.podWarnings(object, path.joined(separator: "."), path).forEach { notes.warn($0) }
            }
        }
        guard problems.isEmpty else {
            throw .invalid(
                // Events of both forms are judged as one kind.
                group: resource.isCustom
                    ? GroupVersionKind(apiVersion: object["apiVersion"]?.string ?? "", kind: kind).group
                    : resource.kind == "Event" ? "" : resource.group,
                kind: kind,
                name: object[path: "metadata", "name"]?.string ?? "",
                problems
            )
        }
    }

    private static func foundAgain(_ problems: [FieldProblem], isCustom: Bool) -> [FieldProblem] {
        problems.flatMap { problem -> [FieldProblem] in
            let isFinalizer = problem.field.hasPrefix("metadata.finalizers")
            let isNamed = problem.field == "metadata.name" || problem.field == "metadata.generateName"
            let times = isNamed ? 0 : isFinalizer ? (isCustom ? 0 : 1) : isCustom ? 2 : 3
            return Array(repeating: problem, count: times)
        }
    }

    private func immutableMetadata(_ object: Value, old: Value) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        let uid = object[path: "metadata", "uid"]?.string ?? ""
        if uid != old[path: "metadata", "uid"]?.string {
            problems.append(.invalid("metadata.uid", "\"\(uid)\"", "field is immutable"))
        }
        for field in ["deletionTimestamp", "deletionGracePeriodSeconds"] {
            let given = object[path: "metadata", field]
            if let given, given != old[path: "metadata", field] {
                problems.append(.invalid("metadata.\(field)", JSON.text(given), "field is immutable"))
            }
        }
        if old[path: "metadata", "deletionTimestamp"] != nil {
            let before = Set(old[path: "metadata", "finalizers"]?.array?.compactMap(\.string) ?? [])
            let new = (object[path: "metadata", "finalizers"]?.array ?? []).compactMap(\.string).filter {
                !before.contains($0)
            }
            if !new.isEmpty {
                let list = new.map { "\"\($0)\"" }.joined(separator: ", ")
                problems.append(
                    .forbidden(
                        "metadata.finalizers",
                        "no new finalizers can be added if the object is being deleted, found new finalizers []string{\(list)}"
                    )
                )
            }
        }
        // Real servers check twice and say it twice.
        return problems + problems
    }

    /// The numbers a scale subresource would show.
    private func scaleProblems(_ object: Value, _ resource: ServedResource) -> [FieldProblem] {
        guard let scale = resource.scale else { return [] }
        var problems: [FieldProblem] = []
        for path in [scale.specReplicas, scale.statusReplicas] {
            let field = "." + path.joined(separator: ".")
            func misfit(_ value: Value, _ type: String) -> FieldProblem {
                let shown = GoText.map(value)
                return .invalid(
                    field,
                    "0",
                    "\(field) accessor error: \(shown) is of the type \(GoText.type(of: value)), expected \(type)"
                )
            }
            var found: Value? = object
            for name in path {
                guard let parent = found else { break }
                guard parent.object != nil else {
                    problems.append(misfit(parent, "map[string]interface{}"))
                    found = nil
                    break
                }
                found = parent[name]
            }
            guard let value = found else { continue }
            guard let number = value.int else {
                problems.append(misfit(value, "int64"))
                continue
            }
            if number < 0 { problems.append(.invalid(field, "\(number)", "should be a non-negative integer")) }
            if number > Int(Int32.max) {
                problems.append(.invalid(field, "\(number)", "should be less than or equal to \(Int32.max)"))
            }
        }
        return problems
    }

    /// Keeps book on who owns which field at an endpoint.
    func tracker(_ resource: ServedResource, subresource: String, _ now: Timestamp) -> ServerSideApply {
        let scope: FieldScope
        switch subresource {
        case "status" where resource.statusCarriesMetadata: scope = .excluding(FieldSet([FieldPath("spec")]))
        case "status": scope = .only(FieldSet([FieldPath("status")]))
        case "" where resource.hasStatus: scope = .excluding(FieldSet([FieldPath("status")]))
        default: scope = .everything
        }
        var tracker = ServerSideApply(
            schema: resource.typeSchema,
            apiVersion: resource.gvk.apiVersion,
            subresource: subresource,
            time: now.description,
            scope: scope
        )
        if let custom = resource.custom {
            let group = resource.group
            tracker.conversion = { (object, apiVersion) throws(ServerSideApply.ConversionFailure) in
                let version = GroupVersionKind(apiVersion: apiVersion, kind: "")
                guard version.group == group, let schema = custom.schemas[version.version] else {
                    throw .unknownVersion
                }
                var converted = object
                converted["apiVersion"] = .string(apiVersion)
                return ServerSideApply.VersionedObject(object: converted, schema: schema.typeSchema)
            }
        }
        return tracker
    }
}

extension APIFailure {
    /// A store's refusal in the API's words.
    init(_ failure: StoreFailure, _ resource: ServedResource, name: String) {
        switch failure.kind {
        case .alreadyExists: self = .alreadyExists(resource.groupResource, name)
        case .notFound: self = .notFound(resource.groupResource, name)
        case .conflict: self = .conflict(resource.groupResource, name)
        case .compacted(let mark): self = .expired("too old resource version: \(mark)")
        case .future(let revision): self = .tooLargeRevision(revision, current: 0)
        case .storage: self = .internalError(failure.description)
        }
    }
}
