import SourceDiagnostics
import StructuredValue

/// Calls: arguments, their types, and the failures of functions.
extension GoExecution {
    /// Calls the function with this number; `and` and `or` stop at the first argument that decides.
    func call(
        _ unit: GoTemplateUnit,
        _ number: Int,
        _ index: Int,
        _ command: GoNode?,
        _ dot: GoValue,
        _ final: GoValue?
    ) throws(GoFailure) -> GoValue {
        if number <= GoBuiltins.orPosition, let command, command.count > 1 {
            let isOr = number == GoBuiltins.orPosition
            var value = GoValue.none
            for offset in 1..<Int(command.count) {
                value = try evaluateOperand(unit, Int(unit.links[Int(command.a) + offset]), dot)
                if value.isTrue == isOr { return value }
            }
            return final ?? value
        }
        return try call(unit, unit.functions.functions[number], index, command, dot, final)
    }

    func call(
        _ unit: GoTemplateUnit,
        _ function: GoFunction,
        _ index: Int,
        _ command: GoNode?,
        _ dot: GoValue,
        _ final: GoValue?,
        receiver: GoMap? = nil
    ) throws(GoFailure) -> GoValue {
        let written = max(Int(command?.count ?? 0) - 1, 0)
        let count = final == nil ? written : written + 1
        let fixed = function.parameters.count
        if function.variadic != nil {
            if count < fixed {
                throw fail("wrong number of args for \(function.name): want at least \(fixed) got \(written)")
            }
        } else if count != fixed {
            throw fail("wrong number of args for \(function.name): want \(fixed) got \(count)")
        }
        stepsLeft -= 1 + count
        let mark = top
        if top + count + 8 > Self.stackCapacity { throw fail(limit: "templates call one another too deeply") }
        if let receiver { push(.map(receiver)) }
        if let command {
            for offset in 0..<written {
                let argument = Int(unit.links[Int(command.a) + 1 + offset])
                let type = offset < fixed ? function.parameters[offset] : function.variadic ?? .any
                push(try evaluateArgument(unit, argument, type, dot))
            }
        }
        if let final {
            let type = written < fixed ? function.parameters[written] : function.variadic ?? .any
            push(try validate(final, type))
        }
        let result: GoValue
        do throws(GoFailure) {
            result = try function.body(GoArguments(base: stack + mark, count: top - mark), self)
        } catch {
            node = index
            throw wrap(error, function.name)
        }
        if case .map(let map) = result, top - mark > 1, case .map(let target) = stack[mark], target === map {
            noteCycle(through: map, arguments: (mark + 1)..<top)
        }
        pop(to: mark)
        switch result {
        case .string(let text): if text.utf8.count > 256 { try charge(text.utf8.count) }
        case .list(let list):
            if list.items.count > 16 { try charge(list.items.count * 16) }
            if list.depth > GoValue.depthLimit { throw fail(limit: "lists are nested too deeply") }
        default: break
        }
        return result
    }

    /// Remembers a map that a function put a value into which leads back to the map. Charts do that, as in
    /// `set . "root" $`; such maps would keep one another alive for ever.
    private func noteCycle(through map: GoMap, arguments: Range<Int>) {
        for position in arguments {
            var budget = 20_000
            if Self.leads(stack[position], to: map, depth: 0, &budget) {
                cyclicMaps.append(map)
                return
            }
        }
    }

    private static func leads(_ value: GoValue, to map: GoMap, depth: Int, _ budget: inout Int) -> Bool {
        switch value {
        case .map(let inner):
            // What is too large to be searched counts as leading there: the only price is that it is cleared at the end.
            if inner === map || depth > 100 || budget < 0 { return true }
            budget -= inner.count
            for index in inner.entries.indices
            where leads(inner.entries[index].value, to: map, depth: depth + 1, &budget) {
                return true
            }
            return false
        case .list(let list):
            if depth > 100 || budget < 0 { return true }
            budget -= list.items.count
            for index in list.items.indices where leads(list.items[index], to: map, depth: depth + 1, &budget) {
                return true
            }
            return false
        default: return false
        }
    }

    /// Counts bytes that a function made to what the templates may write.
    private func charge(_ bytes: Int) throws(GoFailure) {
        bytesLeft -= bytes
        if bytesLeft < 0 { throw fail(limit: "the templates made more than \(limits.outputBytes) bytes") }
    }

