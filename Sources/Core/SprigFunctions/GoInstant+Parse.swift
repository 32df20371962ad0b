import GoTemplate
import StructuredValue

/// Why a text is not the time that a layout describes.
struct TimeParseError: Error {
    var message: String
}

extension GoInstant {
    /// Reads a time after a Go layout; what it does not say about the zone comes from `zone`.
    init(_ text: String, layout: String, in zone: GoZone) throws(TimeParseError) {
        var reading = TimeReading(text: text, layout: layout)
        try reading.read()
        self = try reading.instant(in: zone)
    }
}

/// A time in the middle of being read.
private struct TimeReading {
    let text: String
    let layout: String
    private var rest: Substring
    private var year = 1
    private var month = 0
    private var day = 0
    private var dayOfYear = 0
    private var hour = 0
    private var minute = 0
    private var second = 0
    private var nanoseconds = 0
    private var isPM: Bool?
    private var offset: Int?
    private var zoneName: String?
    private var outOfRange: String?
    private var hasYear = false

    init(text: String, layout: String) {
        self.text = text
        self.layout = layout
        rest = text[...]
    }

    private func refuse(_ value: Substring, _ element: String) -> TimeParseError {
        TimeParseError(
            message: "parsing time \(GoQuotation.quote(text)) as \(GoQuotation.quote(layout)): cannot parse "
                + "\(GoQuotation.quote(String(value))) as \(GoQuotation.quote(element))"
        )
    }

    private func range(_ part: String) -> TimeParseError {
        TimeParseError(message: "parsing time \(GoQuotation.quote(text)): \(part) out of range")
    }

    mutating func read() throws(TimeParseError) {
        let parts = GoLayout(layout).parts
        for (index, part) in parts.enumerated() {
            let held = rest
            if try !read(part.element, nextIsFraction: Self.isFraction(parts, after: index)) {
                throw refuse(held, part.text)
            }
            if let outOfRange { throw range(outOfRange) }
        }
        if !rest.isEmpty {
            throw TimeParseError(
                message: "parsing time \(GoQuotation.quote(text)): extra text: \(GoQuotation.quote(String(rest)))"
            )
        }
    }

    private static func isFraction(_ parts: [(element: GoLayout.Element, text: String)], after index: Int) -> Bool {
        guard index + 1 < parts.count, case .fraction = parts[index + 1].element else { return false }
        return true
    }

    // MARK: Pieces

    /// One or two digits; exactly two when `fixed`.
    private mutating func number(fixed: Bool) -> Int? {
        let digits = rest.prefix(2).prefix { $0.isASCII && $0.isNumber }
        if digits.isEmpty || (fixed && digits.count < 2) { return nil }
        rest = rest.dropFirst(digits.count)
        return Int(digits)
    }

    private mutating func digits(_ count: Int) -> Int? {
        let digits = rest.prefix(count)
        guard digits.utf8.count == count, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        rest = rest.dropFirst(count)
        return Int(digits)
    }

    private mutating func take(_ prefix: String) -> Bool {
        guard rest.hasPrefix(prefix) else { return false }
        rest = rest.dropFirst(prefix.count)
        return true
    }

    /// A name from a list, whatever its case; the position of the one found.
    private mutating func name(_ names: [String], short: Bool) -> Int? {
        for (index, name) in names.enumerated() {
            let wanted = short ? String(name.prefix(3)) : name
            if rest.prefix(wanted.count).lowercased() == wanted.lowercased() {
                rest = rest.dropFirst(wanted.count)
                return index
            }
        }
        return nil
    }

    private mutating func read(_ element: GoLayout.Element, nextIsFraction: Bool) throws(TimeParseError) -> Bool {
        switch element {
        case .text(let text): return skip(text)
        case .longYear:
            guard let value = digits(4) else { return false }
            (year, hasYear) = (value, true)
        case .year:
            guard let value = digits(2) else { return false }
            (year, hasYear) = (value >= 69 ? 1900 + value : 2000 + value, true)
        case .longMonth, .month:
            guard let index = name(GoCalendar.months, short: element == .month) else { return false }
            month = index + 1
        case .numberMonth, .zeroMonth:
            guard let value = number(fixed: element == .zeroMonth) else { return false }
            month = value
            if !(1...12).contains(value) { outOfRange = "month" }
        case .longWeekday, .weekday: return name(GoCalendar.weekdays, short: element == .weekday) != nil
        case .day, .underDay, .zeroDay:
            if element == .underDay, rest.hasPrefix(" ") { rest = rest.dropFirst() }
            guard let value = number(fixed: element == .zeroDay) else { return false }
            day = value
        case .underYearDay, .zeroYearDay:
            if element == .underYearDay { for _ in 0..<2 where rest.hasPrefix(" ") { rest = rest.dropFirst() } }
            let found = rest.prefix(3).prefix { $0.isASCII && $0.isNumber }
            guard let value = Int(found), element == .underYearDay || found.count == 3 else { return false }
            rest = rest.dropFirst(found.count)
            dayOfYear = value
        case .hour, .hour12, .zeroHour12:
            guard let value = number(fixed: element == .zeroHour12) else { return false }
            hour = value
            if value >= (element == .hour ? 24 : 13) { outOfRange = "hour" }
        case .minute, .zeroMinute:
            guard let value = number(fixed: element == .zeroMinute) else { return false }
            minute = value
            if value >= 60 { outOfRange = "minute" }
        case .second, .zeroSecond:
            guard let value = number(fixed: element == .zeroSecond) else { return false }
            second = value
            if value >= 60 { outOfRange = "second" }
            // A fraction may follow the seconds even when the layout has none.
            if !nextIsFraction, let mark = rest.first, mark == "." || mark == "," {
                let fraction = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
                if !fraction.isEmpty { readFraction(fraction) }
            }
        case .upperPM, .lowerPM:
            let found = rest.prefix(2)
            switch found {
            case "PM", "pm": isPM = true
            case "AM", "am": isPM = false
            default: return false
            }
            if (found == found.uppercased()) != (element == .upperPM) { return false }
            rest = rest.dropFirst(2)
        case .zoneName: return readZoneName()
        case .offset(let usesZ, let parts, let colon): return readOffset(usesZ: usesZ, parts: parts, colon: colon)
        case .fraction(let count, let trims, _):
            guard let mark = rest.first, mark == "." || mark == "," else { return trims }
            let fraction = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
            if !trims, fraction.count != count { return false }
            if fraction.isEmpty { return trims }
            readFraction(fraction)
        }
        return true
    }

