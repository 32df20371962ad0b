import Telemetry
import Testing

@Suite struct LogTailTests {
    @Test func keepsTheNewestLinesInOrder() {
        let tail = LogTail(capacity: 3)
        #expect(tail.lines(limit: 5) == [])
        for number in 1...10 { tail.append("line \(number)") }
        #expect(tail.lines(limit: 100).map(\.text) == ["line 8", "line 9", "line 10"])
        #expect(tail.lines(limit: 2).map(\.number) == [9, 10])
        #expect(tail.lines(after: 9, limit: 100).map(\.text) == ["line 10"])
        #expect(tail.lines(after: 10, limit: 100) == [])
    }
}
