internal import FoundationEssentials
internal import Glibc

/// A data directory that one process has for itself until it ends, however it ends.
final class DataDirectory: Sendable {
    let path: String
    private let lock: CInt

    /// Makes the directory when it is missing, and takes it. Waits a little for a process that is just ending; fails when
    /// another goes on having it.
    static func take(_ path: String) async throws -> DataDirectory {
        for _ in 0..<50 {
            do { return try DataDirectory(path) } catch is InUse { try await Task.sleep(for: .milliseconds(100)) }
        }
        do {
            return try DataDirectory(path)
        } catch let problem as InUse {
            throw CommandFailure(
                "the data directory \(path) is in use" + (problem.owner.isEmpty ? "" : " by process \(problem.owner)"),
                hint: "stop that process, or give this one another directory with --data-dir"
            )
        }
    }

    private struct InUse: Error {
        var owner: String
    }

    private init(_ path: String) throws {
        self.path = path
        let file = "\(path)/lock"
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure("\(path) cannot be made", hint: "--data-dir takes a directory that may be written")
        }
        // Programs that we start must not keep the lock when we are gone.
        lock = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard lock >= 0 else {
            throw CommandFailure("\(file) cannot be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            // Only a word for the message.
            let owner = (try? World.read(file)).map { String(decoding: $0, as: UTF8.self).trimmed } ?? ""
            close(lock)
            throw InUse(owner: owner)
        }
        ftruncate(lock, 0)
        let line = Array("\(getpid())\n".utf8)
        _ = pwrite(lock, line, line.count, 0)
    }

    deinit { close(lock) }

    /// The name under which the process that has the directory leads. It is kept there, so that the next process need not
    /// wait until a Lease of the last one runs out. A copy of the directory, or one on another host, gets a name of its own.
    func identity() throws -> String {
        let file = "\(path)/identity"
        // Where the system does not say which directory it is, the name is not kept.
        guard let number = try? FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] else {
            return World.identity()
        }
        let place = "\(ProcessInfo.processInfo.hostName) \(number)"
        // Without the file, or with one that came from elsewhere, a name is made.
        let kept = (try? World.read(file)).map { String(decoding: $0, as: UTF8.self).split(separator: "\n") } ?? []
        if kept.count == 2, kept[1] == place { return String(kept[0]) }
        let identity = World.identity()
        try World.write("\(identity)\n\(place)\n", to: file)
        return identity
    }
}

extension String {
    fileprivate var trimmed: String { String(filter { !$0.isWhitespace }) }
}
