import StructuredValue

/// What becomes of strings on the way that `toYaml` takes: sigs.k8s.io/yaml writes a value as JSON and reads that text as
/// YAML, which has line breaks and refused characters that JSON does not know.
enum YAMLThroughJSON {
    /// The value as it is after the way; nil when the text would not be read.
    static func carried(_ value: Value) -> Value? {
        switch value {
        case .string(let text): return carried(text).map { .string($0) }
        case .array(let items):
            var carriedItems: [Value] = []
            carriedItems.reserveCapacity(items.count)
            for item in items {
                guard let carriedItem = carried(item) else { return nil }
                carriedItems.append(carriedItem)
            }
            return .array(carriedItems)
        case .object(let object):
            var carriedObject = Object()
            for pair in object.pairs {
                guard let key = carried(pair.key), let inner = carried(pair.value) else { return nil }
                carriedObject[key] = inner
            }
            return .object(carriedObject)
        default: return value
        }
    }

    private static let nextLine: Unicode.Scalar = "\u{85}"

    private static func carried(_ text: String) -> String? {
        if text.unicodeScalars.contains(where: isRefused) { return nil }
        return text.unicodeScalars.contains(nextLine) ? folded(text) : text
    }

    /// Characters that a YAML reader refuses and JSON leaves as they are.
    private static func isRefused(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x7F...0x9F: scalar != nextLine
        case 0xFFFE, 0xFFFF: true
        default: false
        }
    }

    /// A break in a quoted text becomes a space, of several all but the first stay, and spaces around them go.
    private static func folded(_ text: String) -> String {
        let lines = text.unicodeScalars.split(separator: nextLine, omittingEmptySubsequences: false)
        var result = String.UnicodeScalarView()
        var breaks = 0
        for (number, line) in lines.enumerated() {
            var content = line
            if number > 0 { content = content.drop { $0 == " " } }
            if number + 1 < lines.count { while content.last == " " { content.removeLast() } }
            if number > 0 { breaks += 1 }
            if content.isEmpty, number > 0, number + 1 < lines.count { continue }
            if breaks > 0 {
                result.append(
                    contentsOf: breaks == 1
                        ? " ".unicodeScalars : String(repeating: "\n", count: breaks - 1).unicodeScalars
                )
            }
            breaks = 0
            result.append(contentsOf: content)
        }
        return String(result)
    }
}
