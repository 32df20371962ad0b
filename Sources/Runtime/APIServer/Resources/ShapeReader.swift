import KubernetesModel
import StructuredValue

/// Reads a value as a built-in type: checks types, drops what is empty, notes unknown fields, fills in defaults.
struct ShapeReader {
    /// What cannot be read at all.
    struct Problem: Error { var message: String }

    /// Paths of fields the type does not have, in the order of the text.
    private(set) var unknownFields: [String] = []
    private let fillsDefaults: Bool

    init(fillsDefaults: Bool = true) { self.fillsDefaults = fillsDefaults }

    /// Reads an object of a type.
    mutating func read(_ value: Value, as type: StructShape, path: String = "") throws(Problem) -> Value {
        guard case .object(let object) = value else {
            throw Problem(message: "json: cannot unmarshal \(Self.goKind(value)) into Go value of type \(type.name)")
        }
        return .object(try read(object, type, path))
    }

    private mutating func read(_ object: Object, _ type: StructShape, _ path: String) throws(Problem) -> Object {
        var result = Object()
        result.reserveCapacity(object.count)
        for pair in object where type.field(pair.key) == nil {
            unknownFields.append(path.isEmpty ? pair.key : "\(path).\(pair.key)")
        }
        for field in type.fields {
            let inner = path.isEmpty ? field.name : "\(path).\(field.name)"
            let found = object[field.name]
            var value: Value?
            if let found, !found.isNull {
                value = try read(found, field.shape, inner, "\(type.name).\(field.name)")
                if let present = value, !field.isPointer, !keeps(present, field) { value = nil }
            } else if case .named(let name) = field.shape, !field.isPointer {
                value = .object(try read(Object(), BuiltInTypes.type(name), inner))
            }
            if value == nil, fillsDefaults { value = field.fallback }
            if value == nil, field.isAlwaysWritten { value = Self.zero(field.shape) }
            if let value { result.append(field.name, value) }
        }
        return result
    }

    /// Whether a value that is no pointer is worth writing.
    private func keeps(_ value: Value, _ field: StructShape.Field) -> Bool {
        switch value {
        case .string(let text):
            if case .any = field.shape { true } else { !text.isEmpty || field.isAlwaysWritten }
        case .bool(let flag): flag || field.isAlwaysWritten
        case .int(let number): number != 0 || field.isAlwaysWritten
        case .array(let items): !items.isEmpty || field.isAlwaysWritten
        case .object(let object):
            switch field.shape {
            case .named, .any: true
            default: !object.isEmpty || field.isAlwaysWritten
            }
        default: true
        }
    }

    /// An object of a type with nothing in it, as it is before anybody writes it.
    static func blank(_ type: StructShape) -> Value {
        var reader = ShapeReader(fillsDefaults: false)
        // An empty object has no field of a wrong type.
        return (try? reader.read([:], as: type)) ?? [:]
    }

    static func zero(_ shape: Shape) -> Value {
        switch shape {
        case .string, .bytes, .quantity: ""
        case .bool: false
        case .int32, .int64, .number, .intOrString: 0
        case .named: [:]
        case .list, .map, .any, .time, .microTime: .null
        }
    }

    private mutating func read(_ value: Value, _ shape: Shape, _ path: String, _ place: String) throws(Problem) -> Value
    {
        func mismatch(_ type: String) -> Problem {
            Problem(
                message: "json: cannot unmarshal \(Self.goKind(value)) into Go struct field \(place) of type \(type)"
            )
        }
        switch shape {
        case .any: return value
        case .string:
            guard case .string = value else { throw mismatch("string") }
            return value
        case .bool:
            guard case .bool = value else { throw mismatch("bool") }
            return value
        case .int32, .int64:
            guard let number = value.int else { throw mismatch(Self.goName(shape)) }
            if case .int32 = shape, Int32(exactly: number) == nil { throw mismatch("int32") }
            return .int(number)
        case .number:
            guard value.double != nil else { throw mismatch("float64") }
            return value
        case .intOrString:
            switch value {
            case .int, .string: return value
            default: throw mismatch("intstr.IntOrString")
            }
        case .quantity:
            let text: String
            switch value {
            case .string(let string): text = string
            case .int(let number): text = String(number)
            case .double(let number): text = "\(number)"
            default: throw mismatch("resource.Quantity")
            }
            guard let canonical = CanonicalQuantity.text(text) else {
                throw Problem(
                    message:
                        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
                )
            }
            return .string(canonical)
        case .time:
            guard case .string(let text) = value else { throw mismatch("v1.Time") }
            guard let time = Timestamp(text) else {
                throw Problem(message: Self.timeProblem(text, "2006-01-02T15:04:05Z07:00"))
            }
            return .string(time.description)
        case .microTime:
            guard case .string(let text) = value else { throw mismatch("v1.MicroTime") }
            guard let time = Timestamp(text), Self.hasMicroseconds(text) else {
                throw Problem(message: Self.timeProblem(text, "2006-01-02T15:04:05.000000Z07:00"))
            }
            return .string(time.micro)
        case .bytes:
            guard case .string(let text) = value else { throw mismatch("[]uint8") }
            guard let bytes = Base64.decode(text) else { throw Problem(message: "illegal base64 data at input byte 0") }
            return .string(Base64.encode(bytes))
        case .map(let item, _):
            guard case .object(let object) = value else { throw mismatch("map[string]\(Self.goName(item))") }
            var result = Object()
            result.reserveCapacity(object.count)
            for pair in object {
                let inner =
                    pair.value.isNull ? Self.zero(item) : try read(pair.value, item, "\(path).\(pair.key)", place)
                result.append(pair.key, inner)
            }
            return .object(result)
        case .list(let item, _):
            guard case .array(let items) = value else { throw mismatch("[]\(Self.goName(item))") }
            var result: [Value] = []
            result.reserveCapacity(items.count)
            for (index, element) in items.enumerated() {
                result.append(
                    element.isNull ? try nothing(item) : try read(element, item, "\(path)[\(index)]", place)
                )
            }
            return .array(result)
        case .named(let name):
            guard case .object(let object) = value else { throw mismatch("v1.\(name)") }
            return .object(try read(object, BuiltInTypes.type(name), path))
        }
    }

    private mutating func nothing(_ shape: Shape) throws(Problem) -> Value {
        if case .named(let name) = shape { return .object(try read(Object(), BuiltInTypes.type(name), "")) }
        return Self.zero(shape)
    }

    private static func hasMicroseconds(_ text: String) -> Bool {
        guard let dot = text.firstIndex(of: ".") else { return false }
        return text[text.index(after: dot)...].prefix { $0.isNumber }.count == 6
    }

    private static func timeProblem(_ text: String, _ layout: String) -> String {
        "parsing time \"\(text)\" as \"\(layout)\": cannot parse \"\(text)\" as \"\(layout)\""
    }

    static func goKind(_ value: Value) -> String {
        switch value {
        case .bool: "bool"
        case .int, .double, .number: "number"
        default: value.typeName
        }
    }

    private static func goName(_ shape: Shape) -> String {
        switch shape {
        case .string: "string"
        case .bool: "bool"
        case .int32: "int32"
        case .int64: "int64"
        case .number: "float64"
        case .bytes: "[]uint8"
        case .quantity: "resource.Quantity"
        case .intOrString: "intstr.IntOrString"
        case .time: "v1.Time"
        case .microTime: "v1.MicroTime"
        case .any: "interface {}"
        case .map(let item, _): "map[string]\(goName(item))"
        case .list(let item, _): "[]\(goName(item))"
        case .named(let name): "v1.\(name)"
        }
    }
}
