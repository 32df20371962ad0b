import KubernetesModel
import StructuredValue

/// What built-in kinds do beyond their types: defaults that depend on other fields, and what happens at creation.
enum KindRules {
    /// Completes an object when it is read.
    static func applyDefaults(_ object: inout Value, of resource: ServedResource) {
        switch (resource.group, resource.kind) {
        case ("", "Namespace"):
            if let name = object[path: "metadata", "name"]?.string, !name.isEmpty {
                object[path: "metadata", "labels", "kubernetes.io/metadata.name"] = .string(name)
            }
        case ("", "Secret"):
            if case .object(let texts) = object["stringData"] {
                for pair in texts {
                    guard let text = pair.value.string else { continue }
                    object[path: "data", pair.key] = .string(Base64.encode(Array(text.utf8)))
                }
                object["stringData"] = nil
            }
        case ("", "Service"): completeService(&object)
        case ("", "Pod"):
            completePod(&object, at: ["spec"])
            if object[path: "spec", "enableServiceLinks"] == nil { object[path: "spec", "enableServiceLinks"] = true }
            requestLimits(&object)
        case ("", "PodTemplate"): completePod(&object, at: ["template", "spec"])
        case ("apps", "Deployment"):
            completePod(&object, at: ["spec", "template", "spec"])
            if object[path: "spec", "strategy", "type"]?.string == "RollingUpdate" {
                for name in ["maxUnavailable", "maxSurge"]
                where object[path: "spec", "strategy", "rollingUpdate", name] == nil {
                    object[path: "spec", "strategy", "rollingUpdate", name] = "25%"
                }
            }
        case ("apps", _): completePod(&object, at: ["spec", "template", "spec"])
        case ("apiextensions.k8s.io", "CustomResourceDefinition"): completeDefinition(&object)
        case ("rbac.authorization.k8s.io", _): completeRole(&object)
        default: break
        }
    }

    /// Images without a fixed version are always pulled.
    private static func completePod(_ object: inout Value, at path: [String]) {
        for list in ["initContainers", "containers"] {
            guard case .array(let containers) = object[path: path + [list]] else { continue }
            object[path: path + [list]] = .array(
                containers.map { container in
                    guard container["imagePullPolicy"] == nil else { return container }
                    var container = container
                    let image = container["image"]?.string ?? ""
                    let last = image.split(separator: "/").last ?? ""
                    let isFixed = image.contains("@") || (last.contains(":") && !last.hasSuffix(":latest"))
                    container["imagePullPolicy"] = isFixed ? "IfNotPresent" : "Always"
                    return container
                }
            )
        }
        if case .array(let volumes) = object[path: path + ["volumes"]] {
            object[path: path + ["volumes"]] = .array(
                volumes.map { volume in
                    guard volume.object?.count == 1, volume["name"] != nil else { return volume }
                    // A volume of no kind is an empty directory.
                    var volume = volume
                    volume["emptyDir"] = [:]
                    return volume
                }
            )
        }
        if let account = object[path: path + ["serviceAccountName"]]?.string,
            object[path: path + ["serviceAccount"]] == nil
        {
            object[path: path + ["serviceAccount"]] = .string(account)
        }
    }

    private static func completeDefinition(_ object: inout Value) {
        if let kind = object[path: "spec", "names", "kind"]?.string, !kind.isEmpty {
            if object[path: "spec", "names", "singular"] == nil {
                object[path: "spec", "names", "singular"] = .string(kind.lowercased())
            }
            if object[path: "spec", "names", "listKind"] == nil {
                object[path: "spec", "names", "listKind"] = .string(kind + "List")
            }
        }
        if object[path: "status", "storedVersions"]?.isEmpty ?? true, !storageVersions(object).isEmpty {
            object[path: "status", "storedVersions"] = .array(Array(storageVersions(object).prefix(1)))
        }
        if object[path: "spec", "conversion"] == nil { object[path: "spec", "conversion"] = ["strategy": "None"] }
    }

    /// What the server sets in a new object, owned by nobody.
    static func prepareForCreate(_ object: inout Value, of resource: ServedResource) {
        switch (resource.group, resource.kind) {
        case ("", "Namespace"):
            if object[path: "spec", "finalizers"]?.array?.contains("kubernetes") != true {
                let others = object[path: "spec", "finalizers"]?.array ?? []
                object[path: "spec", "finalizers"] = .array(others + ["kubernetes"])
            }
            object["status"] = ["phase": "Active"]
        case ("", "Service"):
            object["status"] = ["loadBalancer": [:]]
        case ("", "Pod"):
            admitPod(&object)
        case ("coordination.k8s.io", "Lease"): dropElection(&object)
        case ("rbac.authorization.k8s.io", _): dropEmptyRules(&object)
        case ("", "PersistentVolumeClaim"), ("", "PersistentVolume"):
            object["status"] = ["phase": "Pending"]
        case ("apiextensions.k8s.io", "CustomResourceDefinition"):
            object["status"] = [
                "conditions": .null, "acceptedNames": ["plural": "", "kind": ""],
                "storedVersions": .array(Array(storageVersions(object).prefix(1))),
            ]
        default:
            if resource.hasStatus, object["status"] == nil, let shape = resource.shape, shape.field("status") != nil {
                var reader = ShapeReader()
                object["status"] = (try? reader.read([:], as: shape) /* an empty object always fits */)?["status"]
            }
        }
    }

    /// Coordinated leader election is off on real servers unless somebody turns it on.
    private static func dropElection(_ lease: inout Value) {
        for field in ["strategy", "preferredHolder"] where lease[path: "spec", field] != nil {
            lease[path: "spec", field] = nil
        }
    }

    static func storageVersions(_ definition: Value) -> [Value] {
        (definition[path: "spec", "versions"]?.array ?? []).filter { $0["storage"]?.bool == true }.compactMap {
            $0["name"]
        }
    }

    /// What the server keeps in a changed object, whatever the client sent.
    static func prepareForUpdate(_ object: inout Value, old: Value, of resource: ServedResource, subresource: String) {
        switch (resource.group, resource.kind, subresource) {
        case ("", "Namespace", ""):
            object[path: "spec", "finalizers"] = old[path: "spec", "finalizers"]
            object["status"] = old["status"]
        case ("coordination.k8s.io", "Lease", ""): dropElection(&object)
        case ("rbac.authorization.k8s.io", _, ""): dropEmptyRules(&object)
        case ("", "Pod", ""): outlastTroubles(&object)
        case ("", "Service", ""):
            retypeService(&object, old: old)
        case ("apiextensions.k8s.io", "CustomResourceDefinition", ""):
            var stored = old[path: "status", "storedVersions"]?.array ?? []
            for version in storageVersions(object) where !stored.contains(version) { stored.append(version) }
            object[path: "status", "storedVersions"] = .array(stored)
        default: break
        }
    }
}
