package import StructuredValue

/// What an extension would answer for one kind of template: written by the user, because no extension is asked here.
package struct ExternalPatch: Hashable, Sendable {
    /// The template's kind.
    package var kind: String
    /// JSON patch operations: `[{op, path, value}]`.
    package var operations: [Value]

    package init(kind: String, operations: [Value]) {
        self.kind = kind
        self.operations = operations
    }
}
