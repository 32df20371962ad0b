package import StructuredValue

/// The manifest of a chart in a registry.
package struct OCIManifest: Sendable, Hashable {
    package struct Blob: Sendable, Hashable {
        package var mediaType: String
        package var digest: ContentDigest
        package var size: Int
    }

    package var config: Blob?
    package var layers: [Blob]
    package var annotations: [String: String]

    package static let mediaTypes = [
        "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json",
    ]
    /// The layer that is the packed chart: its name today, and before Helm 3.7.
    private static let chartTypes = [
        "application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/tar+gzip",
    ]

    /// Nil when the document is no manifest.
    package init?(_ document: Value) {
        func blob(_ value: Value?) -> Blob? {
            guard let value, let digest = value["digest"]?.string.flatMap(ContentDigest.init) else { return nil }
            return Blob(mediaType: value["mediaType"]?.string ?? "", digest: digest, size: value["size"]?.int ?? 0)
        }
        guard let list = document["layers"]?.array else { return nil }
        layers = list.compactMap(blob)
        config = blob(document["config"])
        annotations = [:]
        for pair in document["annotations"]?.object ?? Object() { annotations[pair.key] = pair.value.string }
    }

    /// The packed chart; nil when this is the manifest of something else.
    package var chart: Blob? { layers.first { Self.chartTypes.contains($0.mediaType) } }
}

/// What a registry wants to see: the `WWW-Authenticate` header of an answer 401.
package enum AuthenticationChallenge: Sendable, Hashable {
    case basic
    /// A token from `realm`, for this service and scope.
    case bearer(realm: String, service: String, scope: String)

    package init?(_ header: String) {
        let trimmed = header.drop { $0 == " " }
        let scheme = trimmed.prefix { $0 != " " }.lowercased()
        if scheme == "basic" {
            self = .basic
            return
        }
        guard scheme == "bearer" else { return nil }
        let parameters = Self.parameters(trimmed.dropFirst(scheme.count))
        guard let realm = parameters["realm"], !realm.isEmpty else { return nil }
        self = .bearer(realm: realm, service: parameters["service"] ?? "", scope: parameters["scope"] ?? "")
    }

    private static func parameters(_ text: Substring) -> [String: String] {
        var parameters: [String: String] = [:]
        var rest = text
        while true {
            rest = rest.drop { $0 == " " || $0 == "," }
            let name = rest.prefix { $0 != "=" && $0 != "," && $0 != " " }
            rest = rest.dropFirst(name.count)
            guard !name.isEmpty, rest.hasPrefix("=") else { return parameters }
            rest = rest.dropFirst()
            var value = ""
            if rest.hasPrefix("\"") {
                rest = rest.dropFirst()
                while let character = rest.popFirst(), character != "\"" {
                    value.append(character == "\\" ? rest.popFirst() ?? character : character)
                }
            } else {
                value = String(rest.prefix { $0 != "," && $0 != " " })
                rest = rest.dropFirst(value.count)
            }
            parameters[name.lowercased()] = value
        }
    }
}

/// Reads the smaller documents of a registry.
package enum OCIDocuments {
    /// The tags of a `tags/list` answer.
    package static func tags(_ document: Value) -> [String] { document["tags"]?.array?.compactMap(\.string) ?? [] }

    /// The token of a token server's answer.
    package static func token(_ document: Value) -> String? {
        document["token"]?.string ?? document["access_token"]?.string
    }

    /// The next page that a `Link` header names.
    package static func nextPage(_ link: String?) -> String? {
        guard let link else { return nil }
        for part in link.split(separator: ",") {
            guard part.contains("rel=\"next\"") || part.contains("rel=next"),
                let open = part.firstIndex(of: "<"), let close = part.firstIndex(of: ">"), open < close
            else { continue }
            return String(part[part.index(after: open)..<close])
        }
        return nil
    }

    /// What a chart's config blob (its Chart.yaml as JSON) says about it.
    package static func entry(_ config: Value, chart: String, version: String) -> CatalogEntry {
        var entry = CatalogEntry(name: chart, version: version)
        entry.appVersion = config["appVersion"]?.string ?? ""
        entry.description = config["description"]?.string ?? ""
        entry.home = config["home"]?.string ?? ""
        entry.icon = config["icon"]?.string ?? ""
        entry.kubeVersion = config["kubeVersion"]?.string ?? ""
        entry.type = config["type"]?.string ?? ""
        entry.isDeprecated = config["deprecated"]?.bool ?? false
        entry.keywords = config["keywords"]?.array?.compactMap(\.string) ?? []
        entry.sources = config["sources"]?.array?.compactMap(\.string) ?? []
        for pair in config["annotations"]?.object ?? Object() { entry.annotations[pair.key] = pair.value.string }
        for item in config["dependencies"]?.array ?? [] {
            entry.dependencies.append(
                CatalogEntry.Dependency(
                    name: item["name"]?.string ?? "",
                    version: item["version"]?.string ?? "",
                    repository: item["repository"]?.string ?? ""
                )
            )
        }
        return entry
    }
}
