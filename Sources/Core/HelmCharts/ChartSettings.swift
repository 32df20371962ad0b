import GoTemplate
package import StructuredValue

/// The values given to a chart: a document, and settings in the form of `--set` put over it.
package struct ChartValues: Sendable {
    package enum Setting: Sendable, Hashable {
        /// `--set-json a.b=JSON`, or a whole JSON object.
        case json(String)
        /// `--set a.b=text`: whole numbers, `true`, `false` and `null` become what they look like.
        case typed(String)
        /// `--set-string a.b=text`
        case string(String)
        /// `--set-file a.b=path` with the content of every path that it names.
        case file(String, contents: [String: String])
        /// `--set-literal a.b=text`: the text as it is, commas and all.
        case literal(String)
    }

    package var document: Value
    package var settings: [Setting]

    package init(_ document: Value = .object(Object()), settings: [Setting] = []) {
        self.document = document
        self.settings = settings
    }
}

/// Reads one setting: `a.b[0].c=x,d={1,2}` and the like, with `\` before a character that stands for itself.
struct SettingParser {
    struct Failure: Error, Sendable {
        var message: String
    }

    private enum Mode {
        case typed, string, json
        case file([String: String])
    }

    private enum End {
        case stop(Unicode.Scalar)
        case end
    }

    private let text: [Unicode.Scalar]
    private let mode: Mode
    private var position = 0
    /// Whether the text ended before a value.
    private var isCutOff = false

    private init(_ text: String, _ mode: Mode) {
        self.text = Array(text.unicodeScalars)
        self.mode = mode
    }

    static func apply(_ setting: ChartValues.Setting, to map: GoMap) throws(Failure) {
        switch setting {
        case .typed(let text): try run(text, .typed, map, "--set")
        case .string(let text): try run(text, .string, map, "--set-string")
        case .file(let text, let contents): try run(text, .file(contents), map, "--set-file")
        case .literal(let text):
            guard let equals = text.firstIndex(of: "=") else {
                throw Failure(message: "failed parsing --set-literal data: key \"\(text)\" has no value")
            }
            // The value takes everything; commas and backslashes in it are escaped for the common parser.
            var value = ""
            for character in text[text.index(after: equals)...] {
                if "\\,{}[]".contains(character) { value.append("\\") }
                value.append(character)
            }
            try run(text[...equals] + value, .string, map, "--set-literal")
        case .json(let text):
            if text.trimmed.hasPrefix("{") {
                guard let value = try? JSON.parse(Array(text.utf8)), value.object != nil else {
                    // The reason is of no help to the user: Helm names the data alone.
                    throw Failure(message: "failed parsing --set-json data JSON: \(text)")
                }
                if case .map(let given) = GoValue(value) { merge(given, into: map) }
                return
            }
            try run(text, .json, map, "--set-json")
        }
    }

    private static func run(_ text: some StringProtocol, _ mode: Mode, _ map: GoMap, _ option: String) throws(Failure) {
        var parser = SettingParser(String(text), mode)
        do throws(Failure) {
            while parser.position < parser.text.count { try parser.key(map, level: 0) }
        } catch {
            throw Failure(message: "failed parsing \(option) data: \(error.message)")
        }
    }

    static func merge(_ source: GoMap, into target: GoMap) {
        for entry in source.entries {
            if case .map(let inner) = entry.value, case .map(let existing)? = target[entry.key] {
                merge(inner, into: existing)
            } else {
                target[entry.key] = entry.value
            }
        }
    }

    // MARK: Parsing

    private mutating func scan(until stops: String) -> (String, End) {
        var found = String.UnicodeScalarView()
        while position < text.count {
            let scalar = text[position]
            position += 1
            if stops.unicodeScalars.contains(scalar) { return (String(found), .stop(scalar)) }
            if scalar == "\\", position < text.count {
                found.append(text[position])
                position += 1
            } else {
                found.append(scalar)
            }
        }
        return (String(found), .end)
    }

    private mutating func key(_ map: GoMap, level: Int) throws(Failure) {
        let (name, end) = scan(until: "=[,.")
        guard case .stop(let stop) = end else {
            if name.isEmpty { return }
            throw Failure(message: "key \"\(name)\" has no value")
        }
        switch stop {
        case "[":
            let index = try self.index()
            var list: [GoValue] = []
            switch map[name] {
            case nil, .null?: break
            case .list(let existing)?: list = existing.items
            case let other?: throw Self.conversion(of: other, to: "[]interface {}")
            }
            try item(&list, index, level: level)
            if !name.isEmpty { map[name] = .list(list) }
        case "=":
            let value = try value()
            if !name.isEmpty { map[name] = value }
        case ",":
            if !name.isEmpty { map[name] = .string("") }
            throw Failure(message: "key \"\(name)\" has no value (cannot end with ,)")
        default:
            if level + 1 > 30 {
                throw Failure(message: "value name nested level is greater than maximum supported nested level of 30")
            }
            let inner: GoMap
            switch map[name] {
            case nil: inner = GoMap()
            case .map(let existing)?: inner = existing
            case let other?: throw Self.conversion(of: other, to: "map[string]interface {}")
            }
            try key(inner, level: level + 1)
            if inner.count == 0 { throw Failure(message: "key map \"\(name)\" has no value") }
            if !name.isEmpty { map[name] = .map(inner) }
        }
    }

