/// Counts the nodes of one document against its limits.
struct NodeBudget {
    private(set) var nodes = 0
    private var fromAliases = 0
    private var depth = 0
    private let limits: YAML.Limits

    init(_ limits: YAML.Limits) { self.limits = limits }

    mutating func reset() {
        nodes = 0
        fromAliases = 0
        depth = 0
    }

    @inline(__always)
    mutating func countNode(_ reader: borrowing EventReader) throws(Problem) {
        nodes += 1
        if nodes > limits.nodes { throw .tooLarge(at: reader.position, limit: limits.nodes) }
    }

    @inline(__always)
    mutating func enter(_ reader: borrowing EventReader) throws(Problem) {
        depth += 1
        if depth > limits.depth { throw .tooDeep(at: reader.position, limit: limits.depth) }
    }

    @inline(__always)
    mutating func leave() { depth -= 1 }

    /// Counts what an alias stands for. Small documents may consist of aliases almost wholly, large ones of few.
    mutating func countAlias(_ size: Int, _ reader: borrowing EventReader) throws(Problem) {
        nodes += size
        fromAliases += size
        let share = Double(fromAliases) / Double(nodes)
        if fromAliases > 100, nodes > 1_000, share > allowedShare { throw .excessiveAliases(at: reader.position) }
        if nodes > limits.nodes { throw .tooLarge(at: reader.position, limit: limits.nodes) }
    }

    private var allowedShare: Double {
        let (low, high) = (400_000, 4_000_000)
        if nodes <= low { return 0.99 }
        if nodes >= high { return 0.10 }
        return 0.99 - 0.89 * Double(nodes - low) / Double(high - low)
    }
}
