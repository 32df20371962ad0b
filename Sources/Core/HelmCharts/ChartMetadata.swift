import GoTemplate
import SemanticVersion
import SourceDiagnostics
import StructuredValue

/// What Chart.yaml says.
package struct ChartMetadata: Sendable, Hashable {
    package struct Maintainer: Sendable, Hashable {
        package var name = ""
        package var email = ""
        package var url = ""
    }

    package var apiVersion = ""
    package var name = ""
    package var version = ""
    package var appVersion = ""
    package var kubeVersion = ""
    package var description = ""
    /// `application`, `library` or empty.
    package var type = ""
    package var home = ""
    package var icon = ""
    package var condition = ""
    package var tags = ""
    package var isDeprecated = false
    package var sources: [String] = []
    package var keywords: [String] = []
    package var maintainers: [Maintainer] = []
    package var annotations: [String: String] = [:]
    package var dependencies: [ChartDependency] = []

    package var isLibrary: Bool { type.lowercased() == "library" }

    /// Reads Chart.yaml's members; `requirements.yaml` of old charts may add dependencies later.
    init(_ value: Value) {
        apiVersion = Self.text(value["apiVersion"])
        if apiVersion.isEmpty { apiVersion = "v1" }
        name = Self.text(value["name"])
        version = Self.text(value["version"])
        appVersion = Self.text(value["appVersion"])
        kubeVersion = Self.text(value["kubeVersion"])
        description = Self.text(value["description"])
        type = Self.text(value["type"])
        home = Self.text(value["home"])
        icon = Self.text(value["icon"])
        condition = Self.text(value["condition"])
        tags = Self.text(value["tags"])
        isDeprecated = value["deprecated"]?.bool ?? false
        sources = (value["sources"]?.array ?? []).map { Self.text($0) }
        keywords = (value["keywords"]?.array ?? []).map { Self.text($0) }
        maintainers = (value["maintainers"]?.array ?? []).map {
            Maintainer(name: Self.text($0["name"]), email: Self.text($0["email"]), url: Self.text($0["url"]))
        }
        for pair in value["annotations"]?.object ?? Object() { annotations[pair.key] = Self.plain(pair.value) }
        dependencies = (value["dependencies"]?.array ?? []).map(ChartDependency.init)
    }

    /// A scalar where Helm wants a string: numbers and booleans are written out.
    static func plain(_ value: Value?) -> String {
        switch value {
        case .string(let string)?: string
        case .int(let number)?: String(number)
        case .double(let number)?: GoFormat.shortest(number)
        case .number(let number)?: number
        case .bool(let flag)?: flag ? "true" : "false"
        default: ""
        }
    }

    private static let unprintable: Set<Unicode.GeneralCategory> = [
        .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator, .paragraphSeparator,
    ]

    /// A string as Helm cleans it: white space becomes a space each, and what cannot be printed goes.
    static func text(_ value: Value?) -> String {
        let text = plain(value)
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace {
                clean.append(" ")
            } else if !unprintable.contains(scalar.properties.generalCategory) {
                clean.append(scalar)
            }
        }
        return String(clean)
    }

    /// What is wrong with it, in Helm's words; nil when it is well.
    var complaint: String? {
        if name.isEmpty { return "chart.metadata.name is required" }
        if name == "." || name == ".." { return "chart.metadata.name \"\(name)\" is not allowed" }
        if name.contains("/") { return "chart.metadata.name \"\(name)\" is invalid" }
        if version.isEmpty { return "chart.metadata.version is required" }
        if SemanticVersion(version) == nil { return "chart.metadata.version \"\(version)\" is invalid" }
        if !["", "application", "library"].contains(type) {
            return "chart.metadata.type must be application or library"
        }
        var names: Set<String> = []
        for dependency in dependencies {
            let key = dependency.alias.isEmpty ? dependency.name : dependency.alias
            if !dependency.alias.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F
                    || $0 == 0x2D
            }) {
                return "dependency \"\(dependency.name)\" has disallowed characters in the alias"
            }
            if !names.insert(key).inserted { return "more than one dependency with name or alias \"\(key)\"" }
        }
        return nil
    }
}

/// One entry of a chart's `dependencies`.
package struct ChartDependency: Sendable, Hashable {
    package enum Import: Sendable, Hashable {
        /// A name below the child's `exports`.
        case exported(String)
        case path(child: String, parent: String)
    }

    package var name = ""
    package var version = ""
    package var repository = ""
    package var condition = ""
    package var tags: [String] = []
    package var alias = ""
    package var imports: [Import] = []

    init(_ value: Value) {
        name = ChartMetadata.text(value["name"])
        version = ChartMetadata.text(value["version"])
        repository = ChartMetadata.text(value["repository"])
        condition = ChartMetadata.text(value["condition"])
        alias = ChartMetadata.text(value["alias"])
        tags = (value["tags"]?.array ?? []).map { ChartMetadata.text($0) }
        for item in value["import-values"]?.array ?? [] {
            if let name = item.string {
                imports.append(.exported(name))
            } else if item.object != nil {
                imports.append(
                    .path(child: ChartMetadata.text(item["child"]), parent: ChartMetadata.text(item["parent"]))
                )
            }
        }
    }
}
