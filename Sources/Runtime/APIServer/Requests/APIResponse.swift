import StructuredValue

/// An answer of the API, freed from its transport.
package struct APIResponse: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// Lines that are made while they are sent.
        case stream(@Sendable (_ write: @Sendable ([UInt8]) async throws -> Void) async throws -> Void)
    }

    package var status: Int
    package var contentType: String
    /// Texts of Warning headers.
    package var warnings: [String] = []
    package var body: Body

    package init(status: Int, contentType: String, body: Body) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    static func json(_ value: Value, status: Int = 200) -> APIResponse {
        APIResponse(status: status, contentType: "application/json", body: .bytes(JSON.bytes(value)))
    }

    static func yaml(_ value: Value, status: Int = 200) -> APIResponse {
        let text = YAMLText.text(of: value)
        return APIResponse(status: status, contentType: "application/yaml", body: .bytes(Array(text.utf8)))
    }

    static func text(_ text: String, status: Int = 200, type: String = "text/plain; charset=utf-8") -> APIResponse {
        APIResponse(status: status, contentType: type, body: .bytes(Array(text.utf8)))
    }

    static func failure(_ failure: APIFailure) -> APIResponse {
        failure.isPlainText ? .text(failure.message, status: failure.code) : .json(failure.status, status: failure.code)
    }
}
