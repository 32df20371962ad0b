import KubernetesModel
package import SourceDiagnostics
import StructuredValue
import YAMLFormat

extension ChartEngine {
    /// Cuts the templates' output into documents, reads them, and brings them into install order.
    package func sort(_ prepared: PreparedChart, _ outputs: [TemplateOutput], includesCRDs: Bool)
        throws(RejectedSource) -> RenderedChart
    {
        var ordinary: [(rank: InstallOrder.Rank, manifest: ChartManifest)] = []
        var hooks: [(rank: InstallOrder.Rank, manifest: ChartManifest)] = []
        let maker = "chart \(prepared.root.chart.metadata.name) \(prepared.root.chart.metadata.version)"
        for output in outputs {
            for document in ManifestSplitting.documents(output.text) {
                let value = try Self.read(document.text, output.path)
                var manifest = ChartManifest(
                    manifest: Manifest(
                        value,
                        origin: Origin(
                            position: SourcePosition(file: output.path, line: 1, column: 1),
                            maker: maker
                        )
                    ),
                    templatePath: output.path,
                    text: document.text
                )
                let rank = InstallOrder.rank(of: manifest.manifest.kind)
                guard let events = value["metadata"]?["annotations"]?["helm.sh/hook"]?.string else {
                    ordinary.append((rank, manifest))
                    continue
                }
                manifest.hookEvents = events.split(separator: ",", omittingEmptySubsequences: false)
                    .map { String($0).trimmed.lowercased() }
                // Helm leaves out an object with an event it does not know.
                if manifest.hookEvents.allSatisfy(Self.hookEvents.contains) { hooks.append((rank, manifest)) }
            }
        }
        var crds: [ChartManifest] = []
        var crdTexts: [(path: String, text: String)] = []
        if includesCRDs { try collectCRDs(prepared.root, maker, &crds, &crdTexts) }
        return RenderedChart(
            manifests: crds + InstallOrder.sorted(ordinary) + InstallOrder.sorted(hooks),
            crdTexts: crdTexts
        )
    }

    private static let hookEvents: Set<String> = [
        "pre-install", "post-install", "pre-delete", "post-delete", "pre-upgrade", "post-upgrade", "pre-rollback",
        "post-rollback", "test", "test-success",
    ]

    private static func read(_ text: String, _ path: String) throws(RejectedSource) -> Value {
        let document = YAML.firstDocument(text, file: path, .lenient)
        switch document.content {
        case .success(let value):
            if let complaint = ManifestHead.complaint(about: value) {
                let context = "error unmarshaling JSON: while decoding JSON"
                throw unreadable(path, "\(context): json: cannot unmarshal \(complaint)")
            }
            return value
        case .failure(let rejected):
            let reason = document.goMessages.first ?? rejected.diagnostics.first?.message ?? "not YAML"
            throw unreadable(path, "error converting YAML to JSON: \(reason)")
        }
    }

    private static func unreadable(_ path: String, _ reason: String) -> RejectedSource {
        RejectedSource([
            Diagnostic(
                .error,
                "chart-manifest",
                "YAML parse error on \(path): \(reason)",
                at: SourcePosition(file: path, line: 1, column: 1)
            )
        ])
    }

    private func collectCRDs(
        _ node: ChartNode,
        _ maker: String,
        _ crds: inout [ChartManifest],
        _ texts: inout [(path: String, text: String)]
    ) throws(RejectedSource) {
        for file in node.chart.files where file.path.hasPrefix("crds/") {
            let lower = file.path.lowercased()
            guard lower.hasSuffix(".yaml") || lower.hasSuffix(".yml") || lower.hasSuffix(".json") else { continue }
            let path = node.fullPath(file.path)
            texts.append((path, String(decoding: file.bytes, as: UTF8.self)))
            for document in ManifestSplitting.documents(file.bytes) {
                let value = try Self.read(document.text, path)
                if value.isNull { continue }
                crds.append(
                    ChartManifest(
                        manifest: Manifest(
                            value,
                            origin: Origin(
                                position: SourcePosition(file: path, line: document.line, column: 1),
                                maker: maker
                            )
                        ),
                        templatePath: path,
                        text: document.text,
                        isCRD: true
                    )
                )
            }
        }
        for dependency in node.dependencies { try collectCRDs(dependency, maker, &crds, &texts) }
    }
}

/// The order in which Helm installs kinds.
enum InstallOrder {
    struct Rank {
        var known: Int
        /// Of kinds not in the list: by name.
        var kind: String
    }

    private static let positions: [String: Int] = {
        let kinds = [
            "PriorityClass", "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy",
            "PodDisruptionBudget", "ServiceAccount", "Secret", "SecretList", "ConfigMap", "StorageClass",
            "PersistentVolume", "PersistentVolumeClaim", "CustomResourceDefinition", "ClusterRole", "ClusterRoleList",
            "ClusterRoleBinding", "ClusterRoleBindingList", "Role", "RoleList", "RoleBinding", "RoleBindingList",
            "Service", "DaemonSet", "Pod", "ReplicationController", "ReplicaSet", "Deployment",
            "HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob", "IngressClass", "Ingress", "APIService",
            "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration",
        ]
        return Dictionary(uniqueKeysWithValues: kinds.enumerated().map { ($1, $0) })
    }()

    static func rank(of kind: String) -> Rank {
        if let position = positions[kind] { return Rank(known: position, kind: "") }
        return Rank(known: .max, kind: kind)
    }

    /// Stable: objects of one kind stay in the order in which they were rendered.
    static func sorted(_ items: [(rank: Rank, manifest: ChartManifest)]) -> [ChartManifest] {
        items.indices.sorted { left, right in
            let (one, other) = (items[left].rank, items[right].rank)
            if one.known != other.known { return one.known < other.known }
            if one.kind != other.kind { return one.kind < other.kind }
            return left < right
        }.map { items[$0].manifest }
    }
}

/// Cuts rendered text at lines that begin with `---`, as Helm does, whatever follows on the line.
enum ManifestSplitting {
    /// The documents that hold more than white space, without it at their beginning, and the line each begins on.
    static func documents(_ text: [UInt8]) -> [(text: String, line: Int)] {
        var documents: [(text: String, line: Int)] = []
        var index = 0
        while index < text.count, isSpace(text[index]) { index += 1 }
        var start = index
        var isLineStart = true
        var line = 1
        var counted = 0
        func take(_ end: Int) {
            var first = start
            while first < end, isSpace(text[first]) { first += 1 }
            guard first < end else { return }
            line += text[counted..<first].count { $0 == 0x0A }
            counted = first
            documents.append((String(decoding: text[first..<end], as: UTF8.self), line))
        }
        while index < text.count {
            if isLineStart, text[index] == 0x2D, index + 2 < text.count, text[index + 1] == 0x2D,
                text[index + 2] == 0x2D
            {
                take(index)
                index += 3
                while index < text.count, text[index] == 0x20 || text[index] == 0x09 { index += 1 }
                start = index
                isLineStart = false
                continue
            }
            isLineStart = text[index] == 0x0A
            index += 1
        }
        take(text.count)
        return documents
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
