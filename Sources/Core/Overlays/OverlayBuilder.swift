import KubernetesModel
import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// What a kustomization and its bases gathered.
struct Gathered {
    var set = ResourceSet()
    var settings = TransformerSettings()
    var variables = Variables()
}

/// Builds one kustomization; bases and components are built by builders of their own.
///
/// ```
/// gather: resources and bases → generators → components → transformers      (each kustomization, from the bottom)
/// finish: hashes into names → references follow names → variables → order   (once, at the top)
/// ```
struct OverlayBuilder {
    var directory: String
    /// The directory whose build was asked for.
    var root: String
    var files: FileReads
    /// The directories on the way here, outermost first.
    var ancestors: [String] = []
    /// Of the kustomization that was asked for; it counts for all below it.
    var buildMetadata: Set<String>?
    /// Those of the nearest kustomization on the way here that has an `openapi` file.
    var types = ResourceTypes.builtIn

    init(directory: String, root: String, files: FileReads) {
        self.directory = directory
        self.root = root
        self.files = files
    }

    private var reader: ResourceReader { ResourceReader(directory: directory, files: files) }

    /// Builds everything and finishes it.
    func build() throws(OverlayFailure) -> [Manifest] {
        let (kustomization, file) = try load()
        do {
            var builder = self
            builder.buildMetadata = kustomization.buildMetadata
            var gathered = try builder.gather(kustomization, file, into: Gathered())
            try OverlayTransformer.hash.apply(to: &gathered.set)
            try NameReferences(references: gathered.settings.nameReferences).update(&gathered.set)
            try gathered.variables.resolve(in: &gathered.set, fields: gathered.settings.variables)
            gathered.set.resources.removeAll { resource in
                resource.annotations["config.kubernetes.io/local-config"].map { $0 != "false" } ?? false
            }
            kustomization.order.sort(&gathered.set.resources)
            return finish(gathered.set.resources, kustomization.buildMetadata, file)
        } catch {
            throw error.at(OverlayPlace(file))
        }
    }

    private func finish(_ resources: [OverlayResource], _ metadata: Set<String>, _ file: String) -> [Manifest] {
        resources.map { resource in
            var resource = resource
            resource.writeEmptyMembers()
            var value = resource.value
            // Kustomize keeps its notes in annotations and leaves no empty ones behind.
            if value[path: "metadata", "annotations"]?.isEmpty == true { value[path: "metadata", "annotations"] = nil }
            if metadata.contains("managedByLabel") {
                value[path: "metadata", "labels", "app.kubernetes.io/managed-by"] = "kustomize-v5.5.0"
            }
            if metadata.contains("originAnnotations"), !resource.made.isEmpty {
                value[path: "metadata", "annotations", "config.kubernetes.io/origin"] = .string(
                    YAML.text(resource.made.value, .readable)
                )
            }
            if metadata.contains("transformerAnnotations"), !resource.transformations.isEmpty {
                value[path: "metadata", "annotations", "alpha.config.kubernetes.io/transformations"] = .string(
                    YAML.text(.array(resource.transformations.map(\.value)), .readable)
                )
            }
            let position = SourcePosition(file: file, line: 1, column: 1)
            let origin = resource.position.map { Origin(position: $0, trail: $0.file == file ? [] : [position]) }
            return Manifest(value, origin: origin ?? Origin(position: position, maker: "generator"))
        }
    }

    // MARK: Loading

    private func load() throws(OverlayFailure) -> (kustomization: Kustomization, file: String) {
        var found: [(file: String, bytes: [UInt8])] = []
        for name in Overlay.fileNames {
            let file = OverlayPath.join(directory, name)
            if let bytes = try files.bytes(file) { found.append((file, bytes)) }
        }
        guard let (file, bytes) = found.first else {
            throw OverlayFailure(
                "overlay-missing-kustomization",
                "unable to find one of \(Overlay.fileNames.map { "'\($0)'" }.joined(separator: ", ")) in "
                    + "directory '\(directory.isEmpty ? "." : directory)'"
            )
        }
        guard found.count == 1 else {
            throw OverlayFailure(
                "overlay-kustomization",
                "Found multiple kustomization files under: \(directory)",
                at: OverlayPlace(found[1].file),
                hint: "keep one of \(found.map { OverlayPath.lastPart($0.file) }.joined(separator: ", "))"
            )
        }
        let value: Value
        do { value = try YAML.value(bytes, file: file) } catch {
            let first = error.diagnostics.first
            throw OverlayFailure(
                first?.code ?? "overlay-yaml",
                "invalid Kustomization: \(first?.message ?? "it is no YAML")",
                at: first?.position.map { OverlayPlace($0) } ?? OverlayPlace(file),
                hint: first?.hint
            )
        }
        return (try Kustomization(value, file: file), file)
    }

