/// One clause of an Accept or Content-Type header: a type and its parameters.
struct MediaType: Hashable {
    var type: String
    var parameters: [String: String]

    init?(_ text: Substring) {
        let parts = text.split(separator: ";").map { $0.trimmingSpace }
        guard let type = parts.first, !type.isEmpty else { return nil }
        self.type = type.lowercased()
        parameters = [:]
        for part in parts.dropFirst() {
            guard let equals = part.firstIndex(of: "=") else { continue }
            parameters[part[..<equals].trimmingSpace.lowercased()] = part[part.index(after: equals)...].trimmingSpace
        }
    }

    /// The clauses of a header, what is preferred first.
    static func list(_ header: String) -> [MediaType] {
        let clauses = header.split(separator: ",").compactMap { MediaType($0) }
        guard clauses.contains(where: { $0.parameters["q"] != nil }) else { return clauses }
        return clauses.enumerated().sorted { ($1.element.quality, $0.offset) < ($0.element.quality, $1.offset) }
            .map(\.element)
    }

    private var quality: Double { parameters["q"].flatMap { Double($0) } ?? 1 }
}

extension StringProtocol {
    fileprivate var trimmingSpace: String {
        var text = Substring(self)
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}

/// In which form objects are answered.
struct Presentation: Hashable {
    enum Form: Hashable { case object, table, partial, partialList, discovery }
    enum Encoding: Hashable { case json, yaml }

    var form = Form.object
    /// The version of meta.k8s.io or apidiscovery.k8s.io that was asked for.
    var version = "v1"
    var encoding = Encoding.json

    /// The first clause of the Accept header that can be served; fails with 406 when there is none.
    ///
    /// - Parameter isBuiltIn: Built-in resources answer with other words when they know no type at all.
    init(accept: String?, allowsForms: Bool = true, isBuiltIn: Bool = false) throws(APIFailure) {
        let header = accept ?? ""
        let clauses = MediaType.list(header)
        if clauses.isEmpty { return }
        var knowsType = false
        for clause in clauses {
            knowsType = knowsType || clause.type == ProtobufBody.mediaType
            switch clause.type {
            // Built-in resources know no types of a family, only those that have a name and the type of everything.
            case "application/*" where isBuiltIn: continue
            case "application/json", "*/*", "application/*": encoding = .json
            case "application/yaml": encoding = .yaml
            default: continue
            }
            knowsType = true
            guard let form = clause.parameters["as"] else {
                self.form = .object
                return
            }
            guard allowsForms else { continue }
            let version = clause.parameters["v"] ?? "v1"
            switch (form, clause.parameters["g"]) {
            case ("Table", "meta.k8s.io") where version == "v1" || version == "v1beta1": self.form = .table
            case ("PartialObjectMetadata", "meta.k8s.io") where version == "v1" || version == "v1beta1":
                self.form = .partial
            case ("PartialObjectMetadataList", "meta.k8s.io") where version == "v1" || version == "v1beta1":
                self.form = .partialList
            case ("APIGroupDiscoveryList", "apidiscovery.k8s.io") where version == "v2":
                self.form = .discovery
            default: continue
            }
            self.version = version
            return
        }
        throw isBuiltIn && !knowsType ? .unknownAnswerType : .notAcceptable
    }
}
