/// Go's and sprig's ideas of text, where they differ from Swift's.
enum GoText {
    // MARK: Case

    static func upper(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.uppercased() }
        return mapped(text, upper)
    }

    static func lower(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.lowercased() }
        return mapped(text, lower)
    }

    private static func mapped(_ text: String, _ change: (Unicode.Scalar) -> Unicode.Scalar) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { result.append(change(scalar)) }
        return String(result)
    }

    /// One character for one, as Go maps runes: what would become two stays as it is.
    static func upper(_ scalar: Unicode.Scalar) -> Unicode.Scalar { single(scalar.properties.uppercaseMapping, scalar) }
    static func lower(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        // U+0130 lowers to two characters in Unicode's full mapping, to a plain i in the simple one.
        scalar.value == 0x130 ? "i" : single(scalar.properties.lowercaseMapping, scalar)
    }
    static func titled(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        single(scalar.properties.titlecaseMapping, scalar)
    }

    private static func single(_ mapping: String, _ original: Unicode.Scalar) -> Unicode.Scalar {
        let scalars = mapping.unicodeScalars
        return scalars.count == 1 ? scalars.first ?? original : original
    }

    /// Every word's first letter in title case.
    static func title(_ text: String) -> String {
        var previous: Unicode.Scalar = " "
        return mapped(text) { scalar in
            defer { previous = scalar }
            return isWordSeparator(previous) ? titled(scalar) : scalar
        }
    }

    private static func isWordSeparator(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return !(isASCIIAlphanumeric(scalar) || scalar == "_") }
        if isLetter(scalar) || scalar.properties.generalCategory == .decimalNumber { return false }
        return isSpace(scalar)
    }

    static func isASCIIAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "0"..."9", "a"..."z", "A"..."Z": true
        default: false
        }
    }

    static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    static func isUpper(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .uppercaseLetter }

    /// Go's `unicode.IsSpace`.
    static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            ? (scalar == " " || (scalar.value >= 0x09 && scalar.value <= 0x0D)) : scalar.properties.isWhitespace
    }

    static func untitle(_ text: String) -> String {
        var isStart = true
        return mapped(text) { scalar in
            if isSpace(scalar) {
                isStart = true
                return scalar
            }
            defer { isStart = false }
            return isStart ? lower(scalar) : scalar
        }
    }

    static func swapCase(_ text: String) -> String {
        var afterSpace = true
        return mapped(text) { scalar in
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .titlecaseLetter:
                afterSpace = false
                return lower(scalar)
            case .lowercaseLetter:
                defer { afterSpace = false }
                return afterSpace ? titled(scalar) : upper(scalar)
            default:
                afterSpace = isSpace(scalar)
                return scalar
            }
        }
    }

    /// The first letters of words. Sprig's library goes by bytes here, not by characters.
    static func initials(_ bytes: [UInt8]) -> String {
        var result = String.UnicodeScalarView()
        var afterGap = true
        for byte in bytes {
            let scalar = Unicode.Scalar(byte)
            if isSpace(scalar) {
                afterGap = true
            } else if afterGap {
                result.append(scalar)
                afterGap = false
            }
        }
        return String(result)
    }

    /// Without white space. By bytes too: other characters than ASCII come out as Latin-1, unless nothing is removed.
    static func withoutSpaces(_ bytes: [UInt8]) -> String {
        var result = String.UnicodeScalarView()
        var kept = 0
        for byte in bytes {
            let scalar = Unicode.Scalar(byte)
            if isSpace(scalar) { continue }
            result.append(scalar)
            kept += 1
        }
        return kept == bytes.count ? String(decoding: bytes, as: UTF8.self) : String(result)
    }

    // MARK: Trimming, searching, splitting

    static func trim(_ text: String) -> String { trim(text, where: isSpace) }

    static func trim(_ text: String, of set: String) -> String {
        let set = set.unicodeScalars
        return trim(text) { set.contains($0) }
    }

    private static func trim(_ text: String, where belongs: (Unicode.Scalar) -> Bool) -> String {
        var rest = text.unicodeScalars[...]
        while let first = rest.first, belongs(first) { rest.removeFirst() }
        while let last = rest.last, belongs(last) { rest.removeLast() }
        return String(rest)
    }

    /// Whether the bytes of one text are among those of another.
    static func contains(_ text: String, _ part: String) -> Bool {
        var (text, part) = (text, part)
        return text.withUTF8 { haystack in part.withUTF8 { find($0, in: haystack, from: 0) != nil } }
    }

    /// Where bytes stand within others.
    static func find(
        _ needle: UnsafeBufferPointer<UInt8>,
        in haystack: UnsafeBufferPointer<UInt8>,
        from start: Int
    ) -> Int? {
        guard let first = needle.first else { return start <= haystack.count ? start : nil }
        var index = start
        let last = haystack.count - needle.count
        search: while index <= last {
            if haystack[index] == first {
                for offset in 1..<max(needle.count, 1) where haystack[index + offset] != needle[offset] {
                    index += 1
                    continue search
                }
                return index
            }
            index += 1
        }
        return nil
    }

    /// All occurrences replaced; an empty one stands before each character and at the end.
    static func replace(_ text: [UInt8], _ old: [UInt8], with new: [UInt8]) -> [UInt8] {
        if old == new { return text }
        var output: [UInt8] = []
        output.reserveCapacity(text.count)
        if old.isEmpty {
            for byte in text {
                if byte & 0xC0 != 0x80 { output += new }
                output.append(byte)
            }
            return output + new
        }
        var copied = 0
        text.withUnsafeBufferPointer { haystack in
            old.withUnsafeBufferPointer { needle in
                while let place = find(needle, in: haystack, from: copied) {
                    output += haystack[copied..<place]
                    output += new
                    copied = place + old.count
                }
            }
        }
        output += text[copied...]
        return output
    }

    /// `strings.SplitN`: an empty separator separates characters, a limit below zero is none.
    static func split(_ text: String, by separator: String, limit: Int) -> [String] {
        if limit == 0 { return [] }
        let limit = limit < 0 ? Int.max : limit
        if separator.isEmpty {
            var parts: [String] = []
            var rest = text.unicodeScalars[...]
            while let first = rest.first {
                if parts.count == limit - 1 {
                    parts.append(String(rest))
                    break
                }
                parts.append(String(first))
                rest.removeFirst()
            }
            return parts
        }
        var parts: [String] = []
        var (text, separator) = (text, separator)
        text.withUTF8 { haystack in
            separator.withUTF8 { needle in
                var start = 0
                while parts.count < limit - 1, let place = find(needle, in: haystack, from: start) {
                    parts.append(
                        String(decoding: UnsafeBufferPointer(rebasing: haystack[start..<place]), as: UTF8.self)
                    )
                    start = place + needle.count
                }
                parts.append(String(decoding: UnsafeBufferPointer(rebasing: haystack[start...]), as: UTF8.self))
            }
        }
        return parts
    }

    // MARK: Layout

    /// Shortened to a width, with dots in the place of what is left out.
    static func abbreviate(_ text: [UInt8], offset: Int, width: Int) -> [UInt8] {
        if text.isEmpty || width < 4 { return [] }
        if text.count <= width { return text }
        let dots = Array("...".utf8)
        var offset = min(max(offset, 0), text.count)
        if text.count - offset < width - 3 { offset = text.count - (width - 3) }
        if offset <= 4 { return text.prefix(width - 3) + dots }
        if width < 7 { return [] }
        if offset + width - 3 < text.count {
            return dots + abbreviate(Array(text[offset...]), offset: 0, width: width - 3)
        }
        return dots + text.suffix(width - 3)
    }

    /// Lines of at most `width` bytes, broken at spaces.
    static func wrap(_ text: [UInt8], width: Int, lineEnd: [UInt8], breaksLongWords: Bool) -> [UInt8] {
        let lineEnd = lineEnd.isEmpty ? [0x0A] : lineEnd
        let width = max(width, 1)
        let space = UInt8(ascii: " ")
        var output: [UInt8] = []
        var offset = 0
        while text.count - offset > width {
            if text[offset] == space {
                offset += 1
                continue
            }
            if let place = text[offset..<(offset + width + 1)].lastIndex(of: space) {
                output += text[offset..<place] + lineEnd
                offset = place + 1
            } else if breaksLongWords {
                output += text[offset..<(offset + width)] + lineEnd
                offset += width
            } else if let place = text[(offset + width)...].firstIndex(of: space) {
                output += text[offset..<place] + lineEnd
                offset = place + 1
            } else {
                output += text[offset...]
                offset = text.count
            }
        }
        return output + text[offset...]
    }

    /// Every line moved to the right, written into memory of the right size. Returns how many bytes it took.
    static func indent(
        _ text: UnsafeBufferPointer<UInt8>,
        by width: Int,
        afterLineEnd: Bool,
        into output: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        var position = 0
        func pad() {
            output[position..<(position + width)].update(repeating: 0x20)
            position += width
        }
        if afterLineEnd {
            output[position] = 0x0A
            position += 1
        }
        pad()
        var start = 0
        while start < text.count {
            var end = start
            while end < text.count, text[end] != 0x0A { end += 1 }
            let line = end < text.count ? end + 1 : end
            if line > start, let source = text.baseAddress, let target = output.baseAddress {
                (target + position).update(from: source + start, count: line - start)
            }
            position += line - start
            start = line
            if end < text.count { pad() }
        }
        return position
    }

    /// How often a pattern stands in a text without overlap; the empty one stands before, after and between all bytes.
    static func occurrences(of pattern: [UInt8], in text: [UInt8]) -> Int {
        guard let first = pattern.first else { return text.count + 1 }
        var count = 0
        var index = 0
        while index + pattern.count <= text.count {
            if text[index] == first, text[index..<(index + pattern.count)].elementsEqual(pattern) {
                count += 1
                index += pattern.count
            } else {
                index += 1
            }
        }
        return count
    }

    /// As above, for bytes that are no valid text.
    static func indent(_ text: ArraySlice<UInt8>, by width: Int, afterLineEnd: Bool) -> [UInt8] {
        let padding = [UInt8](repeating: 0x20, count: width)
        var output: [UInt8] = afterLineEnd ? [0x0A] : []
        output += padding
        for byte in text {
            output.append(byte)
            if byte == 0x0A { output += padding }
        }
        return output
    }
}
