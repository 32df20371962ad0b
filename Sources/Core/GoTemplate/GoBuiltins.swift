import StructuredValue

/// The functions that text/template itself brings.
enum GoBuiltins {
    /// `and`, `or`: the evaluator knows them by position and evaluates their arguments only as far as needed.
    static let andPosition = 0
    static let orPosition = 1

    static let functions: [GoFunction] = [
        GoFunction("and", [.any], variadic: .any, and),
        GoFunction("or", [.any], variadic: .any, or),
        GoFunction("not", [.any]) { arguments, _ in .bool(!arguments[0].isTrue) },
        GoFunction("eq", [.any], variadic: .any, equal),
        GoFunction("ne", [.any, .any]) { arguments, _ throws(GoFailure) in
            .bool(!(try GoComparison.isEqual(arguments[0], arguments[1])))
        },
        GoFunction("lt", [.any, .any]) { arguments, _ throws(GoFailure) in
            .bool(try GoComparison.isLess(arguments[0], arguments[1]))
        },
        GoFunction("le", [.any, .any]) { arguments, _ throws(GoFailure) in
            if try GoComparison.isLess(arguments[0], arguments[1]) { return .bool(true) }
            return .bool(try GoComparison.isEqual(arguments[0], arguments[1]))
        },
        GoFunction("gt", [.any, .any]) { arguments, _ throws(GoFailure) in
            if try GoComparison.isLess(arguments[0], arguments[1]) { return .bool(false) }
            return .bool(!(try GoComparison.isEqual(arguments[0], arguments[1])))
        },
        GoFunction("ge", [.any, .any]) { arguments, _ throws(GoFailure) in
            .bool(!(try GoComparison.isLess(arguments[0], arguments[1])))
        },
        GoFunction("print", [], variadic: .any) { arguments, _ in GoFormat.sprint(arguments.rest(from: 0)) },
        GoFunction("printf", [.string], variadic: .any) { arguments, execution throws(GoFailure) in
            let result = GoFormat.sprintf(arguments.string(0), arguments.rest(from: 1))
            try execution.spend((result.string?.utf8.count ?? 0) / 100)
            return result
        },
        GoFunction("println", [], variadic: .any) { arguments, _ in GoFormat.sprintln(arguments.rest(from: 0)) },
        GoFunction("len", [.any], length),
        GoFunction("index", [.any], variadic: .any, index),
        GoFunction("slice", [.any], variadic: .any, slice),
        GoFunction("html", [], variadic: .any) { arguments, _ in .string(escapeHTML(joined(arguments))) },
        GoFunction("js", [], variadic: .any) { arguments, _ in .string(escapeJavaScript(joined(arguments))) },
        GoFunction("urlquery", [], variadic: .any) { arguments, _ in .string(escapeQuery(joined(arguments))) },
        GoFunction("call", [.any], variadic: .any) { arguments, _ throws(GoFailure) in
            if arguments[0].isNil { throw GoFailure("call of nil") }
            throw GoFailure("non-function \(GoFormat.text(arguments[0])) of type \(arguments[0].typeName)")
        },
    ]

    private static func and(_ arguments: GoArguments, _ execution: GoExecution) throws(GoFailure) -> GoValue {
        for index in 0..<arguments.count where !arguments[index].isTrue { return arguments[index] }
        return arguments[arguments.count - 1]
    }

    private static func or(_ arguments: GoArguments, _ execution: GoExecution) throws(GoFailure) -> GoValue {
        for index in 0..<arguments.count where arguments[index].isTrue { return arguments[index] }
        return arguments[arguments.count - 1]
    }

    private static func equal(_ arguments: GoArguments, _ execution: GoExecution) throws(GoFailure) -> GoValue {
        if arguments.count == 1 { throw GoFailure("missing argument for comparison") }
        for index in 1..<arguments.count where try GoComparison.isEqual(arguments[0], arguments[index]) {
            return .bool(true)
        }
        return .bool(false)
    }

    private static func length(_ arguments: GoArguments, _ execution: GoExecution) throws(GoFailure) -> GoValue {
        switch arguments[0] {
        case .string(let text): return .int(text.utf8.count)
        case .rawString(let bytes), .bytes(let bytes): return .int(bytes.count)
        case .list(let list): return .int(list.items.count)
        case .map(let map): return .int(map.count)
        case .none, .null: throw GoFailure("reflect: call of reflect.Value.Type on zero Value")
        case .object(let object):
            if let map = object.underlying?.map { return .int(map.count) }
            if let items = object.underlying?.items { return .int(items.count) }
            throw GoFailure("len of type \(arguments[0].typeName)")
        default: throw GoFailure("len of type \(arguments[0].typeName)")
        }
    }

