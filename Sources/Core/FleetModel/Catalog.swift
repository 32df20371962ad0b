package import SourceDiagnostics
package import StructuredValue

/// Where apps come from: `catalogs/<catalog>/catalog.yaml`.
package struct Catalog: Sendable, Hashable {
    package var name: String
    package var description: String = ""
    package var position: SourcePosition
    package var source: CatalogSource
    /// The lowest layer of every app of this catalog.
    package var values: Value = .object(Object())
    package var valuesPosition: SourcePosition?
    /// Whether it is another product's object, which may stand among a member's files.
    package var isForeign = false
    /// Values that stand in objects, lower than everything an app brings.
    package var valuesFrom: [ValuesReference] = []

    package init(name: String, position: SourcePosition, source: CatalogSource) {
        self.name = name
        self.position = position
        self.source = source
    }

    /// Whether its charts are kept outside the repository.
    package var isRemote: Bool {
        if case .folder = source { false } else { true }
    }
}

/// The place a catalog's charts are read from.
package enum CatalogSource: Sendable, Hashable {
    /// A folder of this repository, as a path from its root.
    case folder(String)
    case git(GitSource)
    /// Helm repositories in order of preference, with the name of a credentials file of the daemon.
    case helm(urls: [String], credentialsFile: String? = nil)
    /// OCI registries in order of preference, with the name of a credentials file of the daemon.
    case oci(urls: [String], credentialsFile: String? = nil)
}

/// A folder in another Git repository.
package struct GitSource: Sendable, Hashable {
    package enum Reference: Sendable, Hashable {
        case branch(String)
        case tag(String)
        /// The highest tag in a range.
        case semver(String)
        case commit(String)
    }

    package var url: String
    package var reference: Reference
    package var path: String
    /// The name of a credentials file of the daemon.
    package var credentialsFile: String?

    package init(url: String, reference: Reference, path: String, credentialsFile: String?) {
        self.url = url
        self.reference = reference
        self.path = path
        self.credentialsFile = credentialsFile
    }
}

/// A versioned list of apps that every member of a fleet gets.
package struct Collection: Sendable, Hashable {
    package var name: String
    package var version: String
    package var position: SourcePosition
    package var apps: [App]

    package init(name: String, version: String, position: SourcePosition, apps: [App]) {
        self.name = name
        self.version = version
        self.position = position
        self.apps = apps
    }
}
