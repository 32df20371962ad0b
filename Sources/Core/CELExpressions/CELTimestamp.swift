/// A moment as seconds since 1970 and nanoseconds, in UTC.
package struct CELTimestamp: Hashable, Comparable, Sendable {
    package var seconds: Int
    package var nanoseconds: Int

    package init(seconds: Int, nanoseconds: Int = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    package static func < (left: CELTimestamp, right: CELTimestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    package init(parsing text: String) throws(CELFailure) {
        guard let value = Self.parse(text) else {
            throw CELFailure("type conversion error from 'string' to 'google.protobuf.Timestamp'")
        }
        self = value
    }

    /// Reads RFC 3339, or a date alone; nil when the text is neither.
    package static func parse(_ text: String) -> CELTimestamp? {
        let bytes = Array(text.utf8)
        func number(_ start: Int, _ count: Int) -> Int? {
            guard start + count <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[start..<start + count] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            return value
        }
        func has(_ character: UInt8, at index: Int) -> Bool { index < bytes.count && bytes[index] == character }
        let dash = UInt8(ascii: "-")
        let colon = UInt8(ascii: ":")
        guard let year = number(0, 4), has(dash, at: 4), let month = number(5, 2), has(dash, at: 7),
            let day = number(8, 2),
            (1...12).contains(month), day >= 1, day <= Self.days(inMonth: month, of: year)
        else { return nil }
        let midnight = days(year, month, day) * 86_400
        if bytes.count == 10 { return CELTimestamp(seconds: midnight) }
        guard bytes[10] | 0x20 == UInt8(ascii: "t"), let hour = number(11, 2), has(colon, at: 13),
            let minute = number(14, 2),
            has(colon, at: 16), let second = number(17, 2), hour < 24, minute < 60, second < 60
        else { return nil }
        var index = 19
        var nanoseconds = 0
        if has(UInt8(ascii: "."), at: index) {
            index += 1
            var scale = 100_000_000
            let start = index
            while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 {
                nanoseconds += Int(bytes[index] - 0x30) * scale
                scale /= 10
                index += 1
            }
            if index == start { return nil }
        }
        guard index < bytes.count else { return nil }
        var shift = 0
        if bytes[index] | 0x20 == UInt8(ascii: "z") {
            index += 1
        } else {
            guard bytes[index] == dash || bytes[index] == UInt8(ascii: "+"), let hours = number(index + 1, 2),
                has(colon, at: index + 3), let minutes = number(index + 4, 2), hours < 24, minutes < 60
            else { return nil }
            shift = (hours * 3600 + minutes * 60) * (bytes[index] == dash ? -1 : 1)
            index += 6
        }
        guard index == bytes.count else { return nil }
        return CELTimestamp(seconds: midnight + hour * 3600 + minute * 60 + second - shift, nanoseconds: nanoseconds)
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01 of a date in the Gregorian calendar.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The calendar fields at an offset from UTC in seconds.
    struct Fields {
        var year, month, day, hour, minute, second, dayOfWeek, dayOfYear: Int
    }

    func fields(offset: Int = 0) -> Fields {
        let local = seconds + offset
        let day = local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
        let time = local - day * 86_400
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfMarchYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfMarchYear + 2) / 153
        let month = marchMonth + (marchMonth < 10 ? 3 : -9)
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return Fields(
            year: year,
            month: month,
            day: dayOfMarchYear - (153 * marchMonth + 2) / 5 + 1,
            hour: time / 3600,
            minute: time / 60 % 60,
            second: time % 60,
            dayOfWeek: ((day + 4) % 7 + 7) % 7,
            dayOfYear: day - Self.days(year, 1, 1)
        )
    }

    func adding(nanoseconds amount: Int) -> CELTimestamp {
        let sum = nanoseconds + amount % 1_000_000_000
        let carry = sum >= 1_000_000_000 ? 1 : sum < 0 ? -1 : 0
        return CELTimestamp(seconds: seconds + amount / 1_000_000_000 + carry, nanoseconds: sum - carry * 1_000_000_000)
    }

    /// RFC 3339 in UTC, with as many digits of a second as there are.
    package var text: String {
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(width - digits.count, 0)) + digits
        }
        let fields = fields()
        var text = "\(padded(fields.year, 4))-\(padded(fields.month, 2))-\(padded(fields.day, 2))T"
        text += "\(padded(fields.hour, 2)):\(padded(fields.minute, 2)):\(padded(fields.second, 2))"
        if nanoseconds > 0 {
            var digits = padded(nanoseconds, 9)
            while digits.hasSuffix("0") { digits.removeLast() }
            text += "." + digits
        }
        return text + "Z"
    }
}
