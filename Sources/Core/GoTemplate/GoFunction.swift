/// The declared type of a function's parameter. The evaluator checks arguments against it, with Go's messages, before
/// the function runs, so that a body may rely on it.
package enum GoType: Sendable, Equatable {
    /// `interface {}`: anything, nil too.
    case any
    case bool, int, int64, float64, string
    /// `[]byte`
    case bytes
    /// `map[string]interface {}`; nil comes as an empty map.
    case map
    /// `[]interface {}`; nil comes as an empty list.
    case list
    /// `[]string`
    case strings
    /// An object by its Go type name, e.g. `time.Time`. With `isNilable`, nil is taken and comes as `null`.
    case object(String, isNilable: Bool = false)

    /// The type's name in Go's messages.
    package var name: String {
        switch self {
        case .any: "interface {}"
        case .bool: "bool"
        case .int: "int"
        case .int64: "int64"
        case .float64: "float64"
        case .string: "string"
        case .bytes: "[]uint8"
        case .map: "map[string]interface {}"
        case .list: "[]interface {}"
        case .strings: "[]string"
        case .object(let name, _): name
        }
    }
}

/// A function that templates may call.
package final class GoFunction: Sendable {
    /// The work. Arguments are checked against the declared types. The execution gives access to the running render:
    /// limits, other templates, and what the host attached.
    package typealias Body = @Sendable (GoArguments, GoExecution) throws(GoFailure) -> GoValue

    package let name: String
    package let parameters: [GoType]
    /// The type of each further argument, nil when there may be none.
    package let variadic: GoType?
    package let body: Body

    package init(_ name: String, _ parameters: [GoType], variadic: GoType? = nil, _ body: @escaping Body) {
        self.name = name
        self.parameters = parameters
        self.variadic = variadic
        self.body = body
    }
}

/// The arguments of one call. Valid only while the call runs: copy out what must live longer.
package struct GoArguments {
    @usableFromInline let base: UnsafeMutablePointer<GoValue>
    package let count: Int

    @inlinable
    init(base: UnsafeMutablePointer<GoValue>, count: Int) {
        self.base = base
        self.count = count
    }

    @inlinable
    package subscript(_ index: Int) -> GoValue {
        precondition(index >= 0 && index < count, "a function reads an argument that it does not declare")
        return base[index]
    }

    /// An argument declared `string`.
    @inlinable
    package func string(_ index: Int) -> String { self[index].string ?? "" }

    /// The exact bytes of an argument declared `string` or `bytes`.
    package func bytes(_ index: Int) -> [UInt8] { self[index].stringBytes ?? [] }

    /// An argument declared `int` or `int64`.
    @inlinable
    package func int(_ index: Int) -> Int { self[index].integer ?? 0 }

    /// An argument declared `float64`.
    package func float(_ index: Int) -> Double { if case .float(let value) = self[index] { value } else { 0 } }

    /// An argument declared `bool`.
    package func bool(_ index: Int) -> Bool { if case .bool(let value) = self[index] { value } else { false } }

    /// An argument declared `map`; the caller's own map, not a copy.
    package func map(_ index: Int) -> GoMap { self[index].map ?? GoMap() }

    /// The elements of an argument declared `list`, `strings` or `bytes`.
    package func items(_ index: Int) -> [GoValue] { self[index].items ?? [] }

    /// The arguments from `start` on: those of a variadic function.
    package func rest(from start: Int) -> [GoValue] {
        var values: [GoValue] = []
        values.reserveCapacity(max(0, count - start))
        var index = start
        while index < count {
            values.append(base[index])
            index += 1
        }
        return values
    }
}

/// The functions that a set of templates may call, by name. Made once and shared by all templates compiled with it.
package final class GoFunctionTable: Sendable {
    package let functions: [GoFunction]
    private let positions: [String: Int]

    /// Go's built-in functions with `functions` added; of two with one name the later counts.
    package init(_ functions: [GoFunction]) {
        var all = GoBuiltins.functions
        var positions = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($1.name, $0) })
        for function in functions {
            if let position = positions[function.name] {
                all[position] = function
            } else {
                positions[function.name] = all.count
                all.append(function)
            }
        }
        self.functions = all
        self.positions = positions
    }

    package func position(of name: String) -> Int? { positions[name] }
}
