import ClusterTopology
import Foundation
import KubernetesModel
import StructuredValue
import Testing
import YAMLFormat

/// Public classes and Clusters with what Cluster API's own code made of them; absent in a bare checkout.
private enum Corpus {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "shared/corpus/topology")

    static let cases: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
        return names.filter { $0.hasSuffix(".golden.yaml") }.map { String($0.dropLast(".golden.yaml".count)) }.sorted()
    }()

    static func manifests(_ name: String) throws -> [Manifest] {
        try YAML.values([UInt8](Data(contentsOf: folder.appending(path: name))), file: name).filter { !$0.isNull }
            .map { Manifest($0) }
    }
}

@Suite(.enabled(if: !Corpus.cases.isEmpty, "the corpus is not beside the repository"))
struct TopologyCorpusTests {
    /// What an object is for, whatever its name.
    private func role(_ object: Manifest) -> String {
        let name =
            object.label("topology.cluster.x-k8s.io/deployment-name")
            ?? object.label("topology.cluster.x-k8s.io/pool-name")
        let selected = object.spec[path: "selector", "matchLabels", "topology.cluster.x-k8s.io/deployment-name"]?.string
        return "\(object.kind)/\(name ?? selected ?? "")"
    }

    private func compared(_ object: Manifest, _ names: [(String, String)]) -> Value {
        var value = object.value
        value["status"] = nil
        for member in ["uid", "ownerReferences", "creationTimestamp", "generation"] {
            value[path: "metadata", member] = nil
        }
        return renamed(value, names)
    }

    private func renamed(_ value: Value, _ names: [(String, String)]) -> Value {
        switch value {
        case .string(let text): .string(names.reduce(text) { $0.replacing($1.0, with: $1.1) })
        case .double(let number): Int(exactly: number).map { .int($0) } ?? value
        case .array(let items): .array(items.map { renamed($0, names) })
        case .object(let object):
            .object(Object(object.pairs.map { Object.Pair(key: $0.key, value: renamed($0.value, names)) }))
        default: value
        }
    }

    @Test(arguments: Corpus.cases)
    func expandsAsClusterAPIDoes(_ name: String) throws {
        let input = TopologyInput(try Corpus.manifests("\(name).yaml"))
        let made = try input.expand().flatMap(\.manifests).sorted { (role($0), $0.name) < (role($1), $1.name) }
        let wanted = try Corpus.manifests("\(name).golden.yaml").sorted { (role($0), $0.name) < (role($1), $1.name) }
        try #require(made.map(role) == wanted.map(role))
        let names = zip(made, wanted).map { ($0.name, $1.name) }.sorted { $0.0.count > $1.0.count }
        for (made, wanted) in zip(made, wanted) {
            #expect(compared(made, names) == compared(wanted, []), "\(role(made))")
        }
    }
}
