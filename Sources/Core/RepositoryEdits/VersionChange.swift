import SemanticVersion
package import SourceDiagnostics

/// Lines that get another version, and the files with them.
package struct VersionChange: Sendable {
    /// One line.
    package struct Line: Sendable, Hashable {
        package var position: SourcePosition
        /// What gets the version: `KubeadmControlPlane org/c1`.
        package var subject: String
        package var old: String
        package var new: String
    }

    /// What is upgraded, in words: `cluster org/c1`.
    package var subject: String
    package var old: String
    package var new: String
    package var lines: [Line]
    package var edits: [FileEdit]
    /// Worth knowing before it is done.
    package var notes: [String] = []
    /// What comes with it, when the version is a Release's.
    package var release: ReleaseChange?

    /// What a commit of the change is called.
    package var title: String { "Upgrade \(subject) from \(old) to \(new)" }

    /// One line per place.
    package var text: String {
        lines.map { "\($0.position): \($0.subject): \($0.old.isEmpty ? "(default)" : $0.old) → \($0.new)\n" }.joined()
            + notes.map { "note: \($0)\n" }.joined()
    }
}

/// A version as a person writes it behind `--to`.
enum VersionText {
    /// The wanted version with a leading `v` exactly when the old one has it.
    static func adapt(_ wanted: String, to old: String) -> String {
        let bare = bare(wanted)
        return old.hasPrefix("v") ? "v" + bare : bare
    }

    static func bare(_ version: String) -> String { version.hasPrefix("v") ? String(version.dropFirst()) : version }

    /// Throws when the text is not one whole version.
    static func check(_ wanted: String) throws(RejectedSource) {
        do throws(SemanticVersionError) {
            _ = try SemanticVersion(strictly: bare(wanted))
        } catch {
            throw EditedFiles.failure(
                "bad-version",
                "“\(wanted)” is no version",
                hint: "write all three numbers, such as v1.34.2"
            )
        }
    }
}
