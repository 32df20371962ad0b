import StructuredValue

/// Reads the notation of built-in types.
///
/// A line without indent names a type, with `@` one that is owned as a whole; indented lines are its fields: name, type, options.
/// Types: `string bool int32 int64 number quantity intOrString time microTime bytes any`, `{T}` a map, `{T}@` an atomic
/// map, `[T]` an atomic list, `[T]set`, `[T]map:key,key` and with another strategic key `[T]map:key,key/key`, `Name`.
/// Options: `?` keeps zero values, `!` is always written, `*` is required, `=text` or `=number` is the default.
enum ShapeText {
    static func parse(_ text: String) -> [String: StructShape] {
        var types: [String: StructShape] = [:]
        var name = ""
        var fields: [StructShape.Field] = []
        var isAtomic = false
        func close() {
            if !name.isEmpty { types[name] = StructShape(name: name, fields: fields, isAtomic: isAtomic) }
            fields = []
        }
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let first = words.first else { continue }
            if !line.hasPrefix(" ") {
                close()
                name = String(first)
                isAtomic = words.last == "@"
                continue
            }
            for spec in line.split(separator: ";") { fields.append(field(spec.split(separator: " "))) }
        }
        close()
        return types
    }

    private static func field(_ words: [Substring]) -> StructShape.Field {
        precondition(words.count >= 2, "a field of a built-in type is written as name and type: \(words)")
        var field = StructShape.Field(name: String(words[0]), shape: shape(words[1]))
        for option in words.dropFirst(2) {
            switch option {
            case "?": field.isPointer = true
            case "!": field.isAlwaysWritten = true
            case "*": field.isRequired = true
            default:
                let text = String(option.dropFirst())
                field.fallback =
                    text == "{}"
                    ? [:]
                    : Int(text).map { .int($0) } ?? (text == "true" ? true : text == "false" ? false : .string(text))
            }
        }
        return field
    }

    private static func shape(_ text: Substring) -> Shape {
        if text.hasPrefix("{") {
            let isAtomic = text.hasSuffix("@")
            return .map(shape(text.dropFirst().dropLast(isAtomic ? 2 : 1)), isAtomic: isAtomic)
        }
        if text.hasPrefix("["), let end = text.lastIndex(of: "]") {
            let item = shape(text[text.index(after: text.startIndex)..<end])
            let rules = text[text.index(after: end)...]
            if rules.isEmpty { return .list(item, Shape.ListRules()) }
            if rules == "set" { return .list(item, Shape.ListRules(kind: .set)) }
            let parts = rules.dropFirst("map:".count).split(separator: "/")
            let keys = parts[0].split(separator: ",").map(String.init)
            let patchKey = parts.count > 1 ? String(parts[1]) : keys.first
            return .list(item, Shape.ListRules(kind: .map(keys), patchKey: patchKey))
        }
        switch text {
        case "string": return .string
        case "bool": return .bool
        case "int32": return .int32
        case "int64": return .int64
        case "number": return .number
        case "quantity": return .quantity
        case "intOrString": return .intOrString
        case "time": return .time
        case "microTime": return .microTime
        case "bytes": return .bytes
        case "any": return .any
        default: return .named(String(text))
        }
    }
}
