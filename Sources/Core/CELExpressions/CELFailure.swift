/// Why an expression cannot be compiled, and where in its text.
package struct CELRejection: Error, Hashable, Sendable {
    /// One finding: the line and column (from 1) and what is wrong.
    package struct Finding: Hashable, Sendable {
        package var line: Int
        package var column: Int
        package var message: String
    }

    package var source: String
    package var findings: [Finding]
}

extension CELRejection: CustomStringConvertible {
    /// The findings with the source line and a caret, as Kubernetes prints them.
    package var description: String {
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
        return findings.map { finding in
            var text = "ERROR: <input>:\(finding.line):\(finding.column): \(finding.message)"
            if lines.indices.contains(finding.line - 1) {
                text += "\n | \(lines[finding.line - 1])\n | "
                text += String(repeating: ".", count: max(finding.column - 1, 0)) + "^"
            }
            return text
        }.joined(separator: "\n")
    }
}

/// Why an evaluation has no result.
package struct CELFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        case evaluation
        /// The cost limit was reached.
        case outOfFuel
    }

    package var kind: Kind
    package var message: String
    package var description: String { message }

    package init(_ message: String, kind: Kind = .evaluation) {
        self.kind = kind
        self.message = message
    }

    static let noSuchOverload = CELFailure("no such overload")
    static let integerOverflow = CELFailure("integer overflow")
    static let outOfFuel = CELFailure("operation cancelled: actual cost limit exceeded", kind: .outOfFuel)
}
