/// Turns syntax into nodes: resolves names and functions, expands macros, and finds types that cannot fit.
struct CELChecker {
    struct Finding {
        var offset: Int
        var message: String
    }

    private(set) var findings: [Finding] = []
    private(set) var usedVariables: Set<String> = []
    private(set) var slotCount: Int
    private var scope: [(name: String, slot: Int, type: CELType)]
    private let declaredCount: Int

    init(environment: CELEnvironment) {
        scope = environment.variables.enumerated().map { ($1.name, $0, $1.type) }
        slotCount = scope.count
        declaredCount = scope.count
    }

    mutating func report(_ message: String, at offset: Int) {
        findings.append(Finding(offset: offset, message: message))
    }

    mutating func failed(_ message: String, at offset: Int) -> (CELNode, CELType) {
        report(message, at: offset)
        return (.literal(.null), .dyn)
    }

    mutating func check(_ syntax: CELSyntax) -> (node: CELNode, type: CELType) {
        switch syntax.form {
        case .literal(let value): return (.literal(value), Self.type(of: value))
        case .identifier(let name): return identifier(name, at: syntax.offset)
        case .select(let operand, let field, let isOptional):
            return select(operand, field, isOptional: isOptional, at: syntax.offset)
        case .index(let operand, let index, let isOptional):
            return self.index(operand, index, isOptional: isOptional, at: syntax.offset)
        case .unary(.not, let operand):
            let (node, type) = check(operand)
            guard type.matches(.bool) else { return failed(Self.mismatch("!_", [type]), at: syntax.offset) }
            return (.not(node), .bool)
        case .unary(.negate, let operand):
            let (node, type) = check(operand)
            guard type.matches(.int) || type.matches(.double) || type.matches(.duration) else {
                return failed(Self.mismatch("-_", [type]), at: syntax.offset)
            }
            return (.negate(node), type)
        case .binary(let operation, let left, let right): return binary(operation, left, right, at: syntax.offset)
        case .conditional(let condition, let whenTrue, let whenFalse):
            let (test, type) = check(condition)
            let (yes, yesType) = check(whenTrue)
            let (no, noType) = check(whenFalse)
            guard type.matches(.bool), yesType.matches(noType) || Self.isNullable(yesType, noType) else {
                return failed(Self.mismatch("_?_:_", [type, yesType, noType]), at: syntax.offset)
            }
            return (.conditional(test, yes, no), yesType.joined(with: noType))
        case .list(let items): return list(items)
        case .map(let entries): return map(entries)
        case .call(let name, let target, let arguments): return call(name, target, arguments, at: syntax.offset)
        }
    }

    // MARK: Names

    mutating func withVariable<Result>(
        _ name: String,
        _ type: CELType,
        _ body: (inout CELChecker, Int) -> Result
    ) -> Result {
        let slot = slotCount
        slotCount += 1
        scope.append((name, slot, type))
        defer { scope.removeLast() }
        return body(&self, slot)
    }

    private func variable(_ name: String) -> (name: String, slot: Int, type: CELType)? {
        scope.last { $0.name == name }
    }

    func isDeclared(_ name: String) -> Bool { variable(name) != nil }

    private mutating func identifier(_ name: String, at offset: Int) -> (CELNode, CELType) {
        if let variable = variable(name) {
            if variable.slot < declaredCount { usedVariables.insert(name) }
            return (.slot(variable.slot), variable.type)
        }
        if Self.typeNames.contains(name) { return (.literal(.type(name)), .type) }
        return failed("undeclared reference to '\(name)' (in container '')", at: offset)
    }

    private static let typeNames: Set<String> = [
        "bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type", "optional_type",
        "google.protobuf.Duration", "google.protobuf.Timestamp", "net.IP", "net.CIDR", "kubernetes.Quantity",
        "kubernetes.URL", "kubernetes.Semver", "kubernetes.NamedFormat",
    ]

    /// `a.b.c` when nothing but names and dots, for qualified type names.
    private func dottedName(_ syntax: CELSyntax) -> String? {
        switch syntax.form {
        case .identifier(let name): return isDeclared(name) ? nil : name
        case .select(let operand, let field, false): return dottedName(operand).map { "\($0).\(field)" }
        default: return nil
        }
    }

