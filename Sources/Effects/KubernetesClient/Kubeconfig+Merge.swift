package import SourceDiagnostics
internal import StructuredValue

extension Kubeconfig {
    /// Several kubeconfigs of the operator as one, as kubectl merges the files of `KUBECONFIG`: of clusters, users and
    /// contexts with the same name the first counts, and so does the first current context. Paths stay relative to the
    /// file that they stand in.
    package static func merged(_ files: [Kubeconfig]) throws(RejectedSource) -> Kubeconfig {
        guard let first = files.first else {
            throw RejectedSource([Diagnostic(.error, "kubeconfig-none", "no kubeconfig is named", at: nil)])
        }
        guard files.count > 1 else { return first }
        var root: Object = ["apiVersion": "v1", "kind": "Config"]
        for list in ["clusters", "users", "contexts"] {
            var seen: Set<String> = []
            var entries: [Value] = []
            for file in files {
                for entry in file.withAbsolutePaths[list]?.array ?? [] {
                    guard let name = entry["name"]?.string, seen.insert(name).inserted else { continue }
                    entries.append(entry)
                }
            }
            root.append(list, .array(entries))
        }
        if let current = files.lazy.compactMap(\.currentContext).first(where: { !$0.isEmpty }) {
            root.append("current-context", .string(current))
        }
        return Kubeconfig(root: .object(root), file: first.file, rules: .operatorGiven(directory: "/"))
    }

    /// The text with every path that it names seen from the root.
    private var withAbsolutePaths: Value {
        func rewritten(_ entries: Value?, _ key: String, _ fields: [String]) -> Value {
            .array(
                (entries?.array ?? []).map { entry in
                    var entry = entry
                    for field in fields {
                        guard let path = entry[path: key, field]?.string, !path.isEmpty else { continue }
                        entry[path: key, field] = .string(resolve(path))
                    }
                    if let command = entry[path: key, "exec", "command"]?.string, command.contains("/") {
                        entry[path: key, "exec", "command"] = .string(resolve(command))
                    }
                    return entry
                }
            )
        }
        var result = root
        result["clusters"] = rewritten(root["clusters"], "cluster", ["certificate-authority"])
        result["users"] = rewritten(root["users"], "user", ["client-certificate", "client-key", "tokenFile"])
        return result
    }
}
