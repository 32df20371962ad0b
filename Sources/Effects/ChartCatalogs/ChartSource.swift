package import CatalogModel
import SemanticVersion
import SourceDiagnostics

/// Where a catalog's charts are asked for over the network.
package enum ChartSource: Sendable {
    /// Repositories with the same content, in order of preference.
    case helm([HelmRepository])
    case oci([OCIRegistry])

    /// The versions of a chart, the newest first, from the first place that answers.
    package func versions(of chart: String) async throws(CatalogFailure) -> [CatalogEntry] {
        var first: CatalogFailure?
        switch self {
        case .helm(let repositories):
            for repository in repositories {
                do throws(CatalogFailure) { return try await repository.versions(of: chart) } catch {
                    first = first ?? error
                }
            }
        case .oci(let registries):
            for registry in registries {
                do throws(CatalogFailure) { return try await registry.versions(of: chart) } catch {
                    first = first ?? error
                }
            }
        }
        throw first ?? CatalogFailure(.notFound, operation: "look for \(chart)", message: "the catalog names no place")
    }

    /// Chooses a version and fetches it. An exact version in a registry is fetched without listing all versions.
    package func fetch(_ chart: String, _ wish: VersionWish) async throws(CatalogFailure) -> FetchedChart {
        var first: CatalogFailure?
        switch self {
        case .helm(let repositories):
            for repository in repositories {
                do throws(CatalogFailure) {
                    let entries = try await repository.versions(of: chart)
                    return try await repository.fetch(try choose(wish, entries, chart, repository.url))
                } catch {
                    first = first ?? error
                }
            }
        case .oci(let registries):
            for registry in registries {
                do throws(CatalogFailure) {
                    if case .exact(let version) = wish { return try await registry.fetch(chart, version: version) }
                    let entries = try await registry.versions(of: chart)
                    let entry = try choose(wish, entries, chart, registry.reference.description)
                    return try await registry.fetch(chart, version: entry.version)
                } catch {
                    first = first ?? error
                }
            }
        }
        throw first ?? CatalogFailure(.notFound, operation: "fetch \(chart)", message: "the catalog names no place")
    }

    private func choose(
        _ wish: VersionWish,
        _ entries: [CatalogEntry],
        _ chart: String,
        _ place: String
    ) throws(CatalogFailure) -> CatalogEntry {
        do throws(RejectedSource) { return try wish.choose(from: entries, chart: chart) } catch {
            let finding = error.diagnostics.first
            throw CatalogFailure(
                .notFound,
                operation: "look for \(chart) \(wish) in \(place)",
                message: [finding?.message, finding?.hint].compactMap { $0 }.joined(separator: "; "),
                diagnostics: error.diagnostics
            )
        }
    }
}
