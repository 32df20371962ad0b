package import SourceDiagnostics

/// Why a template could not be parsed or executed.
///
/// A function throws one with just a message; the evaluator adds where it happened and how execution got there.
package struct GoFailure: Error, Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// The template's text is not a template.
        case syntax
        /// A function refused its arguments, or an action could not be carried out.
        case execution
        /// `fail` or `required`: the chart's author speaks to the user.
        case refusal
        /// A limit on work, depth or output was reached.
        case limit
    }

    package var kind: Kind
    /// The innermost reason alone, e.g. `nil pointer evaluating interface {}.b`.
    package var reason: String
    /// The whole text as Go's text/template words it, with every template on the way.
    package var message: String
    /// Where the reason arose.
    package var position: SourcePosition?
    /// How execution got there, innermost first, without `position`.
    package var trail: [SourcePosition]

    package init(_ reason: String, kind: Kind = .execution) {
        self.kind = kind
        self.reason = reason
        message = reason
        trail = []
    }

    /// The failure as a finding for the user.
    package var diagnostic: Diagnostic {
        let code =
            switch kind {
            case .syntax: "template-syntax"
            case .execution: "template-failed"
            case .refusal: "template-refused"
            case .limit: "template-limit"
            }
        return Diagnostic(.error, code, message, at: position, trail: trail)
    }
}
