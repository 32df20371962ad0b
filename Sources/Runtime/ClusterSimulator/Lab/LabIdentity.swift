import APIServer
import FoundationEssentials
import KubernetesModel
import StructuredValue

/// What makes a server the same one after a restart: port, certificates, token.
struct LabIdentity: Sendable {
    var port: Int
    var authority: Credential
    var server: Credential
    var client: Credential
    var token: String

    /// A new identity; the port is known when the server listens.
    init(name: String, host: String, clock: ServerClock) throws {
        let now = clock.now()
        let authority = try LabAuthority(name: "martlet-lab-\(name)", now: now)
        self.authority = authority.credential
        server = try authority.server(hosts: ["localhost", "127.0.0.1", host], now: now)
        client = try authority.client(.administrator, now: now)
        token = String(clock.random(), radix: 16) + String(clock.random(), radix: 16)
        port = 0
    }

    /// nil when the file is not there or not whole.
    init?(file: String) {
        // A file that cannot be read is a file that is not there: a new identity takes its place.
        guard let data = try? Data(contentsOf: URL(filePath: file)), let value = try? JSON.parse(Array(data)),
            let port = value["port"]?.int, let token = value["token"]?.string,
            let authority = Credential(value["authority"]), let server = Credential(value["server"]),
            let client = Credential(value["client"])
        else { return nil }
        self.port = port
        self.token = token
        self.authority = authority
        self.server = server
        self.client = client
    }

    /// Keeps it, readable by its owner only.
    func write(to file: String) throws {
        let value: Value = [
            "port": .int(port), "token": .string(token), "authority": authority.value, "server": server.value,
            "client": client.value,
        ]
        try Data(JSON.text(value, .compact).utf8).write(to: URL(filePath: file), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    }
}

extension Credential {
    fileprivate init?(_ value: Value?) {
        guard let certificate = value?["certificate"]?.string, let key = value?["key"]?.string else { return nil }
        self.init(certificate: certificate, privateKey: key)
    }

    fileprivate var value: Value { ["certificate": .string(certificate), "key": .string(privateKey)] }
}
