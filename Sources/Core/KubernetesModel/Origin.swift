package import SourceDiagnostics

/// Where an object came from: the place in a file, and how that place came to make it.
package struct Origin: Hashable, Sendable, CustomStringConvertible {
    /// The file, line and column of the manifest, or of the template that made it.
    package var position: SourcePosition
    /// What asked for it, innermost first: the chart, the App, the ClusterClass, the patch.
    package var trail: [SourcePosition]
    /// Words for what made it when it is not a plain manifest, e.g. `chart banner 1.2.0` or `class quick-start`.
    package var maker: String?

    package init(position: SourcePosition, trail: [SourcePosition] = [], maker: String? = nil) {
        self.position = position
        self.trail = trail
        self.maker = maker
    }

    package var description: String { maker.map { "\(position) (\($0))" } ?? "\(position)" }
}
