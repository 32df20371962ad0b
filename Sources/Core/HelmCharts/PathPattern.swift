/// A shell-like pattern over paths: `*` and `?` stay within one name, `**` goes over `/`, `[a-z]`, `[!a]`, `{a,b}`.
///
/// Matching takes time proportional to pattern and path together.
struct PathPattern: Sendable {
    private indirect enum Part: Sendable {
        case scalar(Unicode.Scalar)
        case one
        case many
        case anything
        case set([ClosedRange<UInt32>], isNegated: Bool)
        case choice([[Part]])
    }

    private let parts: [Part]
    /// A malformed pattern matches nothing.
    let isValid: Bool
    /// What every match begins with.
    private let prefix: String

    init(_ text: String) {
        var scalars = Array(text.unicodeScalars)[...]
        var isValid = true
        parts = Self.parse(&scalars, depth: 0, &isValid)
        self.isValid = isValid
        var prefix = String.UnicodeScalarView()
        for part in parts {
            guard case .scalar(let scalar) = part else { break }
            prefix.append(scalar)
        }
        self.prefix = String(prefix)
    }

    private static func parse(_ scalars: inout ArraySlice<Unicode.Scalar>, depth: Int, _ isValid: inout Bool)
        -> [Part]
    {
        var parts: [Part] = []
        if depth > 20 {
            isValid = false
            scalars = []
        }
        while let scalar = scalars.first {
            switch scalar {
            case "*":
                scalars.removeFirst()
                if scalars.first == "*" {
                    while scalars.first == "*" { scalars.removeFirst() }
                    parts.append(.anything)
                } else {
                    parts.append(.many)
                }
            case "?":
                scalars.removeFirst()
                parts.append(.one)
            case "\\":
                scalars.removeFirst()
                guard let escaped = scalars.popFirst() else {
                    isValid = false
                    return parts
                }
                parts.append(.scalar(escaped))
            case "[":
                scalars.removeFirst()
                parts.append(set(&scalars, &isValid))
            case "{":
                scalars.removeFirst()
                var choices: [[Part]] = []
                while true {
                    choices.append(parse(&scalars, depth: depth + 1, &isValid))
                    guard let end = scalars.popFirst() else {
                        isValid = false
                        return parts
                    }
                    if end == "}" { break }
                }
                parts.append(.choice(choices))
            case ",", "}":
                if depth > 0 { return parts }
                scalars.removeFirst()
                parts.append(.scalar(scalar))
            default:
                scalars.removeFirst()
                parts.append(.scalar(scalar))
            }
        }
        return parts
    }

    private static func set(_ scalars: inout ArraySlice<Unicode.Scalar>, _ isValid: inout Bool) -> Part {
        var ranges: [ClosedRange<UInt32>] = []
        var isNegated = false
        if scalars.first == "!" || scalars.first == "^" {
            isNegated = true
            scalars.removeFirst()
        }
        while let scalar = scalars.popFirst(), scalar != "]" || ranges.isEmpty {
            let low = scalar == "\\" ? scalars.popFirst() ?? scalar : scalar
            var high = low
            if scalars.first == "-", scalars.dropFirst().first.map({ $0 != "]" }) ?? false {
                scalars.removeFirst()
                high = scalars.popFirst() ?? low
            }
            ranges.append(min(low.value, high.value)...max(low.value, high.value))
            if scalars.isEmpty { isValid = false }
        }
        return .set(ranges, isNegated: isNegated)
    }

    func matches(_ path: String) -> Bool {
        guard isValid, path.utf8.starts(with: prefix.utf8) else { return false }
        let text = Array(path.unicodeScalars)
        return advance(parts[...], from: [0], text).contains(text.count)
    }

    /// All positions that can be reached from these by matching the parts.
    private func advance(_ parts: ArraySlice<Part>, from starts: Set<Int>, _ text: [Unicode.Scalar]) -> Set<Int> {
        var positions = starts
        for part in parts {
            var next: Set<Int> = []
            switch part {
            case .scalar(let scalar):
                for position in positions where position < text.count && text[position] == scalar {
                    next.insert(position + 1)
                }
            case .one:
                for position in positions where position < text.count && text[position] != "/" {
                    next.insert(position + 1)
                }
            case .many, .anything:
                let crosses = if case .anything = part { true } else { false }
                for position in positions {
                    var end = position
                    next.insert(end)
                    while end < text.count, crosses || text[end] != "/",
                        next.insert(end + 1).inserted || end == position
                    {
                        end += 1
                    }
                }
            case .set(let ranges, let isNegated):
                for position in positions where position < text.count && text[position] != "/" {
                    if ranges.contains(where: { $0.contains(text[position].value) }) != isNegated {
                        next.insert(position + 1)
                    }
                }
            case .choice(let choices):
                for choice in choices { next.formUnion(advance(choice[...], from: positions, text)) }
            }
            positions = next
            if positions.isEmpty { return [] }
        }
        return positions
    }
}
