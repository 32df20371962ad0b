/// An in-memory file tree: what a repository, a chart or a directory held at one revision.
///
/// Paths are relative with `/`, without `.` and `..`, so that a look-up cannot leave the tree.
package struct SourceTree: Sendable {
    package struct File: Sendable {
        package var path: String
        /// Identifies the content: equal ids mean equal bytes (a Git blob id, or a hash).
        package var contentID: String
        package var isExecutable: Bool
        private let load: @Sendable () throws -> [UInt8]

        /// A file whose bytes are read when first asked for by `load`.
        package init(
            path: String,
            contentID: String,
            isExecutable: Bool = false,
            load: @escaping @Sendable () throws -> [UInt8]
        ) {
            self.path = path
            self.contentID = contentID
            self.isExecutable = isExecutable
            self.load = load
        }

        /// The content. Throws what the source throws when it cannot be read any more.
        package func bytes() throws -> [UInt8] { try load() }
    }

    /// The revision all files are of: a commit id, or `worktree`.
    package var revision: String
    /// Sorted by path.
    package private(set) var files: [File]
    private var index: [String: Int]

    /// Takes files in any order; of two with one path the last counts.
    package init(revision: String, files: [File]) {
        self.revision = revision
        var byPath: [String: File] = [:]
        byPath.reserveCapacity(files.count)
        for file in files { byPath[file.path] = file }
        self.files = byPath.values.sorted { $0.path < $1.path }
        index = Dictionary(uniqueKeysWithValues: self.files.enumerated().map { ($1.path, $0) })
    }

    /// Files given as text, for tests and generated trees.
    package init(revision: String = "worktree", texts: [String: String]) {
        self.init(
            revision: revision,
            files: texts.map { path, text in
                let bytes = Array(text.utf8)
                return File(path: path, contentID: "text:\(text.hashValue)") { bytes }
            }
        )
    }

    /// The file at this path, nil when there is none.
    package func file(_ path: String) -> File? { index[path].map { files[$0] } }

    /// The files below a directory (`""` is the root), sorted by path.
    package func files(under directory: String) -> ArraySlice<File> {
        if directory.isEmpty { return files[...] }
        let prefix = directory.hasSuffix("/") ? directory : directory + "/"
        let start = partition { $0.path < prefix }
        var end = start
        while end < files.count, files[end].path.hasPrefix(prefix) { end += 1 }
        return files[start..<end]
    }

    /// Whether any file lies below this directory.
    package func hasDirectory(_ directory: String) -> Bool { !files(under: directory).isEmpty }

    /// The first index whose file does not satisfy `isBefore`; files are sorted so that all that do come first.
    private func partition(by isBefore: (File) -> Bool) -> Int {
        var low = 0
        var high = files.count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(files[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The path that `relative` names seen from a directory; nil when it is absolute or leaves the tree.
    package static func resolve(_ relative: String, from directory: String) -> String? {
        if relative.hasPrefix("/") { return nil }
        var parts = directory.split(separator: "/").map(String.init)
        for part in relative.split(separator: "/") {
            switch part {
            case ".": continue
            case "..":
                if parts.popLast() == nil { return nil }
            default: parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }
}
