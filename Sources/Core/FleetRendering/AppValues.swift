import FleetModel
import HelmCharts
import KubernetesModel
package import SourceDiagnostics
package import StructuredValue
package import YAMLFormat

/// One layer of an app's values.
package struct ValuesLayer: Sendable, Hashable {
    /// What the layer is, in words: `catalog demo`, `management cluster mc-1`, `ConfigMap org/settings`.
    package var name: String
    package var values: Value
    /// Where it stands; nil when that is not known.
    package var position: SourcePosition?
    /// Of values that are a text within an object: where in the object the text is.
    package var textPath: [YAML.PathStep]?
    /// Whether the values come from a Secret and are shown to nobody.
    package var isSecret = false
    /// Whether these are defaults of the chart: what Git says lies over them as a whole, so that a `null` that is taken
    /// back there leaves them as they were.
    package var isDefault = false

    package init(
        name: String,
        values: Value,
        position: SourcePosition?,
        textPath: [YAML.PathStep]? = nil,
        isSecret: Bool = false
    ) {
        self.name = name
        self.values = values
        self.position = position
        self.textPath = textPath
        self.isSecret = isSecret
    }

    /// The same layer with another value.
    fileprivate func holding(_ value: Value) -> ValuesLayer {
        var copy = self
        copy.values = value
        return copy
    }
}

/// The values of an app, layer by layer, lowest first.
package struct AppValues: Sendable, Hashable {
    package var layers: [ValuesLayer]

    package init(layers: [ValuesLayer]) { self.layers = layers }

    /// All layers over one another: maps merge deep, lists and scalars replace. A `null` stays, because it is what removes
    /// a default of the chart.
    package var merged: Value {
        Self.merge(layers.filter(\.isDefault) + [Self.given(layers)])
    }

    /// What Git says, as one layer.
    private static func given(_ layers: [ValuesLayer]) -> ValuesLayer {
        ValuesLayer(name: "", values: merge(layers.filter { !$0.isDefault }), position: nil)
    }

    private static func merge(_ layers: [ValuesLayer]) -> Value {
        layers.reduce(.object(Object())) { Chart.merge($0, $1.values) }
    }

    /// Where each value comes from: `martlet values APP --explain`.
    package var explained: [ExplainedValue] {
        var found: [ExplainedValue] = []
        Self.explain([], layers, &found)
        return found
    }

    private static func explain(_ path: [String], _ layers: [ValuesLayer], _ found: inout [ExplainedValue]) {
        var keys: [String] = []
        var seen: Set<String> = []
        for layer in layers {
            for key in layer.values.object?.keys ?? [] where seen.insert(key).inserted { keys.append(key) }
        }
        for key in keys.sorted() {
            var below = layers.compactMap { layer in
                layer.values[key].map { layer.holding($0) }
            }
            guard let winner = below.last else { continue }
            // What stands below the highest scalar or list has no effect, but a `null` between maps of Git does not reach
            // the chart.
            if let cut = below.lastIndex(where: { $0.values.object == nil }) {
                let isTakenBack = below[cut].values.isNull && !below[cut].isDefault && cut < below.count - 1
                let defaults = isTakenBack ? below[..<cut].filter(\.isDefault) : []
                below = defaults + below[cut...]
            }
            let isMap = winner.values.object.map { !$0.isEmpty } ?? false
            if isMap {
                explain(path + [key], below.filter { $0.values.object != nil }, &found)
            } else {
                found.append(
                    ExplainedValue(
                        path: path + [key],
                        value: winner.values,
                        layer: winner.name,
                        position: winner.position,
                        isSecret: winner.isSecret,
                        overridden: layers.dropLast().compactMap { layer in
                            guard layer.name != winner.name, let value = layer.values[key] else { return nil }
                            return layer.holding(value)
                        }
                    )
                )
            }
        }
    }
}

/// One value of an app and the layer that set it.
package struct ExplainedValue: Sendable, Hashable {
    package var path: [String]
    package var value: Value
    package var layer: String
    package var position: SourcePosition?
    package var isSecret = false
    /// What lower layers say, lowest first.
    package var overridden: [ValuesLayer]
}