    // MARK: Members

    private mutating func select(
        _ operand: CELSyntax,
        _ field: String,
        isOptional: Bool,
        at offset: Int
    ) -> (CELNode, CELType) {
        if !isOptional, let prefix = dottedName(operand), Self.typeNames.contains("\(prefix).\(field)") {
            return (.literal(.type("\(prefix).\(field)")), .type)
        }
        let (node, type) = check(operand)
        guard let member = member(field, of: type, at: offset) else { return (.literal(.null), .dyn) }
        if case .optional = type { return (.optionalSelect(node, member.name), .optional(member.type)) }
        if isOptional { return (.optionalSelect(node, member.name), .optional(member.type)) }
        return (.select(node, member.name), member.type)
    }

    /// The name in the data and the type of a member; reports and gives nil when the type has none.
    mutating func member(_ field: String, of type: CELType, at offset: Int) -> CELObjectType.Field? {
        switch type {
        case .dyn: return CELObjectType.Field(name: field, type: .dyn)
        case .map(let value): return CELObjectType.Field(name: field, type: value)
        case .optional(let wrapped): return member(field, of: wrapped, at: offset)
        case .object(let object):
            if let member = object.fields[field] { return member }
            report("undefined field '\(field)'", at: offset)
            return nil
        default:
            report("type '\(type)' does not support field selection", at: offset)
            return nil
        }
    }

    private mutating func index(
        _ operand: CELSyntax,
        _ index: CELSyntax,
        isOptional: Bool,
        at offset: Int
    ) -> (CELNode, CELType) {
        let (node, type) = check(operand)
        let (key, keyType) = check(index)
        var container = type
        var isOptional = isOptional
        if case .optional(let wrapped) = type {
            container = wrapped
            isOptional = true
        }
        let element: CELType
        switch container {
        case .dyn, .object: element = .dyn
        case .list(let item, _):
            guard keyType.matches(.int) || keyType.matches(.uint) || keyType.matches(.double) else {
                return failed(Self.mismatch("_[_]", [type, keyType]), at: offset)
            }
            element = item
        case .map(let value):
            guard keyType.matches(.string) else { return failed(Self.mismatch("_[_]", [type, keyType]), at: offset) }
            element = value
        default: return failed(Self.mismatch("_[_]", [type, keyType]), at: offset)
        }
        return isOptional ? (.optionalIndex(node, key), .optional(element)) : (.index(node, key), element)
    }

    // MARK: Literals

    private static func type(of value: CELValue) -> CELType {
        switch value {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        case .type: .type
        default: .dyn
        }
    }

    private mutating func list(_ items: [(item: CELSyntax, isOptional: Bool)]) -> (CELNode, CELType) {
        var element: CELType?
        var nodes: [(item: CELNode, isOptional: Bool)] = []
        for (item, isOptional) in items {
            var (node, type) = check(item)
            if isOptional {
                if case .optional(let wrapped) = type {
                    type = wrapped
                } else if case .dyn = type {
                } else {
                    _ = failed("expected type 'optional_type(\(type))' but found '\(type)'", at: item.offset)
                }
            }
            nodes.append((node, isOptional))
            element = element?.joined(with: type) ?? type
            _ = node
        }
        return (.list(nodes), .list(element ?? .dyn))
    }

    private mutating func map(_ entries: [(key: CELSyntax, value: CELSyntax, isOptional: Bool)]) -> (CELNode, CELType) {
        var value: CELType?
        var nodes: [(key: CELNode, value: CELNode, isOptional: Bool)] = []
        var hasOtherKeys = false
        for entry in entries {
            let (keyNode, keyType) = check(entry.key)
            var (valueNode, valueType) = check(entry.value)
            if case .string = keyType {} else { hasOtherKeys = true }
            if entry.isOptional, case .optional(let wrapped) = valueType { valueType = wrapped }
            nodes.append((keyNode, valueNode, entry.isOptional))
            value = value?.joined(with: valueType) ?? valueType
            _ = valueNode
        }
        // Only string keys are tracked by type.
        return (.map(nodes), hasOtherKeys ? .dyn : .map(value ?? .dyn))
    }

