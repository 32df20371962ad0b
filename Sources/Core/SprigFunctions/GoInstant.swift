/// A point in time and the zone it is shown in: Go's `time.Time` as a value.
package struct GoInstant: Sendable, Hashable {
    /// Seconds since 1970-01-01T00:00:00Z.
    package var seconds: Int
    package var nanoseconds: Int
    package var zone: GoZone

    package init(seconds: Int, nanoseconds: Int = 0, zone: GoZone = .utc) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
        self.zone = zone
    }

    /// Go's zero time: the first second of the year 1.
    static let zero = GoInstant(seconds: -62_135_596_800)

    package static func == (left: GoInstant, right: GoInstant) -> Bool {
        left.seconds == right.seconds && left.nanoseconds == right.nanoseconds
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(seconds)
        hasher.combine(nanoseconds)
    }

    func isBefore(_ other: GoInstant) -> Bool {
        (seconds, nanoseconds) < (other.seconds, other.nanoseconds)
    }

    /// This time moved by a duration in nanoseconds.
    func adding(nanoseconds amount: Int) -> GoInstant {
        var result = self
        result.seconds &+= amount / 1_000_000_000
        result.nanoseconds += amount % 1_000_000_000
        if result.nanoseconds < 0 {
            result.nanoseconds += 1_000_000_000
            result.seconds &-= 1
        } else if result.nanoseconds >= 1_000_000_000 {
            result.nanoseconds -= 1_000_000_000
            result.seconds &+= 1
        }
        return result
    }

    /// The nanoseconds from another time to this one, at most what a Go duration holds.
    func nanoseconds(since other: GoInstant) -> Int {
        let (seconds, overflow) = self.seconds.subtractingReportingOverflow(other.seconds)
        let (product, tooFar) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow || tooFar { return self.seconds > other.seconds ? Int.max : Int.min }
        let (sum, past) = product.addingReportingOverflow(nanoseconds - other.nanoseconds)
        return past ? (product > 0 ? Int.max : Int.min) : sum
    }

    /// The calendar's view of this time in its zone.
    var fields: GoCalendar { GoCalendar(seconds: seconds &+ zone.offset(at: seconds).seconds) }
}

/// A zone that a time is shown in.
package enum GoZone: Sendable, Hashable {
    case utc
    /// A fixed offset east of UTC in seconds, with its abbreviation (empty when it has none).
    case fixed(Int, String)
    case rules(String, ZoneRules)

    func offset(at seconds: Int) -> (seconds: Int, abbreviation: String) {
        switch self {
        case .utc: (0, "UTC")
        case .fixed(let offset, let name): (offset, name)
        case .rules(_, let rules): rules.offset(at: seconds)
        }
    }

    var name: String {
        switch self {
        case .utc: "UTC"
        case .fixed(_, let name), .rules(let name, _): name
        }
    }

    func named(_ name: String) -> GoZone {
        if case .rules(_, let rules) = self { .rules(name, rules) } else { self }
    }
}

/// Year, month, day and time of day of the proleptic Gregorian calendar.
struct GoCalendar: Sendable, Hashable {
    var year: Int
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int
    /// From 0 for Sunday.
    var weekday: Int
    /// From 1.
    var dayOfYear: Int

    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    init(seconds: Int) {
        let (days, rest) = Self.floored(seconds, by: 86_400)
        hour = rest / 3_600
        minute = rest % 3_600 / 60
        second = rest % 60
        weekday = Self.floored(days &+ 4, by: 7).remainder
        // Days counted from 1 March of the year 0, in eras of 400 years.
        let (era, dayOfEra) = Self.floored(days &+ 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfMarchYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfMarchYear + 2) / 153
        day = dayOfMarchYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        dayOfYear = days &- Self.days(year: year, month: 1, day: 1) &+ 1
    }

    private static func floored(_ value: Int, by divisor: Int) -> (quotient: Int, remainder: Int) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    /// Days from 1970-01-01 to a date; months and days beyond their range carry over.
    static func days(year: Int, month: Int, day: Int) -> Int {
        let (extraYears, monthIndex) = floored(month - 1, by: 12)
        let month = monthIndex + 1
        let marchYear = year + extraYears - (month <= 2 ? 1 : 0)
        let (era, yearOfEra) = floored(marchYear, by: 400)
        let dayOfMarchYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfMarchYear
        return era * 146_097 + dayOfEra - 719_468 + day - 1
    }

    static func isLeap(_ year: Int) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }

    static func days(inMonth month: Int, of year: Int) -> Int {
        month == 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// Year and week after ISO 8601.
    var isoWeek: (year: Int, week: Int) {
        let mondayBased = (weekday + 6) % 7
        let week = (dayOfYear - 1 - mondayBased + 10) / 7
        if week < 1 {
            let last = GoCalendar(seconds: Self.days(year: year - 1, month: 12, day: 31) * 86_400)
            return last.isoWeek
        }
        if week == 53 {
            let first = GoCalendar(seconds: Self.days(year: year + 1, month: 1, day: 1) * 86_400)
            if (first.weekday + 6) % 7 <= 3 { return (year + 1, 1) }
        }
        return (year, week)
    }
}
