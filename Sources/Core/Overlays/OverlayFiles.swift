package import SourceFiles

/// The files an overlay may read, by path from the root of the tree (`""` is the root itself).
package struct OverlayFiles: Sendable {
    private let load: @Sendable (String) throws -> [UInt8]?
    private let isDirectory: @Sendable (String) -> Bool
    private let list: @Sendable (String) -> [String]

    /// Any source of files: `load` gives the bytes of a file, nil when there is none at this path; `list` the names in a
    /// directory, for suggestions.
    package init(
        load: @escaping @Sendable (String) throws -> [UInt8]?,
        isDirectory: @escaping @Sendable (String) -> Bool,
        list: @escaping @Sendable (String) -> [String] = { _ in [] }
    ) {
        self.load = load
        self.isDirectory = isDirectory
        self.list = list
    }

    package init(_ tree: SourceTree) {
        self.init(
            load: { try tree.file($0)?.bytes() },
            isDirectory: { $0.isEmpty || tree.hasDirectory($0) },
            list: { directory in
                let below = directory.isEmpty ? 0 : directory.utf8.count + 1
                let names = tree.files(under: directory).compactMap { file in
                    String(decoding: file.path.utf8.dropFirst(below), as: UTF8.self).split(separator: "/").first
                }
                return Set(names.map(String.init)).sorted()
            }
        )
    }

    func bytes(_ path: String) throws -> [UInt8]? { try load(path) }
    func hasDirectory(_ path: String) -> Bool { isDirectory(path) }
    package func names(in directory: String) -> [String] { list(directory) }
}

/// Paths as `/`-separated text without `.` and `..`.
enum OverlayPath {
    /// The path that `relative` names seen from a directory; nil when it leaves the tree.
    static func resolve(_ relative: String, from directory: String) -> String? {
        SourceTree.resolve(relative, from: directory)
    }

    /// The path from one directory to another place, with `..` where needed.
    static func relative(_ path: String, to directory: String) -> String {
        let target = path.split(separator: "/")
        let base = directory.split(separator: "/")
        var common = 0
        while common < min(target.count, base.count), target[common] == base[common] { common += 1 }
        let up = Array(repeating: "..", count: base.count - common)
        let parts = up + target[common...].map(String.init)
        return parts.isEmpty ? "." : parts.joined(separator: "/")
    }

    static func contains(_ directory: String, _ path: String) -> Bool {
        directory.isEmpty || path == directory || path.hasPrefix(directory + "/")
    }

    static func join(_ directory: String, _ name: String) -> String {
        directory.isEmpty ? name : "\(directory)/\(name)"
    }

    static func lastPart(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}
