/// How many requests may come: so many at once, and so many in a second for long. Time is what the caller says.
struct RequestBudget: Sendable, Hashable {
    let burst: Double
    let perSecond: Double
    private var left: Double
    private var last: Double?

    init(burst: Int, perSecond: Double) {
        self.burst = Double(burst)
        self.perSecond = perSecond
        left = Double(burst)
    }

    /// Takes one out; false when none is left. A clock that goes back gives nothing and takes nothing.
    mutating func take(at seconds: Double) -> Bool {
        if let last, seconds > last { left = min(burst, left + (seconds - last) * perSecond) }
        last = seconds
        guard left >= 1 else { return false }
        left -= 1
        return true
    }
}
