import Glibc
import Synchronization

/// A small HTTP server on a loopback port, for tests: answers each request from a closure and closes the connection.
/// It listens until the process ends, whatever becomes of this object.
final class LocalServer: Sendable {
    struct Request: Sendable {
        var path: String
        /// Names in lower case.
        var headers: [String: String]
    }

    struct Answer: Sendable {
        var status = 200
        var headers: [(String, String)] = []
        var body: [UInt8] = []
    }

    let port: Int
    private let listener: Int32
    private let seen = Mutex<[Request]>([])

    /// The requests that came so far.
    var requests: [Request] { seen.withLock { $0 } }

    init(_ answer: @escaping @Sendable (Request) -> Answer) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                _ = bind(listener, raw, length)
                _ = listen(listener, 16)
                _ = getsockname(listener, raw, &length)
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        self.listener = listener
        let work = Work { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                if connection < 0 { return }
                if let request = Self.read(connection) {
                    self?.seen.withLock { $0.append(request) }
                    Self.write(answer(request), to: connection)
                }
                close(connection)
            }
        }
        var thread = pthread_t()
        pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run()
                return nil
            },
            Unmanaged.passRetained(work).toOpaque()
        )
        pthread_detach(thread)
    }

    private final class Work: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private static func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            if count <= 0 { return nil }
            bytes += buffer[..<count]
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.firstRange(of: "\r\n\r\n") else { continue }
            let lines = text[..<end.lowerBound].split(separator: "\r\n")
            var headers: [String: String] = [:]
            for line in lines.dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2 { headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " }) }
            }
            let words = (lines.first ?? "").split(separator: " ")
            return words.count > 1 ? Request(path: String(words[1]), headers: headers) : nil
        }
    }

    private static func write(_ answer: Answer, to connection: Int32) {
        var head = "HTTP/1.1 \(answer.status) X\r\nContent-Length: \(answer.body.count)\r\nConnection: close\r\n"
        for (name, value) in answer.headers { head += "\(name): \(value)\r\n" }
        let bytes = Array((head + "\r\n").utf8) + (answer.status == 304 ? [] : answer.body)
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            offset += count
        }
    }
}
