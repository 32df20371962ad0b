internal import CCurlShims
internal import CLibcurl
internal import Synchronization

/// One exchange on curl's thread. Everything but `id` is touched by that thread alone.
///
// Safety: confined to the loop's thread after it was submitted; the submitter does not touch it again.
final class Transfer: @unchecked Sendable {
    enum Sink {
        case whole(limit: Int, CheckedContinuation<Result<HTTPResponse, HTTPFailure>, Never>)
        case stream(ChunkChannel, CheckedContinuation<HTTPHead, Never>)
    }

    let id: Int
    let request: HTTPRequest
    let trust: HTTPTrust
    let operation: String
    let idleTimeout: Duration?
    let cancellation: Cancellation
    private var sink: Sink?
    private var channel: ChunkChannel.Weak?
    private var status = 0
    private var headers: [(name: String, value: String)] = []
    private var body: [UInt8] = []
    private var failure: HTTPFailure?
    private(set) var hasHead = false
    var easy: UnsafeMutableRawPointer?
    var headerList: UnsafeMutablePointer<curl_slist>?
    var addressList: UnsafeMutablePointer<curl_slist>?
    /// When the head must have arrived, in the loop's time; nil for exchanges that curl times itself.
    var headDeadline: ContinuousClock.Instant?

    init(
        id: Int,
        request: HTTPRequest,
        trust: HTTPTrust,
        idleTimeout: Duration?,
        cancellation: Cancellation,
        sink: Sink
    ) {
        self.id = id
        self.cancellation = cancellation
        self.request = request
        self.trust = trust
        self.idleTimeout = idleTimeout
        self.sink = sink
        operation = "\(request.method) \(request.url.prefix { $0 != "?" })"
        if case .stream(let channel, _) = sink { self.channel = ChunkChannel.Weak(channel) }
    }

    /// One line of the head, with its line end.
    func receiveHeader(_ line: UnsafeBufferPointer<UInt8>) {
        let text = String(decoding: line, as: UTF8.self)
        if text.hasPrefix("HTTP/") {
            headers = []
            status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            return
        }
        guard let colon = text.firstIndex(of: ":") else {
            let isEnd = text.allSatisfy { $0 == "\r\n" || $0 == "\n" || $0 == "\r" }
            if isEnd, status >= 200 { finishHead() }
            return
        }
        let value = text[text.index(after: colon)...]
        headers.append((text[..<colon].lowercased(), value.trimmed))
    }

    private func finishHead() {
        hasHead = true
        headDeadline = nil
        guard case .stream(let channel, let waiter)? = sink else { return }
        sink = nil
        waiter.resume(
            returning: .arrived(HTTPStream(status: status, headers: headers, chunks: HTTPChunks(channel: channel)))
        )
    }

    /// Body bytes; answers how many were taken, or curl's mark for a pause.
    func receiveBody(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        if let channel {
            guard let channel = channel.value else { return 0 }
            return channel.push(Array(bytes)) ? bytes.count : Int(CURL_WRITEFUNC_PAUSE)
        }
        if case .whole(let limit, _)? = sink, body.count + bytes.count > limit {
            failure = HTTPFailure(
                .tooLarge,
                operation: operation,
                message: "the answer is longer than \(limit) bytes"
            )
            return 0
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }

    /// Tells whoever waits how it ended. Once.
    func finish(_ code: CURLcode, override: HTTPFailure? = nil) {
        var failure = override ?? self.failure
        if failure == nil, code != CURLE_OK {
            failure = HTTPFailure(
                HTTPFailure.kind(of: code),
                operation: operation,
                message: String(cString: curl_easy_strerror(code))
            )
        }
        switch sink {
        case .whole(_, let waiter):
            let response = HTTPResponse(status: status, headers: headers, body: body)
            waiter.resume(returning: failure.map { .failure($0) } ?? .success(response))
        case .stream(_, let waiter):
            let ended = failure ?? HTTPFailure(.protocolError, operation: operation, message: "there was no answer")
            waiter.resume(returning: .failed(ended))
        case nil: channel?.value?.finish(failure.map { .failure($0) } ?? .success(()))
        }
        sink = nil
    }
}

/// Whether whoever asked has lost interest; set before the loop is told, so that it counts even before the start.
final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)

    func request() { flag.store(true, ordering: .releasing) }
    var isRequested: Bool { flag.load(ordering: .acquiring) }
}

/// How a stream's beginning went.
enum HTTPHead: Sendable {
    case arrived(HTTPStream)
    case failed(HTTPFailure)
}

extension ChunkChannel {
    /// Does not keep the channel alive: when its reader lets go, the transfer ends.
    struct Weak {
        weak var value: ChunkChannel?
        init(_ value: ChunkChannel) { self.value = value }
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
