import GoTemplate
import StructuredValue

/// What templates are told about the cluster they are rendered for.
package struct ChartCapabilities: Sendable, Hashable {
    /// The Kubernetes version with `v`, e.g. `v1.36.0`; what a vendor adds stays.
    package var kubeVersion: String
    /// API versions beyond those that are always known: `group/version` or `group/version/Kind`.
    package var apiVersions: [String]

    package init(kubeVersion: String = "v1.36.0", apiVersions: [String] = []) {
        self.kubeVersion = kubeVersion.hasPrefix("v") ? kubeVersion : "v" + kubeVersion
        self.apiVersions = apiVersions
    }

    /// Whether the version has the form of one: at least a major and a minor number.
    package var isValid: Bool { Self.numbers(kubeVersion).count >= 2 }

    /// The version without what a vendor adds: `v1.33.4-gke.1` is `v1.33.4`.
    var normalized: String {
        var numbers = Self.numbers(kubeVersion)
        while numbers.count < 3 { numbers.append("0") }
        return "v" + numbers.joined(separator: ".")
    }

    var major: String { Self.numbers(kubeVersion).first ?? "" }
    var minor: String { Self.numbers(kubeVersion).dropFirst().first ?? "" }

    private static func numbers(_ version: String) -> [String] {
        let plain = version.drop { $0 == "v" }.prefix { $0.isNumber || $0 == "." }
        return plain.split(separator: ".").map { String(Int($0) ?? 0) }
    }

    /// The API versions that Helm knows without a cluster: those of the Kubernetes client it is built with.
    package static let builtIn: [String] = [
        "admissionregistration.k8s.io/v1", "admissionregistration.k8s.io/v1beta1",
        "admissionregistration.k8s.io/v1alpha1", "internal.apiserver.k8s.io/v1alpha1", "apps/v1", "apps/v1beta2",
        "apps/v1beta1", "authentication.k8s.io/v1", "authentication.k8s.io/v1beta1", "authentication.k8s.io/v1alpha1",
        "authorization.k8s.io/v1", "authorization.k8s.io/v1beta1", "autoscaling/v2", "autoscaling/v1", "batch/v1",
        "batch/v1beta1", "certificates.k8s.io/v1", "certificates.k8s.io/v1beta1", "certificates.k8s.io/v1alpha1",
        "coordination.k8s.io/v1", "coordination.k8s.io/v1beta1", "coordination.k8s.io/v1alpha2", "v1",
        "discovery.k8s.io/v1", "discovery.k8s.io/v1beta1", "events.k8s.io/v1", "events.k8s.io/v1beta1",
        "extensions/v1beta1", "flowcontrol.apiserver.k8s.io/v1", "flowcontrol.apiserver.k8s.io/v1beta3",
        "flowcontrol.apiserver.k8s.io/v1beta2", "flowcontrol.apiserver.k8s.io/v1beta1", "networking.k8s.io/v1",
        "networking.k8s.io/v1beta1", "node.k8s.io/v1", "node.k8s.io/v1beta1", "node.k8s.io/v1alpha1", "policy/v1",
        "policy/v1beta1", "rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io/v1beta1",
        "rbac.authorization.k8s.io/v1alpha1", "resource.k8s.io/v1", "resource.k8s.io/v1beta2",
        "resource.k8s.io/v1beta1", "resource.k8s.io/v1alpha3", "scheduling.k8s.io/v1", "scheduling.k8s.io/v1beta1",
        "scheduling.k8s.io/v1alpha2", "storage.k8s.io/v1", "storage.k8s.io/v1beta1", "storage.k8s.io/v1alpha1",
        "storagemigration.k8s.io/v1beta1", "apiextensions.k8s.io/v1", "apiextensions.k8s.io/v1beta1",
    ]
}

/// `.Capabilities`
final class CapabilitiesObject: GoObject {
    private let kubeVersion: KubeVersionObject
    private let apiVersions: APIVersionsObject

    init(_ capabilities: ChartCapabilities) {
        kubeVersion = KubeVersionObject(capabilities)
        apiVersions = APIVersionsObject(ChartCapabilities.builtIn + capabilities.apiVersions)
    }

    var typeName: String { "*common.Capabilities" }
    var kindName: String { "ptr" }

    func field(_ name: String) -> GoValue? {
        switch name {
        case "KubeVersion": .object(kubeVersion)
        case "APIVersions": .object(apiVersions)
        case "HelmVersion": .object(Self.helmVersion)
        default: nil
        }
    }

    private static var helmVersion: GoStructure {
        GoStructure(
            "version.BuildInfo",
            [
                ("Version", .string("v4.2.4")), ("GitCommit", .string("")), ("GitTreeState", .string("")),
                ("GoVersion", .string("go1.26")), ("KubeClientVersion", .string("v1.36")),
            ]
        )
    }

    var document: Value {
        .object(["KubeVersion": kubeVersion.document, "APIVersions": apiVersions.document])
    }
}

/// A Go struct of named fields.
final class GoStructure: GoObject {
    let typeName: String
    private let fields: [(String, GoValue)]

    init(_ typeName: String, _ fields: [(String, GoValue)]) {
        self.typeName = typeName
        self.fields = fields
    }

    func field(_ name: String) -> GoValue? { fields.first { $0.0 == name }?.1 }
    var text: String { "{" + fields.map { GoFormat.text($0.1) }.joined(separator: " ") + "}" }
    var document: Value {
        .object(Object(fields.map { Object.Pair(key: $0.0, value: $0.1.document) }))
    }
}

/// `.Capabilities.KubeVersion`
final class KubeVersionObject: GoObject {
    private let capabilities: ChartCapabilities

    init(_ capabilities: ChartCapabilities) { self.capabilities = capabilities }

    var typeName: String { "common.KubeVersion" }
    var actionText: String { capabilities.normalized }
    var text: String {
        "{\(capabilities.kubeVersion) \(capabilities.normalized) \(capabilities.major) \(capabilities.minor)}"
    }

    func field(_ name: String) -> GoValue? {
        switch name {
        case "Version": .string(capabilities.kubeVersion)
        case "Major": .string(capabilities.major)
        case "Minor": .string(capabilities.minor)
        default: nil
        }
    }

    func method(_ name: String) -> GoFunction? {
        let text: String
        switch name {
        case "GitVersion": text = capabilities.kubeVersion
        case "String": text = capabilities.normalized
        default: return nil
        }
        return GoFunction(name, []) { _, _ in .string(text) }
    }

    var document: Value {
        .object([
            "Version": .string(capabilities.kubeVersion), "Major": .string(capabilities.major),
            "Minor": .string(capabilities.minor),
        ])
    }
}

/// `.Capabilities.APIVersions`
final class APIVersionsObject: GoObject {
    private let versions: [String]

    init(_ versions: [String]) { self.versions = versions }

    var typeName: String { "common.VersionSet" }
    var kindName: String { "slice" }
    var underlying: GoValue? { .strings(versions) }

    func method(_ name: String) -> GoFunction? {
        guard name == "Has" else { return nil }
        let versions = versions
        return GoFunction("Has", [.string]) { arguments, _ in .bool(versions.contains(arguments.string(0))) }
    }
}
