/// What a template's `.name` comes to when the map has no such entry: Go's option `missingkey`.
package enum GoMissingKeys: Sendable {
    /// The zero value of the map's elements: null, of which a further name is an error. Helm renders with it.
    case zero
    /// Nothing, of which a further name is nothing, too: Go's default, printed as `<no value>`.
    case nothing
    /// An error.
    case refused
}
