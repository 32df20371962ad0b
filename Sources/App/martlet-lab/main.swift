import APIServer
import Foundation
import KubernetesModel
import Logging

// A development lab: martlet-lab KUBECONFIG [DATA-DIR|-] [COUNT]
let arguments = CommandLine.arguments
let output = arguments.count > 1 ? arguments[1] : "lab.kubeconfig"
let directory = arguments.count > 2 && arguments[2] != "-" ? arguments[2] : nil
let count = arguments.count > 3 ? Int(arguments[3]) ?? 1 : 1
let clock = ServerClock(
    now: {
        let time = Date().timeIntervalSince1970
        return Timestamp(seconds: Int(time), microseconds: Int((time - time.rounded(.down)) * 1_000_000))
    },
    sleep: { try await Task.sleep(for: $0) }
)
var logger = Logger(label: "martlet-lab")
logger.logLevel = .error
let lab = Lab(Lab.Settings(dataDirectory: directory), clock: clock, logger: logger)
try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { await lab.run() }
    for number in 0..<count { try await lab.open(number == 0 ? "lab" : "lab-\(number)", loadsDefinitions: false) }
    try lab.kubeconfig(of: ["lab"]).yaml.write(toFile: output, atomically: true, encoding: .utf8)
    print("serving \(lab.clusters.count)")
    try await group.waitForAll()
}