    // MARK: Gathering

    private func gather(
        _ kustomization: Kustomization,
        _ file: String,
        into start: Gathered
    ) throws(OverlayFailure) -> Gathered {
        if !kustomization.openAPIPath.isEmpty {
            var builder = self
            var plain = kustomization
            plain.openAPIPath = ""
            do { builder.types = ResourceTypes(openAPI: try reader.value(kustomization.openAPIPath)) } catch {
                throw error.from(OverlayPlace(file, ["openapi", "path"]))
            }
            return try builder.gather(plain, file, into: start)
        }
        do throws(OverlayFailure) {
            var gathered = start
            for entry in kustomization.resources {
                do { try add(entry.text, to: &gathered) } catch { throw error.from(entry.place) }
            }
            for entry in kustomization.configurations {
                do throws(OverlayFailure) {
                    let place = OverlayPlace(OverlayPath.join(directory, entry.text))
                    try gathered.settings.add(Fields(try reader.value(entry.text), entry.text, at: place))
                } catch { throw error.from(entry.place) }
            }
            for entry in kustomization.crds {
                do { _ = try reader.bytes(entry.text) } catch { throw error.from(entry.place) }
            }
            try generate(kustomization, file, &gathered)
            for entry in kustomization.components {
                do { gathered = try component(entry.text, over: gathered) } catch { throw error.from(entry.place) }
            }
            try transform(kustomization, file, &gathered)
            try gathered.variables.add(kustomization.variables)
            return gathered
        } catch {
            throw error.at(OverlayPlace(file))
        }
    }

    /// A file of objects, or the directory of a base.
    private func add(_ path: String, to gathered: inout Gathered) throws(OverlayFailure) {
        if let bytes = try reader.bytesIfPresent(path) {
            let full = OverlayPath.resolve(path, from: directory) ?? path
            var resources = try reader.resources(bytes, file: full)
            for index in resources.indices {
                resources[index].made = Making(path: OverlayPath.relative(full, to: root))
            }
            try gathered.set.append(contentsOf: resources)
            return
        }
        let builder = try below(path)
        let (kustomization, file) = try builder.load()
        guard !kustomization.isComponent else {
            throw OverlayFailure(
                "overlay-component",
                "expected kind != 'Component' for path '\(builder.directory)'",
                hint: "components are named in the field “components”"
            )
        }
        let base = try builder.gather(kustomization, file, into: Gathered())
        try gathered.set.append(contentsOf: base.set.resources)
        try gathered.settings.add(base.settings)
        try gathered.variables.add(base.variables.variables)
    }

    /// A component changes what was gathered so far.
    private func component(_ path: String, over gathered: Gathered) throws(OverlayFailure) -> Gathered {
        let builder = try below(path)
        let (kustomization, file) = try builder.load()
        guard kustomization.isComponent else {
            throw OverlayFailure(
                "overlay-component",
                "expected kind 'Component' for path '\(builder.directory)' but got 'Kustomization'"
            )
        }
        return try builder.gather(kustomization, file, into: gathered)
    }

    private func below(_ path: String) throws(OverlayFailure) -> OverlayBuilder {
        let target = OverlayPath.resolve(path, from: directory)
        guard let target, files.hasDirectory(target) else {
            if Self.isRemote(path) {
                throw OverlayFailure(
                    "overlay-remote",
                    "“\(path)” is remote; overlays are built without network",
                    hint: "copy it into the repository and name its directory"
                )
            }
            throw OverlayFailure(
                "overlay-missing-resource",
                target == nil
                    ? "“\(path)” leaves the source tree"
                    : "there is no file or directory “\(path)” in \(directory.isEmpty ? "." : directory)",
                hint: reader.nearest(to: path)
            )
        }
        for visited in ancestors + [directory] where OverlayPath.contains(target, visited) {
            throw OverlayFailure(
                "overlay-cycle",
                "cycle detected: candidate root '\(target)' contains visited root '\(visited)'"
            )
        }
        var builder = self
        builder.directory = target
        builder.ancestors = ancestors + [directory]
        return builder
    }

