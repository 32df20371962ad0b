package import StructuredValue

/// A kubeconfig with one context per server, each named like its server.
package struct Kubeconfig: Sendable {
    package struct Entry: Sendable {
        package var name: String
        package var server: String
        package var authority: String
        package var client: Credential?
        package var token: String?

        package init(name: String, server: String, authority: String, client: Credential? = nil, token: String? = nil) {
            self.name = name
            self.server = server
            self.authority = authority
            self.client = client
            self.token = token
        }
    }

    package var entries: [Entry]

    package init(_ entries: [Entry]) { self.entries = entries }

    package var value: Value {
        func data(_ text: String) -> Value { .string(Base64.encode(Array(text.utf8))) }
        return [
            "apiVersion": "v1", "kind": "Config",
            "clusters": .array(
                entries.map {
                    [
                        "name": .string($0.name),
                        "cluster": ["certificate-authority-data": data($0.authority), "server": .string($0.server)],
                    ]
                }
            ),
            "contexts": .array(
                entries.map {
                    [
                        "name": .string($0.name),
                        "context": ["cluster": .string($0.name), "user": .string("\($0.name)-admin")],
                    ]
                }
            ),
            "current-context": .string(entries.first?.name ?? ""), "preferences": [:],
            "users": .array(
                entries.map { entry in
                    var user = Object()
                    if let client = entry.client {
                        user.append("client-certificate-data", data(client.certificate))
                        user.append("client-key-data", data(client.privateKey))
                    }
                    if let token = entry.token { user.append("token", .string(token)) }
                    return ["name": .string("\(entry.name)-admin"), "user": .object(user)]
                }
            ),
        ]
    }

    package var yaml: String { YAMLText.text(of: value) }
}
