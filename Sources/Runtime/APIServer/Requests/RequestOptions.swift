import HTTPServer
import StructuredValue

/// The options of a create, update or patch.
struct WriteOptions: Sendable {
    enum FieldValidation: Sendable { case ignore, warn, strict }
    enum Verb: String, Sendable { case create = "CreateOptions", update = "UpdateOptions", patch = "PatchOptions" }

    var manager: String
    var isDryRun = false
    var fieldValidation = FieldValidation.warn
    var force = false

    init(manager: String, isDryRun: Bool = false, fieldValidation: FieldValidation = .warn, force: Bool = false) {
        self.manager = manager
        self.isDryRun = isDryRun
        self.fieldValidation = fieldValidation
        self.force = force
    }

    init(_ request: APIRequest, _ verb: Verb, isApply: Bool = false) throws(APIFailure) {
        var problems: [FieldProblem] = []
        let query = request.query
        let dryRun = query.all("dryRun")
        isDryRun = !dryRun.isEmpty
        problems += DryRun.problems(dryRun)
        let given = query["fieldManager"] ?? ""
        if given.utf8.count > 128 {
            problems.append(FieldProblem(.tooLong, "fieldManager", "Too long: may not be more than 128 bytes"))
        }
        for (position, scalar) in given.unicodeScalars.enumerated() where !scalar.isPrintable {
            let code = String(scalar.value, radix: 16, uppercase: true)
            let padded = String(repeating: "0", count: max(0, 4 - code.count)) + code
            problems.append(
                .invalid("fieldManager", "\"\(given)\"", "invalid character U+\(padded) (at position \(position))")
            )
        }
        if isApply, given.isEmpty { problems.append(.required("fieldManager", "is required for apply patch")) }
        if verb == .patch, !isApply, query.flag("force") != nil {
            problems.append(.forbidden("force", "may not be specified for non-apply patch"))
        }
        switch query["fieldValidation"] ?? "" {
        case "Ignore": fieldValidation = .ignore
        case "Strict": fieldValidation = .strict
        case "", "Warn": fieldValidation = .warn
        case let other:
            problems.append(.notSupported("fieldValidation", "\"\(other)\"", ["", "Ignore", "Strict", "Warn"]))
        }
        manager = given.isEmpty ? Self.manager(userAgent: request.headers["user-agent"] ?? "") : given
        force = query.flag("force") ?? false
        if !problems.isEmpty {
            throw .invalid(group: "meta.k8s.io", kind: verb.rawValue, name: "", problems)
        }
    }

    /// Clients without a field manager are known by the first part of their User-Agent.
    static func manager(userAgent: String) -> String {
        let prefix = userAgent.prefix { $0 != "/" }
        var text = ""
        for scalar in prefix.unicodeScalars where scalar.isPrintable {
            if text.utf8.count + String(scalar).utf8.count > 128 { break }
            text.unicodeScalars.append(scalar)
        }
        return text.isEmpty ? "unknown" : text
    }
}

enum DryRun {
    static func problems(_ values: [String]) -> [FieldProblem] {
        guard values.contains(where: { $0 != "All" }) else { return [] }
        let list = values.map { "\"\($0)\"" }.joined(separator: ",")
        return [.notSupported("dryRun", "[\(list)]", ["All"])]
    }
}

extension Unicode.Scalar {
    fileprivate var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: value == 0x20
        default: true
        }
    }
}

/// The options of a delete, from query and body.
struct DeleteOptions: Sendable {
    enum Propagation: String, Sendable { case orphan = "Orphan", background = "Background", foreground = "Foreground" }

    var isDryRun = false
    var uid: String?
    var resourceVersion: String?
    var propagation: Propagation?

    init() {}

    init(query: QueryItems, body: Value?) throws(APIFailure) {
        if let body {
            let kind = body["kind"]?.string ?? ""
            if !kind.isEmpty, kind != "DeleteOptions" {
                let version = body["apiVersion"]?.string ?? ""
                throw .badRequest(
                    "no kind \"\(kind)\" is registered for version \"\(version)\" in scheme \"pkg/runtime/scheme.go:111\""
                )
            }
        }
        if let grace = body?["gracePeriodSeconds"], !grace.isNull, grace.int == nil {
            throw .badRequest(
                "json: cannot unmarshal \(ShapeReader.goKind(grace)) into Go struct field DeleteOptions.gracePeriodSeconds "
                    + "of type int64"
            )
        }
        if body == nil, let grace = query["gracePeriodSeconds"], !grace.isEmpty, Int(grace) == nil {
            throw .badRequest("strconv.ParseInt: parsing \"\(grace)\": invalid syntax")
        }
        func text(_ name: String) -> String? { body?[name]?.string ?? query[name] }
        let dryRun = body?["dryRun"]?.array?.compactMap(\.string) ?? query.all("dryRun")
        let orphan = body?["orphanDependents"]?.bool ?? query.flag("orphanDependents")
        let policy = text("propagationPolicy")
        isDryRun = dryRun.contains("All")
        uid = body?[path: "preconditions", "uid"]?.string
        resourceVersion = body?[path: "preconditions", "resourceVersion"]?.string
        var problems = DryRun.problems(dryRun)
        if let policy {
            propagation = Propagation(rawValue: policy)
            if orphan != nil {
                problems.append(
                    .invalid(
                        "propagationPolicy",
                        "\"\(policy)\"",
                        "orphanDependents and deletionPropagation cannot be both set"
                    )
                )
            } else if propagation == nil {
                problems.append(
                    .notSupported("propagationPolicy", "\"\(policy)\"", ["Foreground", "Background", "Orphan", "nil"])
                )
            }
        } else if let orphan {
            propagation = orphan ? .orphan : .background
        }
        if !problems.isEmpty {
            throw .invalid(group: "meta.k8s.io", kind: "DeleteOptions", name: "", problems)
        }
    }
}

