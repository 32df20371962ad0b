import APIServer

/// Where a management cluster of the lab listens, and what lets its administrator in.
package struct LabEndpoint: Sendable, Hashable {
    package var name: String
    /// `https://127.0.0.1:PORT`
    package var server: String
    /// PEM.
    package var authority: String
    /// PEM.
    package var clientCertificate: String
    /// PEM.
    package var clientKey: String
    package var token: String?

    package init(
        name: String,
        server: String,
        authority: String,
        clientCertificate: String,
        clientKey: String,
        token: String? = nil
    ) {
        self.name = name
        self.server = server
        self.authority = authority
        self.clientCertificate = clientCertificate
        self.clientKey = clientKey
        self.token = token
    }
}

/// A kubeconfig with one context per management cluster, named like it.
package func kubeconfigText(for endpoints: [LabEndpoint]) -> String {
    Kubeconfig(
        endpoints.map {
            Kubeconfig.Entry(
                name: $0.name,
                server: $0.server,
                authority: $0.authority,
                client: Credential(certificate: $0.clientCertificate, privateKey: $0.clientKey)
            )
        }
    ).yaml
}
