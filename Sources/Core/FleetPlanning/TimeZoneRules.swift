package import KubernetesModel

/// When a place's clocks differ from UTC by how much: read from the compiled form of the time zone database (RFC 8536).
package struct TimeZoneRules: Sendable, Hashable {
    /// Seconds since 1970 at which an offset begins, ascending.
    private var transitions: [Int]
    /// Seconds east of UTC after the transition of the same index.
    private var offsets: [Int]
    /// Before the first transition.
    private var firstOffset: Int
    /// After the last transition; nil keeps the last offset.
    private var footer: YearlyRule?

    package static let utc = TimeZoneRules(offset: 0)

    /// A place that never changes its clocks.
    package init(offset: Int) {
        transitions = []
        offsets = []
        firstOffset = offset
        footer = nil
    }

    /// Reads the bytes of a file such as `/usr/share/zoneinfo/Europe/Istanbul`; nil when they are none.
    package init?(tzif bytes: [UInt8]) {
        var reader = TZifReader(bytes: bytes)
        guard let first = reader.header() else { return nil }
        if first.version >= 0x32 {
            reader.position += first.size(timeBytes: 4)
            guard let second = reader.header() else { return nil }
            guard let parsed = reader.body(second, timeBytes: 8) else { return nil }
            (transitions, offsets, firstOffset) = parsed
            footer = reader.footer().flatMap { YearlyRule($0) }
        } else {
            guard let parsed = reader.body(first, timeBytes: 4) else { return nil }
            (transitions, offsets, firstOffset) = parsed
            footer = nil
        }
    }

    /// Seconds east of UTC at this moment.
    package func offset(at moment: Timestamp) -> Int {
        let seconds = moment.seconds
        guard let last = transitions.last, let first = transitions.first else {
            return footer?.offset(at: seconds) ?? firstOffset
        }
        if seconds < first { return firstOffset }
        if seconds >= last { return footer?.offset(at: seconds) ?? offsets[offsets.count - 1] }
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= seconds { low = middle + 1 } else { high = middle }
        }
        return offsets[low - 1]
    }
}

private struct TZifReader {
    let bytes: [UInt8]
    var position = 0

    struct Header {
        var version: UInt8
        var utcCount, standardCount, leapCount, timeCount, typeCount, charCount: Int

        func size(timeBytes: Int) -> Int {
            timeCount * timeBytes + timeCount + typeCount * 6 + charCount + leapCount * (timeBytes + 4) + standardCount
                + utcCount
        }
    }

    mutating func header() -> Header? {
        guard position + 44 <= bytes.count, Array(bytes[position..<position + 4]) == Array("TZif".utf8) else {
            return nil
        }
        let version = bytes[position + 4]
        let counts = (0..<6).map { integer(at: position + 20 + $0 * 4, 4) }
        position += 44
        guard counts.allSatisfy({ $0 >= 0 && $0 < 1 << 20 }) else { return nil }
        return Header(
            version: version,
            utcCount: counts[0],
            standardCount: counts[1],
            leapCount: counts[2],
            timeCount: counts[3],
            typeCount: counts[4],
            charCount: counts[5]
        )
    }

    mutating func body(_ header: Header, timeBytes: Int) -> (transitions: [Int], offsets: [Int], first: Int)? {
        guard header.typeCount > 0, position + header.size(timeBytes: timeBytes) <= bytes.count else { return nil }
        let typesStart = position + header.timeCount * (timeBytes + 1)
        let types = (0..<header.typeCount).map { integer(at: typesStart + $0 * 6, 4) }
        var transitions: [Int] = []
        var offsets: [Int] = []
        for index in 0..<header.timeCount {
            let type = Int(bytes[position + header.timeCount * timeBytes + index])
            guard type < types.count else { return nil }
            transitions.append(integer(at: position + index * timeBytes, timeBytes))
            offsets.append(types[type])
        }
        position += header.size(timeBytes: timeBytes)
        return (transitions, offsets, types[0])
    }

    /// The rule between two line feeds at the end.
    mutating func footer() -> String? {
        guard position < bytes.count, bytes[position] == 0x0A,
            let end = bytes[(position + 1)...].firstIndex(of: 0x0A)
        else { return nil }
        return String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
    }

    /// A big-endian signed integer.
    private func integer(at start: Int, _ count: Int) -> Int {
        var value = Int(Int8(bitPattern: bytes[start]))
        for index in 1..<count { value = value << 8 | Int(bytes[start + index]) }
        return value
    }
}

