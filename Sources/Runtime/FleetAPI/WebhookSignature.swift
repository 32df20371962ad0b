internal import Crypto
internal import HTTPServer

/// A Git server that can tell of a push, and how it proves that it is the one.
enum WebhookSender: String, Sendable, CaseIterable {
    case github, gitlab, gitea
    /// Anything that can compute an HMAC: `X-Signature: sha256=…`, as Flux's generic receivers take it.
    case generic

    /// Whether the request was made by somebody who knows one of the secrets. Takes as long for a wrong proof as for a
    /// right one.
    func isProven(_ request: HTTPRequest, by secrets: [[UInt8]]) -> Bool {
        var isProven = false
        for secret in secrets {
            let fits =
                switch self {
                case .gitlab: Self.isEqual(request.headers["x-gitlab-token"], secret)
                case .github: Self.isCode(request.headers["x-hub-signature-256"], of: request.body, secret)
                case .gitea:
                    Self.isCode(
                        request.headers["x-gitea-signature"] ?? request.headers["x-forgejo-signature"]
                            ?? request.headers["x-hub-signature-256"],
                        of: request.body,
                        secret
                    )
                case .generic: Self.isCode(request.headers["x-signature"], of: request.body, secret)
                }
            isProven = fits || isProven
        }
        return isProven
    }

    /// Whether the event may have moved a branch or a tag. Servers that say nothing of the event mean one that has.
    func isPush(_ headers: HTTPHeaders) -> Bool {
        switch self {
        case .github: Self.pushes.contains(headers["x-github-event"] ?? "push")
        case .gitea: Self.pushes.contains(headers["x-gitea-event"] ?? headers["x-forgejo-event"] ?? "push")
        case .gitlab: ["Push Hook", "Tag Push Hook", "System Hook"].contains(headers["x-gitlab-event"] ?? "Push Hook")
        case .generic: true
        }
    }

    private static let pushes: Set<String> = ["push", "create", "delete"]

    /// A token is compared by its digest, so that neither its length nor its first letters can be felt out.
    private static func isEqual(_ given: String?, _ secret: [UInt8]) -> Bool {
        let key = SymmetricKey(size: .bits256)
        let code = HMAC<SHA256>.authenticationCode(for: secret, using: key)
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Array((given ?? "").utf8), using: key)
            && given != nil
    }

    private static func isCode(_ given: String?, of body: [UInt8], _ secret: [UInt8]) -> Bool {
        let text = given.map { $0.hasPrefix("sha256=") ? $0.dropFirst(7) : $0[...] } ?? ""
        let code = hexadecimal(text)
        let isWhole = code.count == SHA256.byteCount
        let checked = isWhole ? code : Array(repeating: 0, count: SHA256.byteCount)
        let key = SymmetricKey(data: secret)
        return HMAC<SHA256>.isValidAuthenticationCode(checked, authenticating: body, using: key) && isWhole
    }

    /// The bytes of hexadecimal digits; none when other characters are among them.
    private static func hexadecimal(_ text: Substring) -> [UInt8] {
        var bytes: [UInt8] = []
        var half: UInt8?
        for character in text {
            guard character.isASCII, let digit = character.hexDigitValue.map(UInt8.init) else { return [] }
            if let high = half {
                bytes.append(high << 4 | digit)
                half = nil
            } else {
                half = digit
            }
        }
        return half == nil ? bytes : []
    }
}
