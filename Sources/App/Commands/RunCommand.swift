package import ArgumentParser
internal import Logging
internal import Telemetry

/// `martlet run`: the daemon.
package struct RunCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run the daemon: follow a repository and keep every management cluster as it says.",
        discussion: """
            With --lab the daemon also hosts every management cluster whose connection is `lab`, simulated, and writes \
            a kubeconfig with one context for each.
            """
    )

    @Option(help: "The repository: a directory, or an address as git clone takes it.")
    var repo: String

    @Option(help: "The branch to follow; the repository's current one when not given.")
    var branch: String?

    @Option(help: "How often to look for new commits: 30s, 5m.")
    var interval = "30s"

    @Option(help: "Where to serve the API, the metrics and the dashboard.")
    var listen = "127.0.0.1:8080"

    @Option(help: "Where the ledger, mirrors and the lab are kept.")
    var dataDir = ".martlet"

    @Option(help: "Where kubeconfigs named by management clusters are found.")
    var kubeconfigDir: String?

    @Option(help: "A file with the token for the repository, or `user:password`.")
    var gitCredentials: String?

    @Option(help: "Where credentials named by catalogs are found: files with a token or `user:password`.")
    var credentialsDir: String?

    @Option(help: "A file with the secret of webhooks; /hooks/github, gitlab, gitea and generic are served with it.")
    var hookSecret: String?

    @Option(help: "Serve the webhooks, and nothing else, at this address instead of --listen.")
    var hookListen: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Of several daemons let one write to each management cluster, by a Lease there. The lab needs none."
    )
    var leaderElect = true

    @Flag(help: "Host the lab.")
    var lab = false

    @OptionGroup var labOptions: LabOptions

    @Option(help: "trace, debug, info, warning or error.")
    var logLevel = "info"

    package init() {}

    package func validate() throws {
        if duration(interval) == nil {
            throw ValidationError("--interval takes a number with a unit, such as 30s or 5m, not “\(interval)”")
        }
        if address(listen) == nil { throw ValidationError("--listen takes HOST:PORT, not “\(listen)”") }
        if let hookListen {
            if address(hookListen) == nil {
                throw ValidationError("--hook-listen takes HOST:PORT, not “\(hookListen)”")
            }
            if hookSecret == nil { throw ValidationError("--hook-listen serves nothing without --hook-secret") }
        }
        if Logger.Level(rawValue: logLevel) == nil { throw ValidationError("“\(logLevel)” is not a log level") }
    }

    package func run() async throws {
        guard let (host, port) = address(listen), let interval = duration(interval),
            let level = Logger.Level(rawValue: logLevel)
        else { return }
        let logs = LogTail()
        let directory = try await DataDirectory.take(dataDir)
        let daemon = try Daemon(
            Daemon.Settings(
                repository: repo,
                branch: branch,
                interval: interval,
                host: host,
                port: port,
                dataDirectory: directory.path,
                kubeconfigDirectory: kubeconfigDir,
                gitCredentials: gitCredentials,
                credentialsDirectory: credentialsDir,
                hookSecrets: hookSecret,
                hookAddress: hookListen.flatMap(address),
                leaderIdentity: leaderElect ? try directory.identity() : nil,
                lab: lab ? try labOptions.settings(dataDirectory: directory.path) : nil,
                kubeconfigOutput: labOptions.kubeconfigOut
            ),
            log: makeLogger(level, keeping: logs),
            logs: logs
        )
        try await daemon.run()
        withExtendedLifetime(directory) {}
    }
}

/// `30s`, `5m`, `1h`, `250ms` or plain seconds as a duration; nil for anything else.
func duration(_ text: String) -> Duration? {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    guard let number = Double(digits), number > 0 else { return nil }
    switch text.dropFirst(digits.count) {
    case "ms": return .milliseconds(number)
    case "", "s": return .seconds(number)
    case "m": return .seconds(number * 60)
    case "h": return .seconds(number * 3_600)
    default: return nil
    }
}

/// `HOST:PORT` in its parts; nil for anything else.
func address(_ text: String) -> (host: String, port: Int)? {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
        (0...65_535).contains(port)
    else { return nil }
    let host = text[..<colon].filter { $0 != "[" && $0 != "]" }
    return (host.isEmpty ? "0.0.0.0" : host, port)
}
