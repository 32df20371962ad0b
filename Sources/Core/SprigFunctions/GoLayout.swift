/// A Go time layout taken apart: texts as they are and the elements that stand for parts of a time.
struct GoLayout: Sendable {
    enum Element: Sendable, Equatable {
        case text(String)
        case longMonth, month, numberMonth, zeroMonth
        case longWeekday, weekday
        case day, underDay, zeroDay, underYearDay, zeroYearDay
        case hour, hour12, zeroHour12
        case minute, zeroMinute, second, zeroSecond
        case longYear, year
        case upperPM, lowerPM
        case zoneName
        /// `Z` for UTC first; how many parts (hours, minutes, seconds); with colons.
        case offset(usesZ: Bool, parts: Int, colon: Bool)
        /// A fraction after a point or comma; `trims` leaves out zeros at the end.
        case fraction(digits: Int, trims: Bool, mark: Character)
    }

    let parts: [(element: Element, text: String)]

    /// Longer spellings stand before those they begin with.
    private static let spellings: [(String, Element)] = [
        ("January", .longMonth), ("Monday", .longWeekday), ("MST", .zoneName), ("002", .zeroYearDay),
        ("01", .zeroMonth),
        ("02", .zeroDay), ("03", .zeroHour12), ("04", .zeroMinute), ("05", .zeroSecond), ("06", .year), ("15", .hour),
        ("2006", .longYear), ("__2", .underYearDay), ("PM", .upperPM), ("pm", .lowerPM),
        ("-07:00:00", .offset(usesZ: false, parts: 3, colon: true)),
        ("-070000", .offset(usesZ: false, parts: 3, colon: false)),
        ("-07:00", .offset(usesZ: false, parts: 2, colon: true)),
        ("-0700", .offset(usesZ: false, parts: 2, colon: false)),
        ("-07", .offset(usesZ: false, parts: 1, colon: false)),
        ("Z07:00:00", .offset(usesZ: true, parts: 3, colon: true)),
        ("Z070000", .offset(usesZ: true, parts: 3, colon: false)),
        ("Z07:00", .offset(usesZ: true, parts: 2, colon: true)),
        ("Z0700", .offset(usesZ: true, parts: 2, colon: false)),
        ("Z07", .offset(usesZ: true, parts: 1, colon: false)), ("1", .numberMonth), ("2", .day), ("3", .hour12),
        ("4", .minute), ("5", .second),
    ]

    init(_ layout: String) {
        var parts: [(Element, String)] = []
        var text: [UInt8] = []
        var rest = Array(layout.utf8)[...]
        func flush() {
            if text.isEmpty { return }
            let literal = String(decoding: text, as: UTF8.self)
            parts.append((.text(literal), literal))
            text = []
        }
        while let first = rest.first {
            if let (element, length) = Self.element(at: rest) {
                flush()
                parts.append((element, String(decoding: rest.prefix(length), as: UTF8.self)))
                rest = rest.dropFirst(length)
            } else {
                text.append(first)
                rest.removeFirst()
            }
        }
        flush()
        self.parts = parts
    }

    private static func element(at rest: ArraySlice<UInt8>) -> (Element, Int)? {
        guard let first = rest.first else { return nil }
        func isLower(_ offset: Int) -> Bool {
            rest.dropFirst(offset).first.map { $0 >= 0x61 && $0 <= 0x7A } ?? false
        }
        switch first {
        case UInt8(ascii: "J"), UInt8(ascii: "M"):
            for (spelling, element) in spellings where rest.starts(with: spelling.utf8) {
                return (element, spelling.utf8.count)
            }
            // The short names only where no other word begins with them.
            if rest.starts(with: "Jan".utf8), !isLower(3) { return (.month, 3) }
            if rest.starts(with: "Mon".utf8), !isLower(3) { return (.weekday, 3) }
            return nil
        case UInt8(ascii: "_"):
            if rest.starts(with: "__2".utf8) { return (.underYearDay, 3) }
            if rest.starts(with: "_2006".utf8) { return nil }
            return rest.starts(with: "_2".utf8) ? (.underDay, 2) : nil
        case UInt8(ascii: "."), UInt8(ascii: ","):
            guard let kind = rest.dropFirst().first, kind == UInt8(ascii: "0") || kind == UInt8(ascii: "9") else {
                return nil
            }
            let digits = rest.dropFirst().prefix { $0 == kind }.count
            if let next = rest.dropFirst(1 + digits).first, next >= 0x30, next <= 0x39 { return nil }
            let mark: Character = first == UInt8(ascii: ".") ? "." : ","
            return (.fraction(digits: digits, trims: kind == UInt8(ascii: "9"), mark: mark), 1 + digits)
        default:
            for (spelling, element) in spellings where rest.starts(with: spelling.utf8) {
                return (element, spelling.utf8.count)
            }
            return nil
        }
    }
}