    private mutating func index() throws(Failure) -> Int {
        let (digits, end) = scan(until: "]")
        guard case .stop = end else { throw Failure(message: "error parsing index: EOF") }
        guard let index = Int(digits) else {
            let said = GoQuotation.quote(digits)
            throw Failure(message: "error parsing index: strconv.Atoi: parsing \(said): invalid syntax")
        }
        if index < 0 { throw Failure(message: "negative \(index) index not allowed") }
        if index > 65536 {
            throw Failure(message: "index of \(index) is greater than maximum supported index of 65536")
        }
        return index
    }

    private mutating func item(_ list: inout [GoValue], _ index: Int, level: Int) throws(Failure) {
        let (rest, end) = scan(until: "[.=")
        if !rest.isEmpty {
            let characters = rest.unicodeScalars.map { GoQuotation.quote(String($0), mark: UInt8(ascii: "'")) }
            let said = characters.joined(separator: " ")
            throw Failure(message: "unexpected data at end of array index: [\(said)]")
        }
        guard case .stop(let stop) = end else {
            isCutOff = true
            return
        }
        let existing = index < list.count ? list[index] : .null
        let result: GoValue
        switch stop {
        case "=":
            result = try value()
            isCutOff = false
        case "[":
            let next = try self.index()
            var inner: [GoValue] = []
            switch existing {
            case .null: break
            case .list(let list): inner = list.items
            default: throw Self.conversion(of: existing, to: "[]interface {}")
            }
            try item(&inner, next, level: level)
            result = .list(inner)
        default:
            let inner: GoMap
            if case .map(let map) = existing { inner = map } else { inner = GoMap() }
            try key(inner, level: level)
            result = .map(inner)
        }
        // Helm forgets the new item of a list when the text ends where a value below it should begin.
        if isCutOff { return }
        while list.count <= index { list.append(.null) }
        list[index] = result
    }

    /// What Go says when a value is not of the type that the key needs.
    private static func conversion(of value: GoValue, to type: String) -> Failure {
        let name = value.isNil ? "nil" : value.typeName
        return Failure(message: "unable to parse key: interface conversion: interface {} is \(name), not \(type)")
    }

    private mutating func value() throws(Failure) -> GoValue {
        if case .json = mode { return try jsonValue() }
        if position < text.count, text[position] == "{" {
            position += 1
            var items: [GoValue] = []
            while true {
                let (word, end) = scan(until: ",}")
                guard case .stop(let stop) = end else { throw Failure(message: "list must terminate with '}'") }
                items.append(try read(word))
                if stop == "}" { break }
            }
            if position < text.count, text[position] == "," { position += 1 }
            return .list(items)
        }
        if position >= text.count {
            isCutOff = true
            return .string("")
        }
        return try read(scan(until: ",").0)
    }

    private func read(_ word: String) throws(Failure) -> GoValue {
        switch mode {
        case .string: return .string(word)
        case .file(let contents):
            guard let content = contents[word] else { throw Failure(message: "open \(word): no such file") }
            return .string(content)
        case .typed, .json: break
        }
        switch word.lowercased() {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null": return .null
        case "0": return .int64(0)
        default:
            if let first = word.utf8.first, first != UInt8(ascii: "0"), let number = Int(word) { return .int64(number) }
            return .string(word)
        }
    }

    /// The names of the files that a `--set-file` setting needs.
    static func files(of setting: String) -> [String] {
        var parser = SettingParser(setting, .string)
        let map = GoMap()
        while parser.position < parser.text.count {
            do throws(Failure) { try parser.key(map, level: 0) } catch { break }
        }
        var names: [String] = []
        func collect(_ value: GoValue) {
            switch value {
            case .string(let text): names.append(text)
            case .list(let list): for item in list.items { collect(item) }
            case .map(let map): for entry in map.entries { collect(entry.value) }
            default: break
            }
        }
        collect(.map(map))
        return names
    }

    private mutating func jsonValue() throws(Failure) -> GoValue {
        while position < text.count, text[position].properties.isWhitespace { position += 1 }
        if position >= text.count { return .null }
        if text[position] == "," {
            position += 1
            return .null
        }
        // The value ends at the first comma outside quotes and brackets.
        let start = position
        var depth = 0
        var isQuoted = false
        scan: while position < text.count {
            switch text[position] {
            case "\\" where isQuoted: position += 1
            case "\"": isQuoted.toggle()
            case "{", "[": if !isQuoted { depth += 1 }
            case "}", "]": if !isQuoted { depth -= 1 }
            case ",": if !isQuoted, depth == 0 { break scan }
            default: break
            }
            position += 1
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: text[start..<min(position, text.count)])
        if position < text.count { position += 1 }
        guard let value = try? JSON.parse(Array(String(view).utf8)) else {
            // The reason is of no help to the user: Helm names the data alone.
            throw Failure(message: "\"\(String(view))\" is not JSON")
        }
        return GoValue(value)
    }
}

extension ChartValues {
    /// The files that a `--set-file` setting names.
    package static func files(of setting: String) -> [String] { SettingParser.files(of: setting) }
}
