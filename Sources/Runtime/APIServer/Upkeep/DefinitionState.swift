import APIStore
import ClusterAPIConversion
import KubernetesModel
import StructuredValue

/// What a custom resource definition serves.
struct DefinitionState: Sendable {
    var uid: String
    var generation: Int
    var isEstablished: Bool
    var resources: [ServedResource]
}

extension DefinitionState {
    /// Reads an accepted definition.
    init(_ definition: Value, activeSince: Int, served: ServedVersions = ServedVersions()) {
        let spec = definition["spec"]
        let names = definition[path: "status", "acceptedNames"]
        let group = spec?["group"]?.string ?? ""
        let versions = spec?["versions"]?.array ?? []
        uid = definition[path: "metadata", "uid"]?.string ?? ""
        generation = definition[path: "metadata", "generation"]?.int ?? 0
        isEstablished = DefinitionStatus.isTrue("Established", in: definition)
        var schemas: [String: ObjectSchema] = [:]
        for version in versions {
            guard let name = version["name"]?.string else { continue }
            schemas[name] = version[path: "schema", "openAPIV3Schema"].map { ObjectSchema(accepted: $0) } ?? .empty
        }
        let storage = versions.first { $0["storage"]?.bool == true }?["name"]?.string ?? ""
        let kind = names?["kind"]?.string ?? ""
        let wish = definition[path: "metadata", "annotations", APIServer.conversionAnnotation]?.string
        let conversion =
            wish == "ClusterAPI" ? ClusterAPIConversion(GroupKind(group: group, kind: kind)) : nil
        resources = versions.compactMap { version in
            guard version["served"]?.bool == true, let name = version["name"]?.string else { return nil }
            let gvk = GroupVersionKind(group: group, version: name, kind: kind)
            var fields: [String: CellPath] = [:]
            for field in version["selectableFields"]?.array ?? [] {
                guard let text = field["jsonPath"]?.string, let path = CellPath(text) else { continue }
                fields[String(text.drop { $0 == "." })] = path
            }
            var warning: String?
            if version["deprecated"]?.bool == true {
                warning = version["deprecationWarning"]?.string ?? Self.deprecation(of: gvk, among: versions)
            }
            let custom = CustomVersion(
                name: name,
                definition: definition[path: "metadata", "name"]?.string ?? "",
                schemas: schemas,
                storageVersion: "\(group)/\(storage)",
                selectableFields: fields,
                deprecationWarning: warning,
                activeSince: activeSince,
                conversion: conversion,
                served: served
            )
            return ServedResource(
                gvk: gvk,
                listKind: names?["listKind"]?.string ?? kind + "List",
                plural: names?["plural"]?.string ?? "",
                singular: names?["singular"]?.string ?? kind.lowercased(),
                shortNames: (names?["shortNames"]?.array ?? []).compactMap(\.string),
                categories: (names?["categories"]?.array ?? []).compactMap(\.string),
                isNamespaced: spec?["scope"]?.string != "Cluster",
                verbs: ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"],
                hasStatus: version[path: "subresources", "status"] != nil,
                scale: Self.scale(version[path: "subresources", "scale"]),
                columns: .custom(Self.columns(version["additionalPrinterColumns"]?.array ?? [])),
                origin: .custom(custom),
                traits: ServedResource.Traits(allowsUnconditionalUpdate: false, hasGeneration: true),
                typeSchema: custom.schema.typeSchema
            )
        }
    }

    private static func scale(_ value: Value?) -> ServedResource.ScalePaths? {
        func members(_ name: String) -> [String]? { value?[name]?.string.flatMap { CellPath($0)?.members } }
        guard let specReplicas = members("specReplicasPath"), let statusReplicas = members("statusReplicasPath") else {
            return nil
        }
        return ServedResource.ScalePaths(
            specReplicas: specReplicas,
            statusReplicas: statusReplicas,
            selector: members("labelSelectorPath")
        )
    }

    private static func columns(_ columns: [Value]) -> [CustomColumn] {
        if columns.isEmpty {
            return [
                CustomColumn(
                    name: "Age",
                    type: "date",
                    format: "",
                    description: "When the object was created.",
                    priority: 0,
                    path: CellPath(".metadata.creationTimestamp")
                )
            ]
        }
        return columns.map { column in
            let path = column["jsonPath"]?.string ?? ""
            let description = column["description"]?.string ?? ""
            return CustomColumn(
                name: column["name"]?.string ?? "",
                type: column["type"]?.string ?? "string",
                format: column["format"]?.string ?? "",
                description: description.isEmpty
                    ? "Custom resource definition column (in JSONPath format): \(path)" : description,
                priority: column["priority"]?.int ?? 0,
                path: CellPath(path)
            )
        }
    }

    /// The sentence about a deprecated version, with a better one when there is one.
    private static func deprecation(of gvk: GroupVersionKind, among versions: [Value]) -> String {
        let sentence = "\(gvk.apiVersion) \(gvk.kind) is deprecated"
        let better = versions.first { version in
            guard let name = version["name"]?.string, version["served"]?.bool == true else { return false }
            return version["deprecated"]?.bool != true && VersionPriority(name) > VersionPriority(gvk.version)
        }
        guard let name = better?["name"]?.string else { return sentence }
        return "\(sentence); use \(gvk.group)/\(name) \(gvk.kind)"
    }
}
