package import StructuredValue

/// A JSON Schema made ready for use: compile once, validate many times.
///
/// Speaks drafts 04, 06, 07, 2019-09 and 2020-12 (the newest when `$schema` is missing). References must stay within
/// the document, except `urn:` ones, which allow everything, as in Helm.
package struct ValueSchema: Sendable {
    let nodes: [SchemaNode]
    let root: Int

    /// Compiles a schema.
    package init(compiling document: Value) throws(SchemaCompileError) {
        var compiler = SchemaCompiler(document)
        (nodes, root) = try compiler.compile()
    }

    /// Compiles a schema that is known to be one.
    init(trusting document: Value) throws(SchemaCompileError) {
        var compiler = SchemaCompiler(document, isTrusted: true)
        (nodes, root) = try compiler.compile()
    }

    /// What the value breaks, in a stable order; empty when it is valid.
    package func violations(in value: Value) -> [SchemaViolation] {
        // Nearly all values are valid, and finding out without wording anything is several times cheaper: branches of
        // `anyOf` and `oneOf` that do not fit are part of every valid document.
        accepts(value) ? [] : violations(in: value, at: [])
    }

    /// What a value that stands at this path breaks.
    func violations(in value: Value, at path: [String]) -> [SchemaViolation] {
        var validator = SchemaValidator(nodes: nodes, path: path)
        guard let violation = validator.validate(value, against: root) else { return [] }
        return violation.kind == .group ? violation.causes : [violation]
    }

    package func accepts(_ value: Value) -> Bool {
        var validator = SchemaValidator(nodes: nodes, stopsAtFirst: true)
        return validator.validate(value, against: root) == nil
    }
}

/// Why a document cannot be used as a schema.
package struct SchemaCompileError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Sendable { case malformed, unresolved, remoteReference, badPattern, unsupported }
    package var kind: Kind
    package var message: String
    package var description: String { message }

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}
