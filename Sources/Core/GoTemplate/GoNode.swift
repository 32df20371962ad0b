/// One node of a parsed template, in the form that is evaluated: plain numbers that point into the unit's tables.
struct GoNode: Sendable {
    enum Kind: UInt8, Sendable {
        // Statements.
        case text, action, `if`, with, range, template, list, `break`, `continue`
        // Expressions.
        case pipe, command, field, variable, function, chain, dot, `nil`, bool, string, number
    }

    var kind: Kind
    /// Of a pipe: the variables are assigned, not declared. Of a bool: its value.
    var flag = false
    /// Byte offset in the source.
    var position: Int32
    /// What the numbers mean by kind:
    ///
    ///     text      a: offset  b: length                      list       a: first link  count
    ///     action    a: pipe                                   if …       a: pipe  b: list  c: else list or -1
    ///     template  a: key  b: pipe or -1                     pipe       a: first link  count  b: declarations  c: their count
    ///     command   a: first link  count                      field      a: first key  count
    ///     variable  a: first key (its name)  count  b: slot   function   a: number in the table
    ///     chain     a: node  b: first key  count              string     a: number  b: length in the source
    ///     number    a: number
    var a: Int32 = 0
    var b: Int32 = 0
    var c: Int32 = 0
    var count: Int32 = 0
}

/// A variable that a pipeline declares or assigns.
struct GoDeclaration: Sendable {
    /// Where its value stands in the frame; -1 when no such variable is visible.
    var slot: Int32
    var name: Int32
}

/// One parsed source text with the templates it defines. Immutable, so that renders share it.
package final class GoTemplateUnit: Sendable {
    struct Definition: Sendable {
        var name: String
        var root: Int32
        /// How many variables are alive at most.
        var slots: Int
        /// Nothing but white space: does not replace an earlier template of the name.
        var isBlank: Bool
    }

    /// The name it was parsed under: the file.
    package let name: String
    let source: [UInt8]
    let nodes: [GoNode]
    let links: [Int32]
    let declarations: [GoDeclaration]
    let keys: [GoKey]
    let strings: [String]
    let numbers: [GoNumber]
    let definitions: [Definition]
    let functions: GoFunctionTable

    /// Parses a template's text. Functions must be known now; they are bound to their place in the table.
    package init(name: String, source: [UInt8], functions: GoFunctionTable) throws(GoFailure) {
        var parser = GoParser(name: name, source: source, functions: functions)
        try parser.parse()
        self.name = name
        self.source = source
        self.functions = functions
        nodes = parser.nodes
        links = parser.links
        declarations = parser.declarations
        keys = parser.keys
        strings = parser.strings
        numbers = parser.numbers
        definitions = parser.definitions
    }

    /// The templates that this text defines, itself included unless it is blank.
    package var definedNames: [String] { definitions.map(\.name) }

    /// Line (from 1) and column (from 0, as Go counts) of an offset.
    static func place(_ offset: Int, in source: [UInt8]) -> (line: Int, column: Int) {
        var line = 1
        var start = 0
        for index in 0..<min(offset, source.count) where source[index] == 0x0A {
            line += 1
            start = index + 1
        }
        return (line, offset - start)
    }
}
