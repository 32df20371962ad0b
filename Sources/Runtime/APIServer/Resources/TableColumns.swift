import KubernetesModel
import StructuredValue

/// The columns in which a resource is shown.
enum TableColumns: Sendable {
    case builtIn(BuiltIn)
    case custom([CustomColumn])

    enum BuiltIn: Sendable {
        case nameAndAge, configMap, secret, namespace, node, pod, podTemplate, service, event, lease
        case daemonSet, deployment, replicaSet, statefulSet, createdAt, roleBinding
    }
}

/// A printer column of a custom resource definition.
struct CustomColumn: Sendable {
    var name: String
    var type: String
    var format: String
    var description: String
    var priority: Int
    var path: CellPath?
}

/// The head of one column.
struct ColumnHead {
    var name: String
    var type = "string"
    var format = ""
    var description = ""
    var priority = 0

    var value: Value {
        [
            "name": .string(name), "type": .string(type), "format": .string(format),
            "description": .string(description),
            "priority": .int(priority),
        ]
    }

    static let name = ColumnHead(
        name: "Name",
        format: "name",
        description: "The object's name, unique in its namespace."
    )
    static let age = ColumnHead(name: "Age", description: "How long ago the object was created.")
    static let creation = ColumnHead(name: "Age", type: "date", description: "How long ago the object was created.")
    static let wideName = ColumnHead(
        name: "Name",
        format: "name",
        description: "The object's name, unique in its namespace.",
        priority: 1
    )
    static let wide = 1

    static func plain(_ names: String...) -> [ColumnHead] {
        names.map { ColumnHead(name: $0, description: "\($0) of the object.") }
    }

    static func wide(_ names: String...) -> [ColumnHead] {
        names.map { ColumnHead(name: $0, description: "\($0) of the object.", priority: 1) }
    }

    static func count(_ name: String) -> ColumnHead {
        ColumnHead(name: name, type: "integer", description: "\(name) of the object.")
    }
}

extension TableColumns {
    var heads: [ColumnHead] {
        switch self {
        case .builtIn(let kind): kind.heads
        case .custom(let columns):
            [.name]
                + columns.map {
                    ColumnHead(
                        name: $0.name,
                        type: $0.type,
                        format: $0.format,
                        description: $0.description,
                        priority: $0.priority
                    )
                }
        }
    }

    func cells(of object: Value, now: Timestamp) -> [Value] {
        switch self {
        case .builtIn(let kind): kind.cells(of: object, now: now)
        case .custom(let columns):
            [object[path: "metadata", "name"] ?? .null] + columns.map { $0.cell(of: object, now: now) }
        }
    }
}

extension CustomColumn {
    func cell(of object: Value, now: Timestamp) -> Value {
        guard let value = path?.first(in: object), !value.isNull else { return .null }
        switch type {
        case "integer":
            switch value {
            case .int: return value
            case .double(let number): return .int(Int(number))
            default: return .null
            }
        case "number": return value.double == nil ? .null : value
        case "boolean": return value.bool == nil ? .null : value
        case "date":
            guard let text = value.string else { return .null }
            return .string(Timestamp(text).map { humanAge(since: $0, now: now) } ?? "<invalid>")
        case "string":
            if case .string = value { return value }
            return .string(JSON.text(value, .go))
        default: return .null
        }
    }
}

/// How long ago, as kubectl writes it: `5s`, `3m20s`, `4h`, `2d3h`, `1y40d`.
func humanAge(since start: Timestamp, now: Timestamp) -> String { humanDuration(now.seconds - start.seconds) }

func humanDuration(_ seconds: Int) -> String {
    if seconds < -1 { return "<invalid>" }
    if seconds < 0 { return "0s" }
    let minutes = seconds / 60
    let hours = seconds / 3600
    let days = hours / 24
    let years = days / 365
    func pair(_ first: Int, _ firstUnit: String, _ second: Int, _ secondUnit: String) -> String {
        second == 0 ? "\(first)\(firstUnit)" : "\(first)\(firstUnit)\(second)\(secondUnit)"
    }
    if seconds < 120 { return "\(seconds)s" }
    if minutes < 10 { return pair(minutes, "m", seconds % 60, "s") }
    if minutes < 180 { return "\(minutes)m" }
    if hours < 8 { return pair(hours, "h", minutes % 60, "m") }
    if hours < 48 { return "\(hours)h" }
    if hours < 192 { return pair(days, "d", hours % 24, "h") }
    if days < 730 { return "\(days)d" }
    if days < 2920 { return pair(years, "y", days % 365, "d") }
    return "\(years)y"
}
