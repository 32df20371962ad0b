package import SourceDiagnostics

/// A value a person wrote, with the place where it stands.
package struct Located<Value: Sendable & Hashable>: Sendable, Hashable {
    package var value: Value
    package var position: SourcePosition

    package init(_ value: Value, at position: SourcePosition) {
        self.value = value
        self.position = position
    }
}
