internal import CLibgit2
internal import Glibc
package import SourceFiles

/// Reads plain directories: what `martlet plan` sees of a work tree that is not committed.
package struct DiskTree: Sendable {
    /// Without a slash at its end.
    private let root: String
    private let limits: GitLimits

    package init(root: String, limits: GitLimits = GitLimits()) {
        self.root = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
        self.limits = limits
    }

    /// All files below the directory except `.git`, read at once. Links that leave the directory name nothing.
    package func read() throws(GitFailure) -> SourceTree {
        var walk = GitWalk()
        try visit("", depth: 0, &walk)
        return SourceTree(revision: "worktree", files: try walk.followingLinks(limits))
    }

    private func visit(_ directory: String, depth: Int, _ walk: inout GitWalk) throws(GitFailure) {
        if depth > 200 { throw GitFailure(.tooLarge, "read \(root)", "nested deeper than 200 directories") }
        guard let handle = opendir(directory.isEmpty ? root : "\(root)/\(directory)") else {
            throw GitFailure(
                errno == ENOENT ? .notFound : .storage,
                "read \(root)/\(directory)",
                String(cString: strerror(errno))
            )
        }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            )
        }
        for name in names where name != "." && name != ".." && name != ".git" {
            let path = directory.isEmpty ? name : "\(directory)/\(name)"
            switch try entry(at: path) {
            case .directory: try visit(path, depth: depth + 1, &walk)
            case .link(let target): walk.links[path] = target
            case .file(let file):
                if walk.files.count >= limits.files {
                    throw GitFailure(.tooLarge, "read \(root)", "more than \(limits.files) files")
                }
                walk.files.append(file)
            case .other: continue
            }
        }
    }

    enum Entry {
        case file(SourceTree.File)
        case link(String)
        case directory
        /// A device, a pipe, or nothing any more.
        case other
    }

    /// What stands at a path below the root; links on the way are not followed.
    func entry(at path: String) throws(GitFailure) -> Entry {
        var directory = Glibc.open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if directory < 0 { throw GitFailure(.storage, "read \(root)", String(cString: strerror(errno))) }
        defer { close(directory) }
        let parts = path.split(separator: "/").map(String.init)
        for part in parts.dropLast() {
            let next = openat(directory, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if next < 0 { return .other }
            close(directory)
            directory = next
        }
        guard let name = parts.last else { return .directory }
        var status = stat()
        guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return .other }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return .directory
        case S_IFLNK:
            var buffer = [CChar](repeating: 0, count: 4096)
            let count = readlinkat(directory, name, &buffer, buffer.count)
            return count < 0
                ? .other : .link(String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self))
        case S_IFREG:
            let file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            if file < 0 { throw GitFailure(.storage, "read \(path)", String(cString: strerror(errno))) }
            defer { close(file) }
            let bytes = try content(of: file, path)
            let isExecutable = status.st_mode & S_IXUSR != 0
            return .file(
                SourceTree.File(path: path, contentID: Self.blobID(of: bytes), isExecutable: isExecutable) { bytes }
            )
        default: return .other
        }
    }

    private func content(of file: Int32, _ path: String) throws(GitFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw GitFailure(.storage, "read \(path)", String(cString: strerror(errno)))
            }
            if count == 0 { return bytes }
            if bytes.count + count > limits.fileBytes {
                throw GitFailure(
                    .tooLarge,
                    "read \(path)",
                    "the file is larger than the limit of \(limits.fileBytes) bytes"
                )
            }
            bytes.append(contentsOf: buffer.prefix(count))
        }
    }

    /// The id that Git would give this content, so that caches hold for it before and after the commit.
    static func blobID(of bytes: [UInt8]) -> String {
        var id = git_oid()
        _ = bytes.withUnsafeBytes { git_odb_hash(&id, $0.baseAddress, $0.count, GIT_OBJECT_BLOB) }
        return GitObjectID(id).description
    }
}
