import SourceFiles

/// A folder of manifests taken apart: plain files, and folders that are kustomizations.
struct SourceUnits {
    /// YAML files outside of kustomizations, sorted by path.
    var files: [SourceTree.File] = []
    /// The topmost folders that hold a kustomization, sorted.
    var kustomizations: [String] = []

    init(of tree: SourceTree, under directory: String) {
        let all = tree.files(under: directory)
        var roots: Set<String> = []
        for file in all where Self.isKustomization(file.path) { roots.insert(Self.folder(of: file.path)) }
        let top = roots.filter { root in !roots.contains { $0 != root && Self.isBelow(root, $0) } }
        kustomizations = top.sorted()
        for file in all where file.path.hasSuffix(".yaml") || file.path.hasSuffix(".yml") {
            let parts = file.path.dropFirst(directory.count).split(separator: "/")
            if parts.contains(where: { $0.hasPrefix(".") }) { continue }
            if top.contains(where: { Self.isBelow(file.path, $0) }) { continue }
            files.append(file)
        }
    }

    static func isKustomization(_ path: String) -> Bool {
        ["kustomization.yaml", "kustomization.yml", "Kustomization"].contains { path == $0 || path.hasSuffix("/" + $0) }
    }

    private static func isBelow(_ path: String, _ folder: String) -> Bool {
        folder.isEmpty || path.hasPrefix(folder + "/")
    }

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }
}
