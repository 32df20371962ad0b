import FleetModel
import HelmCharts
import SourceDiagnostics
import SourceFiles
import StructuredValue
import YAMLFormat

/// Finds where single values of a layer stand in its file.
struct ValueLocator {
    private let repository: Repository
    /// The default values of a chart and its dependencies, by path of the file.
    private var chartFiles: [String: (bytes: [UInt8], depth: Int)] = [:]
    private var roots: [String: [YAMLNode]] = [:]

    init(_ repository: Repository, _ chart: Chart?) {
        self.repository = repository
        if let chart { add(chart, depth: 0) }
    }

    private mutating func add(_ chart: Chart, depth: Int) {
        if let file = chart.valuesFile { chartFiles[file.path] = (file.bytes, depth) }
        for dependency in chart.dependencies { add(dependency, depth: depth + 1) }
    }

    /// Where the highest layer says something of a path, or of the nearest one above it.
    mutating func position(of path: [String], in layers: [ValuesLayer]) -> SourcePosition? {
        for length in stride(from: path.count, through: 1, by: -1) {
            for layer in layers.reversed() {
                if let position = position(of: Array(path.prefix(length)), in: layer) { return position }
            }
        }
        return nil
    }

    mutating func position(of path: [String], in layer: ValuesLayer) -> SourcePosition? {
        guard let start = layer.position else { return nil }
        if let chart = chartFiles[start.file] {
            let steps = Array(path.dropFirst(chart.depth))
            return nodes(in: start.file, chart.bytes).compactMap { $0.node(at: steps)?.position }.last
        }
        guard let bytes = try? repository.tree.file(start.file)?.bytes() else {
            return nil  // A file that is not there any more has no places.
        }
        for root in nodes(in: start.file, bytes) {
            if let textPath = layer.textPath {
                guard root.position == start, let text = root[path: textPath] else { continue }
                return position(of: path, inText: text, of: bytes, start.file)
            }
            guard let above = root.path(to: start) else { continue }
            return root[path: above]?.node(at: path)?.position
        }
        return nil
    }

    /// A place within a text that is YAML itself.
    private func position(of path: [String], inText text: YAMLNode, of bytes: [UInt8], _ file: String)
        -> SourcePosition?
    {
        guard case .scalar(let scalar) = text.content else { return nil }
        guard text.isBlockText else { return text.position }
        let inner = YAML.nodes(Array(scalar.text.utf8), file: file, .lenient)
        guard let place = inner.compactMap({ $0.node?.node(at: path)?.position }).last else { return text.position }
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        let first = lines.dropFirst(text.position.line).first { line in line.contains { $0 != 0x20 && $0 != 0x0D } }
        let margin = first?.prefix { $0 == 0x20 }.count ?? 0
        return SourcePosition(file: file, line: text.position.line + place.line, column: margin + place.column)
    }

    private mutating func nodes(in file: String, _ bytes: [UInt8]) -> [YAMLNode] {
        if let known = roots[file] { return known }
        let found = YAML.nodes(bytes, file: file, .lenient).compactMap(\.node)
        roots[file] = found
        return found
    }
}

extension YAMLNode {
    /// The node at a path of members and, where numbers lead into lists, items.
    fileprivate func node(at path: [String]) -> YAMLNode? {
        var node = self
        for step in path {
            guard let next = node[step] ?? Int(step).flatMap({ node[$0] }) else { return nil }
            node = next
        }
        return node
    }
}
