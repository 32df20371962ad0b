import APIServer
import FoundationEssentials
import KubernetesModel
import StructuredValue

/// The Secrets of a cluster that hold keys: its authorities, and its administrator's kubeconfig.
struct ClusterSecrets {
    private let cluster: Manifest
    private let owner: Manifest
    private let clock: ServerClock

    /// - Parameter owner: The control plane; without one the cluster owns its Secrets itself.
    init(_ cluster: Manifest, owner: Manifest?, clock: ServerClock) {
        self.cluster = cluster
        self.owner = owner ?? cluster
        self.clock = clock
    }

    /// Four authorities, as kubeadm has them.
    func certificates() throws -> [Manifest] {
        try [("etcd", "etcd-ca"), ("proxy", "front-proxy-ca"), ("sa", "service-accounts"), ("ca", "kubernetes")].map {
            name,
            subject in
            let authority = try LabAuthority(name: subject, now: clock.now()).credential
            return secret(
                name,
                ["tls.crt": encoded(authority.certificate), "tls.key": encoded(authority.privateKey)]
            )
        }
    }

    /// The administrator's way in.
    func kubeconfig(_ endpoint: ClusterView.Endpoint, authority: Credential) throws -> Manifest {
        let client = try LabAuthority(authority).client(.administrator, now: clock.now())
        let name = cluster.name
        let text = """
            apiVersion: v1
            kind: Config
            clusters:
            - name: \(name)
              cluster:
                certificate-authority-data: \(data(authority.certificate))
                server: https://\(endpoint.host):\(endpoint.port)
            contexts:
            - name: \(name)-admin@\(name)
              context:
                cluster: \(name)
                user: \(name)-admin
            current-context: \(name)-admin@\(name)
            preferences: {}
            users:
            - name: \(name)-admin
              user:
                client-certificate-data: \(data(client.certificate))
                client-key-data: \(data(client.privateKey))

            """
        return secret("kubeconfig", ["value": encoded(text)])
    }

    private func secret(_ suffix: String, _ data: Value) -> Manifest {
        var secret = Manifest([
            "apiVersion": "v1", "kind": "Secret",
            "metadata": [
                "name": .string("\(cluster.name)-\(suffix)"), "namespace": .string(cluster.namespace),
                "labels": [CAPI.clusterLabel: .string(cluster.name)],
            ],
            "type": .string(CAPI.secretType), "data": data,
        ])
        secret.own(by: owner, isController: true)
        return secret
    }

    private func data(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
    private func encoded(_ text: String) -> Value { .string(data(text)) }
}

/// The certificate and key of a Secret of type TLS; nil when it has none.
func credential(_ secret: Manifest) -> Credential? {
    func text(_ key: String) -> String? {
        secret.value["data"]?[key]?.string.flatMap { Data(base64Encoded: $0) }.map {
            String(decoding: $0, as: UTF8.self)
        }
    }
    guard let certificate = text("tls.crt"), let key = text("tls.key") else { return nil }
    return Credential(certificate: certificate, privateKey: key)
}
