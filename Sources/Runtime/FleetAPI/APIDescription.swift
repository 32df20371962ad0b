internal import StructuredValue

/// The OpenAPI document of the routes.
enum APIDescription {
    static func document(of routes: [APIRoute]) -> Value {
        var paths = Object()
        for route in routes {
            var methods = paths[route.path]?.object ?? Object()
            methods[route.method.rawValue.lowercased()] = operation(route)
            paths[route.path] = .object(methods)
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Martlet",
                "version": "v1",
                "description":
                    "What the daemon knows and can be asked to do. Members of answers are added, never renamed: take what you know.",
            ],
            "paths": .object(paths),
            "components": ["schemas": .object(APISchemas.all)],
        ]
    }

    private static func operation(_ route: APIRoute) -> Value {
        var result: Object = ["operationId": .string(route.operation), "summary": .string(route.summary)]
        let parameters = route.places.map { parameter($0, in: "path") } + route.query.map { parameter($0, in: "query") }
        if !parameters.isEmpty { result["parameters"] = .array(parameters) }
        if let body = route.body {
            result["requestBody"] = ["required": true, "content": ["application/json": ["schema": reference(body)]]]
        }
        let content: Value
        var meaning = "The answer."
        switch route.answer {
        case .json(let schema): content = ["application/json": ["schema": reference(schema)]]
        case .text(let type, let words):
            content = .object([type: ["schema": ["type": "string"]]])
            meaning = words
        }
        result["responses"] = [
            "200": ["description": .string(meaning), "content": content],
            "default": [
                "description": "Why it cannot be done.",
                "content": ["application/json": ["schema": reference("Error")]],
            ],
        ]
        return .object(result)
    }

    private static func parameter(_ parameter: APIRoute.Parameter, in place: String) -> Value {
        var result: Object = ["name": .string(parameter.name), "in": .string(place)]
        if parameter.isRequired { result["required"] = true }
        result["description"] = .string(parameter.meaning)
        result["schema"] = parameter.schema
        return .object(result)
    }

    private static func reference(_ name: String) -> Value { ["$ref": .string("#/components/schemas/\(name)")] }
}
