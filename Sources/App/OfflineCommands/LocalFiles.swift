import ArgumentParser
import FoundationEssentials
import SourceDiagnostics
package import SourceFiles

/// Reads what a user names on the command line.
package enum LocalFiles {
    /// The content of a file; `-` is the standard input.
    package static func bytes(_ path: String) throws -> [UInt8] {
        if path == "-" {
            var bytes: [UInt8] = []
            while let line = readLine(strippingNewline: false) { bytes += Array(line.utf8) }
            return bytes
        }
        do { return try [UInt8](Data(contentsOf: URL(filePath: path))) } catch {
            throw RejectedSource([Diagnostic(.error, "file-unreadable", "cannot read \(path)", at: nil)])
        }
    }

    /// Writes a file, whole or not at all.
    package static func write(_ bytes: [UInt8], to path: String) throws {
        do { try Data(bytes).write(to: URL(filePath: path), options: .atomic) } catch {
            throw RejectedSource([Diagnostic(.error, "file-unwritable", "cannot write \(path)", at: nil)])
        }
    }

    /// Writes a file of a work tree: makes its folders, and keeps its permissions when it is there already.
    package static func replace(_ path: String, by bytes: [UInt8]) throws {
        let files = FileManager.default
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        // A file that is not there yet has no permissions to keep.
        let permissions = (try? files.attributesOfItem(atPath: path))?[.posixPermissions]
        do {
            if !folder.isEmpty { try files.createDirectory(atPath: folder, withIntermediateDirectories: true) }
        } catch {
            throw RejectedSource([Diagnostic(.error, "file-unwritable", "cannot make the folder \(folder)", at: nil)])
        }
        try write(bytes, to: path)
        if let permissions { try files.setAttributes([.posixPermissions: permissions], ofItemAtPath: path) }
    }

    package static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    package static func isDirectory(_ path: String) -> Bool {
        var isDirectory = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory
    }

    /// All files below a folder, by path relative to it; read when asked for.
    package static func tree(_ folder: String) throws -> SourceTree {
        let paths: [String]
        do { paths = try FileManager.default.subpathsOfDirectory(atPath: folder) } catch {
            throw RejectedSource([Diagnostic(.error, "file-unreadable", "cannot read the folder \(folder)", at: nil)])
        }
        let files = paths.sorted().compactMap { path -> SourceTree.File? in
            let full = folder + "/" + path
            if isDirectory(full) { return nil }
            return SourceTree.File(path: path, contentID: full) { try [UInt8](Data(contentsOf: URL(filePath: full))) }
        }
        return SourceTree(revision: "worktree", files: files)
    }
}

/// Shows what was found about the user's input and ends the command with exit code 1.
func failing<Result>(_ work: () throws -> Result) throws -> Result {
    do { return try work() } catch let rejected as RejectedSource {
        for diagnostic in rejected.diagnostics { Terminal.write("\(diagnostic)\n", to: .error) }
        throw ExitCode(1)
    }
}

/// The same around work that waits.
func failing<Result>(_ work: () async throws -> Result) async throws -> Result {
    do { return try await work() } catch let rejected as RejectedSource {
        for diagnostic in rejected.diagnostics { Terminal.write("\(diagnostic)\n", to: .error) }
        throw ExitCode(1)
    }
}
