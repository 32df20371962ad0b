internal import BlockingWork
internal import CGitShims
internal import CLibgit2
internal import FoundationEssentials

/// Brings a remote repository into a bare mirror. Works on a thread of its own, so that reads go on meanwhile.
actor GitFetcher {
    private let executor = BlockingExecutor(label: "martlet.git.fetch")
    private let source: GitSource
    private let directory: String
    private let limits: GitLimits

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(source: GitSource, directory: String, limits: GitLimits) {
        self.source = source
        self.directory = directory
        self.limits = limits
    }

    /// Fetches all branches and tags; what the remote has no more is removed. A damaged mirror is made anew.
    func fetch() async throws(GitFailure) {
        let link = GitLink(source: source, limits: limits)
        let outcome: Result<Void, GitFailure> = await withTaskCancellationHandler {
            do throws(GitFailure) {
                try self.fetch(over: link)
                return .success(())
            } catch {
                return .failure(error)
            }
        } onCancel: {
            link.cancel()
        }
        try outcome.get()
    }

    private func fetch(over link: GitLink) throws(GitFailure) {
        do throws(GitFailure) {
            try fetch(into: try mirror(), over: link)
        } catch  where error.kind == .corrupt && !link.hasFailed {
            // The mirror is a cache: whatever is wrong with it, a fresh copy is right.
            do { try FileManager.default.removeItem(atPath: directory) } catch { throw storage(error) }
            try fetch(into: try mirror(), over: link)
        }
    }

    private func storage(_ error: any Error) -> GitFailure {
        GitFailure(.storage, "remove \(directory)", "the damaged mirror cannot be removed")
    }

    private func mirror() throws(GitFailure) -> GitRepository {
        if FileManager.default.fileExists(atPath: directory + "/HEAD") { return try GitRepository.open(directory) }
        return try GitRepository.create(directory)
    }

    private func fetch(into repository: GitRepository, over link: GitLink) throws(GitFailure) {
        let operation = "fetch \(source.description)"
        var remote: OpaquePointer?
        try link.check(git_remote_create_anonymous(&remote, repository.pointer, source.description), operation)
        defer { git_remote_free(remote) }
        var options = git_fetch_options()
        git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION))
        options.prune = GIT_FETCH_PRUNE
        options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
        options.update_fetchhead = 0
        link.attach(to: &options)
        let refspecs = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
        let code = withStringArray(refspecs) { git_remote_fetch(remote, &$0, &options, nil) }
        try link.check(code, operation)
        var branch = git_buf()
        if git_remote_default_branch(&branch, remote) == 0, let name = branch.ptr {
            git_repository_set_head(repository.pointer, name)
        }
        git_buf_dispose(&branch)
    }

    private func withStringArray(_ texts: [String], _ body: (inout git_strarray) -> Int32) -> Int32 {
        var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { text in
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.utf8.count + 1)
            for (index, byte) in text.utf8.enumerated() { copy[index] = CChar(bitPattern: byte) }
            copy[text.utf8.count] = 0
            return copy
        }
        defer { for pointer in pointers { pointer?.deallocate() } }
        let count = pointers.count
        return pointers.withUnsafeMutableBufferPointer { buffer in
            var array = git_strarray(strings: buffer.baseAddress, count: count)
            return body(&array)
        }
    }
}

/// One connection to a remote, with its credentials, limits and outcome.
// Safety: the C object is used by the fetching thread only, except `cancel`, which sets an atomic flag.
final class GitLink: @unchecked Sendable {
    private let pointer: OpaquePointer?

    init(source: GitSource, limits: GitLimits) {
        pointer = martlet_git_link_create()
        let time = limits.fetchTimeout.components
        martlet_git_link_limits(
            pointer,
            time.seconds * 1000 + time.attoseconds / 1_000_000_000_000_000,
            Int64(limits.fetchBytes)
        )
        let credentials = source.credentials
        switch source.location {
        case .local: break
        case .http(let url):
            martlet_git_link_url(pointer, url)
            switch credentials.secret {
            case .basic(let user, let password): martlet_git_link_basic(pointer, user, password)
            // Forges look at the password alone; this user name is the one that GitHub wants.
            case .token(let token): martlet_git_link_basic(pointer, "x-access-token", token)
            case .bearer(let token): martlet_git_link_bearer(pointer, token)
            case .sshKey, nil: break
            }
            if let authority = credentials.certificateAuthority {
                authority.withUnsafeBytes { bytes in
                    martlet_git_link_certificate_authority(
                        pointer,
                        bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                        bytes.count
                    )
                }
            }
        case .ssh(let user, let host, let port, let path):
            for argument in Self.sshArguments(user, host, port, path, credentials) {
                martlet_git_link_add_argument(pointer, argument)
            }
        }
    }

    deinit { martlet_git_link_free(pointer) }

    func cancel() { martlet_git_link_cancel(pointer) }

    func attach(to options: inout git_fetch_options) { martlet_git_link_attach(&options, pointer) }

    /// Whether the connection itself failed, rather than what libgit2 made of the bytes.
    var hasFailed: Bool { martlet_git_link_failure(pointer) != 0 }

    /// As the free function, but the link's own reason counts more than what libgit2 made of it.
    func check(_ code: Int32, _ operation: String) throws(GitFailure) {
        if code >= 0 { return }
        let reported = martlet_git_link_failure(pointer)
        if reported != 0, let message = martlet_git_link_message(pointer) {
            throw GitFailure(GitFailure.kind(ofLink: reported), operation, String(cString: message))
        }
        throw GitFailure.last(code, operation)
    }

    private static func sshArguments(
        _ user: String?,
        _ host: String,
        _ port: Int?,
        _ path: String,
        _ credentials: GitCredentials
    ) -> [String] {
        var arguments = ["ssh"]
        func option(_ text: String) { arguments += ["-o", text] }
        if case .sshKey(let file)? = credentials.secret {
            // With a key of its own nothing of the user's configuration counts.
            arguments += ["-F", "none", "-i", file]
            option("IdentitiesOnly=yes")
            option("IdentityAgent=none")
        }
        option("BatchMode=yes")
        option("StrictHostKeyChecking=yes")
        if let file = credentials.knownHostsFile {
            option("UserKnownHostsFile=\(file)")
            option("GlobalKnownHostsFile=none")
        }
        option("ConnectTimeout=20")
        option("ServerAliveInterval=15")
        option("ServerAliveCountMax=4")
        option("ClearAllForwardings=yes")
        option("ForwardAgent=no")
        if let port { arguments += ["-p", String(port)] }
        if let user { arguments += ["-l", user] }
        let quoted = path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
        arguments += ["--", host, "git-upload-pack '\(quoted)'"]
        return arguments
    }
}
