import GoTemplate
import JSONSchema
import SourceDiagnostics
import StructuredValue

extension ChartEngine {
    /// What one chart's schema says against values.
    struct SchemaComplaint {
        /// As Helm prints it, with the chart's name.
        var text: String
        /// The values that it is about.
        var paths: [[String]]
    }

    /// The paths of the values that a chart's schemas refuse, in the order of the text that says so; steps that are
    /// numbers may be places in lists.
    package func refusedValues(of chart: Chart, values: ChartValues) -> [[String]] {
        // Values that do not even settle are refused for another reason.
        guard let (root, values) = try? settle(chart, values) else { return [] }
        return schemaComplaints(root, values).flatMap(\.paths)
    }

    /// The complaints of all schemas, the chart's own first.
    func schemaComplaints(_ node: ChartNode, _ values: GoMap, below path: [String] = []) -> [SchemaComplaint] {
        var complaints: [SchemaComplaint] = []
        if let bytes = node.chart.schema {
            let known = compiled(node.chart)
            if known.schema == nil { known.schema = .some(.some(Self.compile(bytes))) }
            switch known.schema {
            case .success(let schema)??:
                let violations = schema.violations(in: GoValue.map(values).document)
                if !violations.isEmpty {
                    let text = "\(node.name):\n\(SchemaViolation.text(violations))\n"
                    let paths = violations.flatMap(\.paths).map { path + $0 }
                    complaints.append(SchemaComplaint(text: text, paths: paths))
                }
            case .failure(let failure)??:
                complaints.append(SchemaComplaint(text: "\(node.name):\n\(failure.message)\n", paths: []))
            default: break
            }
        }
        for dependency in node.dependencies {
            let path = path + [dependency.name]
            switch values[dependency.name] {
            case nil, .null?, GoValue.none?: continue
            case .map(let inner)?: complaints += schemaComplaints(dependency, inner, below: path)
            case let other?:
                let reason = "invalid type for values: expected object (map), got \(other.typeName)"
                complaints.append(SchemaComplaint(text: "\(dependency.name):\n\(reason)\n", paths: [path]))
            }
        }
        return complaints
    }

    private static func compile(_ bytes: [UInt8]) -> Result<ValueSchema, SchemaFailure> {
        do {
            return .success(try ValueSchema(compiling: try JSON.parse(bytes)))
        } catch let error as SchemaCompileError {
            return .failure(SchemaFailure(message: error.message))
        } catch {
            return .failure(SchemaFailure(message: "values.schema.json is not JSON: \(error)"))
        }
    }
}
