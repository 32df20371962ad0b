import GoTemplate
import StructuredValue

/// A `time.Time` in a template.
final class TimeObject: GoObject {
    let instant: GoInstant
    init(_ instant: GoInstant) { self.instant = instant }

    static let type = GoType.object("time.Time")

    /// The time in an argument declared `time.Time`.
    static func instant(_ value: GoValue) -> GoInstant? {
        if case .object(let object) = value { (object as? TimeObject)?.instant } else { nil }
    }

    var typeName: String { "time.Time" }
    var text: String { instant.text }
    var document: Value { .string(instant.formatted("2006-01-02T15:04:05.999999999Z07:00")) }
    func isEqual(to other: any GoObject) -> Bool { (other as? TimeObject)?.instant == instant }

    func method(_ name: String) -> GoFunction? { Self.methods(name, instant) }

    private static func methods(_ name: String, _ instant: GoInstant) -> GoFunction? {
        func plain(_ value: @escaping @Sendable (GoInstant) -> GoValue) -> GoFunction {
            GoFunction(name, []) { _, _ in value(instant) }
        }
        func compared(_ holds: @escaping @Sendable (GoInstant, GoInstant) -> Bool) -> GoFunction {
            GoFunction(name, [type]) { arguments, _ in
                .bool(Self.instant(arguments[0]).map { holds(instant, $0) } ?? false)
            }
        }
        switch name {
        case "Format":
            return GoFunction(name, [.string]) { arguments, _ in .string(instant.formatted(arguments.string(0))) }
        case "String": return plain { .string($0.text) }
        case "Unix": return plain { .int64($0.seconds) }
        case "UnixMilli": return plain { .int64($0.seconds &* 1_000 &+ $0.nanoseconds / 1_000_000) }
        case "UnixMicro": return plain { .int64($0.seconds &* 1_000_000 &+ $0.nanoseconds / 1_000) }
        case "UnixNano": return plain { .int64($0.seconds &* 1_000_000_000 &+ $0.nanoseconds) }
        case "Year": return plain { .int($0.fields.year) }
        case "Month":
            return plain { .object(NamedNumber("time.Month", $0.fields.month, GoCalendar.months[$0.fields.month - 1])) }
        case "Weekday":
            return plain {
                .object(NamedNumber("time.Weekday", $0.fields.weekday, GoCalendar.weekdays[$0.fields.weekday]))
            }
        case "Day": return plain { .int($0.fields.day) }
        case "YearDay": return plain { .int($0.fields.dayOfYear) }
        case "Hour": return plain { .int($0.fields.hour) }
        case "Minute": return plain { .int($0.fields.minute) }
        case "Second": return plain { .int($0.fields.second) }
        case "Nanosecond": return plain { .int($0.nanoseconds) }
        case "IsZero": return plain { .bool($0 == .zero) }
        case "UTC", "Local":
            return plain { .object(TimeObject(GoInstant(seconds: $0.seconds, nanoseconds: $0.nanoseconds))) }
        case "Before": return compared { $0.isBefore($1) }
        case "After": return compared { $1.isBefore($0) }
        case "Equal": return compared { $0 == $1 }
        case "Sub":
            return GoFunction(name, [type]) { arguments, _ in
                let other = Self.instant(arguments[0]) ?? .zero
                return .object(DurationObject(GoDuration(nanoseconds: instant.nanoseconds(since: other))))
            }
        case "Add":
            return GoFunction(name, [.object("time.Duration")]) { arguments, _ in
                let amount = DurationObject.duration(arguments[0])?.nanoseconds ?? 0
                return .object(TimeObject(instant.adding(nanoseconds: amount)))
            }
        case "AddDate":
            return GoFunction(name, [.int, .int, .int]) { arguments, _ in
                let fields = instant.fields
                // Far beyond any calendar; what is farther would not fit.
                func bounded(_ number: Int) -> Int { min(max(number, -1_000_000_000), 1_000_000_000) }
                let days = GoCalendar.days(
                    year: fields.year + bounded(arguments.int(0)),
                    month: fields.month + bounded(arguments.int(1)),
                    day: fields.day + bounded(arguments.int(2))
                )
                let local = days * 86_400 + fields.hour * 3_600 + fields.minute * 60 + fields.second
                var moved = instant
                moved.seconds = local - instant.zone.offset(at: local - instant.zone.offset(at: local).seconds).seconds
                return .object(TimeObject(moved))
            }
        default: return nil
        }
    }
}

/// A `time.Duration` in a template.
final class DurationObject: GoObject {
    let duration: GoDuration
    init(_ duration: GoDuration) { self.duration = duration }

    static func duration(_ value: GoValue) -> GoDuration? {
        if case .object(let object) = value { (object as? DurationObject)?.duration } else { nil }
    }

    var typeName: String { "time.Duration" }
    var kindName: String { "int64" }
    var underlying: GoValue? { .int64(duration.nanoseconds) }
    var text: String { duration.text }
    var document: Value { .int(duration.nanoseconds) }
    func isEqual(to other: any GoObject) -> Bool { (other as? DurationObject)?.duration == duration }

    func method(_ name: String) -> GoFunction? {
        let (duration, nanoseconds) = (duration, duration.nanoseconds)
        func whole(_ number: Int) -> GoFunction { GoFunction(name, []) { _, _ in .int64(number) } }
        func parts(_ unit: Double) -> GoFunction { GoFunction(name, []) { _, _ in .float(Double(nanoseconds) / unit) } }
        switch name {
        case "String": return GoFunction(name, []) { _, _ in .string(duration.text) }
        case "Nanoseconds": return whole(nanoseconds)
        case "Microseconds": return whole(nanoseconds / 1_000)
        case "Milliseconds": return whole(nanoseconds / 1_000_000)
        case "Seconds": return parts(1e9)
        case "Minutes": return parts(60e9)
        case "Hours": return parts(3_600e9)
        default: return nil
        }
    }
}

/// A Go integer type with names for its values, such as `time.Month`.
final class NamedNumber: GoObject {
    let typeName: String
    let number: Int
    let text: String

    init(_ typeName: String, _ number: Int, _ text: String) {
        self.typeName = typeName
        self.number = number
        self.text = text
    }

    var kindName: String { "int" }
    var underlying: GoValue? { .int(number) }
    var document: Value { .int(number) }
    func isEqual(to other: any GoObject) -> Bool {
        (other as? NamedNumber).map { $0.typeName == typeName && $0.number == number } ?? false
    }

    func method(_ name: String) -> GoFunction? {
        guard name == "String" else { return nil }
        return GoFunction(name, []) { [text] _, _ in .string(text) }
    }
}