    /// Text that stands in the layout; a run of spaces matches any run of spaces.
    private mutating func skip(_ literal: String) -> Bool {
        var literal = literal[...]
        while let character = literal.first {
            if character == " " {
                if let first = rest.first, first != " " { return false }
                literal = literal.drop { $0 == " " }
                rest = rest.drop { $0 == " " }
            } else {
                guard rest.first == character else { return false }
                literal.removeFirst()
                rest.removeFirst()
            }
        }
        return true
    }

    private mutating func readFraction(_ digits: Substring) {
        let shown = digits.prefix(9)
        nanoseconds = Int(shown + String(repeating: "0", count: 9 - shown.count)) ?? 0
        rest = rest.dropFirst(1 + digits.count)
    }

    private mutating func readZoneName() -> Bool {
        if take("UTC") {
            (zoneName, offset) = ("UTC", 0)
            return true
        }
        var name = rest.prefix { $0.isASCII && $0.isUppercase }
        if rest.hasPrefix("ChST") || rest.hasPrefix("MeST") { name = rest.prefix(4) }
        if name == "GMT" {
            let sign = rest.dropFirst(3).first
            if sign == "+" || sign == "-" {
                let hours = rest.dropFirst(4).prefix { $0.isASCII && $0.isNumber }
                if let value = Int(hours), value <= 23 { name = rest.prefix(4 + hours.count) }
            }
        } else if let sign = rest.first, sign == "+" || sign == "-" {
            let hours = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
            guard let value = Int(hours.prefix(2)), value <= 23 else { return false }
            name = rest.prefix(1 + hours.count)
        } else if !(3...5).contains(name.count) || (name.count == 5 && !name.hasSuffix("T")) {
            return false
        }
        zoneName = String(name)
        rest = rest.dropFirst(name.count)
        return true
    }

    private mutating func readOffset(usesZ: Bool, parts: Int, colon: Bool) -> Bool {
        if usesZ, take("Z") {
            (offset, zoneName) = (0, "UTC")
            return true
        }
        guard let sign = rest.first, sign == "+" || sign == "-" else { return false }
        rest.removeFirst()
        var total = 0
        for (index, unit) in [3_600, 60, 1].prefix(parts).enumerated() {
            if index > 0, colon, !take(":") { return false }
            guard let value = digits(2) else { return false }
            if index == 0, value > 24 { outOfRange = "time zone offset hour" }
            if index == 1, value > 60 { outOfRange = "time zone offset minute" }
            total += value * unit
        }
        offset = sign == "-" ? -total : total
        return true
    }

    // MARK: The result

    func instant(in zone: GoZone) throws(TimeParseError) -> GoInstant {
        var hour = hour
        if isPM == true, hour < 12 { hour += 12 } else if isPM == false, hour == 12 { hour = 0 }
        var (month, day) = (month, day)
        if dayOfYear > 0 {
            if dayOfYear > (GoCalendar.isLeap(year) ? 366 : 365) { throw range("day-of-year") }
            let date = GoCalendar(
                seconds: (GoCalendar.days(year: year, month: 1, day: 1) + dayOfYear - 1) * 86_400
            )
            if month > 0, month != date.month { throw range("day-of-year does not match month, which is") }
            (month, day) = (date.month, date.day)
        } else {
            month = max(month, 1)
            if day == 0, self.day == 0, !layoutNamesDay { day = 1 }
            if day < 1 || day > GoCalendar.days(inMonth: month, of: year) { throw range("day") }
        }
        let year = hasYear ? year : 0
        let local =
            GoCalendar.days(year: year, month: month, day: day) * 86_400 + hour * 3_600 + minute * 60 + second
        if let offset {
            let moment = local - offset
            if offset == 0, zoneName == "UTC" { return GoInstant(seconds: moment, nanoseconds: nanoseconds) }
            let (usual, name) = zone.offset(at: moment)
            let shown: GoZone = usual == offset && (zoneName ?? name) == name ? zone : .fixed(offset, zoneName ?? "")
            return GoInstant(seconds: moment, nanoseconds: nanoseconds, zone: shown)
        }
        if let zoneName {
            let (usual, name) = zone.offset(at: local)
            if name == zoneName { return GoInstant(seconds: local - usual, nanoseconds: nanoseconds, zone: zone) }
            var fixed = 0
            if zoneName.hasPrefix("GMT"), zoneName.count > 3 { fixed = (Int(zoneName.dropFirst(3)) ?? 0) * 3_600 }
            return GoInstant(seconds: local - fixed, nanoseconds: nanoseconds, zone: .fixed(fixed, zoneName))
        }
        // The offset just before and just after decides near a change of the clocks.
        let guess = local - zone.offset(at: local).seconds
        return GoInstant(seconds: local - zone.offset(at: guess).seconds, nanoseconds: nanoseconds, zone: zone)
    }

    private var layoutNamesDay: Bool {
        GoLayout(layout).parts.contains { [.day, .underDay, .zeroDay].contains($0.element) }
    }
}
