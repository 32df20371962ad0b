import StructuredValue

/// Expressions: pipelines, commands, field chains.
extension GoExecution {
    /// The value of a pipeline; variables it declares or assigns are set. Nil of any kind becomes nothing.
    func evaluatePipe(_ unit: GoTemplateUnit, _ index: Int, _ dot: GoValue) throws(GoFailure) -> GoValue {
        let pipe = unit.nodes[index]
        node = index
        var link = Int(pipe.a)
        var value = try evaluateCommand(unit, Int(unit.links[link]), dot, nil)
        if case .null = value { value = .none }
        let end = link + Int(pipe.count)
        link += 1
        while link < end {
            value = try evaluateCommand(unit, Int(unit.links[link]), dot, value)
            if case .null = value { value = .none }
            link += 1
        }
        if pipe.c > 0 {
            for offset in 0..<Int(pipe.c) {
                let declaration = unit.declarations[Int(pipe.b) + offset]
                if declaration.slot < 0 {
                    throw fail("undefined variable: \(unit.keys[Int(declaration.name)].text)")
                }
                stack[base + Int(declaration.slot)] = value
            }
        }
        return value
    }

    private func evaluateCommand(_ unit: GoTemplateUnit, _ index: Int, _ dot: GoValue, _ final: GoValue?)
        throws(GoFailure) -> GoValue
    {
        let command = unit.nodes[index]
        let wordIndex = Int(unit.links[Int(command.a)])
        let word = unit.nodes[wordIndex]
        switch word.kind {
        case .function:
            node = wordIndex
            return try call(unit, Int(word.a), index, command, dot, final)
        case .field, .variable, .chain:
            return try evaluateChain(unit, wordIndex, word, dot, command, index, final)
        case .pipe:
            try refuseArguments(unit, command, final)
            return try evaluatePipe(unit, wordIndex, dot)
        default: break
        }
        node = wordIndex
        try refuseArguments(unit, command, final)
        switch word.kind {
        case .bool: return .bool(word.flag)
        case .dot: return dot
        case .nil: throw fail("nil is not a command")
        case .number: return try constant(unit, word)
        case .string: return .string(unit.strings[Int(word.a)])
        default: throw fail("can't evaluate command \(GoQuotation.quote(unit.text(of: wordIndex)))")
        }
    }

    private func refuseArguments(_ unit: GoTemplateUnit, _ command: GoNode, _ final: GoValue?) throws(GoFailure) {
        if command.count > 1 || final != nil {
            let word = Int(unit.links[Int(command.a)])
            throw fail("can't give argument to non-function \(unit.text(of: word))")
        }
    }

    func constant(_ unit: GoTemplateUnit, _ node: GoNode) throws(GoFailure) -> GoValue {
        let number = unit.numbers[Int(node.a)]
        guard let value = number.value else { throw fail("\(number.text) overflows int") }
        return value
    }

    /// `.a.b`, `$x.a` and `(…).a`, with arguments when the last name is a method.
    func evaluateChain(
        _ unit: GoTemplateUnit,
        _ index: Int,
        _ chain: GoNode,
        _ dot: GoValue,
        _ command: GoNode?,
        _ commandIndex: Int,
        _ final: GoValue?
    ) throws(GoFailure) -> GoValue {
        node = index
        var receiver: GoValue
        var key: Int
        let end: Int
        switch chain.kind {
        case .field:
            receiver = dot
            key = Int(chain.a)
            end = key + Int(chain.count)
        case .variable:
            if chain.b < 0 { throw fail("undefined variable: \(unit.keys[Int(chain.a)].text)") }
            receiver = stack[base + Int(chain.b)]
            key = Int(chain.a) + 1
            end = Int(chain.a) + Int(chain.count)
            if key == end {
                if let command { try refuseArguments(unit, command, final) }
                return receiver
            }
        default:
            let inner = Int(chain.a)
            if unit.nodes[inner].kind == .nil {
                throw fail("indirection through explicit nil in \(unit.text(of: index))")
            }
            // Go names what stands in the parentheses when a field of it fails, so the current node stays as it is.
            receiver = try evaluateOperand(unit, inner, dot)
            key = Int(chain.b)
            end = key + Int(chain.count)
        }
        var isElement = false
        let first = key
        while key < end {
            let isLast = key + 1 == end
            if case .map(let map) = receiver {
                if let named = map.named, let method = named.method(unit.keys[key].text) {
                    receiver = try call(
                        unit,
                        method,
                        index,
                        isLast ? command : nil,
                        dot,
                        isLast ? final : nil,
                        receiver: map
                    )
                    isElement = false
                    key += 1
                    continue
                }
                if isLast, final != nil || (command?.count ?? 0) > 1 {
                    throw fail("\(unit.keys[key].text) is not a method but has arguments")
                }
                receiver = try entry(unit.keys[key], of: map)
                isElement = map.element == .any
            } else {
                receiver = try evaluateField(
                    unit,
                    index,
                    unit.keys[key],
                    of: receiver,
                    isElement: isElement || (key == first && isRangeElement(chain)),
                    dot,
                    isLast ? command : nil,
                    commandIndex,
                    isLast ? final : nil
                )
                isElement = false
            }
            key += 1
        }
        return receiver
    }

