import Synchronization

/// Who may enter: bearers of tokens, and of certificates that the lab's authority signed.
package final class Authenticator: Sendable {
    private let tokens: Mutex<[String: APIUser]>

    package init(tokens: [String: APIUser] = [:]) { self.tokens = Mutex(tokens) }

    package func add(token: String, _ user: APIUser) { tokens.withLock { $0[token] = user } }

    /// nil when the caller shows nothing that is known. A token that is wrong counts even beside a certificate.
    func user(authorization: String?, certificate: [UInt8]?) -> APIUser? {
        if let authorization {
            let parts = authorization.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
            let offered = Array(parts[1].utf8)
            return tokens.withLock { tokens in
                // Every token is compared whole, so that the time tells nothing.
                var found: APIUser?
                for (token, user) in tokens where Self.isEqual(Array(token.utf8), offered) { found = user }
                return found
            }
        }
        return certificate.flatMap { LabAuthority.user(ofCertificate: $0) }
    }

    private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }
}