    // MARK: Operators

    private static func isNumber(_ type: CELType) -> Bool {
        switch type {
        case .int, .uint, .double: true
        default: false
        }
    }

    /// Whether one is null and the other may be: objects and opaque types, not scalars, lists and maps.
    private static func isNullable(_ left: CELType, _ right: CELType) -> Bool {
        func mayBeNull(_ type: CELType) -> Bool {
            switch type {
            case .bool, .int, .uint, .double, .string, .bytes, .list, .map: false
            default: true
            }
        }
        if case .null = left { return mayBeNull(right) }
        if case .null = right { return mayBeNull(left) }
        return false
    }

    private mutating func binary(
        _ operation: CELBinaryOperator,
        _ left: CELSyntax,
        _ right: CELSyntax,
        at offset: Int
    ) -> (CELNode, CELType) {
        let (leftNode, leftType) = check(left)
        let (rightNode, rightType) = check(right)
        func mismatch() -> String { Self.mismatch(operation.rawValue, [leftType, rightType]) }
        let node = CELNode.binary(operation, leftNode, rightNode)
        switch operation {
        case .and, .or:
            guard leftType.matches(.bool), rightType.matches(.bool) else { return failed(mismatch(), at: offset) }
            return (operation == .and ? .and(leftNode, rightNode) : .or(leftNode, rightNode), .bool)
        case .equal, .notEqual:
            guard leftType.matches(rightType) || Self.isNullable(leftType, rightType) else {
                return failed(mismatch(), at: offset)
            }
            return (node, .bool)
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            if Self.isNumber(leftType), Self.isNumber(rightType) { return (node, .bool) }
            switch leftType {
            case .dyn, .bool, .int, .uint, .double, .string, .bytes, .timestamp, .duration: break
            default: return failed(mismatch(), at: offset)
            }
            guard leftType.matches(rightType) else { return failed(mismatch(), at: offset) }
            return (node, .bool)
        case .isIn:
            switch rightType {
            case .dyn, .object: break
            case .list(let element, _) where leftType.matches(element) || Self.isNullable(leftType, element): break
            case .map where leftType.matches(.string): break
            default: return failed(mismatch(), at: offset)
            }
            return (node, .bool)
        case .add, .subtract, .multiply, .divide, .remainder:
            guard let type = Self.arithmetic(operation, leftType, rightType) else {
                return failed(mismatch(), at: offset)
            }
            return (node, type)
        }
    }

    private static func arithmetic(_ operation: CELBinaryOperator, _ left: CELType, _ right: CELType) -> CELType? {
        switch (left, right) {
        case (.dyn, .dyn): return .dyn
        case (.dyn, let known), (let known, .dyn):
            switch (operation, known) {
            case (.add, .string), (.add, .bytes), (.add, .list), (.add, .timestamp), (_, .int), (_, .uint): return known
            case (.remainder, _): return nil
            case (_, .double): return known
            case (.add, .duration), (.subtract, .duration), (.subtract, .timestamp): return .dyn
            default: return nil
            }
        case (.int, .int), (.uint, .uint): return left
        case (.double, .double): return operation == .remainder ? nil : left
        case (.string, .string), (.bytes, .bytes): return operation == .add ? left : nil
        case (.list, .list): return operation == .add && left.matches(right) ? left.joined(with: right) : nil
        case (.duration, .duration): return operation == .add || operation == .subtract ? .duration : nil
        case (.timestamp, .duration): return operation == .add || operation == .subtract ? .timestamp : nil
        case (.duration, .timestamp): return operation == .add ? .timestamp : nil
        case (.timestamp, .timestamp): return operation == .subtract ? .duration : nil
        default: return nil
        }
    }

    static func mismatch(_ function: String, _ types: [CELType]) -> String {
        "found no matching overload for '\(function)' applied to '(\(types.map(\.description).joined(separator: ", ")))'"
    }
}
