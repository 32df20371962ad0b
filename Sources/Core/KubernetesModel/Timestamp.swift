/// A moment as Kubernetes writes it: RFC 3339 in UTC, held as seconds since 1970.
package struct Timestamp: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Seconds since 1970-01-01T00:00:00Z.
    package var seconds: Int
    /// The part below a second, 0..<1,000,000.
    package var microseconds: Int

    package init(seconds: Int, microseconds: Int = 0) {
        self.seconds = seconds
        self.microseconds = microseconds
    }

    /// Reads `2006-01-02T15:04:05Z`, with an optional fraction and offset; nil for anything else.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20 else { return nil }
        func number(_ start: Int, _ count: Int) -> Int? {
            var result = 0
            for index in start..<(start + count) {
                guard index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 else { return nil }
                result = result * 10 + Int(bytes[index] - 0x30)
            }
            return result
        }
        guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2), let hour = number(11, 2),
            let minute = number(14, 2), let second = number(17, 2), bytes[4] == 0x2D, bytes[7] == 0x2D,
            bytes[10] == 0x54 || bytes[10] == 0x74, bytes[13] == 0x3A, bytes[16] == 0x3A,
            (1...12).contains(month), day >= 1, day <= Self.daysIn(month, of: year), hour < 24, minute < 60, second < 61
        else { return nil }
        var index = 19
        var microseconds = 0
        if bytes[index] == 0x2E {
            index += 1
            var scale = 100_000
            guard index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 else { return nil }
            while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 {
                microseconds += Int(bytes[index] - 0x30) * scale
                scale /= 10
                index += 1
            }
        }
        guard index < bytes.count else { return nil }
        var offset = 0
        if bytes[index] == 0x5A || bytes[index] == 0x7A {
            guard index + 1 == bytes.count else { return nil }
        } else {
            guard bytes[index] == 0x2B || bytes[index] == 0x2D, index + 6 == bytes.count, bytes[index + 3] == 0x3A,
                let hours = number(index + 1, 2), let minutes = number(index + 4, 2)
            else { return nil }
            offset = (hours * 3600 + minutes * 60) * (bytes[index] == 0x2D ? -1 : 1)
        }
        seconds = Self.days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        self.microseconds = microseconds
    }

    /// To the second, as `metav1.Time` is written: `2006-01-02T15:04:05Z`.
    package var description: String { date + "Z" }

    /// To the microsecond, as `metav1.MicroTime` is written: `2006-01-02T15:04:05.000000Z`.
    package var micro: String { date + "." + Self.pad(microseconds, 6) + "Z" }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.microseconds) < (right.seconds, right.microseconds)
    }

    package func advanced(by duration: Duration) -> Timestamp {
        let parts = duration.components
        var total = microseconds + Int(parts.attoseconds / 1_000_000_000_000)
        var whole = seconds + Int(parts.seconds)
        if total >= 1_000_000 {
            total -= 1_000_000
            whole += 1
        } else if total < 0 {
            total += 1_000_000
            whole -= 1
        }
        return Timestamp(seconds: whole, microseconds: total)
    }

    /// How long from this moment to another; negative when the other is earlier.
    package func duration(to other: Timestamp) -> Duration {
        .seconds(other.seconds - seconds) + .microseconds(other.microseconds - microseconds)
    }

    /// The calendar parts in UTC. Day of week counts from Sunday = 0.
    package var calendar: (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, weekday: Int) {
        let day = seconds.flooringDivided(by: 86_400)
        let rest = seconds - day * 86_400
        // Civil-from-days: era of 400 years, years starting in March.
        let shifted = day + 719_468
        let era = shifted.flooringDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let weekday = ((day + 4) % 7 + 7) % 7
        return (
            year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1, rest / 3600, rest % 3600 / 60, rest % 60,
            weekday
        )
    }

    private var date: String {
        let parts = calendar
        return "\(Self.pad(parts.year, 4))-\(Self.pad(parts.month, 2))-\(Self.pad(parts.day, 2))T"
            + "\(Self.pad(parts.hour, 2)):\(Self.pad(parts.minute, 2)):\(Self.pad(parts.second, 2))"
    }

    private static func pad(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }

    private static func daysIn(_ month: Int, of year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01 to this date of the Gregorian calendar.
    package static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = year.flooringDivided(by: 400)
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Int {
    fileprivate func flooringDivided(by divisor: Int) -> Int {
        self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
    }
}
