extension LinearPattern {
    /// The text with every match replaced by the template, in which `$1`, `$name` and `${name}` stand for groups and
    /// `$$` for a dollar sign, as Go's `ReplaceAllString`.
    package func replaceAll(in text: String, with template: String) -> String {
        let template = Array(template.utf8)
        return replaceAll(in: text) { bytes, match, output in
            expand(template, match, of: bytes, into: &output)
        }
    }

    /// The text with every match replaced by these very characters.
    package func replaceAll(in text: String, withLiteral replacement: String) -> String {
        replaceAll(in: text) { _, _, output in output.append(contentsOf: replacement.utf8) }
    }

    /// The text with every match replaced by what the closure makes of the matched text.
    package func replaceAll<Failure: Error>(
        in text: String,
        _ replacement: (_ matched: String) throws(Failure) -> String
    ) throws(Failure) -> String {
        try replaceAll(in: text) { (bytes, match, output) throws(Failure) in
            let matched = String(decoding: UnsafeBufferPointer(rebasing: bytes[match.range]), as: UTF8.self)
            output.append(contentsOf: try replacement(matched).utf8)
        }
    }

    /// The template with its references replaced by the groups of a match, as Go's `Expand`.
    package func expand(_ template: String, _ match: Match, of text: [UInt8]) -> String {
        var output: [UInt8] = []
        text.withUnsafeBufferPointer { expand(Array(template.utf8), match, of: $0, into: &output) }
        return String(decoding: output, as: UTF8.self)
    }

    private func replaceAll<Failure: Error>(
        in text: String,
        _ replace: (UnsafeBufferPointer<UInt8>, Match, inout [UInt8]) throws(Failure) -> Void
    ) throws(Failure) -> String {
        let owned = Array(text.utf8)
        var output: [UInt8] = []
        output.reserveCapacity(owned.count)
        try owned.withUnsafeBufferPointer { (bytes) throws(Failure) in
            var copied = 0
            var position = 0
            while position <= bytes.count, let match = match(bytes, from: position) {
                let range = match.range
                output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[copied..<range.lowerBound]))
                // An empty match right after a match is none.
                if range.upperBound > copied || range.lowerBound == 0 { try replace(bytes, match, &output) }
                copied = range.upperBound
                position = max(nextCharacter(bytes, after: position), range.upperBound)
            }
            output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[copied...]))
        }
        return String(decoding: output, as: UTF8.self)
    }

    private func expand(
        _ template: [UInt8],
        _ match: Match,
        of bytes: UnsafeBufferPointer<UInt8>,
        into output: inout [UInt8]
    ) {
        let dollar = UInt8(ascii: "$")
        var position = 0
        while position < template.count {
            guard template[position] == dollar else {
                output.append(template[position])
                position += 1
                continue
            }
            position += 1
            if position < template.count, template[position] == dollar {
                output.append(dollar)
                position += 1
            } else if let (group, end) = reference(in: template, at: position) {
                if let group, let range = match[group] {
                    output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[range]))
                }
                position = end
            } else {
                output.append(dollar)
            }
        }
    }

    /// The group that a reference after `$` names (nil for one that does not exist), and where the reference ends; nil when
    /// this is no reference, which leaves the dollar sign as it is.
    private func reference(in template: [UInt8], at start: Int) -> (group: Int?, end: Int)? {
        let isBraced = start < template.count && template[start] == UInt8(ascii: "{")
        let nameStart = isBraced ? start + 1 : start
        let name = String(decoding: template[nameStart...], as: UTF8.self).unicodeScalars.prefix(while: isNameScalar)
        guard !name.isEmpty else { return nil }
        let text = String(name)
        var end = nameStart + text.utf8.count
        if isBraced {
            guard end < template.count, template[end] == UInt8(ascii: "}") else { return nil }
            end += 1
        }
        let isNumber = text.utf8.allSatisfy { (0x30...0x39).contains($0) } && text.utf8.count <= 9
        if isNumber, text == "0" || text.utf8.first != 0x30 { return (Int(text), end) }
        return (group(named: text), end)
    }

    private func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "_" { return true }
        return switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber: true
        default: false
        }
    }
}
