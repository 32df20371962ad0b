internal import CLibgit2
internal import Synchronization

/// Reads file contents from an object database, for snapshots that outlive the actor call that made them.
///
/// It has a handle of its own, used by one thread at a time.
final class GitObjectReader: Sendable {
    private let gate = Mutex(())
    // Safety: only touched inside `gate`.
    nonisolated(unsafe) private let repository: GitRepository
    private let maximumBytes: Int

    init(directory: String, maximumBytes: Int) throws(GitFailure) {
        repository = try GitRepository.open(directory)
        self.maximumBytes = maximumBytes
    }

    /// The content of a blob.
    func bytes(of id: GitObjectID) throws(GitFailure) -> [UInt8] {
        try gate.withLock { (_) throws(GitFailure) -> [UInt8] in
            let operation = "read blob \(id.short)"
            var raw = id.raw
            var database: OpaquePointer?
            try check(git_repository_odb(&database, repository.pointer), operation)
            defer { git_odb_free(database) }
            var size = 0
            var type = GIT_OBJECT_ANY
            try check(git_odb_read_header(&size, &type, database, &raw), operation)
            if type != GIT_OBJECT_BLOB { throw GitFailure(.corrupt, operation, "the object is not a file") }
            if size > maximumBytes {
                throw GitFailure(.tooLarge, operation, "\(size) bytes are more than the limit of \(maximumBytes)")
            }
            var object: OpaquePointer?
            try check(git_odb_read(&object, database, &raw), operation)
            defer { git_odb_object_free(object) }
            return Array(UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object)))
        }
    }
}
