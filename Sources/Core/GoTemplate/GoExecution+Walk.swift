import StructuredValue

/// Statements: text, actions, branches and loops.
extension GoExecution {
    /// How a statement ended.
    enum Flow { case normal, breaking, continuing }

    func walkList(_ unit: GoTemplateUnit, _ index: Int, _ dot: GoValue) throws(GoFailure) -> Flow {
        let list = unit.nodes[index]
        stepsLeft -= 1
        if stepsLeft < 0 { throw fail(limit: "the templates did not finish within \(limits.steps) steps") }
        var link = Int(list.a)
        let end = link + Int(list.count)
        while link < end {
            let flow = try walk(unit, Int(unit.links[link]), dot)
            if flow != .normal { return flow }
            link += 1
        }
        return .normal
    }

    private func walk(_ unit: GoTemplateUnit, _ index: Int, _ dot: GoValue) throws(GoFailure) -> Flow {
        let statement = unit.nodes[index]
        stepsLeft -= 1
        if stepsLeft < 0 { throw fail(limit: "the templates did not finish within \(limits.steps) steps") }
        switch statement.kind {
        case .text:
            let start = Int(statement.a)
            let length = Int(statement.b)
            unit.source.withUnsafeBufferPointer {
                output.append(contentsOf: UnsafeBufferPointer(rebasing: $0[start..<(start + length)]))
            }
            try count(length)
        case .action:
            let value = try evaluatePipe(unit, Int(statement.a), dot)
            if unit.nodes[Int(statement.a)].c == 0 {
                node = index
                try write(value)
            }
        case .if:
            if try evaluatePipe(unit, Int(statement.a), dot).isTrue {
                return try walkList(unit, Int(statement.b), dot)
            } else if statement.c >= 0 {
                return try walkList(unit, Int(statement.c), dot)
            }
        case .with:
            let value = try evaluatePipe(unit, Int(statement.a), dot)
            if value.isTrue {
                let wasDotElement = isDotElement
                isDotElement = false
                defer { isDotElement = wasDotElement }
                return try walkList(unit, Int(statement.b), value)
            } else if statement.c >= 0 {
                return try walkList(unit, Int(statement.c), dot)
            }
        case .range: return try walkRange(unit, index, statement, dot)
        case .template: try walkTemplate(unit, index, statement, dot)
        case .break: return .breaking
        case .continue: return .continuing
        case .list: return try walkList(unit, index, dot)
        default: throw fail("unknown node")
        }
        return .normal
    }

    private func write(_ value: GoValue) throws(GoFailure) {
        let before = output.count
        switch value {
        case .string(var text): text.withUTF8 { output.append(contentsOf: $0) }
        case .none, .null: output.append(contentsOf: "<no value>".utf8)
        case .list, .map:
            try walked(value)
            GoFormat.append(value, to: &output)
        case .object(let object): output.append(contentsOf: object.actionText.utf8)
        default: GoFormat.append(value, to: &output)
        }
        try count(output.count - before)
    }

    private func walked(_ value: GoValue) throws(GoFailure) {
        do throws(GoFailure) { try spend(walking: value) } catch { throw fail(error.reason, kind: error.kind) }
    }

    private func count(_ bytes: Int) throws(GoFailure) {
        bytesLeft -= bytes
        if bytesLeft < 0 { throw fail(limit: "the templates wrote more than \(limits.outputBytes) bytes") }
    }

    private func walkTemplate(_ unit: GoTemplateUnit, _ index: Int, _ statement: GoNode, _ dot: GoValue)
        throws(GoFailure)
    {
        node = index
        let name = unit.keys[Int(statement.a)].text
        guard let entry = entry(name) else {
            throw fail("template \(GoQuotation.quote(name)) not defined")
        }
        if depth >= limits.depth || stackUse > limits.stackBytes {
            throw fail(limit: "exceeded maximum template depth (\(depth))")
        }
        let data = statement.b >= 0 ? try evaluatePipe(unit, Int(statement.b), dot) : .none
        let outer = (definition, node, base)
        // A failure inside names the inner template alone, as Go's does; here the way there is kept as a trail.
        do throws(GoFailure) {
            try enter(entry, data)
        } catch {
            self.unit = unit
            (definition, node, base) = outer
            var failure = error
            failure.trail.append(position(of: index, in: unit))
            throw failure
        }
        self.unit = unit
        (definition, node, base) = outer
    }

    private func walkRange(_ unit: GoTemplateUnit, _ index: Int, _ statement: GoNode, _ dot: GoValue)
        throws(GoFailure) -> Flow
    {
        node = index
        let pipe = unit.nodes[Int(statement.a)]
        var value = try evaluatePipe(unit, Int(statement.a), dot)
        if case .object(let object) = value, let underlying = object.underlying { value = underlying }
        var isEmpty = true
        let outer = (isDotElement, elementSlots.count)
        isDotElement =
            switch value {
            case .list(let list): list.element == .any
            case .map(let map): map.element == .any
            default: false
            }
        if pipe.c > 0 {
            let slot = unit.declarations[Int(pipe.b + pipe.c) - 1].slot
            elementSlots.append((base + Int(slot), isDotElement))
        }
        defer {
            isDotElement = outer.0
            elementSlots.removeLast(elementSlots.count - outer.1)
        }

        switch value {
        case .list(let list):
            for position in list.items.indices {
                isEmpty = false
                let item = list.items[position]
                if pipe.c > 0 { declare(unit, pipe, .int(position), item) }
                if try walkList(unit, Int(statement.b), item) == .breaking { break }
            }
        case .map(let map):
            map.sortKeys()
            // The body may change the map: go through the entries as they are now.
            let entries = map.entries
            for position in entries.indices {
                isEmpty = false
                let item = entries[position].value
                if pipe.c > 0 { declare(unit, pipe, .string(entries[position].key), item) }
                if try walkList(unit, Int(statement.b), item) == .breaking { break }
            }
        case .bytes(let bytes):
            for (position, byte) in bytes.enumerated() {
                isEmpty = false
                let item: GoValue = .sized(Int(byte), .uint8)
                if pipe.c > 0 { declare(unit, pipe, .int(position), item) }
                if try walkList(unit, Int(statement.b), item) == .breaking { break }
            }
        case .int(let count), .int64(let count), .sized(let count, _):
            if pipe.c > 1 {
                throw fail("can't use \(count) to iterate over more than one variable")
            }
            var number = 0
            while number < count {
                isEmpty = false
                let item: GoValue
                switch value {
                case .int64: item = .int64(number)
                case .sized(_, let kind): item = .sized(number, kind)
                default: item = .int(number)
                }
                if pipe.c > 0 { declare(unit, pipe, item, item) }
                if try walkList(unit, Int(statement.b), item) == .breaking { break }
                number += 1
            }
        case .none, .null: break
        default:
            throw fail("range can't iterate over \(GoFormat.text(value))")
        }
        if isEmpty, statement.c >= 0 {
            isDotElement = outer.0
            return try walkList(unit, Int(statement.c), dot)
        }
        return .normal
    }

    /// Sets the variables of a range: with one it is the element, with two the index comes first.
    private func declare(_ unit: GoTemplateUnit, _ pipe: GoNode, _ index: GoValue, _ item: GoValue) {
        let first = unit.declarations[Int(pipe.b)]
        if pipe.c > 1 {
            let second = unit.declarations[Int(pipe.b) + 1]
            if first.slot >= 0 { stack[base + Int(first.slot)] = index }
            if second.slot >= 0 { stack[base + Int(second.slot)] = item }
        } else if first.slot >= 0 {
            stack[base + Int(first.slot)] = item
        }
    }
}
