extension LinearPattern {
    /// Where a pattern matched, and its groups, as ranges of UTF-8 offsets.
    package struct Match: Hashable, Sendable {
        /// Begin and end of the whole match and of each group; -1 for a group that did not take part.
        let bounds: [Int64]

        /// The whole match.
        package var range: Range<Int> { Int(bounds[0])..<Int(bounds[1]) }

        /// How many groups there are, counting the whole match as group 0.
        package var count: Int { bounds.count / 2 }

        /// The range of a group (0 is the whole match); nil when it did not take part or does not exist.
        package subscript(_ group: Int) -> Range<Int>? {
            guard group >= 0, group < count, bounds[2 * group] >= 0 else { return nil }
            return Int(bounds[2 * group])..<Int(bounds[2 * group + 1])
        }

        /// The text of a group within the bytes that were searched.
        package func text(_ group: Int, in bytes: [UInt8]) -> String? {
            self[group].map { String(decoding: bytes[$0], as: UTF8.self) }
        }
    }

    /// The text of the leftmost match.
    package func firstText(in text: String) -> String? {
        let bytes = Array(text.utf8)
        return firstMatch(in: bytes)?.text(0, in: bytes)
    }

    /// The texts of the successive matches, at most `limit`.
    package func allTexts(in text: String, limit: Int = .max) -> [String] {
        let bytes = Array(text.utf8)
        return allMatches(in: bytes, limit: limit).map { String(decoding: bytes[$0.range], as: UTF8.self) }
    }

    /// The leftmost match's text and those of its groups; empty text for a group that did not take part.
    package func firstGroups(in text: String) -> [String]? {
        let bytes = Array(text.utf8)
        return firstMatch(in: bytes).map { match in (0..<match.count).map { match.text($0, in: bytes) ?? "" } }
    }

    /// The pieces of the text between matches, as Go's `Regexp.Split`: `limit` < 0 means all pieces, 0 none,
    /// n at most n of which the last is the unsplit rest.
    package func split(_ text: String, limit: Int = -1) -> [String] {
        if limit == 0 { return [] }
        if text.isEmpty, !source.isEmpty { return [""] }
        let bytes = Array(text.utf8)
        var pieces: [String] = []
        var begin = 0
        var end = 0
        for match in allMatches(in: bytes, limit: limit < 0 ? .max : limit) {
            if limit > 0, pieces.count == limit - 1 { break }
            end = match.range.lowerBound
            if match.range.upperBound != 0 { pieces.append(String(decoding: bytes[begin..<end], as: UTF8.self)) }
            begin = match.range.upperBound
        }
        if end != bytes.count { pieces.append(String(decoding: bytes[begin...], as: UTF8.self)) }
        return pieces
    }
}
