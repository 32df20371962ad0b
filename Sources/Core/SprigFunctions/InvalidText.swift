import GoTemplate

/// Strings that are not UTF-8, on their way into JSON: Go writes each wrong byte as the escape `\ufffd`, not as the
/// character of that number, which may stand beside it.
enum InvalidText {
    /// A character that no text has: it stands for a wrong byte until the JSON is written.
    private static let mark: Unicode.Scalar = "\u{10FFFF}"

    /// The value with its wrong bytes marked; nil when it has none.
    static func marked(_ value: GoValue) -> GoValue? {
        switch value {
        case .rawString(let bytes):
            var text = String.UnicodeScalarView()
            var index = 0
            while index < bytes.count {
                let (scalar, length) = GoFormat.decodeScalar(bytes, at: index)
                text.append(scalar ?? mark)
                index += length
            }
            return .string(String(text))
        case .list(let list):
            var items = list.items
            var isMarked = false
            for index in items.indices {
                guard let item = marked(items[index]) else { continue }
                items[index] = item
                isMarked = true
            }
            return isMarked ? .list(GoList(items, element: list.element)) : nil
        case .map(let map):
            var copy: GoMap?
            for entry in map.entries {
                guard let item = marked(entry.value) else { continue }
                let target = copy ?? GoMap(map.entries.map { ($0.key, $0.value) })
                target[entry.key] = item
                copy = target
            }
            return copy.map { .map($0) }
        default: return nil
        }
    }

    /// JSON text with the marks as Go writes them.
    static func escaped(_ json: String) -> String {
        var output = ""
        for scalar in json.unicodeScalars {
            if scalar == mark { output += "\\ufffd" } else { output.unicodeScalars.append(scalar) }
        }
        return output
    }
}
