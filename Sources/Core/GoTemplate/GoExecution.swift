/// One run of templates: the limits that are left and what the host attached. Functions get it with every call.
///
/// Belongs to one thread from beginning to end.
package final class GoExecution {
    package let limits: GoLimits
    /// What the host wants its functions to find: policies, observed objects, caches.
    package var host: AnyObject?
    var stepsLeft: Int

    package init(limits: GoLimits = GoLimits(), host: AnyObject? = nil) {
        self.limits = limits
        self.host = host
        stepsLeft = limits.steps
    }

    /// Counts work that a function does beyond its call: about one step for each hundred bytes it copies or scans.
    package func spend(_ steps: Int) throws(GoFailure) {
        stepsLeft -= steps
        if stepsLeft < 0 { throw GoFailure("the templates did not finish within \(limits.steps) steps", kind: .limit) }
    }
}
