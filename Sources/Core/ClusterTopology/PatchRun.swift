import GoTemplate
import KubernetesModel
import SourceDiagnostics
import SprigFunctions
import StructuredValue
import YAMLFormat

/// Runs the patches of a class over the templates of one Cluster, in order.
struct PatchRun {
    let topologyClass: TopologyClass
    let variables: Object
    let builtin: Object
    private(set) var items: [PatchItem]
    private let options: TopologyOptions
    private let clusterName: String
    private let namespace: String
    private var request: ExtensionRequest?
    private let host = PatchHost()
    private let execution: GoExecution
    private var findings: [TopologyRejection.Finding] = []

    init(
        topologyClass: TopologyClass,
        variables: Object,
        builtin: Object,
        items: [PatchItem],
        options: TopologyOptions,
        clusterName: String,
        namespace: String
    ) {
        self.namespace = namespace
        self.topologyClass = topologyClass
        self.variables = variables
        self.builtin = builtin
        self.items = items
        self.options = options
        self.clusterName = clusterName
        execution = GoExecution(topologyClass.templates, host: host)
        execution.missingKeys = .nothing
    }

    mutating func run() throws(TopologyRejection) {
        for patch in topologyClass.patches {
            if let name = patch.generateExtension {
                external(patch, extensionName: name)
            } else {
                inline(patch)
            }
            if !findings.isEmpty {
                var rejection = TopologyRejection(findings)
                rejection.request = request
                throw rejection
            }
        }
    }

    private mutating func report(
        _ patch: TopologyPatch,
        _ doing: String,
        _ message: String,
        at path: [String],
        hint: String? = nil
    ) {
        let full = ["spec", "patches", String(patch.index)] + path
        findings.append(
            TopologyRejection.Finding(
                "topology-patch",
                "Cluster “\(clusterName)”: failed to \(doing) patches for patch \"\(patch.name)\": \(message)",
                in: topologyClass.manifest,
                path: full,
                hint: hint
            )
        )
    }

    // MARK: Inline patches

    private struct Change {
        var item: Int
        var definition: Int
        var operations: [(index: Int, value: Value)]
    }

    /// All changes of a patch are made up before any is carried out.
    private mutating func inline(_ patch: TopologyPatch) {
        var changes: [Change] = []
        for index in items.indices {
            let matching = patch.definitions.indices.filter { patch.definitions[$0].selector.matches(items[index]) }
            if matching.isEmpty { continue }
            let kind = items[index].template.kind
            do throws(ValueFailure) {
                if let condition = patch.enabledIf, try render(condition, for: index) != .bool(true) { continue }
            } catch {
                let message = "failed to calculate if patch is enabled for \"\(kind)\": \(error.message)"
                report(patch, "generate", message, at: ["enabledIf"])
                continue
            }
            for number in matching {
                var change = Change(item: index, definition: number, operations: [])
                for (place, operation) in patch.definitions[number].operations.enumerated() {
                    do throws(ValueFailure) {
                        change.operations.append((place, try value(of: operation, for: index)))
                    } catch {
                        let message =
                            "failed to generate JSON patches for \"\(kind)\": \(error.message) (path \(operation.path))"
                        let path = ["definitions", String(number), "jsonPatches", String(place)]
                        report(patch, "generate", message, at: path)
                    }
                }
                changes.append(change)
            }
        }
        if !findings.isEmpty { return }
        for change in changes { apply(change, of: patch) }
    }

    private mutating func apply(_ change: Change, of patch: TopologyPatch) {
        let definition = patch.definitions[change.definition]
        for (place, value) in change.operations {
            do throws(PatchOperationFailure) {
                try definition.operations[place].apply(value, to: &items[change.item].document)
            } catch {
                let kind = items[change.item].template.kind
                let message = "failed to apply patch to \(kind): error applying json patch (RFC6902): \(error.message)"
                let path = ["definitions", String(change.definition), "jsonPatches", String(place)]
                let hint = "the parent must exist: add it in an earlier operation, or use enabledIf"
                report(patch, "apply", message, at: path, hint: hint)
                return
            }
        }
        items[change.item].touches += change.operations.map { place, _ in
            PatchTouch(
                patch: patch.name,
                pointer: definition.operations[place].pointer,
                place: [
                    "spec", "patches", String(patch.index), "definitions", String(change.definition), "jsonPatches",
                    String(place),
                ]
            )
        }
    }

