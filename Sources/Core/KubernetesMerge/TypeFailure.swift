/// How a value does not fit its type, with the place in the value.
package struct TypeFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// From the root; written as `.spec.x` before the message.
    package var path: [PathElement]
    package var message: String

    init(_ message: String, at path: [PathElement] = []) {
        self.path = path
        self.message = message
    }

    package var description: String { path.isEmpty ? message : "\(FieldPath(path)): \(message)" }
}

extension [TypeFailure] {
    /// One failure as it is, several as a list, as an API server words them.
    var text: String {
        count == 1 ? self[0].description : (["errors:"] + map { "  \($0)" }).joined(separator: "\n")
    }
}
