import Foundation
import Glibc
internal import Synchronization

/// A bare HTTP/1.1 server on a loopback port, for tests that decide every byte of an answer themselves.
///
/// Each connection has a thread; `answer` is called for each request and may write what it likes, or nothing.
package final class LoopbackServer: Sendable {
    package struct Request: Sendable {
        package var method: String
        /// Path and query, as sent.
        package var target: String
        /// Names in lower case.
        package var headers: [String: String]
        package var body: [UInt8]
    }

    /// The answering side of one connection.
    package final class Connection: Sendable {
        fileprivate let socket: Int32
        private let closed = Mutex(false)

        fileprivate init(socket: Int32) { self.socket = socket }

        /// Sends bytes; false when the other side has gone.
        @discardableResult
        package func write(_ bytes: [UInt8]) -> Bool {
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if count <= 0 { return false }
                sent += count
            }
            return true
        }

        @discardableResult
        package func write(_ text: String) -> Bool { write(Array(text.utf8)) }

        /// A whole answer with its length.
        package func respond(_ status: Int, _ body: [UInt8], headers: [String: String] = [:]) {
            var text = "HTTP/1.1 \(status) Status\r\nContent-Length: \(body.count)\r\n"
            for (name, value) in headers.sorted(by: { $0.key < $1.key }) { text += "\(name): \(value)\r\n" }
            write(Array((text + "\r\n").utf8) + body)
        }

        package func respond(_ status: Int, _ body: String, headers: [String: String] = [:]) {
            respond(status, Array(body.utf8), headers: headers)
        }

        /// Breaks the connection off.
        package func close() {
            closed.withLock { closed in
                if !closed { shutdown(socket, Int32(SHUT_RDWR)) }
                closed = true
            }
        }

        /// Waits until the client has closed its side.
        package func waitUntilClosed() {
            var byte: UInt8 = 0
            while recv(socket, &byte, 1, 0) > 0 {}
        }
    }

    private let listener: Int32
    private let connections = Mutex<[Connection]>([])
    private let count = Mutex(0)
    package let port: Int

    package var url: String { "http://127.0.0.1:\(port)" }
    /// How many connections were ever accepted.
    package var connectionCount: Int { count.withLock { $0 } }

    package init(_ answer: @escaping @Sendable (Request, Connection) -> Void) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let listener = listener
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 128) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard result else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        port = Int(UInt16(bigEndian: address.sin_port))
        // The thread keeps the server until `stop`, or the process's end.
        Thread.detachNewThread { [self] in
            while true {
                let socket = accept(listener, nil, nil)
                if socket < 0 { return }
                var yes: Int32 = 1
                setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
                let connection = Connection(socket: socket)
                self.count.withLock { $0 += 1 }
                self.connections.withLock { $0.append(connection) }
                Thread.detachNewThread {
                    Self.serve(connection, answer)
                    close(socket)
                }
            }
        }
    }

    /// Closes the listener and all connections.
    package func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        for connection in connections.withLock({ $0 }) { connection.close() }
    }

    private static func serve(_ connection: Connection, _ answer: (Request, Connection) -> Void) {
        var pending: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        func more() -> Bool {
            let count = recv(connection.socket, &chunk, chunk.count, 0)
            if count <= 0 { return false }
            pending.append(contentsOf: chunk.prefix(count))
            return true
        }
        while true {
            var end = headEnd(pending)
            while end == nil {
                if !more() { return }
                end = headEnd(pending)
            }
            guard let end else { return }
            let lines = String(decoding: pending[..<end], as: UTF8.self).components(separatedBy: "\r\n")
            pending.removeFirst(end + 4)
            let first = lines[0].split(separator: " ")
            guard first.count >= 2 else { return }
            var headers: [String: String] = [:]
            for line in lines.dropFirst() {
                guard let colon = line.firstIndex(of: ":") else { continue }
                headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                    in: .whitespaces
                )
            }
            let length = Int(headers["content-length"] ?? "") ?? 0
            if headers["expect"] != nil { connection.write("HTTP/1.1 100 Continue\r\n\r\n") }
            while pending.count < length { if !more() { return } }
            let body = Array(pending.prefix(length))
            pending.removeFirst(length)
            answer(
                Request(method: String(first[0]), target: String(first[1]), headers: headers, body: body),
                connection
            )
        }
    }

    private static func headEnd(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 0...(bytes.count - 4)
        where bytes[index] == 13 && bytes[index + 1] == 10 && bytes[index + 2] == 13 && bytes[index + 3] == 10 {
            return index
        }
        return nil
    }
}
