/// Replaces `${name}` in a text as Flux does after a build: bash's forms of parameter expansion, without patterns.
///
/// ```
/// ${a}  ${a:-text} ${a-text} ${a:=text} ${a=text}  ${#a}  ${a:2} ${a:2:3}  ${a^} ${a^^} ${a,} ${a,,}
/// ${a/old/new} ${a//old/new}  ${a#start} ${a%end}  $${a} is the text ${a}; $a stays
/// ```
struct FluxSubstitution {
    /// Why a text cannot be replaced.
    struct Failure: Error, Hashable {
        var message: String
    }

    let variables: [String: String]
    /// Names without a value and without a default, which became empty texts.
    private(set) var unknown: Set<String> = []

    private var text: [UInt8] = []
    private var place = 0

    init(_ variables: [String: String]) { self.variables = variables }

    /// The text with everything replaced.
    mutating func replace(_ source: String) throws(Failure) -> String {
        text = Array(source.utf8)
        place = 0
        return String(decoding: try plain(until: []), as: UTF8.self)
    }

    // MARK: Reading

    private var next: UInt8? { place < text.count ? text[place] : nil }

    private func isNext(_ bytes: StaticString, after offset: Int = 0) -> Bool {
        let start = place + offset
        guard start + bytes.utf8CodeUnitCount <= text.count else { return false }
        return (0..<bytes.utf8CodeUnitCount).allSatisfy { text[start + $0] == bytes.utf8Start[$0] }
    }

    /// Text up to one of the ends, with the variables in it replaced; the end itself is left.
    private mutating func plain(until ends: Set<UInt8>) throws(Failure) -> [UInt8] {
        var result: [UInt8] = []
        while let byte = next, !ends.contains(byte) {
            if isNext("$${") {
                result += Array("${".utf8)
                place += 3
            } else if isNext("${") {
                place += 2
                result += Array(try expression().utf8)
            } else {
                result.append(byte)
                place += 1
            }
        }
        return result
    }

    private mutating func word(until ends: Set<UInt8>) throws(Failure) -> String {
        String(decoding: try plain(until: ends), as: UTF8.self)
    }

    private mutating func name() throws(Failure) -> String {
        let start = place
        while let byte = next, Self.isLetter(byte) || (place > start && (48...57).contains(byte)) { place += 1 }
        guard place > start else { throw Failure(message: "“${” is not followed by a variable's name") }
        return String(decoding: text[start..<place], as: UTF8.self)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
    }

    private mutating func expect(_ byte: UInt8, _ name: String) throws(Failure) {
        guard next == byte else { throw Failure(message: "“${\(name)…” is not closed or not understood") }
        place += 1
    }

    // MARK: Meaning

    private static let brace: UInt8 = 125
    private static let slash: UInt8 = 47
    private static let colon: UInt8 = 58

    private mutating func expression() throws(Failure) -> String {
        if isNext("#") {
            place += 1
            let name = try name()
            try expect(Self.brace, name)
            return String(value(of: name).unicodeScalars.count)
        }
        let name = try name()
        let result = try modified(name)
        try expect(Self.brace, name)
        return result
    }

    private mutating func value(of name: String) -> String {
        if let value = variables[name] { return value }
        unknown.insert(name)
        return ""
    }

    private mutating func modified(_ name: String) throws(Failure) -> String {
        for form: StaticString in [":-", ":=", "-", "="] where isNext(form) {
            place += form.utf8CodeUnitCount
            let fallback = try word(until: [Self.brace])
            let value = variables[name] ?? ""
            return value.isEmpty ? fallback : value
        }
        if next == Self.brace { return value(of: name) }
        let value = value(of: name)
        if isNext("^^") { return skip(2, value.uppercased()) }
        if isNext(",,") { return skip(2, value.lowercased()) }
        if isNext("^") { return skip(1, value.prefix(1).uppercased() + value.dropFirst()) }
        if isNext(",") { return skip(1, value.prefix(1).lowercased() + value.dropFirst()) }
        if isNext(":") { return try part(of: value, name) }
        if isNext("/") { return try exchanged(in: value, name) }
        for (form, isStart) in [("##", true), ("#", true), ("%%", false), ("%", false)] {
            guard text[place...].starts(with: form.utf8) else { continue }
            place += form.utf8.count
            let pattern = try literal(name, until: [Self.brace])
            if isStart { return value.hasPrefix(pattern) ? String(value.dropFirst(pattern.count)) : value }
            return value.hasSuffix(pattern) ? String(value.dropLast(pattern.count)) : value
        }
        throw Failure(message: "“${\(name)…” is not closed or not understood")
    }

    private mutating func skip(_ count: Int, _ result: String) -> String {
        place += count
        return result
    }

    /// `:start` and `:start:length`, in characters.
    private mutating func part(of value: String, _ name: String) throws(Failure) -> String {
        place += 1
        let start = try number(name, until: [Self.brace, Self.colon])
        guard next == Self.colon else { return String(value.dropFirst(start)) }
        place += 1
        return String(value.dropFirst(start).prefix(try number(name, until: [Self.brace])))
    }

    private mutating func number(_ name: String, until ends: Set<UInt8>) throws(Failure) -> Int {
        let word = try word(until: ends)
        guard let number = Int(word), number >= 0 else {
            throw Failure(message: "“\(word)” in “${\(name):…” is no position")
        }
        return number
    }

    private mutating func exchanged(in value: String, _ name: String) throws(Failure) -> String {
        place += 1
        let all = isNext("/")
        if all { place += 1 }
        let old = try literal(name, until: [Self.slash, Self.brace])
        var new = ""
        if next == Self.slash {
            place += 1
            new = try word(until: [Self.brace])
        }
        guard !old.isEmpty else { return value }
        var pieces = value.split(separator: old, maxSplits: all ? .max : 1, omittingEmptySubsequences: false)
        let first = pieces.removeFirst()
        return pieces.reduce(String(first)) { $0 + new + $1 }
    }

    private mutating func literal(_ name: String, until ends: Set<UInt8>) throws(Failure) -> String {
        let word = try word(until: ends)
        guard !word.contains(where: { "*?[".contains($0) }) else {
            throw Failure(message: "the pattern “\(word)” of “${\(name)…” is not supported; only plain texts are")
        }
        return word
    }
}
