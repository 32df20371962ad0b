import FleetModel
import FleetPlanning
import Foundation
import KubernetesModel
import SourceDiagnostics
import TestSupport
import Testing

@Suite struct ReleaseCalendarTests {
    private static let position = SourcePosition(file: "fleet.yaml", line: 1, column: 1)

    private func rules(_ zone: String) -> TimeZoneRules? {
        // Systems without the database skip what needs it.
        (try? Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(zone)"))).flatMap { TimeZoneRules(tzif: Array($0)) }
    }

    struct Place: Sendable, CustomTestStringConvertible {
        var zone: String
        var moment: String
        var offset: Int
        var testDescription: String { "\(zone) at \(moment)" }
    }

    static let places = [
        Place(zone: "Europe/Istanbul", moment: "2026-07-01T00:00:00Z", offset: 3 * 3600),
        Place(zone: "Europe/Istanbul", moment: "2010-01-01T00:00:00Z", offset: 2 * 3600),
        Place(zone: "Europe/Berlin", moment: "2026-03-29T00:59:59Z", offset: 3600),
        Place(zone: "Europe/Berlin", moment: "2026-03-29T01:00:00Z", offset: 7200),
        Place(zone: "Europe/Berlin", moment: "2026-10-25T00:59:59Z", offset: 7200),
        Place(zone: "Europe/Berlin", moment: "2026-10-25T01:00:00Z", offset: 3600),
        Place(zone: "America/New_York", moment: "2060-07-01T00:00:00Z", offset: -4 * 3600),
        Place(zone: "America/New_York", moment: "2060-12-01T00:00:00Z", offset: -5 * 3600),
        Place(zone: "Australia/Sydney", moment: "2050-01-01T00:00:00Z", offset: 11 * 3600),
        Place(zone: "Australia/Sydney", moment: "2050-07-01T00:00:00Z", offset: 10 * 3600),
        Place(zone: "Asia/Kolkata", moment: "2026-07-01T00:00:00Z", offset: 19_800),
        Place(zone: "UTC", moment: "2026-07-01T00:00:00Z", offset: 0),
    ]

    @Test(arguments: places)
    func clocksAreReadFromTheDatabase(_ place: Place) throws {
        guard let rules = rules(place.zone) else { return }
        #expect(rules.offset(at: try #require(Timestamp(place.moment))) == place.offset)
    }

    @Test func damagedFilesAreNoRules() {
        #expect(TimeZoneRules(tzif: []) == nil)
        #expect(TimeZoneRules(tzif: Array("TZif2".utf8)) == nil)
        var generator = SeededGenerator(state: 1)
        for length in 0..<400 {
            var bytes = Array("TZif2".utf8) + (0..<length).map { _ in UInt8.random(in: 0...3, using: &generator) }
            _ = TimeZoneRules(tzif: bytes)
            bytes.append(0x0A)
            _ = TimeZoneRules(tzif: bytes)
        }
    }

    struct Moment: Sendable, CustomTestStringConvertible {
        var text: String
        var isOpen: Bool
        var testDescription: String { text }
    }

    /// Monday to Thursday, 8 to 16 o'clock in Istanbul (three hours ahead of UTC).
    static let moments = [
        Moment(text: "2026-11-23T04:59:59Z", isOpen: false),
        Moment(text: "2026-11-23T05:00:00Z", isOpen: true),
        Moment(text: "2026-11-23T12:59:59Z", isOpen: true),
        Moment(text: "2026-11-23T13:00:00Z", isOpen: false),
        Moment(text: "2026-11-27T06:00:00Z", isOpen: false),
        Moment(text: "2026-11-26T06:00:00Z", isOpen: true),
    ]

    @Test(arguments: moments)
    func windowsFollowTheClocksOfTheirPlace(_ moment: Moment) throws {
        let window = Window(days: [1, 2, 3, 4], from: 480, to: 960, timeZone: Located("Here", at: Self.position))
        let calendar = ReleaseCalendar(
            RolloutPolicy(windows: [window]),
            zones: ["Here": TimeZoneRules(offset: 3 * 3600)]
        )
        let answer = calendar.answer(at: try #require(Timestamp(moment.text)))
        #expect((answer == .open) == moment.isOpen)
    }

    @Test func aWindowOverMidnightBelongsToTheDayItBegins() throws {
        let window = Window(days: [5], from: 22 * 60, to: 2 * 60, timeZone: Located("UTC", at: Self.position))
        let calendar = ReleaseCalendar(RolloutPolicy(windows: [window]))
        func isOpen(_ text: String) throws -> Bool { calendar.answer(at: try #require(Timestamp(text))) == .open }
        #expect(try isOpen("2026-11-27T23:00:00Z"))
        #expect(try isOpen("2026-11-28T01:59:00Z"))
        #expect(try !isOpen("2026-11-28T23:00:00Z"))
        #expect(try !isOpen("2026-11-27T01:00:00Z"))
    }

    @Test func anUnknownZoneNeverOpens() throws {
        let window = Window(days: [], from: 0, to: 24 * 60, timeZone: Located("Europe/Atlantis", at: Self.position))
        let answer = ReleaseCalendar(RolloutPolicy(windows: [window])).answer(at: Timestamp(seconds: 0))
        #expect(answer == .closed(reason: "the time zone “Europe/Atlantis” is not known", until: nil))
    }
}
