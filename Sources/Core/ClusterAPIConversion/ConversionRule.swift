/// How one field of v1beta1 stands in v1beta2, for both directions. Paths are dotted and seen from the object, or from
/// where a rule is nested.
indirect enum ConversionRule: Sendable {
    /// The same value at another place: v1beta1's, then v1beta2's.
    case move(String, String)
    /// A duration such as `10m`, and whole seconds.
    case seconds(String, String)
    /// `{apiVersion, kind, name, namespace}`, and `{apiGroup, kind, name}`.
    case reference(String, String)
    /// `{apiVersion, kind, name, namespace}`, and the same without the namespace.
    case template(String, String)
    /// A reference to a Node, and its name alone.
    case node(String)
    /// An object whose fields have rules of their own.
    case nested(String, String, [ConversionRule])
    /// A list of such objects.
    case items(String, String, [ConversionRule])
    /// Arguments of a program: a map, and a list of names and values.
    case arguments(String)
    /// Failure domains: a map by name, and a list.
    case domains(String)
    /// One duration, and seconds at several places.
    case spread(String, [String])
    /// A flag, which in v1beta1 stands in a condition first.
    case flag(String, String, condition: String)
    /// A flag of v1beta1 that says whether a number of v1beta2 is more than nothing.
    case counted(String, String)
    /// A field that v1beta2 does not have any more.
    case lost(String)

    static func same(_ path: String, _ rules: [ConversionRule]) -> ConversionRule { .nested(path, path, rules) }
    static func each(_ path: String, _ rules: [ConversionRule]) -> ConversionRule { .items(path, path, rules) }
}