    // MARK: Values

    private struct ValueFailure: Error {
        var message: String
    }

    private mutating func value(of operation: TopologyPatch.Operation, for index: Int) throws(ValueFailure) -> Value {
        if operation.kind == .remove { return .null }
        switch operation.source {
        case .none: throw ValueFailure(message: "failed to calculate value: neither .value nor .valueFrom are set")
        case .value(let value): return value
        case .variable(let path):
            do throws(VariablePath.Failure) {
                return try VariablePath.value(path, in: variables(for: index))
            } catch {
                throw ValueFailure(message: "failed to calculate value: \(error.message)")
            }
        case .template(let template):
            do throws(ValueFailure) {
                return try render(template, for: index)
            } catch {
                throw ValueFailure(message: "failed to calculate value for template: \(error.message)")
            }
        }
    }

    /// The item's variables: overrides over the Cluster's, the builtin ones joined member by member.
    private mutating func variables(for index: Int) -> Object {
        if let known = items[index].variables { return known }
        var result = seen(variables, by: TopologyVariable.inline)
        for pair in seen(items[index].overrides, by: TopologyVariable.inline) { result[pair.key] = pair.value }
        var all = builtin
        for pair in items[index].builtin { all[pair.key] = pair.value }
        result["builtin"] = .object(all)
        items[index].variables = result
        return result
    }

    /// The variables that a patch sees: those of its own definitions.
    private func seen(_ variables: Object, by source: String) -> Object {
        Object(variables.pairs.filter { topologyClass.isDefined($0.key, by: source) })
    }

    private mutating func data(for index: Int) -> GoValue {
        if let known = items[index].data { return known }
        let data = GoValue(.object(variables(for: index)))
        items[index].data = data
        return data
    }

    private mutating func render(_ template: TopologyPatch.Template, for index: Int) throws(ValueFailure) -> Value {
        let data = data(for: index)
        let output: [UInt8]
        do throws(GoFailure) {
            if template.standsAlone {
                var templates = GoTemplateSet()
                templates.add(template.unit)
                let alone = GoExecution(templates, host: host)
                alone.missingKeys = .nothing
                output = try alone.execute(template.unit.name, data)
            } else {
                output = try execution.execute(template.unit.name, data)
            }
        } catch {
            throw ValueFailure(message: "failed to render template: \"\(template.source)\": \(error.message)")
        }
        if output.elementsEqual("true".utf8) { return true }
        if output.elementsEqual("false".utf8) { return false }
        do {
            return try YAML.value(output, file: "rendered template", .lenient)
        } catch {
            let reason = error.diagnostics.first?.message ?? "no YAML"
            throw ValueFailure(
                message:
                    "failed to unmarshal rendered template: \"\(String(decoding: output, as: UTF8.self))\": \(reason)"
            )
        }
    }

    // MARK: External patches

    /// Uses what the user gave in place of an extension; without it the result would be wrong, so that is an error.
    private mutating func external(_ patch: TopologyPatch, extensionName: String) {
        if extensionName.isEmpty {
            let full = ["spec", "patches", String(patch.index), "external"]
            findings.append(
                TopologyRejection.Finding(
                    "topology-patch",
                    "Cluster “\(clusterName)”: failed to create patch generator for patch \"\(patch.name)\": it names no "
                        + "generatePatchesExtension",
                    in: topologyClass.manifest,
                    path: full
                )
            )
            return
        }
        guard let given = options.externalPatches[patch.name] else {
            askExtension(patch, extensionName)
            return
        }
        for entry in given {
            for index in items.indices where items[index].template.kind == entry.kind {
                for source in entry.operations { apply(source, of: patch, to: index) }
            }
        }
    }

