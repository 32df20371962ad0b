internal import ArgumentParser
internal import StructuredValue
internal import YAMLFormat

/// What `-o` takes for listings.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case table
    case wide
    case json
    case yaml

    /// The value in this format; `table` makes the text for people.
    func text(_ value: Value, table: (_ isWide: Bool) -> String) -> String {
        switch self {
        case .table: table(false)
        case .wide: table(true)
        case .json: JSON.text(value, .init(indent: 2)) + "\n"
        case .yaml: YAML.text(value)
        }
    }
}
