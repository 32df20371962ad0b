/// What one render may use before it is ended with a diagnostic.
package struct GoLimits: Sendable, Hashable {
    /// Evaluation steps; a step is a node of a template or about a hundred bytes that a function copies.
    package var steps: Int
    /// Bytes of output, those of includes counted again where they are made, and of larger results of functions.
    package var outputBytes: Int
    /// Templates that may be under way inside one another.
    package var depth: Int
    /// Bytes of the machine's stack that evaluation may use.
    package var stackBytes: Int

    package init(
        steps: Int = 200_000_000,
        outputBytes: Int = 256 << 20,
        depth: Int = 1_000,
        stackBytes: Int = 6 << 20
    ) {
        self.steps = steps
        self.outputBytes = outputBytes
        self.depth = depth
        self.stackBytes = stackBytes
    }
}
