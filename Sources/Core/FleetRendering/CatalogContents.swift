package import KubernetesModel
import SemanticVersion
package import SourceFiles

/// The charts of catalogs that are not in the repository itself, as far as they were fetched for one revision of it.
package struct CatalogContents: Sendable {
    /// What one remote catalog offers.
    package struct Snapshot: Sendable {
        /// Changes whenever anything in it changes: a commit, or a digest of what was fetched.
        package var revision: String
        package var entries: [ChartEntry]
        /// What version texts came to when they were first asked for at this revision. They come to the same ever after,
        /// whatever the catalog offers by then.
        package var choices: [ChartWish: ChartChoice]

        package init(revision: String, entries: [ChartEntry], choices: [ChartWish: ChartChoice] = [:]) {
            self.revision = revision
            self.entries = entries
            self.choices = choices
        }
    }

    package var snapshots: [String: Snapshot]
    /// Why a catalog could not be fetched, by its name. Apps of it are incomplete.
    package var failures: [String: String]

    package init(snapshots: [String: Snapshot] = [:], failures: [String: String] = [:]) {
        self.snapshots = snapshots
        self.failures = failures
    }

    /// The revision of each catalog, for caches.
    var revisions: [String: String] {
        snapshots.mapValues(\.revision).merging(failures.mapValues { "failed: \($0)" }) { $0 + " " + $1 }
    }
}

/// A chart and the version text that an app asks for.
package struct ChartWish: Sendable, Hashable {
    package var chart: String
    /// An exact version or a range, as it is written.
    package var version: String

    package init(chart: String, version: String) {
        self.chart = chart
        self.version = version
    }
}

/// What a wish came to.
package struct ChartChoice: Sendable, Hashable {
    package var version: String
    /// The digest of the packed chart, or the commit it was read from.
    package var content: String
    package var chosen: Timestamp

    package init(version: String, content: String, chosen: Timestamp) {
        self.version = version
        self.content = content
        self.chosen = chosen
    }
}

/// One version of one chart, and where its bytes are.
package struct ChartEntry: Sendable {
    package enum Location: Sendable {
        /// A folder of a tree: the repository's, or a fetched one.
        case folder(SourceTree, path: String)
        /// A packed chart.
        case archive(SourceTree.File)
        /// Listed in an index, its bytes not fetched.
        case missing(String)
    }

    package var name: String
    /// As the catalog writes it.
    package var version: String
    /// Equal ids mean equal charts.
    package var contentID: String
    package var location: Location

    package init(name: String, version: String, contentID: String, location: Location) {
        self.name = name
        self.version = version
        self.contentID = contentID
        self.location = location
    }
}

/// Picks a version among those a catalog offers.
package enum VersionChoice {
    /// The entry for an exact version (a leading `v` makes no difference), or the newest in a range; nil when none fits.
    package static func pick(_ requested: String, from entries: [ChartEntry]) -> ChartEntry? {
        if let exact = entries.first(where: { $0.version == requested }) { return exact }
        let bare = requested.hasPrefix("v") ? String(requested.dropFirst()) : requested
        if let exact = entries.first(where: {
            ($0.version.hasPrefix("v") ? String($0.version.dropFirst()) : $0.version) == bare
        }) {
            return exact
        }
        if isExact(bare) { return nil }
        guard let range = SemanticVersionRange(requested) else { return nil }
        var best: (version: SemanticVersion, entry: ChartEntry)?
        for entry in entries {
            guard let version = SemanticVersion(entry.version), range.contains(version) else { continue }
            if best.map({ version > $0.version }) ?? true { best = (version, entry) }
        }
        return best?.entry
    }

    /// Whether a text names one version: three numbers and what may follow them.
    package static func isExact(_ text: String) -> Bool {
        (try? SemanticVersion(strictly: text)) != nil /* else it is a range */
    }
}
