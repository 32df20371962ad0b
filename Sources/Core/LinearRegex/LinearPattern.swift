import CRE2

/// A compiled regular expression of Go's syntax, matched in time linear in the text whatever the pattern.
///
/// All positions are offsets into the text's UTF-8 bytes. Compiling costs microseconds to milliseconds: keep patterns
/// that are used again.
package struct LinearPattern: Sendable {
    /// The pattern as it was written.
    package let source: String
    /// How many capturing groups there are, not counting the whole match.
    package let groupCount: Int
    /// The name of each group; index 0 is the whole match. Nil for groups without a name.
    package let groupNames: [String?]

    private let compiled: Compiled

    /// RE2's budget for programs and automata of one pattern; what it cannot hold it matches more slowly.
    private static let memoryLimit: Int64 = 8 << 20

    package init(_ source: String) throws(PatternError) {
        self.source = source
        let accepted = try rewriteForRE2(Array(source.utf8))
        let compiled = Compiled(
            accepted.withUnsafeBufferPointer { cre2_compile($0.baseAddress, $0.count, Self.memoryLimit) }
        )
        let code = cre2_error_code(compiled.handle)
        guard code == 0 else {
            var length = 0
            let start = cre2_error_argument(compiled.handle, &length)
            let fragment = String(
                decoding: UnsafeRawBufferPointer(start: UnsafeRawPointer(start), count: length),
                as: UTF8.self
            )
            let isWhole = fragment == String(decoding: accepted, as: UTF8.self)
            throw PatternError(PatternError.Reason(code: code), isWhole ? source : fragment)
        }
        self.compiled = compiled
        groupCount = Int(cre2_group_count(compiled.handle))
        var names = [String?](repeating: nil, count: groupCount + 1)
        withUnsafeMutablePointer(to: &names) { names in
            cre2_visit_group_names(compiled.handle, names) { context, group, name, length in
                guard let names = context?.assumingMemoryBound(to: [String?].self) else { return }
                names.pointee[Int(group)] = String(
                    decoding: UnsafeBufferPointer(start: name, count: length),
                    as: UTF8.self
                )
            }
        }
        groupNames = names
    }

    /// Owns the C++ object.
    private final class Compiled: Sendable {
        let handle: cre2_pattern
        init(_ handle: cre2_pattern) { self.handle = handle }
        deinit { cre2_free(handle) }
    }

    /// The number of the group with this name.
    package func group(named name: String) -> Int? { groupNames.firstIndex(of: name) }

    /// A text in which every character that means something in a pattern is escaped.
    package static func escape(_ text: String) -> String {
        var output: [UInt8] = []
        for byte in text.utf8 {
            if #"\.+*?()|[]{}^$"#.utf8.contains(byte) { output.append(UInt8(ascii: "\\")) }
            output.append(byte)
        }
        return String(decoding: output, as: UTF8.self)
    }
}

extension LinearPattern: Hashable {
    package static func == (left: LinearPattern, right: LinearPattern) -> Bool { left.source == right.source }
    package func hash(into hasher: inout Hasher) { hasher.combine(source) }
}

extension LinearPattern {
    /// Whether the pattern matches anywhere in the text.
    package func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { search($0, from: 0, whole: false) }
    }

    /// Whether the pattern matches anywhere in the text.
    package func matches(_ text: [UInt8]) -> Bool {
        text.withUnsafeBufferPointer { search($0, from: 0, whole: false) }
    }

    /// Whether the pattern matches the text from its first to its last byte.
    package func matchesWhole(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { search($0, from: 0, whole: true) }
    }

    /// The leftmost match that begins at `start` or later; what stands before `start` still counts for `^` and `\b`.
    package func firstMatch(in text: [UInt8], from start: Int = 0) -> Match? {
        precondition((0...text.count).contains(start), "a search begins within the text")
        return text.withUnsafeBufferPointer { match($0, from: start) }
    }

    /// The match of the whole text.
    package func wholeMatch(in text: [UInt8]) -> Match? {
        text.withUnsafeBufferPointer { match($0, from: 0, whole: true) }
    }

    /// The successive matches that do not overlap, at most `limit`. An empty match right after a match is left out.
    package func allMatches(in text: [UInt8], limit: Int = .max) -> [Match] {
        text.withUnsafeBufferPointer { bytes in
            var found: [Match] = []
            var position = 0
            var previousEnd = -1
            while found.count < limit, position <= bytes.count, let match = match(bytes, from: position) {
                let range = match.range
                let repeatsPrevious = range.upperBound == position && range.lowerBound == previousEnd
                position = range.upperBound == position ? nextCharacter(bytes, after: position) : range.upperBound
                previousEnd = range.upperBound
                if !repeatsPrevious { found.append(match) }
            }
            return found
        }
    }

    private func search(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, whole: Bool) -> Bool {
        cre2_match(compiled.handle, bytes.baseAddress, bytes.count, start, whole ? 1 : 0, nil, 0) != 0
    }

    /// One search with the ranges of all groups.
    func match(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, whole: Bool = false) -> Match? {
        let count = groupCount + 1
        var isMatch = false
        let bounds = [Int64](unsafeUninitializedCapacity: 2 * count) { buffer, initialized in
            let answer = cre2_match(
                compiled.handle,
                bytes.baseAddress,
                bytes.count,
                start,
                whole ? 1 : 0,
                buffer.baseAddress,
                count
            )
            isMatch = answer != 0
            initialized = isMatch ? 2 * count : 0
        }
        return isMatch ? Match(bounds: bounds) : nil
    }

    /// Where the character after the one at `position` begins; past the end when there is none.
    func nextCharacter(_ bytes: UnsafeBufferPointer<UInt8>, after position: Int) -> Int {
        var next = position + 1
        while next < bytes.count, bytes[next] & 0xC0 == 0x80 { next += 1 }
        return next
    }
}
