import APIServer
import APIStore
import Foundation
import KubernetesModel
import Logging

// A development server: one management cluster, its kubeconfig written to the file named first.
let arguments = CommandLine.arguments
let output = arguments.count > 1 ? arguments[1] : "lab.kubeconfig"
let clock = ServerClock(
    now: {
        let time = Date().timeIntervalSince1970
        return Timestamp(seconds: Int(time), microseconds: Int((time - Double(Int(time))) * 1_000_000))
    },
    sleep: { try await Task.sleep(for: $0) }
)
var logger = Logger(label: "martlet-lab")
logger.logLevel = .error
let store: any ObjectStore = arguments.count > 2 ? try SQLiteStore(path: arguments[2]) : MemoryStore()
let authority = try LabAuthority(now: clock.now())
let client = try authority.client(.administrator, now: clock.now())
let credential = try authority.server(hosts: ["localhost", "127.0.0.1"], now: clock.now())
let token = "dev-token"
let server = LabServer(
    name: "lab",
    api: APIServer(store: store, clock: clock),
    authenticator: Authenticator(tokens: [token: .administrator]),
    authority: authority,
    credential: credential,
    logger: logger
)
try await server.run { port in
    let kubeconfig = Kubeconfig([
        .init(
            name: "lab",
            server: "https://127.0.0.1:\(port)",
            authority: authority.credential.certificate,
            client: client
        )
    ])
    try? kubeconfig.yaml.write(toFile: output, atomically: true, encoding: .utf8)
    print("listening on \(port)")
}
