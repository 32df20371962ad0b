import KubernetesModel
import SourceDiagnostics
import YAMLFormat

/// Durations, percentages, dates and times of day.
extension MappingReader {
    /// The text of a scalar of whatever type: `2026-12-18` and `30` are not always strings to a YAML reader.
    private mutating func scalarText(_ key: String, _ bag: inout DiagnosticBag) -> Located<String>? {
        guard let found = node(key) else { return nil }
        guard case .scalar(let scalar) = found.content else {
            bag.report(wrongType(found, path(of: key), "a string"))
            return nil
        }
        return Located(scalar.text, at: found.position)
    }

    mutating func duration(_ key: String, _ bag: inout DiagnosticBag) -> Duration? {
        guard let text = scalarText(key, &bag) else { return nil }
        if let duration = parseDuration(text.value) { return duration }
        bag.report(
            Diagnostic(
                .error,
                "bad-duration",
                "“\(path(of: key))”: “\(text.value)” is no duration",
                at: text.position,
                hint: "write it like 90s, 30m or 1h30m"
            )
        )
        return nil
    }

    mutating func amount(_ key: String, _ bag: inout DiagnosticBag) -> Amount? {
        guard let text = scalarText(key, &bag) else { return nil }
        if text.value.hasSuffix("%"), let percent = Int(text.value.dropLast()), (1...100).contains(percent) {
            return .percent(percent)
        }
        if let count = Int(text.value), count >= 1 { return .count(count) }
        bag.report(
            Diagnostic(
                .error,
                "bad-percentage",
                "“\(path(of: key))”: “\(text.value)” is neither a count nor a percentage",
                at: text.position,
                hint: "write it like 2 or 25%"
            )
        )
        return nil
    }

    /// A day or a moment. With `isEnd`, a day means the end of it.
    mutating func moment(_ key: String, isEnd: Bool = false, _ bag: inout DiagnosticBag) -> Timestamp? {
        guard let text = scalarText(key, &bag) else { return nil }
        if let moment = Timestamp(text.value) { return moment }
        if text.value.utf8.count == 10, let day = Timestamp(text.value + "T00:00:00Z") {
            return isEnd ? Timestamp(seconds: day.seconds + 86_400) : day
        }
        bag.report(
            Diagnostic(
                .error,
                "bad-date",
                "“\(path(of: key))”: “\(text.value)” is no date",
                at: text.position,
                hint: "write it like 2026-12-18 or 2026-12-18T20:00:00+01:00"
            )
        )
        return nil
    }

    /// Minutes after midnight.
    mutating func timeOfDay(_ key: String, _ bag: inout DiagnosticBag) -> Int? {
        guard let text = scalarText(key, &bag) else {
            if node[key] == nil { reportMissing(key, &bag) }
            return nil
        }
        let parts = text.value.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2, parts.allSatisfy({ $0.count == 2 }), let hour = Int(parts[0]), let minute = Int(parts[1]),
            (0...23).contains(hour) && (0...59).contains(minute) || hour == 24 && minute == 0
        {
            return hour * 60 + minute
        }
        bag.report(
            Diagnostic(
                .error,
                "bad-time",
                "“\(path(of: key))”: “\(text.value)” is no time of day",
                at: text.position,
                hint: "write it like \"08:00\", in quotes"
            )
        )
        return nil
    }
}

/// `90s`, `1h30m`, `500ms`, `2d`; nil for anything else.
func parseDuration(_ text: String) -> Duration? {
    var rest = text[...]
    var total = Duration.zero
    if rest == "0" { return .zero }
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
        let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        rest = rest.dropFirst(digits.count)
        let unit = rest.prefix { $0.isLetter }
        rest = rest.dropFirst(unit.count)
        guard let number = Double(digits), number.isFinite, number < 1e9 else { return nil }
        let seconds: Double
        switch unit {
        case "ms": seconds = 0.001
        case "s": seconds = 1
        case "m": seconds = 60
        case "h": seconds = 3600
        case "d": seconds = 86_400
        default: return nil
        }
        total += .milliseconds(Int((number * seconds * 1000).rounded()))
    }
    return total
}
