import Foundation
import Testing

/// What the documentation promises about the sources, held against them.
@Suite struct DocumentationTests {
    /// The modules that report diagnostics.
    private static let reporting = [
        "App/Commands", "App/OfflineCommands", "Core/CatalogModel", "Core/ClusterTopology", "Core/FleetModel",
        "Core/FleetPlanning", "Core/FleetRendering", "Core/GoTemplate", "Core/HelmCharts", "Core/Overlays",
        "Core/RepositoryEdits", "Core/YAMLFormat",
    ]

    /// Words that look like codes and are something else: names that others gave.
    private static let otherWords: Set<String> = [
        "api-versions", "app-type", "capi-topology", "content-type", "crd-install", "import-values", "in-place",
        "kube-node-lease", "kube-public",
        "kube-system", "management-cluster", "management-clusters", "martlet-operator", "os-tooling", "post-delete",
        "post-install",
        "post-rollback",
        "post-upgrade", "pre-delete", "pre-install", "pre-rollback", "pre-upgrade", "release-name", "test-success",
        "upstream-chart-version",
    ]

    @Test func everyDiagnosticIsExplained() throws {
        let page = try String(contentsOf: root.appending(path: "docs/user/diagnostics.md"), encoding: .utf8)
        let explained = Set(page.matches(of: /`([a-z]+(?:-[a-z0-9]+)*)`/).map { String($0.1) })
        var missing: [String] = []
        var used: Set<String> = []
        for module in Self.reporting {
            for file in swiftFiles("Sources/\(module)") {
                let text = try String(contentsOf: file, encoding: .utf8)
                for match in text.matches(of: /"([a-z]+(?:-[a-z0-9]+)+)"/) {
                    let code = String(match.1)
                    if Self.otherWords.contains(code) || code.hasPrefix("x-kubernetes-") { continue }
                    used.insert(code)
                    if !explained.contains(code) { missing.append("\(file.lastPathComponent): \(code)") }
                }
            }
        }
        #expect(missing.sorted() == [], "explain these in docs/user/diagnostics.md, or list them here as other words")
        let tables = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
            .compactMap { $0.split(separator: "|").first }
        let codes = Set(tables.joined().matches(of: /`([a-z]+(?:-[a-z0-9]+)*)`/).map { String($0.1) })
        #expect(codes.subtracting(used).sorted() == [], "nothing reports these any more")
    }

    @Test func everyModuleIsListedAndHasAPage() throws {
        let list = try String(contentsOf: root.appending(path: "docs/modules.md"), encoding: .utf8)
        var missing: [String] = []
        for layer in ["Core", "Effects", "Runtime", "App", "Support"] {
            for module in folders("Sources/\(layer)") {
                if !list.contains("`\(module)`") { missing.append("docs/modules.md: \(module)") }
                let isOurs = !swiftFiles("Sources/\(layer)/\(module)").isEmpty && layer != "Support"
                let page = "Sources/\(layer)/\(module)/\(module).docc/\(module).md"
                if isOurs, module != "martlet", !exists(page) { missing.append(page) }
            }
        }
        #expect(missing == [])
    }

    /// Links between pages lead to files that are there.
    @Test func linksLeadSomewhere() throws {
        var broken: [String] = []
        for page in ["README.md", "CONTRIBUTING.md"] + markdownFiles("docs") + markdownFiles("examples") {
            let text = try String(contentsOf: root.appending(path: page), encoding: .utf8)
            let folder = root.appending(path: page).deletingLastPathComponent()
            for match in text.matches(of: /\]\(([^)#\s]+)/) {
                let target = String(match.1)
                if target.contains("://") { continue }
                let path = folder.appending(path: target).standardizedFileURL.path()
                if !FileManager.default.fileExists(atPath: path) { broken.append("\(page): \(target)") }
            }
        }
        #expect(broken == [])
    }

    private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path())
    }

    private func paths(_ folder: String) -> [String] {
        let found = FileManager.default.enumerator(atPath: root.appending(path: folder).path())
        return (found?.compactMap { $0 as? String } ?? []).sorted().map { "\(folder)/\($0)" }
    }

    private func swiftFiles(_ folder: String) -> [URL] {
        paths(folder).filter { $0.hasSuffix(".swift") }.map { root.appending(path: $0) }
    }

    private func markdownFiles(_ folder: String) -> [String] { paths(folder).filter { $0.hasSuffix(".md") } }

    private func folders(_ folder: String) -> [String] {
        // A folder that is not there has no folders in it.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path())) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted()
    }
}
