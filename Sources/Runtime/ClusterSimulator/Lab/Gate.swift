/// A result that many wait for and one gives, once.
actor Gate<Result: Sendable> {
    private var result: Swift.Result<Result, any Error>?
    private var waiters: [CheckedContinuation<Result, any Error>] = []

    /// Later results are ignored.
    func open(_ result: Swift.Result<Result, any Error>) {
        guard self.result == nil else { return }
        self.result = result
        for waiter in waiters { waiter.resume(with: result) }
        waiters = []
    }

    func value() async throws -> Result {
        if let result { return try result.get() }
        return try await withCheckedThrowingContinuation { waiters.append($0) }
    }
}
