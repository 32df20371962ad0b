package import HTTPServer
import StructuredValue

/// Carries HTTP requests to a server and its answers back.
package struct HTTPFrontend: Sendable {
    private let server: APIServer
    private let authenticator: Authenticator
    private let onRequest: @Sendable () -> Void

    package init(
        _ server: APIServer,
        _ authenticator: Authenticator,
        onRequest: @escaping @Sendable () -> Void = {}
    ) {
        self.server = server
        self.authenticator = authenticator
        self.onRequest = onRequest
    }

    /// Paths that anybody may read.
    private static let open: Set<String> = ["healthz", "livez", "readyz", "version"]

    package func answer(_ request: HTTPRequest) async -> HTTPResponse {
        onRequest()
        let user = authenticator.user(
            authorization: request.headers["authorization"],
            certificate: request.clientCertificate
        )
        let first = request.target.split(separator: "?").first?.split(separator: "/").first.map(String.init) ?? ""
        guard user != nil || Self.open.contains(first) else { return Self.http(.failure(.unauthorized)) }
        let anonymous = APIUser(name: "system:anonymous", groups: ["system:unauthenticated"])
        return Self.http(await server.handle(APIRequest(request, user: user ?? anonymous)))
    }

    private static func http(_ response: APIResponse) -> HTTPResponse {
        var headers = HTTPHeaders([("cache-control", "no-cache, private")])
        if !(response.contentType.hasPrefix("text/plain") && response.isEmpty) {
            headers.add("content-type", response.contentType)
        }
        for warning in response.warnings {
            headers.add("warning", "299 - \"\(warning.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\"")
        }
        switch response.body {
        case .bytes(let bytes): return HTTPResponse(status: response.status, headers: headers, body: .bytes(bytes))
        case .stream(let produce):
            return HTTPResponse(
                status: response.status,
                headers: headers,
                body: .stream { writer in try await produce { try await writer.write($0) } }
            )
        }
    }
}

extension APIResponse {
    fileprivate var isEmpty: Bool {
        if case .bytes(let bytes) = body { bytes.isEmpty } else { false }
    }
}