    /// An argument for a parameter of this type.
    private func evaluateArgument(_ unit: GoTemplateUnit, _ index: Int, _ type: GoType, _ dot: GoValue)
        throws(GoFailure) -> GoValue
    {
        if type == .any {
            let value = try evaluateOperand(unit, index, dot)
            if case .none = value { return .null }
            return value
        }
        node = index
        let argument = unit.nodes[index]
        switch argument.kind {
        case .dot, .field, .variable, .pipe, .chain, .function:
            return try validate(try evaluateOperand(unit, index, dot), type)
        case .nil:
            if type.isNilable { return .null }
            throw fail("cannot assign nil to \(type.name)")
        default: break
        }
        switch type {
        case .bool:
            guard argument.kind == .bool else { throw fail("expected bool; found \(unit.text(of: index))") }
            return .bool(argument.flag)
        case .string:
            guard argument.kind == .string else { throw fail("expected string; found \(unit.text(of: index))") }
            return .string(unit.strings[Int(argument.a)])
        case .int, .int64:
            guard argument.kind == .number, let number = unit.numbers[Int(argument.a)].int else {
                throw fail("expected integer; found \(unit.text(of: index))")
            }
            return type == .int ? .int(number) : .int64(number)
        case .float64:
            guard argument.kind == .number, let number = unit.numbers[Int(argument.a)].float else {
                throw fail("expected float; found \(unit.text(of: index))")
            }
            return .float(number)
        default: throw fail("can't handle \(unit.text(of: index)) for arg of type \(type.name)")
        }
    }

    /// The value if it may stand for a parameter of this type.
    private func validate(_ value: GoValue, _ type: GoType) throws(GoFailure) -> GoValue {
        switch (type, value) {
        case (.any, .none): return .null
        case (.any, _), (.string, .string), (.string, .rawString), (.int, .int), (.int64, .int64), (.bool, .bool),
            (.float64, .float), (.bytes, .bytes):
            return value
        case (.map, .map(let map)): if map.element == .any { return value }
        case (.list, .list(let list)): if list.element == .any { return value }
        case (.strings, .list(let list)): if list.element == .string { return value }
        case (.bytes, .list(let list)): if list.element == .named("uint8") { return value }
        case (.object(let name, _), .object(let object)): if object.typeName == name { return value }
        case (_, .none):
            if type.isNilable { return .null }
            throw fail("invalid value; expected \(type.name)")
        case (_, .null):
            throw fail("wrong type for value; expected \(type.name); got interface {}")
        default: break
        }
        throw fail("wrong type for value; expected \(type.name); got \(value.typeName)")
    }

    // MARK: Failures

    /// A failure at the current node, in Go's words.
    func fail(_ reason: String, kind: GoFailure.Kind = .execution) -> GoFailure {
        var failure = GoFailure(reason, kind: kind)
        guard let unit else { return failure }
        failure.message = "\(context(unit)): \(reason)"
        failure.position = position(of: node, in: unit)
        return failure
    }

    func fail(limit reason: String) -> GoFailure { fail(reason, kind: .limit) }

    /// A function's failure with where it was called.
    private func wrap(_ inner: GoFailure, _ function: String) -> GoFailure {
        guard let unit else { return inner }
        var failure = inner
        failure.message = "\(context(unit)): error calling \(function): \(inner.message)"
        let here = position(of: node, in: unit)
        if failure.position == nil { failure.position = here } else { failure.trail.append(here) }
        return failure
    }

    private func context(_ unit: GoTemplateUnit) -> String {
        let (line, column) = GoTemplateUnit.place(Int(unit.nodes[node].position), in: unit.source)
        let name = GoQuotation.quote(unit.definitions[definition].name)
        return "template: \(unit.name):\(line):\(column): executing \(name) at <\(unit.text(of: node))>"
    }

    func position(of node: Int, in unit: GoTemplateUnit) -> SourcePosition {
        let (line, column) = GoTemplateUnit.place(Int(unit.nodes[node].position), in: unit.source)
        return SourcePosition(file: unit.name, line: line, column: column + 1)
    }
}

extension GoType {
    /// Whether an untyped nil may be given.
    var isNilable: Bool {
        switch self {
        case .any, .map, .list, .strings, .bytes: true
        case .object(_, let isNilable): isNilable
        default: false
        }
    }
}
