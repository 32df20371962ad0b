import StructuredValue

/// Nodes as Go prints them in its messages.
extension GoTemplateUnit {
    /// The text of a node: canonical, not as it was written.
    func text(of index: Int) -> String {
        var text = ""
        write(index, &text)
        return text
    }

    private func names(_ first: Int32, _ count: Int32) -> [String] {
        keys[Int(first)..<Int(first + count)].map(\.text)
    }

    private func write(_ index: Int, _ text: inout String) {
        let node = nodes[index]
        switch node.kind {
        case .text: text += String(decoding: source[Int(node.a)..<Int(node.a + node.b)], as: UTF8.self)
        case .list: for link in linked(node) { write(link, &text) }
        case .action:
            text += "{{"
            write(Int(node.a), &text)
            text += "}}"
        case .if, .with, .range:
            text += node.kind == .if ? "{{if " : node.kind == .with ? "{{with " : "{{range "
            write(Int(node.a), &text)
            text += "}}"
            write(Int(node.b), &text)
            if node.c >= 0 {
                text += "{{else}}"
                write(Int(node.c), &text)
            }
            text += "{{end}}"
        case .template:
            text += "{{template \(GoQuotation.quote(keys[Int(node.a)].text))"
            if node.b >= 0 {
                text += " "
                write(Int(node.b), &text)
            }
            text += "}}"
        case .break: text += "{{break}}"
        case .continue: text += "{{continue}}"
        case .pipe:
            if node.c > 0 {
                let names = declarations[Int(node.b)..<Int(node.b + node.c)].map { keys[Int($0.name)].text }
                text += names.joined(separator: ", ") + (node.flag ? " = " : " := ")
            }
            for (position, link) in linked(node).enumerated() {
                if position > 0 { text += " | " }
                write(link, &text)
            }
        case .command:
            for (position, link) in linked(node).enumerated() {
                if position > 0 { text += " " }
                writeInParentheses(link, &text)
            }
        case .field: text += names(node.a, node.count).map { "." + $0 }.joined()
        case .variable: text += names(node.a, node.count).joined(separator: ".")
        case .function: text += functions.functions[Int(node.a)].name
        case .chain:
            writeInParentheses(Int(node.a), &text)
            text += names(node.b, node.count).map { "." + $0 }.joined()
        case .dot: text += "."
        case .nil: text += "nil"
        case .bool: text += node.flag ? "true" : "false"
        case .string:
            text += String(decoding: source[Int(node.position)..<Int(node.position + node.b)], as: UTF8.self)
        case .number: text += numbers[Int(node.a)].text
        }
    }

    private func linked(_ node: GoNode) -> [Int] { links[Int(node.a)..<Int(node.a + node.count)].map(Int.init) }

    private func writeInParentheses(_ index: Int, _ text: inout String) {
        if nodes[index].kind == .pipe {
            text += "("
            write(index, &text)
            text += ")"
        } else {
            write(index, &text)
        }
    }
}