/// A rule for all years to come, as POSIX writes it: `CET-1CEST,M3.5.0,M10.5.0/3`.
private struct YearlyRule: Sendable, Hashable {
    private struct Change: Sendable, Hashable {
        enum Day: Sendable, Hashable {
            /// 1...365, never counting 29 February.
            case julian(Int)
            /// 0...365.
            case ordinal(Int)
            case week(month: Int, week: Int, weekday: Int)
        }

        var day: Day
        /// Seconds after local midnight.
        var time: Int
    }

    private var standard: Int
    private var summer: Int?
    private var start: Change?
    private var end: Change?

    init?(_ text: String) {
        var scanner = RuleScanner(text)
        guard scanner.name(), let west = scanner.time() else { return nil }
        standard = -west
        guard !scanner.isAtEnd else { return }
        guard scanner.name() else { return nil }
        var summer = standard + 3600
        if scanner.peek != ",", let west = scanner.time() { summer = -west }
        guard scanner.take(","), let start = Self.change(&scanner), scanner.take(","), let end = Self.change(&scanner),
            scanner.isAtEnd
        else { return nil }
        (self.summer, self.start, self.end) = (summer, start, end)
    }

    private static func change(_ scanner: inout RuleScanner) -> Change? {
        let day: Change.Day
        if scanner.take("M") {
            guard let month = scanner.number(), scanner.take("."), let week = scanner.number(), scanner.take("."),
                let weekday = scanner.number(), (1...12).contains(month), (1...5).contains(week),
                (0...6).contains(weekday)
            else { return nil }
            day = .week(month: month, week: week, weekday: weekday)
        } else if scanner.take("J") {
            guard let number = scanner.number() else { return nil }
            day = .julian(number)
        } else {
            guard let number = scanner.number() else { return nil }
            day = .ordinal(number)
        }
        var time = 7200
        if scanner.take("/") {
            guard let written = scanner.time() else { return nil }
            time = written
        }
        return Change(day: day, time: time)
    }

    func offset(at seconds: Int) -> Int {
        guard let summer, let start, let end else { return standard }
        let year = Timestamp(seconds: seconds + standard).calendar.year
        let begins = Self.moment(start, year) - standard
        let ends = Self.moment(end, year) - summer
        let isSummer =
            begins < ends ? (begins..<ends).contains(seconds) : !(ends..<begins).contains(seconds)
        return isSummer ? summer : standard
    }

    /// Local seconds since 1970 of the change in a year.
    private static func moment(_ change: Change, _ year: Int) -> Int {
        let day: Int
        switch change.day {
        case .julian(let number):
            let isLeap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
            day = Timestamp.days(year, 1, 1) + number - 1 + (isLeap && number >= 60 ? 1 : 0)
        case .ordinal(let number):
            day = Timestamp.days(year, 1, 1) + number
        case .week(let month, let week, let weekday):
            let first = Timestamp.days(year, month, 1)
            let next = month == 12 ? Timestamp.days(year + 1, 1, 1) : Timestamp.days(year, month + 1, 1)
            var candidate = first + ((weekday - (first + 4) % 7) + 7) % 7 + (week - 1) * 7
            if candidate >= next { candidate -= 7 }
            day = candidate
        }
        return day * 86_400 + change.time
    }
}

private struct RuleScanner {
    private var text: Substring

    init(_ text: String) { self.text = text[...] }

    var isAtEnd: Bool { text.isEmpty }
    var peek: Character? { text.first }

    mutating func take(_ character: Character) -> Bool {
        guard text.first == character else { return false }
        text.removeFirst()
        return true
    }

    /// A name of letters, or anything in angle brackets.
    mutating func name() -> Bool {
        if take("<") {
            guard let end = text.firstIndex(of: ">") else { return false }
            text = text[text.index(after: end)...]
            return true
        }
        let letters = text.prefix { $0.isLetter }
        text = text.dropFirst(letters.count)
        return letters.count >= 3
    }

    mutating func number() -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        text = text.dropFirst(digits.count)
        return digits.count > 6 ? nil : Int(digits)
    }

    /// `[+-]h[:m[:s]]` in seconds.
    mutating func time() -> Int? {
        let sign = take("-") ? -1 : 1
        _ = take("+")
        guard let hours = number() else { return nil }
        var total = hours * 3600
        if take(":") {
            guard let minutes = number() else { return nil }
            total += minutes * 60
            if take(":") {
                guard let seconds = number() else { return nil }
                total += seconds
            }
        }
        return sign * total
    }
}
