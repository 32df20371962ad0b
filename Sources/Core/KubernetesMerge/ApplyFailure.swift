/// A field that someone else owns and an apply would change.
package struct FieldConflict: Hashable, Sendable {
    package var owner: ManagedFields.Owner
    package var path: FieldPath

    /// As a status cause says it: `conflict with "m" using v1`.
    package var causeMessage: String { "conflict with \(owner.conflictText)" }
}

/// Why a server-side apply, or keeping track of an update, is refused.
package struct ApplyFailure: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// Others own fields that would change. Answered with 409.
        case conflict([FieldConflict])
        /// The request can't be meant like this. Answered with 400.
        case badRequest
        /// Objects, schemas and versions do not fit together. API servers answer with 500 and no reason.
        case failed
    }

    package var kind: Kind
    /// In the words of an API server.
    package var message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var conflicts: [FieldConflict] {
        if case .conflict(let conflicts) = kind { conflicts } else { [] }
    }

    static func conflict(_ conflicts: [FieldConflict]) -> ApplyFailure {
        if conflicts.count == 1 {
            let only = conflicts[0]
            return ApplyFailure(
                .conflict(conflicts),
                "Apply failed with 1 conflict: conflict with \(only.owner.conflictText): \(only.path)"
            )
        }
        var lines: [String] = []
        for (owner, paths) in Dictionary(grouping: conflicts, by: \.owner).sorted(by: {
            ($0.key.manager, $0.key.subresource, $0.key.apiVersion) < (
                $1.key.manager, $1.key.subresource, $1.key.apiVersion
            )
        }) {
            lines.append("conflicts with \(owner.conflictText):")
            lines += paths.map { "- \($0.path)" }
        }
        return ApplyFailure(
            .conflict(conflicts),
            "Apply failed with \(conflicts.count) conflicts: \(lines.joined(separator: "\n"))"
        )
    }
}
