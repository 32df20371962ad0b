import KubernetesModel
import StructuredValue

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

    init(
        name: String,
        definition: String,
        schemas: [String: ObjectSchema],
        storageVersion: String,
        selectableFields: [String: CellPath],
        deprecationWarning: String?,
        activeSince: Int
    ) {
        self.name = name
        self.definition = definition
        schema = schemas[name] ?? .empty
        self.schemas = schemas
        self.storageVersion = storageVersion
        self.selectableFields = selectableFields
        self.deprecationWarning = deprecationWarning
        self.activeSince = activeSince
    }
}
