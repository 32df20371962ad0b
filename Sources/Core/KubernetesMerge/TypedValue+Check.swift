package import StructuredValue

extension TypeSchema {
    /// How a value does not fit this type; empty when it does. Lists with two items of one key fail unless
    /// duplicates are allowed, as they are in objects that were stored before.
    package func failures(in value: Value, allowsDuplicates: Bool = false) -> [TypeFailure] {
        var check = TypeCheck(allowsDuplicates: allowsDuplicates)
        check.visit(value, self)
        return check.failures
    }

    /// Why a value is no scalar of a kind; nil when it is one, or is null or absent.
    static func failure(_ scalar: Scalar, _ value: Value?) -> String? {
        guard let value, !value.isNull else { return nil }
        switch (scalar, value) {
        case (.numeric, .int), (.numeric, .double), (.numeric, .number), (.string, .string), (.boolean, .bool):
            return nil
        case (.untyped, .int), (.untyped, .double), (.untyped, .number), (.untyped, .string), (.untyped, .bool):
            return nil
        case (.numeric, _): return "expected numeric (int or float), got \(value.goType)"
        case (.string, _): return "expected string, got &value.valueUnstructured{Value:\(value.goSyntax)}"
        case (.boolean, _): return "expected boolean, got &{\(value.goText)}"
        case (.untyped, _): return "expected any scalar, got &{\(value.goText)}"
        }
    }
}

/// Walks a value beside its type and notes what does not fit.
private struct TypeCheck {
    var failures: [TypeFailure] = []
    private let allowsDuplicates: Bool
    private var path: [PathElement] = []

    init(allowsDuplicates: Bool) { self.allowsDuplicates = allowsDuplicates }

    private mutating func report(_ message: String) { failures.append(TypeFailure(message, at: path)) }

    mutating func visit(_ value: Value, _ type: TypeSchema) {
        switch type.shape(for: value).shape {
        case .scalar(let scalar):
            if let message = TypeSchema.failure(scalar, value) { report(message) }
        case .list(let list):
            switch value {
            case .null: return
            case .array(let items): visit(items, list)
            default: report("expected list, got &{\(value.goText)}")
            }
        case .map(let map):
            switch value {
            case .null: return
            case .object(let object): visit(object, map)
            default: report("expected map, got &{\(value.goText)}")
            }
        case .nothing: report("schema error: invalid atom: inlined")
        }
    }

    private mutating func visit(_ items: [Value], _ list: TypeSchema.List) {
        let type = list.items.resolved
        var seen: Set<PathElement> = []
        for (index, item) in items.enumerated() {
            let element: PathElement
            if list.isAtomic {
                element = .index(index)
            } else {
                do { element = try list.element(for: item) } catch {
                    report("element \(index): \(error.message)")
                    return
                }
                if !seen.insert(element).inserted, !allowsDuplicates {
                    report("duplicate entries for key \(element)")
                }
            }
            path.append(element)
            visit(item, type)
            path.removeLast()
        }
    }

    private mutating func visit(_ object: Object, _ map: TypeSchema.Map) {
        if map.isFreeForm, map.others != nil { return }
        for pair in object {
            path.append(.field(pair.key))
            if let type = map.type(of: pair.key) {
                visit(pair.value, type)
            } else {
                report("field not declared in schema")
            }
            path.removeLast()
        }
    }
}

extension Value {
    /// The name of the type that Go's JSON decoder gives such a value.
    var goType: String {
        switch self {
        case .null: "<nil>"
        case .bool: "bool"
        case .int: "int64"
        case .double, .number: "float64"
        case .string: "string"
        case .array: "[]interface {}"
        case .object: "map[string]interface {}"
        }
    }

    /// As Go prints a value with `%v`.
    package var goText: String {
        switch self {
        case .null: "<nil>"
        case .string(let text): text
        case .array(let items): "[\(items.map(\.goText).joined(separator: " "))]"
        case .object(let object):
            "map[\(object.sortedPairs.map { "\($0.key):\($0.value.goText)" }.joined(separator: " "))]"
        default: JSON.text(self)
        }
    }

    /// As Go prints a value with `%#v`.
    var goSyntax: String {
        switch self {
        case .null: "interface {}(nil)"
        case .array(let items): "[]interface {}{\(items.map(\.goSyntax).joined(separator: ", "))}"
        case .object(let object):
            "map[string]interface {}{"
                + object.sortedPairs.map { "\(JSON.text(.string($0.key))):\($0.value.goSyntax)" }.joined(
                    separator: ", "
                )
                + "}"
        default: JSON.text(self)
        }
    }
}
