import Synchronization

/// The newest log lines of this process, for whoever asks: `martlet logs`.
package final class LogTail: Sendable {
    package struct Line: Sendable, Hashable {
        /// Counts from 1, without gaps.
        package var number: Int
        package var text: String
    }

    private struct State {
        var lines: [Line] = []
        var last = 0
    }

    private let state = Mutex(State())
    private let capacity: Int

    package init(capacity: Int = 2_000) { self.capacity = capacity }

    /// Adds a line; beyond the capacity the oldest go.
    package func append(_ text: String) {
        state.withLock { state in
            state.last += 1
            state.lines.append(Line(number: state.last, text: text))
            // Half at a time, so that a line costs little.
            if state.lines.count > 2 * capacity { state.lines.removeFirst(capacity) }
        }
    }

    /// The newest lines after a number, at most `limit`, oldest first.
    package func lines(after number: Int = 0, limit: Int) -> [Line] {
        state.withLock { state in
            let newest = state.lines.suffix(capacity).suffix(max(0, limit))
            return Array(newest.drop { $0.number <= number })
        }
    }
}
