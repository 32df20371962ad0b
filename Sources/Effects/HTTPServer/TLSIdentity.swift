/// What a TLS server shows and whom it trusts, as PEM text.
package struct TLSIdentity: Sendable {
    /// The server's certificate, followed by the authorities between it and the root.
    package var certificateChain: String
    package var privateKey: String
    /// Clients that show a certificate of this authority are known by it; nil asks clients for none.
    package var clientAuthority: String?

    package init(certificateChain: String, privateKey: String, clientAuthority: String? = nil) {
        self.certificateChain = certificateChain
        self.privateKey = privateKey
        self.clientAuthority = clientAuthority
    }
}
