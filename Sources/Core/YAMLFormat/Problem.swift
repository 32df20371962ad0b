import CLibyaml
import SourceDiagnostics
import StructuredValue

/// Something wrong with a document, before it is known which file it belongs to.
struct Problem: Error {
    var code: String
    var message: String
    /// From 1.
    var line: Int
    var column: Int
    var hint: String?
    /// Another place the finding is about: the first of two equal keys.
    var related: (line: Int, column: Int)?
    /// What the Go library says.
    var goMessage: String

    func diagnostic(file: String, severity: Diagnostic.Severity = .error) -> Diagnostic {
        Diagnostic(
            severity,
            code,
            message,
            at: SourcePosition(file: file, line: line, column: column),
            hint: hint,
            trail: related.map { [SourcePosition(file: file, line: $0.line, column: $0.column)] } ?? []
        )
    }
}

extension Problem {
    init(_ code: String, _ message: String, at position: Position, hint: String? = nil, goMessage: String? = nil) {
        self.init(
            code: code,
            message: message,
            line: position.line,
            column: position.column,
            hint: hint,
            related: nil,
            goMessage: "yaml: " + (goMessage ?? message)
        )
    }

    static func duplicateKey(_ key: String, at position: Position, first: Position?, valueLine: Int) -> Problem {
        var problem = Problem(
            "yaml-duplicate-key",
            "key “\(key)” is set twice in this mapping" + (first.map { ", first in line \($0.line)" } ?? ""),
            at: position,
            hint: "remove one of the two"
        )
        problem.related = first.map { ($0.line, $0.column) }
        problem.goMessage = "line \(valueLine): key \(GoQuotation.quote(key)) already set in map"
        return problem
    }

    static func tooDeep(at position: Position, limit: Int) -> Problem {
        Problem(
            "yaml-too-deep",
            "the document is nested deeper than \(limit) levels",
            at: position,
            goMessage: "exceeded max depth of \(limit)"
        )
    }

    static func tooLarge(at position: Position, limit: Int) -> Problem {
        Problem("yaml-too-large", "the document has more than \(limit) nodes", at: position)
    }

    static func excessiveAliases(at position: Position) -> Problem {
        Problem(
            "yaml-too-many-aliases",
            "the document consists mostly of aliases, which grow beyond measure when they are filled in",
            at: position,
            goMessage: "document contains excessive aliasing"
        )
    }

    static func unknownAnchor(_ name: String, at position: Position, isOpen: Bool) -> Problem {
        isOpen
            ? Problem(
                "yaml-recursive-alias",
                "the value of anchor “\(name)” contains itself",
                at: position,
                goMessage: "anchor '\(name)' value contains itself"
            )
            : Problem(
                "yaml-unknown-anchor",
                "no anchor “&\(name)” stands before this alias",
                at: position,
                hint: "quote the text if it is no alias",
                goMessage: "unknown anchor '\(name)' referenced"
            )
    }

    static func notFinite(at position: Position, text: String) -> Problem {
        var problem = Problem(
            "yaml-not-finite",
            "“\(text)” is a number that JSON cannot hold",
            at: position,
            hint: "quote it if text is meant"
        )
        let lowercase = text.lowercased()
        problem.goMessage =
            "json: unsupported value: "
            + (lowercase.hasSuffix("nan") ? "NaN" : lowercase.hasPrefix("-") ? "-Inf" : "+Inf")
        return problem
    }

    /// Whether Go's library finds this while it parses, before it makes values of nodes.
    var isOfParser: Bool {
        ["yaml-syntax", "yaml-merge-conflict", "yaml-tab-indentation", "yaml-encoding", "yaml-unknown-anchor"].contains(
            code
        )
    }

    /// A key that is null, a list or an object.
    static func invalidKey(_ key: Value, at position: Position) -> Problem {
        if key.isNull {
            var problem = Problem(
                "yaml-invalid-key",
                "null cannot be a key",
                at: position,
                hint: "write a name before the colon, or quote it"
            )
            problem.goMessage = "unsupported map key of type: %!s(<nil>)"
            return problem
        }
        return Problem(
            "yaml-invalid-key",
            "an \(key.typeName) cannot be a key",
            at: position,
            hint: "quote the text if brackets or braces belong to it",
            goMessage: "invalid map key: \(goSyntax(key))"
        )
    }

    /// A value as Go's `%#v` prints what yaml made of it.
    private static func goSyntax(_ value: Value) -> String {
        switch value {
        case .null: "interface {}(nil)"
        case .bool(let flag): "\(flag)"
        case .int(let number): "\(number)"
        case .double(let number): JSON.formatNumber(number)
        case .number(let text): text
        case .string(let text): GoQuotation.quote(text)
        case .array(let items): "[]interface {}{\(items.map(goSyntax).joined(separator: ", "))}"
        case .object(let object):
            "map[interface {}]interface {}{"
                + object.sortedPairs.map { "\(GoQuotation.quote($0.key)):\(goSyntax($0.value))" }.joined(
                    separator: ", "
                )
                + "}"
        }
    }

    static func invalidMerge(at position: Position) -> Problem {
        Problem(
            "yaml-invalid-merge",
            "“<<” merges a mapping or a list of mappings, and this is neither",
            at: position,
            goMessage: "map merge requires map or sequence of maps as the value"
        )
    }
}

/// A place in the text, line and column from 1.
struct Position: Hashable, Sendable {
    var line: Int
    var column: Int
}
