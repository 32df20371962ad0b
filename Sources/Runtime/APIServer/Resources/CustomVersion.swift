import ClusterAPIConversion
import KubernetesModel
import StructuredValue
import Synchronization

/// One version of a custom resource definition, with what is needed to read objects of its other versions.
final class CustomVersion: Sendable {
    let name: String
    /// The name of the definition (`widgets.example.com`).
    let definition: String
    let schema: ObjectSchema
    /// All versions of the definition, this one included.
    let schemas: [String: ObjectSchema]
    /// The `apiVersion` in which objects are stored.
    let storageVersion: String
    let selectableFields: [String: CellPath]
    /// Told to everybody who uses this version.
    let deprecationWarning: String?
    /// Objects written after this revision were completed by this very schema.
    let activeSince: Int
    /// How objects of Cluster API's own kinds change from version to version; nil when they stay as they are.
    let conversion: ClusterAPIConversion?
    /// The versions that references of converted objects name.
    let served: ServedVersions

    init(
        name: String,
        definition: String,
        schemas: [String: ObjectSchema],
        storageVersion: String,
        selectableFields: [String: CellPath],
        deprecationWarning: String?,
        activeSince: Int,
        conversion: ClusterAPIConversion? = nil,
        served: ServedVersions = ServedVersions()
    ) {
        self.name = name
        self.definition = definition
        schema = schemas[name] ?? .empty
        self.schemas = schemas
        self.storageVersion = storageVersion
        self.selectableFields = selectableFields
        self.deprecationWarning = deprecationWarning
        self.activeSince = activeSince
        self.conversion = conversion
        self.served = served
    }
}

/// The preferred `apiVersion` of each kind that a server serves.
final class ServedVersions: Sendable {
    private let state = Mutex<[GroupKind: String]>([:])

    func replace(with versions: [GroupKind: String]) { state.withLock { $0 = versions } }

    subscript(_ kind: GroupKind) -> String? { state.withLock { $0[kind] } }
}
