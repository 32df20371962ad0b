import SourceDiagnostics
import YAMLFormat

/// Where a mistake stands: a field of a document of a file, maybe of a YAML text that is that field's value. The files are
/// read again for lines and columns only when there is a mistake.
struct OverlayPlace: Hashable {
    /// A place in one text.
    struct Spot: Hashable {
        /// The line at which the document begins.
        var line = 1
        /// Of the text itself, where a line and column are known already.
        var column: Int?
        var path: [YAML.PathStep] = []
        /// The key of the field is meant, not its value.
        var isKey = false
    }

    var file: String
    var spot = Spot()
    /// The place in the text that the field holds.
    var inner: Spot?

    init(_ file: String, _ path: [YAML.PathStep] = [], line: Int = 1) {
        self.file = file
        spot = Spot(line: line, path: path)
    }

    /// A position that is known already.
    init(_ position: SourcePosition) {
        file = position.file
        spot = Spot(line: position.line, column: position.column)
    }

    /// A field below this one.
    func field(_ steps: YAML.PathStep...) -> OverlayPlace {
        var place = self
        place.spot.path += steps
        return place
    }

    /// The position, as far as the file can still be read.
    func position(in files: FileReads) -> SourcePosition {
        // A file that cannot be read has no lines.
        let (bytes, documents) = (try? files.located(file)) ?? ([], [])
        let (position, node) = Self.locate(spot, in: documents, file: file)
        guard let inner, case .scalar(let scalar)? = node?.content else { return position }
        let text = YAML.nodes(Array(scalar.text.utf8), file: file, .lenient).compactMap(\.node)
        let (within, _) = Self.locate(inner, in: text, file: file)
        guard node?.isBlockText == true else { return position }
        // The lines of a block text follow its mark, all moved by the same number of columns.
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropFirst(position.line)
        let indentation = lines.lazy.map { line in line.prefix { $0 == 0x20 }.count < line.count ? line : [] }
            .first { !$0.isEmpty }?.prefix { $0 == 0x20 }.count
        return SourcePosition(
            file: file,
            line: position.line + within.line,
            column: (indentation ?? 0) + within.column
        )
    }

    private static func locate(_ spot: Spot, in documents: [YAMLNode], file: String) -> (SourcePosition, YAMLNode?) {
        if let column = spot.column { return (SourcePosition(file: file, line: spot.line, column: column), nil) }
        let start = SourcePosition(file: file, line: spot.line, column: 1)
        guard var node = documents.first(where: { $0.position.line >= spot.line }) ?? documents.last else {
            return (start, nil)
        }
        for (index, step) in spot.path.enumerated() {
            guard let next = node.child(step) else { return (node.position, nil) }
            if index == spot.path.count - 1, spot.isKey, let key = next.key { return (key, next.node) }
            node = next.node
        }
        return (node.position, node)
    }
}

extension YAMLNode {
    /// A member or an item; names of members may differ in case, as kustomize takes them.
    fileprivate func child(_ step: YAML.PathStep) -> (node: YAMLNode, key: SourcePosition?)? {
        switch step {
        case .index(let index): return self[index].map { ($0, nil) }
        case .key(let key):
            let entry = entries?.first { $0.key == key } ?? entries?.first { $0.key.lowercased() == key.lowercased() }
            return entry.map { ($0.value, $0.keyPosition) }
        }
    }
}