extension RenderDraft {
    /// The layers of an app's values, lowest first: catalog, collection, management cluster, `valuesFrom` by priority,
    /// inline values. Giant Swarm's apps merge all ConfigMaps by priority, and then all Secrets over them.
    mutating func values(of app: App, from catalog: Catalog?) -> AppValues {
        var layers: [ValuesLayer] = []
        if let catalog {
            layers.append(
                ValuesLayer(name: "catalog \(catalog.name)", values: catalog.values, position: catalog.valuesPosition)
            )
        }
        if app.form == .collection, let collection = app.collection {
            layers.append(
                ValuesLayer(name: "collection \(collection)", values: app.values, position: app.valuesPosition)
            )
        }
        if app.form != .giantSwarm {
            let name = "management cluster \(member.name)"
            layers.append(ValuesLayer(name: name, values: member.values, position: member.valuesPosition))
        }
        let references = ((catalog?.valuesFrom ?? []) + app.valuesFrom).enumerated().sorted {
            ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset)
        }.map(\.element)
        if app.form == .giantSwarm {
            for kind in [ValuesReference.Kind.configMap, .secret] {
                layers += references.filter { $0.kind == kind }.compactMap { layer(of: $0, app) }
            }
        } else {
            layers += references.compactMap { layer(of: $0, app) }
        }
        if app.form == .martlet {
            layers.append(ValuesLayer(name: "app \(app.name)", values: app.values, position: app.valuesPosition))
        }
        return AppValues(layers: layers.filter { !$0.values.isEmpty })
    }

    /// The values in a ConfigMap or Secret of the desired objects.
    private mutating func layer(of reference: ValuesReference, _ app: App) -> ValuesLayer? {
        let key = reference.object
        guard let object = plainObjects[key]?.manifest else {
            if !reference.isOptional {
                report(
                    Diagnostic(
                        .error,
                        "values-not-found",
                        "app “\(app.name)”: \(key) with values is not among the objects of \(member.name)",
                        at: reference.position,
                        hint: closestName(
                            to: key.name,
                            in: plainObjects.keys.filter { $0.kind == key.kind }.map(\.name)
                        )
                        .map { "did you mean “\($0)”?" }
                    )
                )
            }
            return nil
        }
        let entries = Self.texts(of: object)
        // As the operator has it: an object without data holds no values, whatever its keys should be.
        if entries.isEmpty, reference.key == nil { return nil }
        let name = reference.key ?? (entries.count == 1 ? entries.keys.first : nil)
        guard let name, let text = entries[name] else {
            let problem =
                reference.key.map { "has no key “\($0)”" } ?? "must have exactly one key, not \(entries.count)"
            report(
                Diagnostic(
                    .error,
                    "values-key",
                    "app “\(app.name)”: \(key) \(problem)",
                    at: reference.position,
                    trail: [object.origin?.position].compactMap { $0 }
                )
            )
            return nil
        }
        do {
            let values = try Chart.values(Array(text.utf8), file: object.origin?.position.file ?? key.description)
            return ValuesLayer(
                name: "\(key.kind) \(key.namespace)/\(key.name)",
                values: values,
                position: object.origin?.position,
                textPath: [.key(object.value["stringData"]?[name] == nil ? "data" : "stringData"), .key(name)],
                isSecret: key.kind == "Secret"
            )
        } catch {
            for diagnostic in error.diagnostics {
                report(
                    Diagnostic(
                        .error,
                        "values-unreadable",
                        "the values in \(key) are no YAML mapping: \(diagnostic.message)",
                        at: object.origin?.position,
                        trail: [reference.position]
                    )
                )
            }
            return nil
        }
    }

    /// The entries of a ConfigMap or Secret as texts.
    static func texts(of object: Manifest) -> [String: String] {
        var texts: [String: String] = [:]
        for pair in object.value["data"]?.object ?? Object() {
            guard let text = pair.value.string else { continue }
            texts[pair.key] = object.kind == "Secret" ? Base64.text(text) : text
        }
        for pair in object.value["stringData"]?.object ?? Object() { texts[pair.key] = pair.value.string }
        return texts
    }
}
