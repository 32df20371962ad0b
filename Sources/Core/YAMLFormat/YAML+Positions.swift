package import SourceDiagnostics

extension YAMLNode {
    /// Where the field at a path stands, or the last of its parents that exists. Digits index lists.
    package func position(of path: [String]) -> SourcePosition {
        var current = self
        var found = position
        for step in path {
            if let items = current.items, let index = Int(step), items.indices.contains(index) {
                current = items[index]
                found = current.position
            } else if let entry = current.entries?.first(where: { $0.key == step }) {
                current = entry.value
                found = entry.keyPosition
            } else {
                break
            }
        }
        return found
    }
}

extension YAML {
    /// Where a field of the document that begins at a line stands; nil when the text cannot be read.
    package static func position(
        of path: [String],
        in bytes: [UInt8],
        file: String,
        line: Int
    ) -> SourcePosition? {
        document(at: line, in: bytes, file: file)?.position(of: path)
    }

    /// The same for many fields of one document.
    package static func positions(
        of paths: [[String]],
        in bytes: [UInt8],
        file: String,
        line: Int
    ) -> [[String]: SourcePosition] {
        guard !paths.isEmpty, let document = document(at: line, in: bytes, file: file) else { return [:] }
        return Dictionary(paths.map { ($0, document.position(of: $0)) }, uniquingKeysWith: { first, _ in first })
    }

    private static func document(at line: Int, in bytes: [UInt8], file: String) -> YAMLNode? {
        let nodes = nodes(bytes, file: file).compactMap(\.node)
        // A document may be said to begin at its marker, its first node stands below that.
        return nodes.first { $0.position.line == line } ?? nodes.first { $0.position.line > line } ?? nodes.last
    }
}
