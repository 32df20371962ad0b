/// The offsets of a time zone over time, read from a compiled zone file (TZif, RFC 8536).
package struct ZoneRules: Sendable, Hashable {
    private struct Kind: Sendable, Hashable {
        var offset: Int
        var isSummer: Bool
        var abbreviation: String
    }

    private var kinds: [Kind] = []
    private var transitions: [(at: Int, kind: Int)] = []
    private var rule: FooterRule?

    package static func == (left: ZoneRules, right: ZoneRules) -> Bool {
        left.kinds == right.kinds && left.transitions.count == right.transitions.count
            && zip(left.transitions, right.transitions).allSatisfy { $0.at == $1.at && $0.kind == $1.kind }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(kinds)
        hasher.combine(transitions.count)
    }

    /// Nil when the bytes are no zone file.
    package init?(_ bytes: [UInt8]) {
        var reader = Reader(bytes: bytes)
        guard let first = reader.header() else { return nil }
        var header = first
        if first.version >= 2 {
            // The first block holds 32-bit times for old programs; the second is the real one.
            reader.position += first.size(timeBytes: 4)
            guard let second = reader.header() else { return nil }
            header = second
        }
        let timeBytes = first.version >= 2 ? 8 : 4
        guard header.size(timeBytes: timeBytes) <= bytes.count - reader.position, header.types > 0 else { return nil }
        let times = (0..<header.times).map { _ in reader.integer(timeBytes) }
        let indexes = (0..<header.times).map { _ in Int(reader.byte()) }
        let types = (0..<header.types).map { _ in (reader.integer(4), reader.byte() != 0, Int(reader.byte())) }
        let names = reader.take(header.characters)
        for (offset, isSummer, nameStart) in types {
            let name = names.dropFirst(nameStart).prefix { $0 != 0 }
            kinds.append(Kind(offset: offset, isSummer: isSummer, abbreviation: String(decoding: name, as: UTF8.self)))
        }
        for (time, index) in zip(times, indexes) where kinds.indices.contains(index) {
            transitions.append((time, index))
        }
        if first.version >= 2 {
            reader.position += header.leaps * (timeBytes + 4) + header.standards + header.universals + 1
            let footer = reader.position < bytes.count ? bytes[reader.position...].prefix { $0 != 0x0A } : []
            rule = FooterRule(String(decoding: footer, as: UTF8.self))
        }
    }

    /// The offset east of UTC that holds at a time.
    func offset(at seconds: Int) -> (seconds: Int, abbreviation: String) {
        if let last = transitions.last, seconds >= last.at, let rule { return rule.offset(at: seconds) }
        var (low, high) = (0, transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].at <= seconds { low = middle + 1 } else { high = middle }
        }
        if low == 0 {
            if transitions.isEmpty, let rule { return rule.offset(at: seconds) }
            let kind = kinds.first { !$0.isSummer } ?? kinds[0]
            return (kind.offset, kind.abbreviation)
        }
        let kind = kinds[transitions[low - 1].kind]
        return (kind.offset, kind.abbreviation)
    }

    private struct Header {
        var version: Int
        var universals: Int
        var standards: Int
        var leaps: Int
        var times: Int
        var types: Int
        var characters: Int

        func size(timeBytes: Int) -> Int {
            times * timeBytes + times + types * 6 + characters + leaps * (timeBytes + 4) + standards + universals
        }
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        mutating func byte() -> UInt8 {
            defer { position += 1 }
            return position < bytes.count ? bytes[position] : 0
        }

        mutating func integer(_ size: Int) -> Int {
            var value: Int64 = 0
            for _ in 0..<size { value = value << 8 | Int64(byte()) }
            return size == 4 ? Int(Int32(truncatingIfNeeded: value)) : Int(value)
        }

        mutating func take(_ count: Int) -> ArraySlice<UInt8> {
            let end = min(position + count, bytes.count)
            defer { position = end }
            return bytes[min(position, end)..<end]
        }

        mutating func header() -> Header? {
            guard bytes.count - position >= 44, take(4).elementsEqual("TZif".utf8) else { return nil }
            let version = Int(byte()) - 0x30
            position += 15
            let counts = (0..<6).map { _ in integer(4) }
            guard counts.allSatisfy({ (0...100_000).contains($0) }) else { return nil }
            return Header(
                version: version,
                universals: counts[0],
                standards: counts[1],
                leaps: counts[2],
                times: counts[3],
                types: counts[4],
                characters: counts[5]
            )
        }
    }
}

/// The rule for times after the last transition of a zone file, such as `CET-1CEST,M3.5.0,M10.5.0/3`.
struct FooterRule: Sendable, Hashable {
    private struct Change: Sendable, Hashable {
        enum Day: Sendable, Hashable {
            case weekday(month: Int, week: Int, day: Int)
            case dayOfYear(Int, countsLeapDay: Bool)
        }
        var day: Day
        var seconds: Int

