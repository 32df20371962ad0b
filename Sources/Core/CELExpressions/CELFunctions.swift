/// All functions that an expression may call, by name.
enum CELFunctions {
    static let table: [String: [CELOverload]] = {
        var table: [String: [CELOverload]] = [:]
        let all =
            conversions + strings + regularExpressions + lists + listLibrary + times + optionals + addresses + locators
            + quantities + versions + formats
        for overload in all { table[overload.name, default: []].append(overload) }
        return table
    }()

    /// Whether a name with a dot is a function rather than a method of a variable.
    static func isNamespaced(_ name: String) -> Bool { table[name] != nil && name.contains(".") }

    static func text(_ value: CELValue) throws(CELFailure) -> String {
        guard case .string(let text) = value else { throw .noSuchOverload }
        return text
    }

    static func integer(_ value: CELValue) throws(CELFailure) -> Int {
        guard case .int(let number) = value else { throw .noSuchOverload }
        return number
    }

    static func list(_ value: CELValue) throws(CELFailure) -> CELList {
        guard case .list(let list) = value else { throw .noSuchOverload }
        return list
    }

    static func texts(_ value: CELValue) throws(CELFailure) -> [String] {
        var texts: [String] = []
        for item in try list(value).items() { texts.append(try text(item)) }
        return texts
    }

    static func strings(_ texts: some Sequence<String>) -> CELValue { .list(CELList(texts.map { .string($0) })) }

    static func conversion(_ value: CELValue, to type: String) -> CELFailure {
        CELFailure("type conversion error from '\(value.typeName)' to '\(type)'")
    }
}

extension CELFunctions {
    static let conversions: [CELOverload] = [
        CELOverload("type", [.dyn], .type) { (a) throws(CELFailure) in .type(a[0].typeName) },
        CELOverload("dyn", [.dyn], .dyn) { (a) throws(CELFailure) in a[0] },
        CELOverload("bool", [.dyn], .bool) { (a) throws(CELFailure) in
            switch a[0] {
            case .bool: return a[0]
            case .string("1"), .string("t"), .string("T"), .string("true"), .string("TRUE"), .string("True"):
                return .bool(true)
            case .string("0"), .string("f"), .string("F"), .string("false"), .string("FALSE"), .string("False"):
                return .bool(false)
            default: throw conversion(a[0], to: "bool")
            }
        },
        CELOverload("int", [.dyn], .int) { (a) throws(CELFailure) in try toInt(a[0]) },
        CELOverload("uint", [.dyn], .uint) { (a) throws(CELFailure) in
            switch a[0] {
            case .uint: return a[0]
            case .int(let number): if let value = UInt(exactly: number) { return .uint(value) }
            case .double(let number):
                if let value = UInt(exactly: number.rounded(.towardZero)) { return .uint(value) }
            case .string(let text):
                if let value = UInt(text) { return .uint(value) } else { throw conversion(a[0], to: "uint") }
            default: throw conversion(a[0], to: "uint")
            }
            throw CELFailure("unsigned integer overflow")
        },
        CELOverload("double", [.dyn], .double) { (a) throws(CELFailure) in
            switch a[0] {
            case .double: return a[0]
            case .int(let number): return .double(Double(number))
            case .uint(let number): return .double(Double(number))
            case .string(let text): if let value = Double(text) { return .double(value) }
            default: break
            }
            throw conversion(a[0], to: "double")
        },
        CELOverload("string", [.dyn], .string) { (a) throws(CELFailure) in
            switch a[0] {
            case .string: return a[0]
            case .bytes(let bytes):
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    throw CELFailure("invalid UTF-8 in bytes, cannot convert to string")
                }
                return .string(text)
            case .bool, .int, .uint, .double, .timestamp, .duration, .ip, .cidr:
                return .string(CELText.plain(a[0]))
            default: throw conversion(a[0], to: "string")
            }
        },
        CELOverload("bytes", [.dyn], .bytes) { (a) throws(CELFailure) in
            switch a[0] {
            case .bytes: return a[0]
            case .string(let text): return .bytes(Array(text.utf8))
            default: throw conversion(a[0], to: "bytes")
            }
        },
        CELOverload("duration", [.dyn], .duration) { (a) throws(CELFailure) in
            switch a[0] {
            case .duration: return a[0]
            case .string(let text): return .duration(try CELDuration(parsing: text))
            case .int(let nanoseconds): return .duration(CELDuration(nanoseconds: nanoseconds))
            default: throw conversion(a[0], to: "google.protobuf.Duration")
            }
        },
        CELOverload("timestamp", [.dyn], .timestamp) { (a) throws(CELFailure) in
            switch a[0] {
            case .timestamp: return a[0]
            case .string(let text): return .timestamp(try CELTimestamp(parsing: text))
            case .int(let seconds): return .timestamp(CELTimestamp(seconds: seconds))
            default: throw conversion(a[0], to: "google.protobuf.Timestamp")
            }
        },
    ]

    private static func toInt(_ value: CELValue) throws(CELFailure) -> CELValue {
        switch value {
        case .int: return value
        case .uint(let number):
            guard let result = Int(exactly: number) else { throw .integerOverflow }
            return .int(result)
        case .double(let number):
            guard let result = Int(exactly: number.rounded(.towardZero)) else { throw .integerOverflow }
            return .int(result)
        case .string(let text):
            guard let result = Int(text) else { throw conversion(value, to: "int") }
            return .int(result)
        case .timestamp(let moment): return .int(moment.seconds)
        case .duration(let span): return .int(span.nanoseconds)
        default: throw conversion(value, to: "int")
        }
    }

    static let optionals: [CELOverload] = [
        CELOverload("optional.of", [.dyn], .optional(.dyn)) { (a) throws(CELFailure) in .optional(a[0]) },
        CELOverload("optional.none", [], .optional(.dyn)) { (_) throws(CELFailure) in .optional(nil) },
        CELOverload("optional.ofNonZeroValue", [.dyn], .optional(.dyn)) { (a) throws(CELFailure) in
            .optional(isZero(a[0]) ? nil : a[0])
        },
        CELOverload("hasValue", on: .optional(.dyn), .bool) { (a) throws(CELFailure) in
            guard case .optional(let wrapped) = a[0] else { throw .noSuchOverload }
            return .bool(wrapped != nil)
        },
        CELOverload("value", on: .optional(.dyn), .dyn) { (a) throws(CELFailure) in
            guard case .optional(let wrapped) = a[0] else { throw .noSuchOverload }
            guard let wrapped else { throw CELFailure("optional.none() dereference") }
            return wrapped
        },
        CELOverload("orValue", on: .optional(.dyn), [.dyn], .dyn) { (a) throws(CELFailure) in
            guard case .optional(let wrapped) = a[0] else { throw .noSuchOverload }
            return wrapped ?? a[1]
        },
        CELOverload("or", on: .optional(.dyn), [.optional(.dyn)], .optional(.dyn)) { (a) throws(CELFailure) in
            guard case .optional(let wrapped) = a[0] else { throw .noSuchOverload }
            return wrapped == nil ? a[1] : a[0]
        },
    ]

    private static func isZero(_ value: CELValue) -> Bool {
        switch value {
        case .null, .bool(false), .int(0), .uint(0), .double(0), .string(""): true
        case .bytes(let bytes): bytes.isEmpty
        case .list(let list): list.count == 0
        case .map(let map): map.count == 0
        case .duration(let span): span.nanoseconds == 0
        case .optional(let wrapped): wrapped == nil
        default: false
        }
    }
}
