import HummingbirdCore
import Logging
import NIOCore
import Synchronization

/// HTTP/1.1 over connections that may be dropped before anybody serves them.
///
/// A server that stops while a client connects drops what it has accepted. The framework's connection must not just be
/// let go then: its writer ends the process when it goes without having been finished. So each is held by an
/// `AcceptedConnection`, which finishes it.
struct AcceptingHTTP1: ServerChildChannel {
    let http: HTTP1Channel

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<AcceptedConnection> {
        http.setup(channel: channel, logger: logger).map(AcceptedConnection.init)
    }

    func handle(value: AcceptedConnection, logger: Logger) async {
        await http.handle(value: value.take(), logger: logger)
    }
}

/// A connection that is either served or, when nobody takes it, closed in good order.
final class AcceptedConnection: ServerChildChannelValue {
    typealias Messages = HTTP1Channel.Value

    var channel: any Channel { messages.channel }

    private let messages: Messages
    private let isTaken = Mutex(false)

    init(_ messages: Messages) {
        self.messages = messages
    }

    func take() -> Messages {
        isTaken.withLock { $0 = true }
        return messages
    }

    deinit {
        guard !isTaken.withLock({ $0 }) else { return }
        let messages = messages
        // Owner: nobody; it ends with the connection, which it closes at once.
        Task {
            // A connection that is closed already can't be closed better.
            try? await messages.executeThenClose { _, _ in }
        }
    }
}
