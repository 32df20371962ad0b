internal import Crypto
internal import FoundationEssentials
package import KubernetesModel
internal import StructuredValue
internal import YAMLFormat

/// Why a ConfigMap or Secret of a ClusterResourceSet cannot be used.
package enum ClusterResourceSetProblem: Error, Hashable, Sendable {
    case wrongSecretType
    case unreadable(String)

    package var message: String {
        switch self {
        case .wrongSecretType: "the Secret's type is not \(ClusterResourceSetSource.secretType)"
        case .unreadable(let reason): reason
        }
    }
}

/// The objects that a ConfigMap or Secret holds for workload clusters, in the order of their creation, with their hash.
package struct ClusterResourceSetSource: Sendable {
    /// The only type of Secret that a set may name.
    package static let secretType = "addons.cluster.x-k8s.io/resource-set"

    package var objects: [Manifest]
    /// `sha256:` and the hex digest of all values in the order of their keys.
    package var hash: String

    package init(of source: Manifest) throws(ClusterResourceSetProblem) {
        let isSecret = source.kind == "Secret"
        if isSecret, source.value["type"]?.string != Self.secretType { throw .wrongSecretType }
        guard let data = source.value["data"]?.object else {
            throw .unreadable("\(source.kind) \(source.name) has no data")
        }
        var digest = SHA256()
        objects = []
        for pair in data.pairs.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            let text = pair.value.string ?? ""
            let bytes = isSecret ? Data(base64Encoded: text).map { Array($0) } ?? [] : Array(text.utf8)
            digest.update(data: bytes)
            do {
                objects += Self.inOrder(try Self.read(bytes))
            } catch {
                throw .unreadable("\(source.kind) \(source.name), key \(pair.key): \(error.message)")
            }
        }
        hash = "sha256:" + digest.finalize().map { Self.hex($0) }.joined()
    }

    private static func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

    private static func read(_ bytes: [UInt8]) throws(ClusterResourceSetProblem) -> [Manifest] {
        let first = bytes.first { !" \t\r\n".utf8.contains($0) }
        var values: [Value] = []
        do {
            if first == UInt8(ascii: "[") {
                values = try JSON.parse(bytes).array ?? []
            } else {
                values = try YAML.values(bytes, .lenient)
            }
        } catch {
            throw .unreadable("\(error)")
        }
        var objects: [Manifest] = []
        for value in values where !value.isEmpty {
            let object = Manifest(value)
            guard !object.kind.isEmpty, !object.apiVersion.isEmpty, !object.name.isEmpty else {
                throw .unreadable("an object without apiVersion, kind or name")
            }
            objects.append(object)
        }
        return objects
    }

    /// The kinds that others need come first; the rest keeps the order of the documents.
    package static func inOrder(_ objects: [Manifest]) -> [Manifest] {
        let ranked = objects.enumerated().map { (rank: ranks[$0.element.kind] ?? ranks.count, place: $0.offset) }
        return ranked.sorted { ($0.rank, $0.place) < ($1.rank, $1.place) }.map { objects[$0.place] }
    }

    private static let ranks: [String: Int] = {
        let kinds = [
            "Namespace", "CustomResourceDefinition", "StorageClass", "PersistentVolume", "PersistentVolumeClaim",
            "Secret", "ConfigMap", "ServiceAccount", "LimitRange", "Pod", "ReplicaSet", "Endpoint",
        ]
        return Dictionary(uniqueKeysWithValues: kinds.enumerated().map { ($0.element, $0.offset) })
    }()
}
