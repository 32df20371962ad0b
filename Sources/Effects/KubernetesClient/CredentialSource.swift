internal import FoundationEssentials
internal import KubernetesModel
internal import StructuredValue

/// What a request shows of who sends it, and renews what expires.
actor CredentialSource {
    struct Grant: Sendable {
        /// The value of the `Authorization` header.
        var authorization: String?
        /// A client certificate and key (PEM) that a credential program handed out.
        var certificate: [UInt8]?
        var key: [UInt8]?
    }

    /// Whether asking again may give another credential.
    nonisolated let isRenewable: Bool
    private let credential: ServerConnection.Credential
    private let pace: Pace
    private var cached: (grant: Grant, until: Duration?)?
    private var isRunning = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ credential: ServerConnection.Credential, pace: Pace) {
        self.credential = credential
        self.pace = pace
        switch credential {
        case .none, .token, .basic: isRenewable = false
        case .tokenFile, .program: isRenewable = true
        }
    }

    /// What to show now. Of many that ask at once, one runs the program and the others wait for it.
    func grant() async throws(KubernetesFailure) -> Grant {
        while true {
            if let cached, cached.until.map({ pace.now() < $0 }) ?? true { return cached.grant }
            guard isRunning else { break }
            await withCheckedContinuation { waiting.append($0) }
        }
        switch credential {
        case .none: return keep(Grant(), for: nil)
        case .token(let token): return keep(Grant(authorization: "Bearer \(token)"), for: nil)
        case .basic(let user, let password):
            let text = Data("\(user):\(password)".utf8).base64EncodedString()
            return keep(Grant(authorization: "Basic \(text)"), for: nil)
        case .tokenFile(let path):
            do {
                let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
                let token = text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
                return keep(Grant(authorization: "Bearer \(token)"), for: .seconds(60))
            } catch {
                throw KubernetesFailure(
                    .configuration,
                    operation: "read token",
                    message: "the token file \(path) cannot be read"
                )
            }
        case .program(let program):
            isRunning = true
            defer {
                isRunning = false
                for waiter in waiting { waiter.resume() }
                waiting = []
            }
            let (grant, life) = try await runCredentialProgram(program)
            return keep(grant, for: life ?? .seconds(600))
        }
    }

    /// After a 401: the next request asks anew.
    func forget() { cached = nil }

    private func keep(_ grant: Grant, for life: Duration?) -> Grant {
        cached = (grant, life.map { pace.now() + $0 })
        return grant
    }
}
