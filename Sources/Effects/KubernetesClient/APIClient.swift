package import HTTPTransport
internal import KubernetesModel
internal import StructuredValue

/// Speaks to one Kubernetes API server: typed verbs over a pooled transport, within a budget.
///
/// Objects are `Manifest`s; kinds are mapped to URLs by discovery. Every request has a deadline. Answers of 429 and 5xx
/// that ask to wait are retried a few times; everything else is the caller's decision, by `KubernetesFailure.isRetryable`.
package final class APIClient: Sendable {
    package let connection: ServerConnection
    package let discovery: Discovery
    package let pace: Pace
    private let transport: HTTPTransport
    private let budget: RequestBudget
    private let breaker: ServerBreaker?
    private let credentials: CredentialSource
    private let userAgent: String
    private let timeout: Duration
    let watchLife: WatchLife

    /// How long a watch lasts: servers end it after a while, and one that is silent for longer than it may be is begun
    /// anew, because nothing else tells a server that has nothing to say from one that hangs.
    package struct WatchLife: Sendable {
        var length: Duration
        var grace: Duration
        /// Servers send a bookmark about once a minute.
        var silence: Duration
        /// How long a server may take to answer a watch that is begun anew after a silence.
        var patience: Duration

        package init(
            length: Duration = .seconds(290),
            grace: Duration = .seconds(30),
            silence: Duration = .seconds(75),
            patience: Duration = .seconds(10)
        ) {
            self.length = length
            self.grace = grace
            self.silence = silence
            self.patience = patience
        }
    }
    private let onRequest: @Sendable (RequestVerb) -> Void

    /// What a request is for, as metrics tell it.
    package enum RequestVerb: String, Sendable { case read, write, watch }

    /// `timeout` is the deadline of each request that is not a watch. `onRequest` hears of each request that is sent, and
    /// must be quick.
    package init(
        _ connection: ServerConnection,
        transport: HTTPTransport,
        pace: Pace,
        limits: RequestBudget.Limits = .init(),
        timeout: Duration = .seconds(30),
        watchLife: WatchLife = WatchLife(),
        breaker: ServerBreaker? = nil,
        userAgent: String = "martlet",
        onRequest: @escaping @Sendable (RequestVerb) -> Void = { _ in }
    ) {
        self.breaker = breaker
        self.watchLife = watchLife
        self.connection = connection
        self.transport = transport
        self.pace = pace
        self.timeout = timeout
        self.userAgent = userAgent
        self.onRequest = onRequest
        budget = RequestBudget(limits, pace: pace)
        credentials = CredentialSource(connection.credential, pace: pace)
        discovery = Discovery()
    }

    /// How many requests were sent so far, watches aside.
    package var requestCount: Int { get async { await budget.total } }

    /// What a request sends.
    struct Call: Sendable {
        var method: String
        var path: String
        var query: [(String, String)] = []
        var body: [UInt8] = []
        var contentType = "application/json"
        var accept = "application/json"
        var operation: String

        var target: String {
            if query.isEmpty { return path }
            return path + "?" + query.map { "\(percentEncoded($0.0))=\(percentEncoded($0.1))" }.joined(separator: "&")
        }
    }

    /// Sends a request and reads the JSON answer.
    func send(_ call: Call) async throws(KubernetesFailure) -> Value {
        var tries = 0
        while true {
            tries += 1
            do {
                return try await sendOnce(call)
            } catch {
                // The credential was forgotten; a renewed one may be taken.
                if error.kind == .unauthorized, tries == 1, credentials.isRenewable { continue }
                // Servers say how long to wait with 500 and 504 as well, while their storage elects a leader.
                let mayWait = error.kind == .tooManyRequests || (error.status >= 500 && error.retryAfter != nil)
                guard mayWait, tries < 4 else { throw error }
                let delay = min(error.retryAfter ?? .seconds(1), .seconds(10))
                do { try await pace.sleep(delay * (1 + 0.2 * pace.random())) } catch { throw cancelled(call) }
            }
        }
    }

    private func sendOnce(_ call: Call) async throws(KubernetesFailure) -> Value {
        try breaker?.check(call.operation)
        let (request, trust) = try await request(call)
        await budget.enter()
        onRequest(call.method == "GET" ? .read : .write)
        let result: Result<HTTPResponse, HTTPFailure>
        do throws(HTTPFailure) {
            result = .success(try await transport.send(request, trust: trust))
        } catch {
            result = .failure(error)
        }
        await budget.leave()
        let response: HTTPResponse
        switch result {
        case .success(let answer):
            breaker?.note(nil)
            response = answer
        case .failure(let reason):
            let failure = KubernetesFailure(reason, operation: call.operation)
            breaker?.note(failure)
            throw failure
        }
        if response.status == 401 { await credentials.forget() }
        do throws(KubernetesFailure) {
            return try decode(response, call)
        } catch {
            // An answer that names no object means the path: the kind is not served any more.
            if error.status == 404, !error.namesObject { await discovery.forget(path: call.path) }
            throw error
        }
    }

    private func decode(_ response: HTTPResponse, _ call: Call) throws(KubernetesFailure) -> Value {
        let isJSON = response.header("content-type")?.hasPrefix("application/json") ?? false
        var body: Value?
        if isJSON || (200..<300).contains(response.status) {
            do {
                body = try JSON.parse(response.body)
            } catch {
                guard !(200..<300).contains(response.status) else {
                    throw KubernetesFailure(
                        .malformedAnswer,
                        operation: call.operation,
                        message: "the answer is not JSON: \(error)",
                        status: response.status
                    )
                }
            }
        }
        if (200..<300).contains(response.status), let body { return body }
        throw KubernetesFailure(
            status: response.status,
            body: body,
            text: body == nil ? String(decoding: response.body.prefix(300), as: UTF8.self) : "",
            retryAfter: response.header("retry-after").flatMap { Int($0) }.map { .seconds($0) },
            operation: call.operation
        )
    }

    /// Opens a stream, for watches.
    func open(
        _ call: Call,
        idleTimeout: Duration,
        headTimeout: Duration?
    ) async throws(KubernetesFailure) -> HTTPStream {
        try breaker?.check(call.operation)
        var (request, trust) = try await request(call)
        if let headTimeout { request.timeout = min(request.timeout, headTimeout) }
        onRequest(.watch)
        let stream: HTTPStream
        do throws(HTTPFailure) {
            stream = try await transport.stream(request, trust: trust, idleTimeout: idleTimeout)
        } catch {
            let failure = KubernetesFailure(error, operation: call.operation)
            breaker?.note(failure)
            throw failure
        }
        breaker?.note(nil)
        if stream.status == 401 { await credentials.forget() }
        if stream.status == 404 { await discovery.forget(path: call.path) }
        return stream
    }

    private func request(_ call: Call) async throws(KubernetesFailure) -> (HTTPRequest, HTTPTrust) {
        var headers = [("accept", call.accept), ("user-agent", userAgent)]
        if !call.body.isEmpty { headers.append(("content-type", call.contentType)) }
        let grant = try await credentials.grant()
        if let authorization = grant.authorization { headers.append(("authorization", authorization)) }
        var trust = connection.trust
        if let certificate = grant.certificate {
            trust.clientCertificate = certificate
            trust.clientKey = grant.key
        }
        let request = HTTPRequest(
            method: call.method,
            url: connection.server + call.target,
            headers: headers,
            body: call.body,
            timeout: timeout
        )
        return (request, trust)
    }

    private func cancelled(_ call: Call) -> KubernetesFailure {
        KubernetesFailure(.cancelled, operation: call.operation, message: "cancelled")
    }
}

extension KubernetesFailure {
    init(_ failure: HTTPFailure, operation: String) {
        let kind: Kind =
            switch failure.kind {
            case .unreachable: .unreachable
            case .timeout: .timeout
            case .certificate: .certificate
            case .cancelled: .cancelled
            case .tooLarge: .malformedAnswer
            // The answer ended in the middle, so nothing is known about the server.
            case .protocolError: .unreachable
            case .invalid: .configuration
            }
        self.init(kind, operation: operation, message: failure.message)
    }
}