    /// An entry of a map, or what stands for one that is not there.
    @inline(__always)
    private func entry(_ key: GoKey, of map: GoMap) throws(GoFailure) -> GoValue {
        if let value = map[key] { return value }
        switch missingKeys {
        case .zero: return map.element.zero
        case .nothing: return .none
        case .refused: throw fail("map has no entry for key \(GoQuotation.quote(key.text))")
        }
    }

    /// Whether the receiver of these names is an element of a range whose elements Go declares as `interface {}`: its
    /// messages name that type, not the element's own.
    private func isRangeElement(_ chain: GoNode) -> Bool {
        switch chain.kind {
        case .field: isDotElement
        case .variable: elementSlots.last { $0.slot == base + Int(chain.b) }?.isElement ?? false
        default: false
        }
    }

    /// A field of anything but a plain map.
    private func evaluateField(
        _ unit: GoTemplateUnit,
        _ index: Int,
        _ key: GoKey,
        of receiver: GoValue,
        isElement: Bool,
        _ dot: GoValue,
        _ command: GoNode?,
        _ commandIndex: Int,
        _ final: GoValue?
    ) throws(GoFailure) -> GoValue {
        switch receiver {
        case .none:
            if missingKeys == .refused { throw fail("nil data; no entry for key \(GoQuotation.quote(key.text))") }
            return .none
        case .null: throw fail("nil pointer evaluating interface {}.\(key.text)")
        case .object(let object):
            if let method = object.method(key.text) {
                return try call(unit, method, index, command, dot, final)
            }
            let hasArguments = final != nil || (command?.count ?? 0) > 1
            if let field = object.field(key.text) {
                if hasArguments { throw fail("\(key.text) has arguments but cannot be invoked as function") }
                return field
            }
            if let map = object.underlying?.map {
                if hasArguments { throw fail("\(key.text) is not a method but has arguments") }
                return try entry(key, of: map)
            }
            throw fail("can't evaluate field \(key.text) in type \(isElement ? "interface {}" : object.typeName)")
        default:
            throw fail(
                "can't evaluate field \(key.text) in type \(isElement ? "interface {}" : receiver.typeName)"
            )
        }
    }

    /// The value of an operand where anything is welcome.
    func evaluateOperand(_ unit: GoTemplateUnit, _ index: Int, _ dot: GoValue) throws(GoFailure) -> GoValue {
        node = index
        let operand = unit.nodes[index]
        switch operand.kind {
        case .dot: return dot
        case .field, .variable, .chain: return try evaluateChain(unit, index, operand, dot, nil, index, nil)
        case .pipe: return try evaluatePipe(unit, index, dot)
        case .function: return try call(unit, Int(operand.a), index, nil, dot, nil)
        case .bool: return .bool(operand.flag)
        case .string: return .string(unit.strings[Int(operand.a)])
        case .number: return try constant(unit, operand)
        case .nil: return .null
        default: throw fail("can't handle assignment of \(unit.text(of: index)) to empty interface argument")
        }
    }
}
