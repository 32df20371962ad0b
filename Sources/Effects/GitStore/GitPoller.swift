/// What following a reference came to.
package enum GitReport: Sendable {
    /// The reference names a commit that was not taken yet.
    case commit(GitCommit)
    /// Nothing is new, but looking failed before and works again.
    case recovered
    case failure(GitFailure)
}

/// Follows one reference of a repository and tells when it names another commit.
package actor GitPoller<C: Clock> where C.Duration == Duration {
    private let mirror: GitMirror
    private let reference: GitReference
    private let clock: C
    private let random: @Sendable () -> Double
    private var schedule: PollSchedule
    private var sleeper: Task<Void, Never>?

    /// Looking at a repository on this disk costs microseconds, so that a commit need not wait for the interval.
    private static var localInterval: Duration { .milliseconds(250) }

    /// `random` gives numbers uniform in 0..<1, for the jitter.
    package init(
        _ mirror: GitMirror,
        following reference: GitReference,
        schedule: PollSchedule,
        clock: C,
        random: @escaping @Sendable () -> Double
    ) {
        self.mirror = mirror
        self.reference = reference
        self.schedule = schedule
        if mirror.source.isLocal { self.schedule.interval = min(schedule.interval, Self.localInterval) }
        self.clock = clock
        self.random = random
    }

    /// Looks now, ends any pause: a webhook came in or a person asked.
    package func poke() {
        if schedule.poke() { sleeper?.cancel() }
    }

    /// Looks again and again until the task is cancelled. `report` hears of each new commit, each failure and the end of
    /// failures. It answers whether it took the commit: one that it could not take comes again.
    package func run(_ report: @Sendable (GitReport) async -> Bool) async {
        var known: GitObjectID?
        var isFailing = false
        while !Task.isCancelled {
            let outcome: PollSchedule.Outcome
            do throws(GitFailure) {
                try await mirror.refresh()
                let commit = try await mirror.resolve(reference)
                if commit.id != known {
                    let isTaken = await report(.commit(commit))
                    if isTaken { known = commit.id }
                    outcome = isTaken ? .changed : .failed(isRetryable: true)
                } else {
                    outcome = .unchanged
                    if isFailing { _ = await report(.recovered) }
                }
                isFailing = false
            } catch {
                if Task.isCancelled { return }
                outcome = .failed(isRetryable: error.isRetryable)
                isFailing = true
                _ = await report(.failure(error))
            }
            await pause(schedule.pause(after: outcome, random: random()))
        }
    }

    private func pause(_ duration: Duration) async {
        guard duration > .zero else { return }
        let clock = clock
        // Owner: this call, which waits for it; `poke` and the caller's cancellation end it early.
        let task = Task {
            // Ends early on purpose; either end means: look again.
            _ = try? await clock.sleep(for: duration)
        }
        sleeper = task
        await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        sleeper = nil
        schedule.pauseEnded()
    }
}
