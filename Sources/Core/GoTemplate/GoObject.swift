package import StructuredValue

/// A Go value with fields or methods of its own: `.Files`, `.Capabilities.APIVersions`, a time, a certificate.
package protocol GoObject: AnyObject {
    /// The Go type as `%T` prints it, e.g. `time.Time`.
    var typeName: String { get }
    /// The Go kind: `struct`, `ptr`, `map`, `slice`, `int64`.
    var kindName: String { get }
    /// The exported field of this name, nil when there is none.
    func field(_ name: String) -> GoValue?
    /// The method of this name, bound to this object; nil when there is none.
    func method(_ name: String) -> GoFunction?
    /// The map, list or number that this is when it is ranged over, indexed, measured or tested for truth.
    var underlying: GoValue? { get }
    /// What `print` and `%v` show.
    var text: String { get }
    /// What an action writes: Go finds methods of a field there that it does not find on a copy.
    var actionText: String { get }
    /// What `toJson` and `toYaml` write.
    var document: Value { get }
    /// Go's `==` of two such values.
    func isEqual(to other: any GoObject) -> Bool
}

extension GoObject {
    package var kindName: String { "struct" }
    package func field(_ name: String) -> GoValue? { nil }
    package func method(_ name: String) -> GoFunction? { nil }
    package var underlying: GoValue? { nil }
    package var text: String { underlying.map { GoFormat.text($0) } ?? "{}" }
    package var actionText: String { text }
    package var document: Value { underlying?.document ?? .object(Object()) }
    package func isEqual(to other: any GoObject) -> Bool { self === other }
}
