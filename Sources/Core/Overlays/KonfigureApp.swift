import KubernetesModel
import StructuredValue
import YAMLFormat

/// `kind: Konfigure`, the generator of older app collections: one App in its own words. The configuration that the
/// original renders beside it comes from a private repository and is not made here.
enum KonfigureApp {
    /// Tells where such an App comes from.
    static let annotation = "martlet.dev/generator"
    private static let namespace = "giantswarm"
    private static let texts = ["app_name", "app_version", "app_catalog", "app_destination_namespace"]
    private static let known = Set(
        texts + ["api_version", "apiVersion", "kind", "metadata", "name", "app_disable_force_upgrade"]
    )

    static func isGenerator(_ resource: OverlayResource) -> Bool {
        let version = resource.value["api_version"]?.string ?? resource.kind.apiVersion
        return resource.kind.kind == "Konfigure" && version == "generators.giantswarm.io/v1"
    }

    static func make(_ resource: OverlayResource, at place: OverlayPlace) throws(OverlayFailure) -> OverlayResource {
        try Fields(resource.value, "Konfigure", at: place).checkNames(known)
        var found: [String: String] = [:]
        for key in texts {
            guard let text = resource.value[key]?.string, !text.isEmpty else {
                throw OverlayFailure(
                    "overlay-plugin",
                    "a Konfigure needs a text in “\(key)”",
                    at: place.field(.key(key))
                )
            }
            found[key] = text
        }
        let name = resource.value["name"]?.string ?? found["app_name"] ?? ""
        var annotations: Value = [Self.annotation: "konfigure"]
        if resource.value["app_disable_force_upgrade"]?.bool != true {
            annotations["chart-operator.giantswarm.io/force-helm-upgrade"] = "true"
        }
        let app: Value = [
            "apiVersion": "application.giantswarm.io/v1alpha1",
            "kind": "App",
            "metadata": [
                "name": .string(name), "namespace": .string(namespace),
                "labels": ["app-operator.giantswarm.io/version": "0.0.0"], "annotations": annotations,
            ],
            "spec": [
                "catalog": .string(found["app_catalog"] ?? ""),
                "kubeConfig": ["inCluster": true],
                "name": .string(found["app_name"] ?? ""),
                "namespace": .string(found["app_destination_namespace"] ?? ""),
                "version": .string(found["app_version"] ?? ""),
            ],
        ]
        return OverlayResource(app, position: resource.position)
    }
}
