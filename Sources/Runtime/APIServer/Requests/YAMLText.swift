import StructuredValue
import YAMLFormat

/// Answers as YAML.
enum YAMLText {
    static func text(of value: Value) -> String { YAML.text(value) }
}
