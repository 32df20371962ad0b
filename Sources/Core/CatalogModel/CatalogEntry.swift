package import SemanticVersion
package import StructuredValue

/// One version of one chart, as a catalog lists it.
package struct CatalogEntry: Sendable, Hashable {
    package var name: String
    /// The version as it is written.
    package var version: String
    package var appVersion: String = ""
    package var description: String = ""
    package var created: String = ""
    package var home: String = ""
    package var icon: String = ""
    package var kubeVersion: String = ""
    package var isDeprecated = false
    /// `library` or `application`.
    package var type: String = ""
    package var keywords: [String] = []
    package var sources: [String] = []
    package var annotations: [String: String] = [:]
    /// Where the packed chart is, absolute; the first is asked first.
    package var urls: [String] = []
    /// SHA-256 of the packed chart in hexadecimal digits; empty when the catalog does not say.
    package var digest: String = ""
    /// The charts it depends on: name, version, repository.
    package var dependencies: [Dependency] = []

    package struct Dependency: Sendable, Hashable {
        package var name: String
        package var version: String
        package var repository: String
    }

    package init(name: String, version: String) {
        self.name = name
        self.version = version
    }

    /// The version as a number; nil for one that is none.
    package var semanticVersion: SemanticVersion? { SemanticVersion(version) }
}

extension CatalogEntry {
    /// Facts that charts of Giant Swarm carry as annotations, in two generations of keys.
    package enum Fact: String, Sendable, CaseIterable {
        case metadata, readme, team
        case valuesSchema = "values-schema"
        case appType = "app-type"
        case audience, managed
        case upstreamVersion = "upstream-chart-version"
        case compatibleProviders = "restrictions.compatible-providers"
    }

    /// The annotation for a fact: `io.giantswarm.application.FACT` now, `application.giantswarm.io/FACT` before.
    package func fact(_ fact: Fact) -> String? {
        if let value = annotations["io.giantswarm.application.\(fact.rawValue)"] { return value }
        let older: String =
            switch fact {
            case .upstreamVersion: "upstreamChartVersion"
            case .compatibleProviders: "restrictions/compatibleProviders"
            default: fact.rawValue
            }
        return annotations["application.giantswarm.io/\(older)"]
    }

    /// The older of two entries first; versions that are none before all others, by their text.
    package static func isOlder(_ left: CatalogEntry, than right: CatalogEntry) -> Bool {
        switch (left.semanticVersion, right.semanticVersion) {
        case (let one?, let two?): one == two ? left.created < right.created : one < two
        case (nil, .some): true
        case (.some, nil): false
        case (nil, nil): left.version < right.version
        }
    }

    /// The entry as data, for `--output json`.
    package var document: Value {
        var object = Object()
        func add(_ key: String, _ text: String) { if !text.isEmpty { object.append(key, .string(text)) } }
        func add(_ key: String, _ texts: [String]) {
            if !texts.isEmpty { object.append(key, .array(texts.map { .string($0) })) }
        }
        add("name", name)
        add("version", version)
        add("appVersion", appVersion)
        add("type", type)
        add("description", description)
        add("created", created)
        add("kubeVersion", kubeVersion)
        if isDeprecated { object.append("deprecated", true) }
        add("keywords", keywords)
        add("home", home)
        add("sources", sources)
        add("icon", icon)
        if !dependencies.isEmpty {
            let list = dependencies.map { dependency -> Value in
                [
                    "name": .string(dependency.name), "version": .string(dependency.version),
                    "repository": .string(dependency.repository),
                ]
            }
            object.append("dependencies", .array(list))
        }
        if !annotations.isEmpty {
            let pairs = annotations.sorted { $0.key < $1.key }
            object.append("annotations", .object(Object(pairs.map { .init(key: $0.key, value: .string($0.value)) })))
        }
        add("urls", urls)
        add("digest", digest)
        return .object(object)
    }
}