/// The options of a list or watch.
struct ListOptions: Sendable {
    enum Match: String, Sendable { case exact = "Exact", notOlderThan = "NotOlderThan" }

    var isWatch = false
    var labels = ""
    var fields = ""
    var limit = 0
    var continuation = ""
    var resourceVersion = ""
    var match: Match?
    var sendsInitialEvents: Bool?
    var allowsBookmarks = false
    var timeout: Duration?

    init() {}

    init(_ query: QueryItems, isWatchPath: Bool) throws(APIFailure) {
        isWatch = isWatchPath || (query["watch"]?.isEmpty == false && query.flag("watch") == true)
        labels = query["labelSelector"] ?? ""
        fields = query["fieldSelector"] ?? ""
        continuation = query["continue"] ?? ""
        resourceVersion = query["resourceVersion"] ?? ""
        allowsBookmarks = query.flag("allowWatchBookmarks") ?? false
        sendsInitialEvents = query.flag("sendInitialEvents")
        if let text = query["limit"] {
            guard let number = Int(text) else {
                throw .badRequest("strconv.ParseInt: parsing \"\(text)\": invalid syntax")
            }
            limit = max(0, number)
        }
        if let text = query["timeoutSeconds"], !text.isEmpty {
            guard let number = Int(text) else {
                throw .badRequest("strconv.ParseInt: parsing \"\(text)\": invalid syntax")
            }
            if number > 0 { timeout = .seconds(number) }
        }
        let matchText = query["resourceVersionMatch"] ?? ""
        match = Match(rawValue: matchText)
        if isWatch, sendsInitialEvents == nil, matchText.isEmpty, ["", "0"].contains(resourceVersion),
            continuation.isEmpty
        {
            // A watch from no version in particular is one that begins with what is there, and may say where that ends.
            sendsInitialEvents = true
            match = .notOlderThan
            return
        }
        let problems = isWatch ? watchProblems(matchText) : listProblems(matchText)
        if !problems.isEmpty {
            throw .invalid(group: "meta.k8s.io", kind: "ListOptions", name: "", problems)
        }
    }

    private func listProblems(_ matchText: String) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        let field = "resourceVersionMatch"
        if !matchText.isEmpty {
            if resourceVersion.isEmpty {
                problems.append(
                    .forbidden(field, "resourceVersionMatch is forbidden unless resourceVersion is provided")
                )
            }
            if !continuation.isEmpty {
                problems.append(.forbidden(field, "resourceVersionMatch is forbidden when continue is provided"))
            }
            if match == nil {
                problems.append(.notSupported(field, "\"\(matchText)\"", ["Exact", "NotOlderThan", ""]))
            }
            if match == .exact, resourceVersion == "0" {
                problems.append(
                    .forbidden(field, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"")
                )
            }
        }
        if sendsInitialEvents != nil {
            problems.append(.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"))
        }
        return problems
    }

    private func watchProblems(_ matchText: String) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        let field = "resourceVersionMatch"
        if matchText.isEmpty, !continuation.isEmpty {
            problems.append(.forbidden(field, "resourceVersionMatch is forbidden when continue is provided"))
        }
        if sendsInitialEvents != nil, match != .notOlderThan {
            problems.append(
                .forbidden(field, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
            )
        }
        if !matchText.isEmpty {
            if sendsInitialEvents == nil {
                problems.append(
                    .forbidden(
                        field,
                        "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
                    )
                )
            }
            if match != .notOlderThan { problems.append(.notSupported(field, "\"\(matchText)\"", ["NotOlderThan"])) }
            if !continuation.isEmpty {
                problems.append(.forbidden(field, "resourceVersionMatch is forbidden when continue is provided"))
            }
        }
        return problems
    }
}
