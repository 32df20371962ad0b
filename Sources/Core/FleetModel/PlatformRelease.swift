package import KubernetesModel
package import SemanticVersion
package import SourceDiagnostics
import StructuredValue

/// Giant Swarm's `Release`, read as it is: the versions of everything that a workload cluster of a provider is made of.
package struct PlatformRelease: Sendable, Hashable {
    /// How far the vendor stands behind a release.
    package enum State: String, Sendable, CaseIterable {
        case active, deprecated, wip, preview
    }

    /// A component or an app of a release.
    package struct Part: Sendable, Hashable {
        package var name: String
        package var version: String
        /// The catalog its chart is in, when the release names one.
        package var catalog: String?
        /// Apps of the release, or of its bundles, that must be in place first.
        package var dependsOn: [String]
    }

    /// `aws`; empty for releases named `v1.2.3`.
    package var provider: String
    package var version: SemanticVersion
    package var state: State
    package var components: [Part]
    package var apps: [Part]
    /// When the vendor stops to look after it.
    package var endOfLife: Timestamp?
    package var notice: String
    package var position: SourcePosition?
    /// What is wrong with it, each in a sentence.
    package var problems: [String]

    package static let kind = GroupKind(group: "release.giantswarm.io", kind: "Release")

    /// The object's name.
    package var name: String { provider.isEmpty ? "v\(version)" : "\(provider)-\(version)" }

    package func component(_ name: String) -> Part? { components.first { $0.name == name } }

    /// Nil for other kinds, and for names that say no version.
    package init?(_ manifest: Manifest) {
        guard manifest.groupKind == Self.kind, let (provider, version) = Self.split(manifest.name) else { return nil }
        (self.provider, self.version) = (provider, version)
        let spec = manifest.value["spec"]
        var problems: [String] = []
        components = Self.parts(spec?["components"], "component", &problems)
        apps = Self.parts(spec?["apps"], "app", &problems)
        if components.isEmpty { problems.append("it has no components") }
        let word = spec?["state"]?.string ?? ""
        let state = State(rawValue: word)
        if state == nil {
            let words = State.allCases.map(\.rawValue)
            problems.append("its state is “\(word)”, not one of \(words.joined(separator: ", "))")
        }
        self.state = state ?? .wip
        endOfLife = spec?["endOfLifeDate"]?.string.flatMap { Timestamp($0) }
        notice = spec?["notice"]?.string ?? ""
        position = manifest.origin?.position
        self.problems = problems
    }

    /// The provider and version in a name: `aws-34.5.0`, `v34.5.0`. A provider may have a dash of its own.
    package static func split(_ name: String) -> (provider: String, version: SemanticVersion)? {
        if name.hasPrefix("v"), let version = try? SemanticVersion(strictly: String(name.dropFirst())) {
            return ("", version)  // A name that is no version has a provider, or is none of ours.
        }
        for index in name.indices where name[index] == "-" {
            let rest = name[name.index(after: index)...]
            guard rest.first?.isNumber == true else { continue }
            guard let version = try? SemanticVersion(strictly: String(rest)) else { return nil }  // As above.
            return (String(name[..<index]), version)
        }
        return nil
    }

    private static func parts(_ value: Value?, _ what: String, _ problems: inout [String]) -> [Part] {
        var parts: [Part] = []
        var seen: Set<String> = []
        for item in value?.array ?? [] {
            let name = item["name"]?.string ?? ""
            let version = item["version"]?.string ?? ""
            if name.isEmpty || version.isEmpty {
                problems.append("a \(what) has no \(name.isEmpty ? "name" : "version: “\(name)”")")
                continue
            }
            if !seen.insert(name).inserted {
                problems.append("\(what) “\(name)” is there twice")
                continue
            }
            parts.append(
                Part(
                    name: name,
                    version: version,
                    catalog: item["catalog"]?.string,
                    dependsOn: (item["dependsOn"]?.array ?? []).compactMap(\.string)
                )
            )
        }
        return parts
    }
}

/// A workload cluster that an app makes and whose version is a Release's.
package struct ReleaseCluster: Sendable, Hashable {
    /// How a release is chosen.
    package enum Choice: Sendable, Hashable {
        /// The value `global.release.version` of the app.
        case value
        /// The version of the app's chart `release-<provider>`.
        case chart
    }

    package var name: String
    package var app: String
    package var namespace: String
    package var provider: String
    /// The release's version as it is written.
    package var version: String
    package var choice: Choice
    package var position: SourcePosition

    package init(
        name: String,
        app: String,
        namespace: String,
        provider: String,
        version: String,
        choice: Choice,
        position: SourcePosition
    ) {
        self.name = name
        self.app = app
        self.namespace = namespace
        self.provider = provider
        self.version = version
        self.choice = choice
        self.position = position
    }

    /// The Release it names.
    package var release: String { "\(provider)-\(version.hasPrefix("v") ? String(version.dropFirst()) : version)" }
}

/// Giant Swarm's `Organization`: a name that stands for a namespace.
package struct Organization: Sendable, Hashable {
    package var name: String

    package static let kind = GroupKind(group: "security.giantswarm.io", kind: "Organization")

    /// Nil for other kinds.
    package init?(_ manifest: Manifest) {
        guard manifest.groupKind == Self.kind else { return nil }
        name = manifest.name
    }

    /// The namespace of its clusters and apps.
    package var namespace: String { "org-\(name)" }
}