extension GoInstant {
    /// The time written after a Go layout, in this time's zone.
    package func formatted(_ layout: String) -> String {
        let calendar = fields
        let (offset, abbreviation) = zone.offset(at: seconds)
        var output = ""
        func padded(_ number: Int, _ width: Int, _ fill: Character = "0") -> String {
            let digits = String(number.magnitude)
            let padding = String(repeating: fill, count: max(0, width - digits.count))
            return (number < 0 ? "-" : "") + padding + digits
        }
        let hour12 = calendar.hour % 12 == 0 ? 12 : calendar.hour % 12
        for (element, _) in GoLayout(layout).parts {
            switch element {
            case .text(let text): output += text
            case .longYear: output += padded(calendar.year, 4)
            case .year: output += padded(((calendar.year % 100) + 100) % 100, 2)
            case .longMonth: output += GoCalendar.months[calendar.month - 1]
            case .month: output += GoCalendar.months[calendar.month - 1].prefix(3)
            case .numberMonth: output += String(calendar.month)
            case .zeroMonth: output += padded(calendar.month, 2)
            case .longWeekday: output += GoCalendar.weekdays[calendar.weekday]
            case .weekday: output += GoCalendar.weekdays[calendar.weekday].prefix(3)
            case .day: output += String(calendar.day)
            case .underDay: output += padded(calendar.day, 2, " ")
            case .zeroDay: output += padded(calendar.day, 2)
            case .underYearDay: output += padded(calendar.dayOfYear, 3, " ")
            case .zeroYearDay: output += padded(calendar.dayOfYear, 3)
            case .hour: output += padded(calendar.hour, 2)
            case .hour12: output += String(hour12)
            case .zeroHour12: output += padded(hour12, 2)
            case .minute: output += String(calendar.minute)
            case .zeroMinute: output += padded(calendar.minute, 2)
            case .second: output += String(calendar.second)
            case .zeroSecond: output += padded(calendar.second, 2)
            case .upperPM: output += calendar.hour >= 12 ? "PM" : "AM"
            case .lowerPM: output += calendar.hour >= 12 ? "pm" : "am"
            case .zoneName:
                if abbreviation.isEmpty {
                    // Without a name the offset is shown.
                    let minutes = offset / 60
                    output += minutes < 0 ? "-" : "+"
                    output += padded(Int((minutes / 60).magnitude), 2)
                    output += padded(Int((minutes % 60).magnitude), 2)
                } else {
                    output += abbreviation
                }
            case .offset(let usesZ, let parts, let colon):
                if usesZ, offset == 0 {
                    output += "Z"
                    continue
                }
                let separator = colon ? ":" : ""
                output += offset < 0 ? "-" : "+"
                output += padded(Int((offset / 3_600).magnitude), 2)
                if parts >= 2 { output += separator + padded(Int((offset % 3_600 / 60).magnitude), 2) }
                if parts >= 3 { output += separator + padded(Int((offset % 60).magnitude), 2) }
            case .fraction(let digits, let trims, let mark):
                var fraction = String(padded(nanoseconds, 9).prefix(digits))
                if fraction.count < digits { fraction += String(repeating: "0", count: digits - fraction.count) }
                if trims {
                    while fraction.hasSuffix("0") { fraction.removeLast() }
                    if fraction.isEmpty { continue }
                }
                output += String(mark) + fraction
            }
        }
        return output
    }

    /// As Go prints a time.
    var text: String { formatted("2006-01-02 15:04:05.999999999 -0700 MST") }
}
