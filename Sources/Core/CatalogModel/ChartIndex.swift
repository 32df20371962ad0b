package import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// The `index.yaml` of a Helm repository: every version of every chart.
///
/// Real indexes are large and not always clean. What can be understood is taken; what cannot is left out and told.
package struct ChartIndex: Sendable {
    /// The entries by chart, the newest version first.
    package private(set) var entries: [String: [CatalogEntry]] = [:]
    package private(set) var generated: String = ""
    /// What was left out and why.
    package private(set) var warnings: [Diagnostic] = []

    package init(_ entries: [CatalogEntry] = []) {
        for entry in entries { self.entries[entry.name, default: []].append(entry) }
        for name in self.entries.keys { sort(name) }
    }

    /// Reads an index. `base` is the repository's address, which relative addresses of charts are joined to.
    package init(_ bytes: [UInt8], base: String, file: String = "index.yaml") throws(RejectedSource) {
        let document = try YAML.value(bytes, file: file, .lenient)
        guard let charts = document["entries"]?.object else {
            // An empty repository's index may leave its entries out; an object of Kubernetes is something else.
            let isEmpty = document["entries"]?.isNull ?? (document["apiVersion"] != nil && document["kind"] == nil)
            if isEmpty { return }
            throw RejectedSource([
                Diagnostic(
                    .error,
                    "index-malformed",
                    "this is no index of a Helm repository: it has no entries",
                    at: SourcePosition(file: file, line: 1, column: 1)
                )
            ])
        }
        generated = text(document["generated"])
        entries.reserveCapacity(charts.count)
        for pair in charts {
            var seen: Set<String> = []
            for item in pair.value.array ?? [] {
                guard let entry = entry(item, named: pair.key, base: base, file: file) else { continue }
                // Of two entries for one version the first counts, as in Helm.
                guard seen.insert(entry.version).inserted else {
                    warn("\(pair.key) \(entry.version) is listed twice; the first entry counts", file)
                    continue
                }
                entries[pair.key, default: []].append(entry)
            }
            sort(pair.key)
        }
    }

    private mutating func sort(_ name: String) {
        guard let list = entries[name] else { return }
        // Versions are taken apart once, not at every comparison.
        let keyed = list.map { (entry: $0, version: $0.semanticVersion) }
        let sorted = keyed.sorted { left, right in
            switch (left.version, right.version) {
            case (let one?, let two?): one == two ? left.entry.created > right.entry.created : one > two
            case (.some, nil): true
            case (nil, .some): false
            case (nil, nil): left.entry.version > right.entry.version
            }
        }
        entries[name] = sorted.map(\.entry)
    }

    private mutating func warn(_ message: String, _ file: String) {
        warnings.append(
            Diagnostic(.warning, "index-entry", message, at: SourcePosition(file: file, line: 1, column: 1))
        )
    }

    private mutating func entry(_ value: Value, named name: String, base: String, file: String) -> CatalogEntry? {
        guard let object = value.object else {
            warn("an entry of \(name) is no object", file)
            return nil
        }
        let version = text(object["version"])
        if version.isEmpty {
            warn("an entry of \(name) has no version", file)
            return nil
        }
        var entry = CatalogEntry(name: name, version: version)
        entry.appVersion = text(object["appVersion"])
        entry.description = text(object["description"])
        entry.created = text(object["created"])
        entry.home = text(object["home"])
        entry.icon = text(object["icon"])
        entry.kubeVersion = text(object["kubeVersion"])
        entry.type = text(object["type"])
        entry.isDeprecated = object["deprecated"]?.bool ?? false
        entry.keywords = texts(object["keywords"])
        entry.sources = texts(object["sources"])
        entry.digest = ContentDigest.digits(of: text(object["digest"]))
        entry.urls = texts(object["urls"]).map { RepositoryURL.join(base, $0) }
        for pair in object["annotations"]?.object ?? Object() { entry.annotations[pair.key] = text(pair.value) }
        for item in object["dependencies"]?.array ?? [] {
            entry.dependencies.append(
                CatalogEntry.Dependency(
                    name: text(item["name"]),
                    version: text(item["version"]),
                    repository: text(item["repository"])
                )
            )
        }
        return entry
    }
}

/// A scalar as text. Tools have written texts as lists of one (a Python type under a tag) and versions as numbers.
private func text(_ value: Value?) -> String {
    switch value {
    case .string(let text): text
    case .array(let items) where items.count == 1: text(items[0])
    case .int(let number): String(number)
    case .double, .number: value.map { JSON.text($0) } ?? ""
    case .bool(let flag): flag ? "true" : "false"
    default: ""
    }
}

private func texts(_ value: Value?) -> [String] {
    switch value {
    case .array(let items): items.map { text($0) }.filter { !$0.isEmpty }
    case .string(let text): [text]
    default: []
    }
}

/// Addresses within a repository.
package enum RepositoryURL {
    /// An address that may be relative to the repository's, as an absolute one.
    package static func join(_ base: String, _ address: String) -> String {
        if let colon = address.firstIndex(of: ":"), address[colon...].hasPrefix("://") { return address }
        var root = base
        if root.hasSuffix("index.yaml") { root.removeLast("index.yaml".count) }
        if address.hasPrefix("/") {
            guard let authority = root.firstRange(of: "://") else { return root + address }
            let end = root[authority.upperBound...].firstIndex(of: "/") ?? root.endIndex
            return root[..<end] + address
        }
        var relative = address[...]
        while relative.hasPrefix("./") { relative = relative.dropFirst(2) }
        return root + (root.hasSuffix("/") ? "" : "/") + relative
    }

    /// The address of a repository's index.
    package static func index(of base: String) -> String { join(base, "index.yaml") }
}