    private static func isRemote(_ path: String) -> Bool {
        path.contains("://") || path.contains("?ref=") || path.hasPrefix("git@") || path.hasPrefix("github.com")
    }

    // MARK: Generators

    private func generate(
        _ kustomization: Kustomization,
        _ file: String,
        _ gathered: inout Gathered
    ) throws(OverlayFailure) {
        let reader = reader
        let generator = ResourceGenerator(read: { (path) throws(OverlayFailure) in try reader.bytes(path) })
        let configuredIn = OverlayPath.relative(file, to: root)
        for (kind, rules) in [("ConfigMap", kustomization.configMaps), ("Secret", kustomization.secrets)] {
            for rule in rules {
                var rule = rule
                rule.options = rule.options.over(kustomization.generatorOptions)
                do {
                    var resource = try kind == "Secret" ? generator.secret(rule) : generator.configMap(rule)
                    resource.made = .builtIn("\(kind)Generator", in: configuredIn)
                    resource.position = rule.place.map { $0.position(in: files) }
                    try gathered.set.absorb(resource)
                } catch { throw rule.place.map(error.from) ?? error }
            }
        }
        if !kustomization.helmCharts.isEmpty {
            throw OverlayFailure(
                "overlay-helm",
                "helmCharts are not inflated in overlays",
                at: OverlayPlace(file, ["helmCharts"]),
                hint: "make the chart an App"
            )
        }
        for entry in kustomization.generators {
            do {
                for plugin in try plugins(entry) {
                    for var resource in try plugin.generate(generator) {
                        resource.made = plugin.making(in: configuredIn)
                        try gathered.set.absorb(resource)
                    }
                }
            } catch { throw error.from(entry.place) }
        }
    }

    // MARK: Transformers

    private func transform(
        _ kustomization: Kustomization,
        _ file: String,
        _ gathered: inout Gathered
    ) throws(OverlayFailure) {
        let configuredIn = OverlayPath.relative(file, to: root)
        let own = OverlayPlace(file)
        var steps = try kustomization.transformers(gathered.settings, reader, own).map {
            (
                transformer: $0.transformer, place: $0.place,
                making: Making.builtIn($0.transformer.kind, in: configuredIn)
            )
        }
        for entry in kustomization.transformers {
            do {
                for plugin in try plugins(entry) {
                    for transformer in try plugin.transformers(reader) {
                        steps.append((transformer, entry.place, plugin.making(in: configuredIn)))
                    }
                }
            } catch { throw error.from(entry.place) }
        }
        for (transformer, place, making) in steps {
            do { try transformer.apply(to: &gathered.set, types: types) } catch { throw error.from(place) }
            gathered.set.dropEmpty()
            guard buildMetadata?.contains("transformerAnnotations") == true else { continue }
            for index in gathered.set.resources.indices { gathered.set.resources[index].transformations.append(making) }
        }
        if !kustomization.validators.isEmpty {
            let place = own.field("validators")
            throw OverlayFailure("overlay-plugin", "validators need plugins, which are not run", at: place)
        }
    }

    /// Configurations of built-in plugins: in place, in a file, or built by a kustomization.
    private func plugins(_ entry: Entry) throws(OverlayFailure) -> [OverlayPlugin] {
        var resources: [OverlayResource]
        let place = entry.place
        let entry = entry.text
        if let bytes = try? reader.bytesIfPresent(entry) {  // A text in place is no path.
            resources = try reader.resources(bytes, file: OverlayPath.join(directory, entry))
        } else if entry.contains("\n") {
            return try reader.resources(text: entry).map { resource in
                var resource = resource
                var inner = place
                inner.inner = OverlayPlace.Spot(line: resource.position?.line ?? 1)
                resource.position = inner.position(in: files)
                return OverlayPlugin(resource: resource, place: place)
            }
        } else {
            let builder = try below(entry)
            let (kustomization, file) = try builder.load()
            resources = try builder.gather(kustomization, file, into: Gathered()).set.resources
        }
        return resources.map { resource in
            let own = resource.position.map { OverlayPlace($0.file, line: $0.line) }
            return OverlayPlugin(resource: resource, place: own ?? place)
        }
    }
}
