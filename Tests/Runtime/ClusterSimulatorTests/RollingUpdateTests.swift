import StructuredValue
import Testing

@testable import ClusterSimulator

@Suite struct RollingUpdateTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var name: String
        var desired: Int
        var surge: Value = 1
        var unavailable: Value = 0
        /// Wanted, present, available.
        var current: (Int, Int, Int)
        var old: [(Int, Int, Int)]
        var expected: [String: Int]
        var testDescription: String { name }
    }

    static let examples: [Example] = [
        Example(name: "a first set fills up at once", desired: 3, current: (0, 0, 0), old: [], expected: ["new": 3]),
        Example(name: "too many are taken back", desired: 2, current: (3, 3, 3), old: [], expected: ["new": 2]),
        Example(
            name: "one more than wanted to begin",
            desired: 2,
            current: (0, 0, 0),
            old: [(2, 2, 2)],
            expected: ["new": 1]
        ),
        Example(
            name: "nothing before the new one is available",
            desired: 2,
            current: (1, 1, 0),
            old: [(2, 2, 2)],
            expected: [:]
        ),
        Example(
            name: "an old one goes when the new one is available",
            desired: 2,
            current: (1, 1, 1),
            old: [(2, 2, 2)],
            expected: ["old0": 1]
        ),
        Example(
            name: "the surge is used again while one leaves",
            desired: 2,
            current: (1, 1, 1),
            old: [(1, 2, 2)],
            expected: ["new": 2]
        ),
        Example(name: "the last one goes", desired: 2, current: (2, 2, 2), old: [(1, 1, 1)], expected: ["old0": 0]),
        Example(
            name: "without surge one goes first",
            desired: 3,
            surge: 0,
            unavailable: 1,
            current: (0, 0, 0),
            old: [(3, 3, 3)],
            expected: ["old0": 2]
        ),
        Example(
            name: "both zero means one unavailable",
            desired: 3,
            surge: 0,
            unavailable: 0,
            current: (0, 0, 0),
            old: [(3, 3, 3)],
            expected: ["old0": 2]
        ),
        Example(
            name: "a surge in percent is rounded up",
            desired: 3,
            surge: "25%",
            current: (0, 0, 0),
            old: [(3, 3, 3)],
            expected: ["new": 1]
        ),
        Example(
            name: "unavailable in percent is rounded down",
            desired: 3,
            surge: 1,
            unavailable: "50%",
            current: (0, 0, 0),
            old: [(3, 3, 3)],
            expected: ["new": 1, "old0": 2]
        ),
        Example(
            name: "unavailable ones go first",
            desired: 3,
            unavailable: 1,
            current: (1, 1, 1),
            old: [(1, 1, 1), (2, 2, 0)],
            expected: ["old1": 0]
        ),
        Example(
            name: "a stuck old one is let go",
            desired: 1,
            current: (1, 1, 1),
            old: [(1, 1, 0)],
            expected: ["old0": 0]
        ),
    ]

    @Test(arguments: examples)
    func takesTheNextStep(_ example: Example) {
        func count(_ name: String, _ numbers: (Int, Int, Int)) -> SetCount {
            SetCount(name: name, wanted: numbers.0, present: numbers.1, available: numbers.2)
        }
        let limits = RolloutLimits(
            ["maxSurge": example.surge, "maxUnavailable": example.unavailable],
            desired: example.desired
        )
        let steps = planRollingUpdate(
            desired: example.desired,
            limits: limits,
            current: count("new", example.current),
            old: example.old.enumerated().map { count("old\($0.offset)", $0.element) }
        )
        #expect(steps == example.expected)
    }

    @Test func deletedMachinesAreReplacedByTheNewSetOnly() {
        let old = SetCount(name: "old", wanted: 3, present: 2, available: 2)
        let current = SetCount(name: "new", wanted: 0, present: 0, available: 0)
        #expect(planOnDelete(desired: 3, current: current, old: [old]) == ["old": 2, "new": 1])
    }
}
