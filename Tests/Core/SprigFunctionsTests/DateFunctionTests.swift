import SprigFunctions
import Testing

struct DateFunctionTests {
    static let now = GoInstant(seconds: 1_700_000_000, nanoseconds: 123_456_789)
    static let policy = NonDeterminism.deterministic(seed: 1, now: now)

    static let examples: [Expression] = [
        Expression(#"now | date "2006-01-02""#, "2023-11-14"),
        Expression(#"now"#, "2023-11-14 22:13:20.123456789 +0000 UTC"),
        Expression(#"date "Mon Jan _2 15:04:05 MST 2006" now"#, "Tue Nov 14 22:13:20 UTC 2023"),
        Expression(
            #"date "Monday, 02-January-06 3:04:05.000 PM -0700 002" now"#,
            "Tuesday, 14-November-23 10:13:20.123 PM +0000 318"
        ),
        Expression(#"date "2006-01-02T15:04:05.999999Z07:00" now"#, "2023-11-14T22:13:20.123456Z"),
        Expression(#"date "3pm 1/2/6 .00" 0"#, "12am 1/1/6 .00"), Expression(#"date "2006" 0"#, "1970"),
        Expression(#"date "January_2006 Janitor" 0"#, "January_1970 Janitor"),
        Expression(#"htmlDate 86400"#, "1970-01-02"),
        Expression(#"htmlDateInZone 0 "UTC""#, "1970-01-01"),
        Expression(#"dateInZone "15:04 MST" 0 "Nowhere/At_All""#, "00:00 UTC"),
        Expression(#"date_in_zone "15:04" 3600 "UTC""#, "01:00"),
        Expression(#"now | dateModify "-1.5h" | date "15:04:05""#, "20:43:20"),
        Expression(#"now | date_modify "x" | date "15:04""#, "22:13"),
        Expression(#"now | mustDateModify "24h" | date "02""#, "15"),
        Expression(#"toDate "2006-01-02" "2017-12-31" | date "02/01/2006""#, "31/12/2017"),
        Expression(#"toDate "2006-01-02" "nonsense" | date "2006""#, "0001"),
        Expression(#"unixEpoch now"#, "1700000000"),
        Expression(#"mustToDate "2006-01-02T15:04:05Z07:00" "2020-02-29T01:02:03+02:00" | unixEpoch"#, "1582930923"),
        Expression(#"(toDate "Jan 2, 2006 at 3:04pm (MST)" "Feb 3, 2013 at 7:54pm (PST)").Hour"#, "19"),
        Expression(#"(toDate "02 Jan 06" "14 Nov 23").YearDay"#, "318"),
        Expression(#"(toDate "2006-002" "2024-060").Day"#, "29"),
        Expression(#"ago (toDate "2006-01-02 15:04:05" "2023-11-14 20:13:19")"#, "2h0m1s"),
        Expression(#"duration "95""#, "1m35s"),
        Expression(#"duration (int64 3600)"#, "1h0m0s"), Expression(#"duration 95"#, "0s"),
        Expression(#"durationRound "2h10m5s""#, "2h"),
        Expression(#"durationRound "2400h10m5s""#, "3mo"), Expression(#"durationRound (int64 90000000000)"#, "1m"),
        Expression(#"durationRound "x""#, "0s"), Expression(#"now.Year"#, "2023"),
        Expression(#"now.Month"#, "November"),
        Expression(#"now.Weekday"#, "Tuesday"), Expression(#"printf "%d" now.Month"#, "11"),
        Expression(#"(now.AddDate 0 1 20).Format "2006-01-02""#, "2024-01-03"),
        Expression(#"now.Unix"#, "1700000000"), Expression(#"now.UnixNano"#, "1700000000123456789"),
        Expression(#"typeOf now"#, "time.Time"),
        Expression(#"toJson now"#, #""2023-11-14T22:13:20.123456789Z""#),
        Expression(#"(now.Sub (now | dateModify "-90m")).Hours"#, "1.5"),
        Expression(#"now.Before (now | dateModify "1s")"#, "true"), Expression(#"mustToDuration "1h30m""#, "1h30m0s"),
        Expression(#"durationSeconds "1.5""#, "1.5"), Expression(#"durationMilliseconds 2"#, "2000"),
        Expression(#"durationDays "36h""#, "1.5"),
        Expression(#"durationWeeks "84h""#, "0.5"), Expression(#"durationMinutes "x""#, "0"),
        Expression(#"durationRoundTo "2h13m" "30m""#, "2h0m0s"),
        Expression(#"durationTruncateTo "2h53m" "1h""#, "2h0m0s"), Expression(#"durationNanoseconds "1us""#, "1000"),
    ]

    @Test(arguments: examples)
    func writesAndReadsTimes(_ example: Expression) throws {
        #expect(try render(example.source, policy: Self.policy) == example.expected)
    }

    @Test(arguments: [
        Expression(#"mustToDate "2006-01-02" "2017-13-01""#, #"parsing time "2017-13-01": month out of range"#),
        Expression(#"mustToDate "2006-01-02" "2017-02-30""#, #"parsing time "2017-02-30": day out of range"#),
        Expression(#"mustToDate "2006-01-02" "x""#, #"parsing time "x" as "2006-01-02": cannot parse "x" as "2006""#),
        Expression(#"mustToDate "2006" "20171""#, #"parsing time "20171": extra text: "1""#),
        Expression(#"mustDateModify "5x" now"#, #"time: unknown unit "x" in duration "5x""#),
        Expression(#"mustToDuration "abc""#, #"could not parse duration "abc""#),
    ])
    func saysWhyATextIsNoTime(_ example: Expression) {
        #expect(
            failure(example.source, policy: Self.policy).hasSuffix(example.expected),
            "\(failure(example.source, policy: Self.policy))"
        )
    }

    /// A zone file of our own: two hours east, three in summer from the last Sundays of March and October on.
    static let zoneFile: [UInt8] = {
        var bytes = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
        let counts: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4]
        let kind: [UInt8] = [0, 0, 0x1C, 0x20, 0, 0] + Array("EET\0".utf8)
        bytes += counts + kind
        bytes += Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15) + counts + kind
        return bytes + Array("\nEET-2EEST,M3.5.0/3,M10.5.0/4\n".utf8)
    }()

    @Test(arguments: [
        Expression(#"dateInZone "2006-01-02 15:04 MST -0700" 1700000000 "Test/Zone""#, "2023-11-15 00:13 EET +0200"),
        Expression(#"dateInZone "15:04 MST" 1690000000 "Test/Zone""#, "07:26 EEST"),
        Expression(#"dateInZone "15:04:05 MST" 1679792399 "Test/Zone""#, "02:59:59 EET"),
        Expression(#"dateInZone "15:04:05 MST" 1679792400 "Test/Zone""#, "04:00:00 EEST"),
        Expression(#"date "15:04" 0"#, "02:00"),
        Expression(#"toDate "2006-01-02 15:04" "2023-07-01 12:00" | unixEpoch"#, "1688202000"),
    ])
    func followsTheRulesOfAZone(_ example: Expression) throws {
        let zones = SprigZones(local: "Test/Zone") { $0 == "Test/Zone" ? Self.zoneFile : nil }
        #expect(try render(example.source, policy: Self.policy, zones: zones) == example.expected)
    }
}
