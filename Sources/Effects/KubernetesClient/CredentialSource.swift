internal import FoundationEssentials
internal import KubernetesModel
internal import StructuredValue

/// Gives the `Authorization` header of a connection, and renews what expires.
actor CredentialSource {
    private let credential: ServerConnection.Credential
    private let pace: Pace
    private var cached: (header: String, until: Duration?)?

    init(_ credential: ServerConnection.Credential, pace: Pace) {
        self.credential = credential
        self.pace = pace
    }

    /// The header's value; nil when the connection authenticates by certificate or not at all.
    func authorization() async throws(KubernetesFailure) -> String? {
        if let cached, cached.until.map({ pace.now() < $0 }) ?? true { return cached.header }
        switch credential {
        case .none: return nil
        case .token(let token): return keep("Bearer \(token)", for: nil)
        case .basic(let user, let password):
            return keep("Basic " + Data("\(user):\(password)".utf8).base64EncodedString(), for: nil)
        case .tokenFile(let path):
            do {
                let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
                let token = text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
                return keep("Bearer \(token)", for: .seconds(60))
            } catch {
                throw KubernetesFailure(
                    .configuration,
                    operation: "read token",
                    message: "the token file \(path) cannot be read"
                )
            }
        case .program(let program):
            let (token, life) = try await runCredentialProgram(program)
            return keep("Bearer \(token)", for: life ?? .seconds(600))
        }
    }

    /// After a 401: the next request asks anew.
    func forget() { cached = nil }

    private func keep(_ header: String, for life: Duration?) -> String {
        cached = (header, life.map { pace.now() + $0 })
        return header
    }
}
