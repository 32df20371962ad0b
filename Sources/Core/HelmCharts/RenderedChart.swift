package import KubernetesModel
import SourceDiagnostics
import StructuredValue

/// One document that a chart makes.
package struct ChartManifest: Sendable {
    /// The object; null for a document of comments alone.
    package var manifest: Manifest
    /// The template or CRD file, below the chart's name.
    package var templatePath: String
    /// The document as it was rendered.
    package var text: String
    /// The events that a hook runs at, as its annotation says; empty for ordinary objects.
    package var hookEvents: [String] = []
    /// Comes from crds/, not from a template.
    package var isCRD = false

    package var isHook: Bool { !hookEvents.isEmpty }
}

/// What a chart makes, in the order in which `helm template` prints it: CRDs, objects in install order, hooks.
package struct RenderedChart: Sendable {
    package var manifests: [ChartManifest]
    /// CRD files as they are, each with its path; Helm prints them unparsed.
    var crdTexts: [(path: String, text: String)]

    /// The objects alone, without documents that hold nothing.
    package var objects: [Manifest] { manifests.compactMap { $0.manifest.value.object == nil ? nil : $0.manifest } }

    /// The text that `helm template` prints.
    package var text: String {
        var output = ""
        for crd in crdTexts { output += "---\n# Source: \(crd.path)\n\(crd.text)\n" }
        for manifest in manifests where !manifest.isHook && !manifest.isCRD {
            output += "---\n# Source: \(manifest.templatePath)\n\(manifest.text)\n"
        }
        output = output.trimmed + "\n"
        for manifest in manifests where manifest.isHook {
            output += "---\n# Source: \(manifest.templatePath)\n\(manifest.text)\n"
        }
        return output
    }
}
