internal import CCurlShims
internal import CLibcurl
internal import Glibc
internal import Synchronization

/// curl's multi interface on one thread of its own, driven by epoll. All curl state is touched on that thread only.
///
// Safety: the fields below `inbox` belong to the loop's thread; everybody else only reaches `inbox` and `wakeup`.
final class CurlLoop: @unchecked Sendable {
    enum Command {
        case start(Transfer)
        case cancel(Int)
        case resume(Int)
    }

    private let inbox = Mutex<[Command]>([])
    private let wakeup: Int32

    private let poller: Int32
    private let multi: UnsafeMutableRawPointer
    private var transfers: [Int: Transfer] = [:]
    private var byHandle: [UnsafeMutableRawPointer: Transfer] = [:]
    private var spares: [UnsafeMutableRawPointer] = []
    private var timer: ContinuousClock.Instant?
    private var nextHeadCheck: ContinuousClock.Instant?

    /// Starts the thread. It lives as long as the process.
    init() {
        curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        guard let multi = curl_multi_init() else { preconditionFailure("libcurl has no memory for its multi handle") }
        self.multi = multi
        wakeup = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        poller = epoll_create1(Int32(EPOLL_CLOEXEC))
        let context = Unmanaged.passUnretained(self).toOpaque()
        shim_multi_socket_callback(
            multi,
            { _, socket, what, context, known in
                guard let context else { return 0 }
                Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue().follow(
                    socket,
                    what,
                    isKnown: known != nil
                )
                return 0
            },
            context
        )
        shim_multi_timer_callback(
            multi,
            { _, milliseconds, context in
                guard let context else { return 0 }
                Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds)
                return 0
            },
            context
        )
        // Idle connections that are kept for reuse; watches and requests share the cache.
        shim_multi_long(multi, CURLMOPT_MAXCONNECTS, 1_024)
        control(EPOLL_CTL_ADD, wakeup, EPOLLIN.rawValue)
        startThread()
    }

    func submit(_ command: Command) {
        inbox.withLock { $0.append(command) }
        var one: UInt64 = 1
        write(wakeup, &one, 8)
    }

    private func startThread() {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                Unmanaged<CurlLoop>.fromOpaque(context).takeRetainedValue().run()
                return nil
            },
            context
        )
        pthread_detach(thread)
    }

    private func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while true {
            let count = epoll_wait(poller, &events, Int32(events.count), waitTime())
            for event in events.prefix(max(0, Int(count))) {
                let socket = event.data.fd
                if socket == wakeup {
                    drainInbox()
                } else {
                    var running: Int32 = 0
                    curl_multi_socket_action(multi, socket, Self.action(of: event.events), &running)
                }
            }
            let now = ContinuousClock.now
            if let due = timer, due <= now {
                timer = nil
                var running: Int32 = 0
                curl_multi_socket_action(multi, curl_socket_t(-1), 0, &running)
            }
            if let due = nextHeadCheck, due <= now { checkHeads(now) }
            collectFinished()
        }
    }

    private static func action(of events: UInt32) -> Int32 {
        var action: Int32 = 0
        if events & EPOLLIN.rawValue != 0 { action |= CURL_CSELECT_IN }
        if events & EPOLLOUT.rawValue != 0 { action |= CURL_CSELECT_OUT }
        if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { action |= CURL_CSELECT_IN | CURL_CSELECT_ERR }
        return action
    }

    private func waitTime() -> Int32 {
        guard let due = [timer, nextHeadCheck].compactMap({ $0 }).min() else { return -1 }
        let parts = ContinuousClock.now.duration(to: due).components
        if parts.seconds < 0 || parts.attoseconds < 0 { return 0 }
        return Int32(
            clamping: parts.seconds * 1_000 + (parts.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        )
    }

    private func follow(_ socket: curl_socket_t, _ what: Int32, isKnown: Bool) {
        if what == CURL_POLL_REMOVE {
            control(EPOLL_CTL_DEL, socket, 0)
            return
        }
        var events: UInt32 = 0
        if what & CURL_POLL_IN != 0 { events |= EPOLLIN.rawValue }
        if what & CURL_POLL_OUT != 0 { events |= EPOLLOUT.rawValue }
        control(isKnown ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, events)
        // Any pointer marks the socket as known.
        if !isKnown { curl_multi_assign(multi, socket, multi) }
    }

    private func control(_ operation: Int32, _ socket: Int32, _ events: UInt32) {
        var event = epoll_event()
        event.events = events
        event.data.fd = socket
        epoll_ctl(poller, operation, socket, &event)
    }

    private func setTimer(_ milliseconds: Int) {
        timer = milliseconds < 0 ? nil : ContinuousClock.now.advanced(by: .milliseconds(milliseconds))
    }

    private func drainInbox() {
        var count: UInt64 = 0
        read(wakeup, &count, 8)
        let commands = inbox.withLock { inbox in
            defer { inbox = [] }
            return inbox
        }
        for command in commands {
            switch command {
            case .start(let transfer): start(transfer)
            case .cancel(let id): cancel(id)
            case .resume(let id):
                if let easy = transfers[id]?.easy { curl_easy_pause(easy, CURLPAUSE_CONT) }
            }
        }
    }

    private func start(_ transfer: Transfer) {
        if transfer.cancellation.isRequested {
            transfer.finish(CURLE_OK, override: .cancelled(transfer.operation))
            return
        }
        guard let easy = spares.popLast() ?? curl_easy_init() else {
            transfer.finish(CURLE_OUT_OF_MEMORY)
            return
        }
        configure(easy, for: transfer)
        transfer.easy = easy
        transfers[transfer.id] = transfer
        byHandle[easy] = transfer
        if transfer.idleTimeout != nil {
            let deadline = ContinuousClock.now.advanced(by: transfer.request.timeout)
            transfer.headDeadline = deadline
            nextHeadCheck = nextHeadCheck.map { min($0, deadline) } ?? deadline
        }
        let code = curl_multi_add_handle(multi, easy)
        if code != CURLM_OK { end(transfer, CURLE_FAILED_INIT) }
    }

    private func cancel(_ id: Int) {
        // One that is still on its way here finds its mark set; one that has ended needs nothing.
        guard let transfer = transfers[id] else { return }
        end(transfer, CURLE_OK, override: .cancelled(transfer.operation))
    }

    private func checkHeads(_ now: ContinuousClock.Instant) {
        for transfer in transfers.values {
            guard let deadline = transfer.headDeadline, deadline <= now else { continue }
            end(transfer, CURLE_OPERATION_TIMEDOUT)
        }
        nextHeadCheck = transfers.values.compactMap(\.headDeadline).min()
    }

    private func collectFinished() {
        var code = CURLE_OK
        while let easy = shim_multi_next_done(multi, &code) {
            if let transfer = byHandle[easy] { end(transfer, code) }
        }
    }

    private func end(_ transfer: Transfer, _ code: CURLcode, override: HTTPFailure? = nil) {
        transfers[transfer.id] = nil
        if let easy = transfer.easy {
            byHandle[easy] = nil
            curl_multi_remove_handle(multi, easy)
            curl_easy_reset(easy)
            if spares.count < 32 { spares.append(easy) } else { curl_easy_cleanup(easy) }
        }
        curl_slist_free_all(transfer.headerList)
        curl_slist_free_all(transfer.addressList)
        transfer.easy = nil
        transfer.headerList = nil
        transfer.addressList = nil
        transfer.finish(code, override: override)
    }
}

extension HTTPFailure {
    static func cancelled(_ operation: String) -> HTTPFailure {
        HTTPFailure(.cancelled, operation: operation, message: "cancelled")
    }
}
