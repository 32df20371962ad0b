import Glibc
import HTTPTypes
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// An HTTP/1.1 server, with TLS when it has an identity. All servers of a process share one group of event loops,
/// so many small servers cost little more than their sockets.
package struct HTTPServer: Sendable {
    package typealias Handler = @Sendable (HTTPRequest) async -> HTTPResponse

    package struct Settings: Sendable {
        package var host: String
        /// 0 takes any free port; `run` tells which.
        package var port: Int
        package var identity: TLSIdentity?
        /// Longer bodies are answered with 413.
        package var maximumBodySize: Int
        package var idleTimeout: Duration

        package init(
            host: String = "127.0.0.1",
            port: Int = 0,
            identity: TLSIdentity? = nil,
            maximumBodySize: Int = 8 << 20,
            idleTimeout: Duration = .seconds(180)
        ) {
            self.host = host
            self.port = port
            self.identity = identity
            self.maximumBodySize = maximumBodySize
            self.idleTimeout = idleTimeout
        }
    }

    private let settings: Settings
    private let handler: Handler

    package init(_ settings: Settings, handler: @escaping Handler) {
        self.settings = settings
        self.handler = handler
    }

    /// Serves until the task is cancelled. `onListening` is called once with the port that is bound.
    package func run(onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }) async throws {
        let settings = settings
        let handler = handler
        let http = AcceptingHTTP1(
            http: HTTP1Channel(
                responder: { request, writer, channel in
                    try await Self.answer(request, writer, channel, limit: settings.maximumBodySize, handler: handler)
                },
                configuration: .init(idleTimeout: .seconds(settings.idleTimeout.components.seconds))
            )
        )
        let configuration = ServerConfiguration(
            address: .hostname(settings.host, port: settings.port),
            backlog: 512
        )
        let onRunning: @Sendable (any Channel) async -> Void = { channel in
            await onListening(channel.localAddress?.port ?? settings.port)
        }
        do {
            if let identity = settings.identity {
                try await serve(TLSChannel(http, tlsConfiguration: Self.tls(identity)), configuration, onRunning)
            } else {
                try await serve(http, configuration, onRunning)
            }
        } catch let error as HTTPServerFailure {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            throw HTTPServerFailure(
                .address,
                operation: "listen on \(settings.host):\(settings.port)",
                message: (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
            )
        }
    }

    private func serve<Setup: ServerChildChannel>(
        _ setup: Setup,
        _ configuration: ServerConfiguration,
        _ onRunning: @escaping @Sendable (any Channel) async -> Void
    ) async throws {
        try await Server(
            childChannelSetup: setup,
            configuration: configuration,
            onServerRunning: onRunning,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Self.silent
        ).run()
    }

    /// What ends a server is thrown; what the framework logs besides, about connections that close while it ends, is
    /// nothing that anybody could act on.
    private static let silent = Logger(label: "http") { _ in SwiftLogNoOpLogHandler() }

    private static func tls(_ identity: TLSIdentity) throws -> TLSConfiguration {
        do {
            let chain = try NIOSSLCertificate.fromPEMBytes(Array(identity.certificateChain.utf8))
            let key = try NIOSSLPrivateKey(bytes: Array(identity.privateKey.utf8), format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(key)
            )
            configuration.minimumTLSVersion = .tlsv12
            // Clients that have gone quiet do not answer a goodbye; nobody waits for them.
            configuration.shutdownTimeout = .milliseconds(200)
            configuration.applicationProtocols = ["http/1.1"]
            if let authority = identity.clientAuthority {
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority.utf8)))
                configuration.certificateVerification = .optionalVerification
            }
            return configuration
        } catch {
            throw HTTPServerFailure(.certificate, operation: "load the server's certificate", message: "\(error)")
        }
    }
}

extension HTTPServer {
    @concurrent
    private static func answer(
        _ request: Request,
        _ writer: consuming ResponseWriter,
        _ channel: any Channel,
        limit: Int,
        handler: Handler
    ) async throws {
        let hasBody = request.headers[.contentLength].map { $0 != "0" } ?? (request.headers[.transferEncoding] != nil)
        var body: [UInt8] = []
        if hasBody {
            for try await buffer in request.body {
                if body.count + buffer.readableBytes > limit {
                    let head = HTTPTypes.HTTPResponse(
                        status: .contentTooLarge,
                        headerFields: [.contentLength: "0", .connection: "close"]
                    )
                    try await writer.writeResponse(head)
                    throw HTTPServerFailure(.other, operation: "read a body", message: "longer than \(limit) bytes")
                }
                body.append(contentsOf: buffer.readableBytesView)
            }
        }
        var headers = HTTPHeaders()
        for field in request.headers { headers.add(field.name.rawName, field.value) }
        // Without TLS there is no such handler, and no certificate.
        let certificate = try? await channel.nioSSL_peerCertificate().get()
        let response = await handler(
            HTTPRequest(
                method: request.method.rawValue,
                target: request.head.path ?? "/",
                headers: headers,
                body: body,
                clientCertificate: try certificate.map { try $0.toDERBytes() }
            )
        )
        var fields = HTTPFields()
        for field in response.headers.fields {
            guard let name = HTTPField.Name(field.name) else { continue }
            fields.append(HTTPField(name: name, value: field.value))
        }
        switch response.body {
        case .bytes(let bytes):
            fields[.contentLength] = String(bytes.count)
            let head = HTTPTypes.HTTPResponse(status: .init(code: response.status), headerFields: fields)
            let isHead = request.method == .head
            try await writer.write(
                response: head,
                body: isHead || bytes.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
            )
        case .stream(let produce):
            fields[.transferEncoding] = "chunked"
            let head = HTTPTypes.HTTPResponse(status: .init(code: response.status), headerFields: fields)
            let sink = try await writer.writeHead(head)
            // Safety: the body is written by one task at a time, and the sink holds nothing but the thread-safe outbound writer.
            nonisolated(unsafe) let shared = sink
            let output = HTTPBodyWriter { buffer in
                var sink = shared
                try await sink.write(buffer)
            }
            if hasBody {
                try await produce(output)
            } else {
                try await request.body.consumeWithCancellationOnInboundClose { _ in try await produce(output) }
            }
            try await sink.finish(nil)
        }
    }
}
