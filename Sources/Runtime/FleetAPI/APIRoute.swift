internal import HTTPServer
internal import StructuredValue

/// One thing that can be asked below `/api/v1`. The routes are what requests are matched with, and what the OpenAPI
/// document is made from.
struct APIRoute: Sendable {
    enum Method: String, Sendable { case get = "GET", post = "POST" }

    /// A value in the path or the query.
    struct Parameter: Sendable {
        var name: String
        var meaning: String
        var isRequired = false
        var schema: Value = ["type": "string"]
    }

    enum Answer: Sendable {
        /// JSON of the schema with this name.
        case json(String)
        case text(type: String, meaning: String)
    }

    var method: Method
    /// With `{name}` for a part that may be anything.
    var path: String
    /// Unique among the routes.
    var operation: String
    var summary: String
    /// The parts of the path in braces, in order.
    var places: [Parameter] = []
    var query: [Parameter] = []
    /// The schema of the body that is wanted; nil for none.
    var body: String?
    var answer: Answer
    var run: @Sendable (FleetAPI, APICall) async throws -> HTTPResponse

    /// The values of the path's places; nil when the path is another.
    func match(_ path: [String]) -> [String: String]? {
        let parts = self.path.split(separator: "/")
        guard parts.count == path.count else { return nil }
        var found: [String: String] = [:]
        for (part, given) in zip(parts, path) {
            if part.hasPrefix("{") {
                found[String(part.dropFirst().dropLast())] = given
            } else if part != given {
                return nil
            }
        }
        return found
    }

    /// In one line, for people: method, path and the names that the query takes.
    var line: String {
        let names = query.map { "\($0.name)=" }.joined(separator: "&")
        return "\(method.rawValue) \(path)\(names.isEmpty ? "" : "?\(names)")"
    }
}

/// A request that a route takes.
struct APICall: Sendable {
    var request: HTTPRequest
    var target: RequestTarget
    fileprivate var places: [String: String]

    init(_ request: HTTPRequest, _ target: RequestTarget, places: [String: String]) {
        self.request = request
        self.target = target
        self.places = places
    }

    /// A value of the path, or of the query; nil when it is missing or empty.
    subscript(_ name: String) -> String? { places[name] ?? target[name] }

    /// A part of the path.
    func place(_ name: String) -> String { places[name] ?? "" }
}
