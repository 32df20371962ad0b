package import SourceDiagnostics
package import StructuredValue

/// Reading and writing YAML as Kubernetes and Helm do: YAML 1.1 scalars, JSON-shaped values, Go's layout on output.
package enum YAML {
    /// How much one document may ask for. Anybody's repository is read, so nothing is unbounded.
    package struct Limits: Sendable {
        /// Nodes of one document, counting what aliases stand for.
        package var nodes: Int
        /// Levels of nesting.
        package var depth: Int

        package init(nodes: Int = 4_000_000, depth: Int = 1_000) {
            self.nodes = nodes
            self.depth = depth
        }
    }

    /// What becomes of a key that stands twice in one mapping.
    package enum DuplicateKeys: Sendable {
        /// The document is rejected.
        case reject
        /// The last one counts; the document carries a warning.
        case warn
        /// The last one counts.
        case lastWins
    }

    package struct ReadOptions: Sendable {
        package var duplicateKeys: DuplicateKeys
        package var limits: Limits
        /// Whether documents without content (`---` and comments only) are kept, as null.
        package var keepsEmptyDocuments: Bool

        package init(
            duplicateKeys: DuplicateKeys = .reject,
            limits: Limits = Limits(),
            keepsEmptyDocuments: Bool = false
        ) {
            self.duplicateKeys = duplicateKeys
            self.limits = limits
            self.keepsEmptyDocuments = keepsEmptyDocuments
        }

        /// Duplicate keys are errors.
        package static let strict = ReadOptions()
        /// Of duplicate keys the last wins, as Helm's `fromYaml` and value files have it.
        package static let lenient = ReadOptions(duplicateKeys: .lastWins)
    }

    /// One document of a file: its value, or why there is none.
    package struct Document: Sendable {
        /// Where its content begins.
        package var position: SourcePosition
        package var content: Result<Value, RejectedSource>
        /// Findings that do not keep the document from being used.
        package var warnings: [Diagnostic]
        /// What the Go library says about the same mistakes, without positions of ours.
        package var goMessages: [String]

        package var value: Value? { try? content.get() /* A rejected document has no value. */ }
        package var diagnostics: [Diagnostic] {
            if case .failure(let rejected) = content { return rejected.diagnostics }
            return []
        }
    }

    /// Every document of a file. A broken document is a failure of its own; the others are read.
    package static func documents(
        _ bytes: [UInt8],
        file: String = "yaml",
        _ options: ReadOptions = .strict
    ) -> [Document] {
        bytes.withUnsafeBufferPointer { documents($0, file: file, options) }
    }

    /// Every document of a text. A broken document is a failure of its own; the others are read.
    package static func documents(
        _ text: String,
        file: String = "yaml",
        _ options: ReadOptions = .strict
    ) -> [Document] {
        var text = text
        return text.withUTF8 { documents($0, file: file, options) }
    }

    /// The values of all documents; throws every finding when one of them is broken.
    package static func values(
        _ bytes: [UInt8],
        file: String = "yaml",
        _ options: ReadOptions = .strict
    ) throws(RejectedSource) -> [Value] {
        try unwrap(documents(bytes, file: file, options))
    }

    /// The values of all documents; throws every finding when one of them is broken.
    package static func values(
        _ text: String,
        file: String = "yaml",
        _ options: ReadOptions = .strict
    ) throws(RejectedSource) -> [Value] {
        try unwrap(documents(text, file: file, options))
    }

    /// The value of the first document, null when there is none. What follows it is not looked at, as in the Go library.
    package static func value(
        _ bytes: [UInt8],
        file: String = "yaml",
        _ options: ReadOptions = .strict
    ) throws(RejectedSource) -> Value {
        try bytes.withUnsafeBufferPointer { buffer in firstDocument(buffer, file: file, options).content }.get()
    }

    /// The value of the first document, null when there is none. What follows it is not looked at, as in the Go library.
    package static func value(
        _ text: String,
        file: String = "yaml",
        _ options: ReadOptions = .strict
    ) throws(RejectedSource) -> Value {
        try firstDocument(text, file: file, options).content.get()
    }

    /// The first document (null when there is none), as `value` reads it, with what the Go library says of mistakes.
    package static func firstDocument(
        _ text: String,
        file: String = "yaml",
        _ options: ReadOptions = .strict
    ) -> Document {
        var text = text
        return text.withUTF8 { firstDocument($0, file: file, options) }
    }

    private static func unwrap(_ documents: [Document]) throws(RejectedSource) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(documents.count)
        var diagnostics: [Diagnostic] = []
        for document in documents {
            switch document.content {
            case .success(let value): values.append(value)
            case .failure(let rejected): diagnostics += rejected.diagnostics
            }
        }
        if !diagnostics.isEmpty { throw RejectedSource(diagnostics) }
        return values
    }

    private static func firstDocument(
        _ bytes: UnsafeBufferPointer<UInt8>,
        file: String,
        _ options: ReadOptions
    ) -> Document {
        var options = options
        options.keepsEmptyDocuments = true
        return documents(bytes, file: file, options, limit: 1).first
            ?? Document(
                position: SourcePosition(file: file, line: 1, column: 1),
                content: .success(.null),
                warnings: [],
                goMessages: []
            )
    }

    private static func documents(
        _ bytes: UnsafeBufferPointer<UInt8>,
        file: String,
        _ options: ReadOptions,
        limit: Int = .max
    ) -> [Document] {
        var composer = ValueComposer(EventReader(bytes), options)
        var documents = composer.documents(file: file, limit: limit)
        if documents.contains(where: { !$0.warnings.isEmpty }) || composer.sawDuplicates {
            // The quick pass does not remember where keys stand; the pass with positions does.
            addPositions(to: &documents, bytes, file: file, options, limit: limit)
        }
        return documents
    }

    /// Replaces findings that know one position by those that know both.
    private static func addPositions(
        to documents: inout [Document],
        _ bytes: UnsafeBufferPointer<UInt8>,
        file: String,
        _ options: ReadOptions,
        limit: Int
    ) {
        var composer = NodeComposer(EventReader(bytes), options, file: file)
        let located = composer.documents(limit: limit)
        guard located.count == documents.count else { return }
        for index in documents.indices {
            if case .failure = documents[index].content, !located[index].diagnostics.isEmpty {
                documents[index].content = .failure(RejectedSource(located[index].diagnostics))
            }
            if !documents[index].warnings.isEmpty { documents[index].warnings = located[index].warnings }
        }
    }
}
