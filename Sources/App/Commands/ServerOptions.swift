internal import ArgumentParser
internal import FoundationEssentials
internal import HTTPTransport
internal import StructuredValue

/// `--server`, for every command that asks the daemon.
struct ServerOptions: ParsableArguments {
    @Option(help: "The daemon's address. Also from MARTLET_SERVER.")
    var server: String?

    init() {}

    init(address: String) {
        self.init()
        server = address
    }

    var address: String {
        var address = server ?? ProcessInfo.processInfo.environment["MARTLET_SERVER"] ?? "http://127.0.0.1:8080"
        while address.hasSuffix("/") { address.removeLast() }
        return address
    }

    /// The JSON answer of the daemon.
    func get(_ path: String, _ query: [(String, String?)] = []) async throws -> Value {
        let response = try await send("GET", path, query)
        do {
            return try JSON.parse(response.body)
        } catch {
            throw CommandFailure("\(address) does not answer like a martlet daemon: \(error)")
        }
    }

    /// The daemon's answer as text.
    func getText(_ path: String, _ query: [(String, String?)] = []) async throws -> String {
        String(decoding: try await send("GET", path, query).body, as: UTF8.self)
    }

    @discardableResult
    func post(_ path: String, _ query: [(String, String?)] = []) async throws -> Value {
        let response = try await send("POST", path, query)
        // Some answers have no body that anybody reads.
        return (try? JSON.parse(response.body)) ?? .null
    }

    /// The JSON answer to a JSON body.
    func post(_ path: String, body: Value) async throws -> Value {
        let response = try await send("POST", path, [], body: JSON.bytes(body))
        do {
            return try JSON.parse(response.body)
        } catch {
            throw CommandFailure("\(address) does not answer like a martlet daemon: \(error)")
        }
    }

    private func send(
        _ method: String,
        _ path: String,
        _ query: [(String, String?)],
        body: [UInt8] = []
    ) async throws -> HTTPResponse {
        let pairs = query.compactMap { name, value in value.map { "\(name)=\(escaped($0))" } }
        let url = address + path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
        let response: HTTPResponse
        do {
            response = try await HTTPTransport().send(
                HTTPRequest(method: method, url: url, body: body, timeout: .seconds(60))
            )
        } catch {
            throw CommandFailure(
                "the daemon at \(address) does not answer: \(error.message)",
                hint: "start it with `martlet run`, or name it with --server or MARTLET_SERVER"
            )
        }
        if (200..<300).contains(response.status) { return response }
        let body = try? JSON.parse(response.body)  // an error page of something else is no JSON
        throw CommandFailure(body?["error"]?.string ?? "\(url) answers \(response.status)")
    }
}

/// Escapes a text for a URL's path or query.
func escaped(_ text: String) -> String {
    text.utf8.map { byte in
        let isPlain =
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
        return isPlain
            ? String(Unicode.Scalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16).uppercased()
    }.joined()
}

/// Why a command could not do its work; printed as `error: …` with exit code 1.
struct CommandFailure: Error, CustomStringConvertible {
    var message: String
    var hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    var description: String { message + (hint.map { "\n  hint: \($0)" } ?? "") }
}
