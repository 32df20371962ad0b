import KubernetesModel
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-11-21T02:22:05Z", 1_795_227_725), ("1969-12-31T23:59:59Z", -1),
        ("2024-02-29T12:00:00Z", 1_709_208_000),
    ])
    func readsAndWritesSeconds(text: String, seconds: Int) {
        #expect(Timestamp(text)?.seconds == seconds)
        #expect(Timestamp(seconds: seconds).description == text)
    }

    @Test func readsFractionsAndOffsets() {
        #expect(Timestamp("2026-11-21T04:22:05.25+02:00")?.micro == "2026-11-21T02:22:05.250000Z")
    }

    @Test(arguments: [
        "", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-21 02:22:05Z", "2026-11-21T02:22:05",
    ])
    func refusesWhatIsNoTime(_ text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func countsDurations() throws {
        let start = try #require(Timestamp("2026-12-31T23:59:59.900000Z"))
        let end = start.advanced(by: .milliseconds(200))
        #expect(end.micro == "2027-01-01T00:00:00.100000Z")
        #expect(start.duration(to: end) == .milliseconds(200))
        #expect(end.advanced(by: .milliseconds(-200)) == start)
    }

    @Test func knowsTheDayOfTheWeek() {
        #expect(Timestamp("2026-11-21T00:00:00Z")?.calendar.weekday == 6)
    }
}
