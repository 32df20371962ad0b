package import StructuredValue

/// How many unhealthy Machines a MachineHealthCheck still remediates; with more of them the fault is likely somewhere
/// else, and nothing is replaced.
package enum RemediationLimit: Hashable, Sendable {
    case count(Int)
    /// Of all targets, rounded down.
    case percent(Int)
    /// From the lower to the upper number, both included.
    case range(ClosedRange<Int>)

    /// Why a text is no limit.
    package struct Invalid: Error, Hashable, Sendable {
        package var message: String
    }

    /// From `unhealthyInRange`, which wins, or `unhealthyLessThanOrEqualTo`; 100 % without either.
    package init(range: Value?, atMost: Value?) throws(Invalid) {
        if let text = range?.string, !text.isEmpty {
            self = .range(try Self.bounds(text))
        } else if let number = atMost?.int {
            self = .count(number)
        } else if let text = atMost?.string {
            guard text.hasSuffix("%"), let percent = Int(text.dropLast()) else {
                throw Invalid(message: "“\(text)” is neither a number nor a percentage")
            }
            self = .percent(percent)
        } else {
            self = .percent(100)
        }
    }

    private static func bounds(_ text: String) throws(Invalid) -> ClosedRange<Int> {
        let parts = text.dropFirst().dropLast().split(separator: "-", omittingEmptySubsequences: false)
        let isDigits = parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        guard text.hasPrefix("["), text.hasSuffix("]"), parts.count == 2, isDigits, let low = Int(parts[0]),
            let high = Int(parts[1])
        else { throw Invalid(message: "“\(text)” is not a range such as [1-3]") }
        guard low <= high else { throw Invalid(message: "the range \(text) ends before it begins") }
        return low...high
    }

    /// What the limit says about so many unhealthy targets of so many.
    package struct Answer: Hashable, Sendable {
        package var isAllowed: Bool
        /// How many more targets may get unhealthy before remediation stops; 0 when it has.
        package var remaining: Int
    }

    package func answer(targets: Int, unhealthy: Int) -> Answer {
        let allowed: ClosedRange<Int>
        switch self {
        case .count(let most), .percent(let most):
            guard most >= 0 else { return Answer(isAllowed: false, remaining: 0) }
            allowed = 0...share(most, of: targets)
        case .range(let range): allowed = range
        }
        let isAllowed = allowed.contains(unhealthy)
        return Answer(isAllowed: isAllowed, remaining: isAllowed ? allowed.upperBound - unhealthy : 0)
    }

    /// Percentages are rounded down: of three, 40 % is one.
    private func share(_ most: Int, of targets: Int) -> Int {
        guard case .percent = self else { return most }
        let (product, isTooLarge) = most.multipliedReportingOverflow(by: targets)
        return isTooLarge ? Int.max : product / 100
    }

    /// As a person wrote it.
    package var text: String {
        switch self {
        case .count(let number): "\(number)"
        case .percent(let percent): "\(percent)%"
        case .range(let range): "[\(range.lowerBound)-\(range.upperBound)]"
        }
    }
}
