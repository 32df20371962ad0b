/// A value that a person wrote, and where. Two are equal when their values are, wherever they stand.
@dynamicMemberLookup
package struct Located<Wrapped> {
    package var value: Wrapped
    package var position: SourcePosition

    package init(_ value: Wrapped, at position: SourcePosition) {
        self.value = value
        self.position = position
    }

    package subscript<Member>(dynamicMember path: KeyPath<Wrapped, Member>) -> Member { value[keyPath: path] }

    /// The value made into another, at the same place.
    package func map<Other, Failure: Error>(
        _ transform: (Wrapped) throws(Failure) -> Other
    ) throws(Failure) -> Located<Other> {
        Located<Other>(try transform(value), at: position)
    }
}

extension Located: Sendable where Wrapped: Sendable {}

extension Located: Equatable where Wrapped: Equatable {
    package static func == (left: Located, right: Located) -> Bool { left.value == right.value }
}

extension Located: Hashable where Wrapped: Hashable {
    package func hash(into hasher: inout Hasher) { hasher.combine(value) }
}
