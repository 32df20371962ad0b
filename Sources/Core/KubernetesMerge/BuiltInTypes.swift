import StructuredValue

/// The types of built-in kinds, compiled once from the compact table in `BuiltInTypes+Table.swift`.
///
/// A line of the table is `Name = field:type …`; a line that begins with `kind` also gets `apiVersion`, `kind` and
/// `metadata`, and a name after `!` is owned as one wherever it stands. Types:
///
/// ```
/// s i b a       string, number, boolean, any scalar          *       whatever it is
/// Name          a struct of the table                        !Name   the same, owned as one
/// {T} !{T}      map, map owned as one                         [T]     list owned as one
/// [T]set        set of scalars                                [T]k+l  list map with keys k and l
/// ~k ~set ~-    after a list: how a strategic merge patch merges it, where the ownership does not say it
/// =x            after a field: its default                    …       alone: other fields are allowed
/// ```
package enum BuiltInTypes {
    /// The type of a struct of the table. Asking for one that is not there is a mistake in the table.
    static func named(_ name: String) -> TypeSchema { structs[name] ?? .deduced }

    /// The type of a built-in kind's objects; nil for kinds that are not built in.
    package static func schema(apiVersion: String, kind: String) -> TypeSchema? { kinds["\(apiVersion)/\(kind)"] }

    /// Metadata that every object has.
    package static var objectMeta: TypeSchema { named("ObjectMeta") }

    /// The type of an object of a kind that nobody described: metadata is known, everything else deduced.
    package static let unknownKind = TypeSchema(
        map: TypeSchema.Map(
            fields: [
                "apiVersion": TypeSchema.Field(.type(.string)), "kind": TypeSchema.Field(.type(.string)),
                "metadata": TypeSchema.Field(.builtIn("ObjectMeta")),
            ],
            others: .deduced
        )
    )

    /// Names that the table uses and does not define, for its test.
    static var undefinedNames: [String] {
        func names(_ reference: TypeSchema.Reference) -> [String] {
            switch reference {
            case .deduced: []
            case .builtIn(let name): structs[name] == nil ? [name] : []
            case .type(let type):
                (type.list.map { names($0.items) } ?? []) + (type.map?.others.map(names) ?? [])
            }
        }
        return structs.values.flatMap { ($0.map?.fields.values.flatMap { names($0.type) }) ?? [] }.sorted()
    }

    private static let compiled = compile(table)
    private static var structs: [String: TypeSchema] { compiled.structs }
    private static var kinds: [String: TypeSchema] { compiled.kinds }

    private static func compile(_ table: String) -> (structs: [String: TypeSchema], kinds: [String: TypeSchema]) {
        // Lines that begin with a space continue the line before.
        var lines: [String] = []
        for line in table.split(separator: "\n") {
            if line.hasPrefix(" "), !lines.isEmpty {
                lines[lines.count - 1] += line
            } else {
                lines.append(String(line))
            }
        }
        var maps: [String: TypeSchema.Map] = [:]
        var versions: [String: String] = [:]
        for line in lines {
            var words = line.split(separator: " ").map(String.init)
            let isKind = words[0] == "kind"
            if isKind {
                versions[words[2]] = words[1]
                words.removeFirst(2)
                words += ["apiVersion:s", "kind:s", "metadata:ObjectMeta"]
            }
            var map = TypeSchema.Map(isAtomic: words[0].hasPrefix("!"))
            if map.isAtomic { words[0].removeFirst() }
            for word in words.dropFirst(2) {
                if word == "…" {
                    map.others = .deduced
                    continue
                }
                let parts = word.split(separator: ":", maxSplits: 1)
                let halves = parts[1].split(separator: "=", maxSplits: 1)
                map.fields[String(parts[0])] = TypeSchema.Field(
                    reference(halves[0]),
                    fallback: halves.count > 1 ? .string(String(halves[1])) : nil
                )
            }
            maps[words[0]] = map
        }
        addKeyDefaults(to: &maps)
        let structs = maps.mapValues { TypeSchema(map: $0) }
        var kinds: [String: TypeSchema] = [:]
        for (kind, apiVersions) in versions {
            for version in apiVersions.split(separator: ",") { kinds["\(version)/\(kind)"] = structs[kind] }
        }
        return (structs, kinds)
    }

    /// Keys of list maps that must be set default to an empty value: API servers find the item missing its name only
    /// when they validate it.
    private static func addKeyDefaults(to maps: inout [String: TypeSchema.Map]) {
        for map in maps.values {
            for field in map.fields.values {
                guard case .type(let type) = field.type, let list = type.list, case .map(let keys) = list.ownership,
                    case .builtIn(let item) = list.items
                else { continue }
                for key in keys where maps[item]?.fields[key]?.fallback == nil {
                    let isNumber: Bool
                    if case .type(let type) = maps[item]?.fields[key]?.type {
                        isNumber = type.scalar == .numeric
                    } else {
                        isNumber = false
                    }
                    maps[item]?.fields[key]?.fallback = isNumber ? 0 : ""
                }
            }
        }
    }

    private static func reference(_ text: Substring) -> TypeSchema.Reference {
        switch text {
        case "s": return .type(.string)
        case "i": return .type(.numeric)
        case "b": return .type(.boolean)
        case "a": return .type(.untyped)
        case "*": return .deduced
        default: break
        }
        let isAtomic = text.hasPrefix("!")
        let body = isAtomic ? text.dropFirst() : text
        if body.hasPrefix("{") {
            return .type(TypeSchema(map: .init(others: reference(body.dropFirst().dropLast()), isAtomic: isAtomic)))
        }
        if body.hasPrefix("[") { return .type(TypeSchema(list: list(body))) }
        // An atomic struct needs no fields: it is only ever compared and replaced as a whole.
        return isAtomic ? .type(TypeSchema(map: .init(others: .deduced, isAtomic: true))) : .builtIn(String(body))
    }

    private static func list(_ text: Substring) -> TypeSchema.List {
        let end = text.lastIndex(of: "]") ?? text.startIndex
        let items = reference(text[text.index(after: text.startIndex)..<end])
        let parts = text[text.index(after: end)...].split(
            separator: "~",
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        let patch = parts.count > 1 ? String(parts[1]) : nil
        switch parts[0] {
        case "":
            return .init(.atomic, items: items, patchKey: patch == "set" ? nil : patch, patchesAsSet: patch == "set")
        case "set": return .init(.set, items: items, patchesAsSet: patch != "-")
        default:
            let keys = parts[0].split(separator: "+").map(String.init)
            return .init(.map(keys: keys), items: items, patchKey: patch == "-" ? nil : patch ?? keys[0])
        }
    }
}
