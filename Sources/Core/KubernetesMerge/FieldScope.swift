/// Which fields an endpoint writes, so that nobody gets to own what it ignores.
package enum FieldScope: Hashable, Sendable {
    case everything
    /// All but these paths and what is below them: an object whose status has its own endpoint.
    case excluding(FieldSet)
    /// Only these paths and what is below them: the status endpoint.
    case only(FieldSet)

    func filter(_ set: FieldSet) -> FieldSet {
        switch self {
        case .everything: set
        case .excluding(let ignored): set.subtractingSubtrees(ignored)
        case .only(let wanted): set.restricted(toSubtrees: wanted)
        }
    }
}