        /// When it happens in a year, in local seconds since 1970.
        func time(in year: Int) -> Int {
            let days: Int
            switch day {
            case .weekday(let month, let week, let weekday):
                let first = GoCalendar.days(year: year, month: month, day: 1)
                let shift = (weekday - (((first + 4) % 7) + 7) % 7 + 7) % 7
                var candidate = first + shift + (week - 1) * 7
                if candidate >= first + GoCalendar.days(inMonth: month, of: year) { candidate -= 7 }
                days = candidate
            case .dayOfYear(let number, let countsLeapDay):
                let skipsLeapDay = !countsLeapDay && GoCalendar.isLeap(year) && number >= 60
                days =
                    GoCalendar.days(year: year, month: 1, day: 1) + number - (countsLeapDay ? 0 : 1)
                    + (skipsLeapDay ? 1 : 0)
            }
            return days * 86_400 + seconds
        }
    }

    private var standard: (offset: Int, name: String)
    private var summer: (offset: Int, name: String)?
    private var start: Change?
    private var end: Change?

    static func == (left: FooterRule, right: FooterRule) -> Bool {
        left.standard == right.standard && left.start == right.start && left.end == right.end
    }
    func hash(into hasher: inout Hasher) { hasher.combine(standard.name) }

    init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        guard let name = Self.takeName(&rest), let offset = Self.takeTime(&rest) else { return nil }
        standard = (-offset, name)
        guard let summerName = Self.takeName(&rest) else { return }
        var summerOffset = standard.offset + 3_600
        if let first = rest.first, first != UInt8(ascii: ","), let given = Self.takeTime(&rest) {
            summerOffset = -given
        }
        summer = (summerOffset, summerName)
        start = Self.takeChange(&rest)
        end = Self.takeChange(&rest)
    }

    func offset(at seconds: Int) -> (seconds: Int, abbreviation: String) {
        guard let summer, let start, let end else { return (standard.offset, standard.name) }
        let year = GoCalendar(seconds: seconds + standard.offset).year
        let begin = start.time(in: year) - standard.offset
        let finish = end.time(in: year) - summer.offset
        let isSummer = begin < finish ? seconds >= begin && seconds < finish : seconds >= begin || seconds < finish
        return isSummer ? (summer.offset, summer.name) : (standard.offset, standard.name)
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A }
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func takeName(_ rest: inout ArraySlice<UInt8>) -> String? {
        let name: ArraySlice<UInt8>
        if rest.first == UInt8(ascii: "<") {
            name = rest.dropFirst().prefix { $0 != UInt8(ascii: ">") }
            rest = rest.dropFirst(name.count + 2)
        } else {
            name = rest.prefix(while: isLetter)
            rest = rest.dropFirst(name.count)
        }
        return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
    }

    private static func takeNumber(_ rest: inout ArraySlice<UInt8>) -> Int? {
        let digits = rest.prefix(6).prefix(while: isDigit)
        rest = rest.dropFirst(digits.count)
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// Hours, minutes and seconds with colons and a sign, in seconds.
    private static func takeTime(_ rest: inout ArraySlice<UInt8>) -> Int? {
        var sign = 1
        if let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            sign = first == UInt8(ascii: "-") ? -1 : 1
            rest.removeFirst()
        }
        guard let hours = takeNumber(&rest) else { return nil }
        var seconds = hours * 3_600
        for unit in [60, 1] where rest.first == UInt8(ascii: ":") {
            rest.removeFirst()
            seconds += (takeNumber(&rest) ?? 0) * unit
        }
        return sign * seconds
    }

    private static func takeChange(_ rest: inout ArraySlice<UInt8>) -> Change? {
        guard rest.first == UInt8(ascii: ",") else { return nil }
        rest.removeFirst()
        let day: Change.Day
        switch rest.first {
        case UInt8(ascii: "M"):
            rest.removeFirst()
            guard let month = takeNumber(&rest), rest.popFirst() != nil, let week = takeNumber(&rest),
                rest.popFirst() != nil, let weekday = takeNumber(&rest), (1...12).contains(month)
            else { return nil }
            day = .weekday(month: month, week: week, day: weekday)
        case UInt8(ascii: "J"):
            rest.removeFirst()
            guard let number = takeNumber(&rest) else { return nil }
            day = .dayOfYear(number, countsLeapDay: false)
        default:
            guard let number = takeNumber(&rest) else { return nil }
            day = .dayOfYear(number, countsLeapDay: true)
        }
        var seconds = 7_200
        if rest.first == UInt8(ascii: "/") {
            rest.removeFirst()
            seconds = takeTime(&rest) ?? seconds
        }
        return Change(day: day, seconds: seconds)
    }
}
