/// Runs jobs that come up one after the other as children of one task, which ends them all when it ends.
package final class TaskPump: Sendable {
    package typealias Job = @Sendable () async -> Void

    private let jobs: AsyncStream<Job>
    private let continuation: AsyncStream<Job>.Continuation

    package init() { (jobs, continuation) = AsyncStream.makeStream() }

    /// Starts a job; before `run` is called it waits.
    package func add(_ job: @escaping Job) { continuation.yield(job) }

    /// Lasts until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await job in jobs { group.addTask { await job() } }
            group.cancelAll()
        }
    }
}
