/// The pattern as RE2 takes it: Go's `(?<name>…)` becomes `(?P<name>…)`, and `\C`, which RE2 would take, is refused.
func rewriteForRE2(_ pattern: [UInt8]) throws(PatternError) -> [UInt8] {
    let needsWork = zip(pattern, pattern.dropFirst()).contains {
        $0 == UInt8(ascii: "?") && $1 == UInt8(ascii: "<") || $0 == UInt8(ascii: "\\") && $1 == UInt8(ascii: "C")
    }
    guard needsWork else { return pattern }

    func has(_ text: StaticString, at index: Int) -> Bool {
        text.withUTF8Buffer { pattern[index...].starts(with: $0) }
    }

    var output: [UInt8] = []
    var index = 0
    var isInClass = false
    while index < pattern.count {
        if has(#"\Q"#, at: index), !isInClass {
            // Literal text up to \E or the end.
            var end = index + 2
            while end < pattern.count, !has(#"\E"#, at: end) { end += 1 }
            output += pattern[index..<end]
            index = end
        } else if has(#"\C"#, at: index) {
            throw PatternError(.invalidEscape, #"\C"#)
        } else if pattern[index] == UInt8(ascii: "\\") {
            output += pattern[index..<min(index + 2, pattern.count)]
            index += 2
        } else if isInClass {
            if has("[:", at: index), let end = classNameEnd(pattern, index) {
                output += pattern[index..<end]
                index = end
                continue
            }
            if pattern[index] == UInt8(ascii: "]") { isInClass = false }
            output.append(pattern[index])
            index += 1
        } else if pattern[index] == UInt8(ascii: "[") {
            isInClass = true
            // A bracket that comes first stands for itself.
            var end = index + 1
            if end < pattern.count, pattern[end] == UInt8(ascii: "^") { end += 1 }
            if end < pattern.count, pattern[end] == UInt8(ascii: "]") { end += 1 }
            output += pattern[index..<end]
            index = end
        } else if has("(?<", at: index), !has("(?<=", at: index), !has("(?<!", at: index) {
            output += "(?P<".utf8
            index += 3
        } else {
            output.append(pattern[index])
            index += 1
        }
    }
    return output
}

/// Where a class name like `[:alpha:]` that begins here ends; nil when it does not.
private func classNameEnd(_ pattern: [UInt8], _ start: Int) -> Int? {
    var index = start + 2
    while index + 1 < pattern.count {
        if pattern[index] == UInt8(ascii: ":"), pattern[index + 1] == UInt8(ascii: "]") { return index + 2 }
        if pattern[index] == UInt8(ascii: "]") { return nil }
        index += 1
    }
    return nil
}