    /// One step of `index`: an element of a map, list or string.
    static func element(of item: GoValue, at index: GoValue) throws(GoFailure) -> GoValue {
        switch item {
        case .map(let map):
            switch index {
            case .string(let key): return map[key] ?? map.element.zero
            case .rawString: return map.element.zero
            case .none, .null: throw GoFailure("value is nil; should be of type string")
            default: throw GoFailure("value has type \(index.typeName); should be string")
            }
        case .list(let list):
            return list.items[try position(index, count: list.items.count, isIncluded: false)]
        case .string(let text):
            let offset = try position(index, count: text.utf8.count, isIncluded: false)
            return .sized(Int(text.utf8[text.utf8.index(text.utf8.startIndex, offsetBy: offset)]), .uint8)
        case .rawString(let bytes), .bytes(let bytes):
            return .sized(Int(bytes[try position(index, count: bytes.count, isIncluded: false)]), .uint8)
        case .none, .null: throw GoFailure("index of nil pointer")
        case .object(let object):
            if let underlying = object.underlying, underlying.integer == nil {
                return try element(of: underlying, at: index)
            }
            throw GoFailure("can't index item of type \(object.typeName)")
        default: throw GoFailure("can't index item of type \(item.typeName)")
        }
    }

    private static func position(_ index: GoValue, count: Int, isIncluded: Bool) throws(GoFailure) -> Int {
        guard let position = index.integer else {
            if index.isNil { throw GoFailure("cannot index slice/array with nil") }
            throw GoFailure("cannot index slice/array with type \(index.typeName)")
        }
        if position < 0 || position > count || (position == count && !isIncluded) {
            throw GoFailure("index out of range: \(position)")
        }
        return position
    }

    private static func index(_ arguments: GoArguments, _ execution: GoExecution) throws(GoFailure) -> GoValue {
        var item = arguments[0]
        if item.isNil { throw GoFailure("index of untyped nil") }
        for step in 1..<max(arguments.count, 1) { item = try element(of: item, at: arguments[step]) }
        return item
    }

    private static func slice(_ arguments: GoArguments, _ execution: GoExecution) throws(GoFailure) -> GoValue {
        let item = arguments[0]
        if item.isNil { throw GoFailure("slice of untyped nil") }
        if arguments.count > 4 { throw GoFailure("too many slice indexes: \(arguments.count - 1)") }
        let count: Int
        switch item {
        case .string, .rawString:
            if arguments.count == 4 { throw GoFailure("cannot 3-index slice a string") }
            count = item.stringBytes?.count ?? 0
        case .bytes(let bytes): count = bytes.count
        case .list(let list): count = list.items.count
        default: throw GoFailure("can't slice item of type \(item.typeName)")
        }
        var bounds = [0, count]
        for index in 1..<max(arguments.count, 1) {
            let bound = try position(arguments[index], count: count, isIncluded: true)
            if index - 1 < bounds.count { bounds[index - 1] = bound } else { bounds.append(bound) }
        }
        if bounds[0] > bounds[1] { throw GoFailure("invalid slice index: \(bounds[0]) > \(bounds[1])") }
        if bounds.count == 3, bounds[1] > bounds[2] {
            throw GoFailure("invalid slice index: \(bounds[1]) > \(bounds[2])")
        }
        let range = bounds[0]..<bounds[1]
        switch item {
        case .list(let list): return .list(GoList(Array(list.items[range]), element: list.element))
        case .bytes(let bytes): return .bytes(Array(bytes[range]))
        default: return .string(bytes: Array((item.stringBytes ?? [])[range]))
        }
    }

    // MARK: Escaping

    private static func joined(_ arguments: GoArguments) -> [UInt8] {
        if arguments.count == 1, let bytes = arguments[0].string { return Array(bytes.utf8) }
        // Nil is printed here as an action would print it.
        let values = arguments.rest(from: 0).map { $0.isNil ? GoValue.string("<no value>") : $0 }
        return GoFormat.sprint(values).stringBytes ?? []
    }

    private static func escapeHTML(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        for byte in bytes {
            switch byte {
            case 0x00: output.append(contentsOf: "\u{FFFD}".utf8)
            case UInt8(ascii: "\""): output.append(contentsOf: "&#34;".utf8)
            case UInt8(ascii: "'"): output.append(contentsOf: "&#39;".utf8)
            case UInt8(ascii: "&"): output.append(contentsOf: "&amp;".utf8)
            case UInt8(ascii: "<"): output.append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: ">"): output.append(contentsOf: "&gt;".utf8)
            default: output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func escapeJavaScript(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\\": output.append(contentsOf: "\\\\".utf8)
            case "'": output.append(contentsOf: "\\'".utf8)
            case "\"": output.append(contentsOf: "\\\"".utf8)
            case "<": output.append(contentsOf: "\\u003C".utf8)
            case ">": output.append(contentsOf: "\\u003E".utf8)
            case "&": output.append(contentsOf: "\\u0026".utf8)
            case "=": output.append(contentsOf: "\\u003D".utf8)
            default:
                if scalar.value >= 0x20, scalar.value < 0x80 || GoQuotation.isPrintable(scalar) {
                    output.append(contentsOf: UTF8.encode(scalar) ?? .init())
                } else {
                    let digits = String(scalar.value, radix: 16, uppercase: true)
                    let zeros = String(repeating: "0", count: max(0, 4 - digits.utf8.count))
                    output.append(contentsOf: "\\u\(zeros)\(digits)".utf8)
                }
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func escapeQuery(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        for byte in bytes {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: output.append(byte)
            case 0x20: output.append(UInt8(ascii: "+"))
            default:
                output.append(UInt8(ascii: "%"))
                for nibble in [byte >> 4, byte & 15] {
                    let digit = GoFormat.hexDigit(nibble)
                    output.append(digit >= 0x61 ? digit - 32 : digit)
                }
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
