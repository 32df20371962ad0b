package import StructuredValue

/// JSON Patch, RFC 6902, with the habits of API servers: `replace` of a missing member adds it, negative
/// indexes count from the end.
package struct JSONPatch: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable { case add, remove, replace, move, copy, test }

    package struct Operation: Hashable, Sendable {
        package var kind: Kind
        package var path: [String]
        package var from: [String]
        package var value: Value
    }

    /// Why a patch can't be read or carried out.
    package struct Failure: Error, Hashable, Sendable {
        package enum Kind: Hashable, Sendable {
            /// It is no patch. API servers answer with 400.
            case malformed
            /// An operation cannot be carried out. API servers answer with 422.
            case failed
            /// A `test` found something else.
            case testFailed
        }

        package var kind: Kind
        package var message: String
    }

    /// API servers refuse longer patches.
    package static let operationsLimit = 10_000

    package var operations: [Operation]

    /// Reads a patch from its JSON form.
    ///
    package init(_ value: Value) throws(Failure) {
        guard case .array(let items) = value else {
            throw Failure(
                kind: .malformed,
                message: "error decoding patch: json: cannot unmarshal \(value.typeName) into Go value of type "
                    + "[]handlers.jsonPatchOp"
            )
        }
        guard items.count <= Self.operationsLimit else {
            throw Failure(
                kind: .malformed,
                message: "The allowed maximum operations in a JSON patch is \(Self.operationsLimit), got \(items.count)"
            )
        }
        operations = []
        operations.reserveCapacity(items.count)
        for item in items {
            guard case .object = item else {
                throw Failure(kind: .malformed, message: "a patch operation is a \(item.typeName), not an object")
            }
            guard let name = item["op"]?.string, let kind = Kind(rawValue: name) else {
                throw Failure(kind: .failed, message: "Unexpected kind: \(item["op"]?.string ?? "unknown")")
            }
            for field in ["path", "from"] {
                guard let value = item[field], !value.isNull, value.string == nil else { continue }
                throw Failure(
                    kind: .malformed,
                    message: "error decoding patch: json: cannot unmarshal \(value.typeName) into Go struct field "
                        + "jsonPatchOp.\(field) of type string"
                )
            }
            guard let path = item["path"]?.string else {
                throw Failure(kind: .failed, message: "operation missing path field")
            }
            var from: [String] = []
            if kind == .move || kind == .copy {
                guard let text = item["from"]?.string else {
                    throw Failure(kind: .failed, message: "operation missing from field")
                }
                from = try Self.pointer(text)
            }
            operations.append(
                Operation(kind: kind, path: try Self.pointer(path), from: from, value: item["value"] ?? .null)
            )
        }
    }

    /// The parts of a JSON pointer. As on an API server, what stands before the first slash does not count.
    package static func pointer(_ text: String) throws(Failure) -> [String] {
        if text.isEmpty { return [] }
        guard let slash = text.firstIndex(of: "/") else {
            throw Failure(kind: .failed, message: "the path \(text) does not begin with a slash")
        }
        let text = text[slash...]
        return text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(Self.unescaped)
    }

    private static func unescaped(_ part: Substring) -> String {
        if !part.utf8.contains(UInt8(ascii: "~")) { return String(part) }
        var result = ""
        var isEscape = false
        for character in part {
            if isEscape {
                isEscape = false
                result += character == "0" ? "~" : character == "1" ? "/" : "~\(character)"
            } else if character == "~" {
                isEscape = true
            } else {
                result.append(character)
            }
        }
        return isEscape ? result + "~" : result
    }

    /// The document with all operations carried out; fails as a whole.
    ///
    /// An operation without a value sets null, and leading zeros of an index do not count: as on an API server.
    ///
    /// - Parameter ignoresMissing: Whether replacing a missing member adds it, as on an API server.
    package func apply(to document: Value, ignoresMissing: Bool = true) throws(Failure) -> Value {
        var result = document
        for operation in operations {
            switch operation.kind {
            case .add:
                guard !operation.path.isEmpty else { throw Self.missing("add", []) }
                try Self.add(operation.value, at: operation.path, to: &result)
            case .remove: _ = try Self.remove(at: operation.path, from: &result)
            case .replace:
                if Self.value(at: operation.path, in: result) == nil {
                    if ignoresMissing, Self.hasObject(above: operation.path, in: result) {
                        try Self.add(operation.value, at: operation.path, to: &result)
                        continue
                    }
                    throw Self.missing("replace", operation.path)
                }
                let named = ("replace", operation.path)
                try Self.change(at: operation.path[...], in: &result, for: named) {
                    (value: inout Value) throws(Failure) in
                    value = operation.value
                }
            case .move:
                guard !operation.path.isEmpty else { throw Self.missing("move", []) }
                try Self.add(try Self.remove(at: operation.from, from: &result), at: operation.path, to: &result)
            case .copy:
                // What is missing in something that is there counts as null.
                let missing: Value? = Self.hasObject(above: operation.from, in: result) ? .null : nil
                guard !operation.from.isEmpty, !operation.path.isEmpty,
                    let value = Self.value(at: operation.from, in: result) ?? missing
                else { throw Self.missing("copy", operation.from) }
                try Self.add(value, at: operation.path, to: &result)
            case .test:
                // What is missing in something that is there counts as null.
                let missing: Value? = Self.hasObject(above: operation.path, in: result) ? .null : nil
                guard Self.value(at: operation.path, in: result) ?? missing == operation.value else {
                    throw Failure(
                        kind: .testFailed,
                        message: "testing value /\(operation.path.joined(separator: "/")) failed"
                    )
                }
            }
        }
        return result
    }

    private static func missing(_ verb: String, _ path: [String]) -> Failure {
        Failure(
            kind: .failed,
            message: "\(verb) operation does not apply: doc is missing path: /\(path.joined(separator: "/"))"
        )
    }

    private static func index(_ part: String, count: Int, allowsEnd: Bool) -> Int? {
        if part == "-" { return allowsEnd ? count : nil }
        guard let number = Int(part) else { return nil }
        let index = number < 0 ? number + count + (allowsEnd ? 1 : 0) : number
        return index >= 0 && (index < count || allowsEnd && index == count) ? index : nil
    }

    private static func value(at path: [String], in document: Value) -> Value? {
        var current = document
        for part in path {
            switch current {
            case .object(let object):
                guard let next = object[part] else { return nil }
                current = next
            case .array(let items):
                guard let index = index(part, count: items.count, allowsEnd: false) else { return nil }
                current = items[index]
            default: return nil
            }
        }
        return current
    }

    private static func hasObject(above path: [String], in document: Value) -> Bool {
        !path.isEmpty && value(at: path.dropLast(), in: document)?.object != nil
    }

    /// Changes the value at a path in place, for an operation of this name and whole path.
    private static func change(
        at path: ArraySlice<String>,
        in value: inout Value,
        for operation: (verb: String, path: [String]),
        _ body: (inout Value) throws(Failure) -> Void
    ) throws(Failure) {
        guard let part = path.first else { return try body(&value) }
        switch value {
        case .object(var object):
            guard let index = object.index(of: part) else { throw missing(operation.verb, operation.path) }
            value = .null
            var member = object.values[index]
            object[part] = .null
            try change(at: path.dropFirst(), in: &member, for: operation, body)
            object[part] = member
            value = .object(object)
        case .array(var items):
            guard let index = index(part, count: items.count, allowsEnd: false) else {
                throw missing(operation.verb, operation.path)
            }
            value = .null
            var item = items[index]
            items[index] = .null
            try change(at: path.dropFirst(), in: &item, for: operation, body)
            items[index] = item
            value = .array(items)
        default: throw missing(operation.verb, operation.path)
        }
    }

    private static func add(_ new: Value, at path: [String], to document: inout Value) throws(Failure) {
        guard let last = path.last else {
            document = new
            return
        }
        try change(at: path.dropLast(), in: &document, for: ("add", path)) { (value: inout Value) throws(Failure) in
            switch value {
            case .object(var object):
                object[last] = new
                value = .object(object)
            case .array(var items):
                guard let index = index(last, count: items.count, allowsEnd: true) else { throw missing("add", path) }
                items.insert(new, at: index)
                value = .array(items)
            default: throw missing("add", path)
            }
        }
    }

    private static func remove(at path: [String], from document: inout Value) throws(Failure) -> Value {
        guard let last = path.last else { throw missing("remove", path) }
        var removed = Value.null
        try change(at: path.dropLast(), in: &document, for: ("remove", path)) { (value: inout Value) throws(Failure) in
            switch value {
            case .object(var object):
                guard let old = object.removeValue(forKey: last) else { throw missing("remove", path) }
                removed = old
                value = .object(object)
            case .array(var items):
                guard let index = index(last, count: items.count, allowsEnd: false) else {
                    throw missing("remove", path)
                }
                removed = items.remove(at: index)
                value = .array(items)
            default: throw missing("remove", path)
            }
        }
        return removed
    }
}
