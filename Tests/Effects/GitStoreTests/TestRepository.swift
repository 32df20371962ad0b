import Foundation
import TestSupport

@testable import GitStore

/// A real repository in a temporary folder, made by the `git` program.
final class TestRepository: Sendable {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try git("init", "--quiet", "--initial-branch=main", ".")
        try git("config", "user.name", "Ada")
        try git("config", "user.email", "ada@example.org")
    }

    var path: String { folder.path }

    @discardableResult
    func git(_ arguments: String...) throws -> String {
        String(decoding: try folder.run("git", arguments), as: UTF8.self).trimmingCharacters(
            in: .whitespacesAndNewlines
        )
    }

    /// Writes files, commits everything and returns the commit id.
    @discardableResult
    func commit(_ message: String, _ files: [String: String]) throws -> String {
        for (name, text) in files { try folder.write(text, to: name) }
        try git("add", "--all")
        try git("commit", "--quiet", "--allow-empty", "--message", message)
        return try git("rev-parse", "HEAD")
    }

    func mirror() throws -> GitMirror { GitMirror(try GitSource(path), dataDirectory: path + "/unused") }

    /// Serves the repository over smart HTTP; `inspect` may answer a request itself by returning true.
    func serve(
        _ inspect: @escaping @Sendable (LoopbackServer.Request, LoopbackServer.Connection) -> Bool = { _, _ in false }
    ) throws -> LoopbackServer {
        try LoopbackServer { [self] request, connection in
            if inspect(request, connection) { return }
            do {
                if request.target.hasSuffix("/info/refs?service=git-upload-pack") {
                    let refs = try folder.run("git", ["upload-pack", "--stateless-rpc", "--advertise-refs", "."])
                    connection.respond(
                        200,
                        Array("001e# service=git-upload-pack\n0000".utf8) + refs,
                        headers: ["Content-Type": "application/x-git-upload-pack-advertisement"]
                    )
                } else if request.target.hasSuffix("/git-upload-pack") {
                    let pack = try folder.run("git", ["upload-pack", "--stateless-rpc", "."], input: request.body)
                    connection.respond(200, pack, headers: ["Content-Type": "application/x-git-upload-pack-result"])
                } else {
                    connection.respond(404, "no")
                }
            } catch {
                connection.respond(500, "no")
            }
        }
    }
}
