import Glibc

/// A program that runs beside a test and is ended with the last reference to it.
///
/// Started without Foundation's `Process`, whose watch over its children is misled by programs that close or pass on its
/// descriptors, as servers do.
package final class BackgroundProgram: Sendable {
    private let process: pid_t

    /// Starts a program by its path, without input and output.
    package init(_ path: String, _ arguments: [String]) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var process = pid_t()
        let texts = ([path] + arguments).map { strdup($0) }
        defer { for text in texts { free(text) } }
        let status = posix_spawn(&process, path, &actions, nil, texts + [nil], environ)
        if status != 0 { throw TemporaryFolder.ProgramFailed(program: path, arguments: arguments) }
        self.process = process
    }

    deinit {
        kill(process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }
}
