/// Columns of text, aligned as kubectl aligns them: three spaces between columns, no rules, no trailing space.
struct TextTable {
    private let header: [String]
    private var rows: [[String]] = []

    init(_ header: String...) { self.header = header }
    init(header: [String]) { self.header = header }

    var isEmpty: Bool { rows.isEmpty }

    mutating func add(_ cells: String...) { rows.append(cells) }
    mutating func add(row: [String]) { rows.append(row) }

    /// The table with its header, each line ended by a newline; cells hold one line each.
    var text: String { lines.map { $0 + "\n" }.joined() }

    /// The header's line and each row's.
    var lines: [String] {
        let all = [header] + rows
        var widths = Array(repeating: 0, count: header.count)
        for row in all {
            for (column, cell) in row.enumerated() { widths[column] = max(widths[column], Self.width(cell)) }
        }
        return all.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let shown = cell.isEmpty ? "-" : cell
                line += shown
                if column + 1 < row.count {
                    line += String(repeating: " ", count: max(0, widths[column] - Self.width(shown)) + 3)
                }
            }
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }
    }

    private static func width(_ cell: String) -> Int { max(1, cell.count) }
}