    private mutating func apply(_ source: Value, of patch: TopologyPatch, to index: Int) {
        guard let kind = TopologyPatch.Operation.Kind(rawValue: source.text("op")) else {
            report(patch, "apply", "the operation \"\(source.text("op"))\" is not known", at: ["external"])
            return
        }
        let path = source.text("path")
        let operation = TopologyPatch.Operation(kind, path, .none)
        do throws(PatchOperationFailure) {
            try operation.apply(source["value"] ?? .null, to: &items[index].document)
            let place = ["spec", "patches", String(patch.index)]
            items[index].touches.append(PatchTouch(patch: patch.name, pointer: operation.pointer, place: place))
        } catch {
            report(patch, "apply", error.message, at: ["external"])
        }
    }

    /// Uses the extension's answer. Without one the result would be wrong, so the expansion ends here, with the question.
    private mutating func askExtension(_ patch: TopologyPatch, _ extensionName: String) {
        let question = ExtensionRequest(
            cluster: "\(namespace)/\(clusterName)",
            patch: patch.name,
            extensionName: extensionName,
            body: requestBody(for: patch)
        )
        if let answer = options.extensionAnswers?[question.key] {
            for item in answer.items { apply(item, of: patch) }
            return
        }
        if options.extensionAnswers != nil { request = question }
        report(
            patch,
            "generate",
            "spec.patches[\(patch.index)].external: the patch is made by the runtime extension \"\(extensionName)\", "
                + "which is not asked here",
            at: ["external"],
            hint: "give its answer as a fixture or its address, or leave the topology to Cluster API"
        )
    }

    private func uid(_ index: Int) -> String { "item-\(index)" }

    private func requestBody(for patch: TopologyPatch) -> Value {
        func listed(_ variables: Object, _ builtin: Object) -> Value {
            var list: [Value] = seen(variables, by: patch.name).pairs.map { pair in
                ["name": .string(pair.key), "value": pair.value]
            }
            if !builtin.isEmpty { list.append(["name": "builtin", "value": .object(builtin)]) }
            return .array(list)
        }
        let items: [Value] = items.enumerated().map { index, item in
            [
                "uid": .string(uid(index)), "holderReference": item.holder, "object": item.document,
                "variables": listed(item.overrides, item.builtin),
            ]
        }
        return [
            "apiVersion": "hooks.runtime.cluster.x-k8s.io/v1alpha1", "kind": "GeneratePatchesRequest",
            "settings": patch.settings, "variables": listed(variables, builtin), "items": .array(items),
        ]
    }

    private mutating func apply(_ answer: ExtensionAnswer.Item, of patch: TopologyPatch) {
        guard let index = items.indices.first(where: { uid($0) == answer.uid }) else {
            report(
                patch,
                "apply",
                "unable to find corresponding request item “\(answer.uid)” for patch",
                at: ["external"]
            )
            return
        }
        let before = items[index].document
        if answer.isMergePatch {
            items[index].document = before.merged(with: answer.patch)
            let place = ["spec", "patches", String(patch.index)]
            items[index].touches.append(PatchTouch(patch: patch.name, pointer: ["spec"], place: place))
        } else {
            for operation in answer.patch.array ?? [] { apply(operation, of: patch, to: index) }
        }
        // Extensions change the spec, labels and annotations; whatever else they answer is left out.
        let after = items[index].document
        items[index].document = before
        for path in [["spec"], ["metadata", "labels"], ["metadata", "annotations"]] {
            if let value = after[path: path] { items[index].document[path: path] = value }
        }
    }
}

/// What templates of patches may use: nothing that differs from run to run.
private final class PatchHost: SprigHost {
    let sprigContext = SprigContext(nonDeterminism: .forbidden)
}
