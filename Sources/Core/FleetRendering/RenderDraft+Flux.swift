import FleetModel
import KubernetesModel
import Overlays
import SourceDiagnostics
import SourceFiles
import StructuredValue
import YAMLFormat

extension RenderDraft {
    /// Carries out Flux's Kustomizations, and those that they make, for folders of this repository. A Kustomization of
    /// another repository stays an object, for Flux.
    mutating func renderFluxKustomizations() {
        var finished: Set<ObjectKey> = []
        while let index = objects.firstIndex(where: { isOpen($0, finished) }) {
            let object = objects[index]
            finished.insert(object.key)
            guard let flux = FluxKustomization(object.manifest) else { continue }
            guard repository.tree.hasDirectory(flux.path), !flux.path.isEmpty else {
                report(
                    Diagnostic(
                        .warning,
                        "flux-foreign-path",
                        "Kustomization “\(flux.manifest.name)” builds “\(flux.path)”, which is not in this repository",
                        at: object.manifest.origin?.position,
                        hint: "the object is applied as it is, for Flux to carry out"
                    )
                )
                continue
            }
            objects.remove(at: index)
            carryOut(flux, &finished)
        }
    }

    private func isOpen(_ object: DesiredObject, _ finished: Set<ObjectKey>) -> Bool {
        object.target == .managementCluster && !finished.contains(object.key)
            && object.key.groupKind == GroupKind(group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization")
    }

    private mutating func carryOut(_ flux: FluxKustomization, _ finished: inout Set<ObjectKey>) {
        let place = flux.manifest.origin?.position
        if flux.isSuspended { frozenSources[flux.source.description] = "its Flux Kustomization is suspended" }
        if !flux.prunes { keptSources[flux.source.description] = "its Flux Kustomization does not prune" }
        let unfollowed = flux.unfollowedFields
        if !unfollowed.isEmpty {
            report(
                Diagnostic(
                    .note,
                    "flux-field",
                    "Kustomization “\(flux.manifest.name)”: \(unfollowed.joined(separator: ", ")) has no effect here",
                    at: place,
                    hint: "objects are ordered by what they refer to, and Martlet's own rights count"
                )
            )
        }
        let variables = variables(of: flux)
        let built = overlay(of: flux, variables)
        diagnostics += built.diagnostics
        blobs.formUnion(built.inputs.map(\.contentID))
        for document in built.documents {
            switch document {
            case .manifest(let manifest):
                // A Kustomization whose folder holds itself is at work already.
                if finished.contains(manifest.key) { continue }
                objects.append(Self.desired(manifest, source: flux.source, target: flux.target))
            case .app(let app): apps.append(app)
            case .catalog(let catalog) where catalog.isForeign: localCatalogs[catalog.name] = catalog
            case .catalog, .collection, .fleet, .managementCluster:
                report(misplaced(document, "only Apps and manifests belong into \(flux.path)", flux.path))
            }
        }
    }

    // MARK: Variables

    /// The values for `${name}`: those in the object win over those of ConfigMaps and Secrets, later ones over earlier.
    private mutating func variables(of flux: FluxKustomization) -> [String: String]? {
        guard let rule = flux.manifest.spec["postBuild"], !rule.isEmpty else { return nil }
        var variables: [String: String] = [:]
        for reference in rule["substituteFrom"]?.array ?? [] {
            let kind = reference["kind"]?.string ?? ""
            let name = reference["name"]?.string ?? ""
            let key = ObjectKey(
                groupKind: GroupKind(group: "", kind: kind),
                namespace: flux.manifest.namespace,
                name: name
            )
            if let object = objects.first(where: { $0.key == key && $0.target == .managementCluster }) {
                for (name, text) in Self.texts(of: object.manifest) { variables[name] = text }
            } else if reference["optional"]?.bool != true {
                report(
                    Diagnostic(
                        .error,
                        "values-not-found",
                        "\(kind) \(flux.manifest.namespace)/\(name), which Kustomization “\(flux.manifest.name)” takes "
                            + "variables from, is not in this repository",
                        at: flux.manifest.origin?.position
                    )
                )
            }
        }
        add(rule["substitute"], to: &variables)
        return variables
    }

    private func add(_ values: Value?, to variables: inout [String: String]) {
        for pair in values?.object ?? Object() { variables[pair.key] = pair.value.string ?? JSON.text(pair.value) }
    }

    // MARK: Building

    /// Builds again only when a file changed that the last build read or looked for, or a file came or went.
    private func overlay(of flux: FluxKustomization, _ variables: [String: String]?) -> BuiltOverlay {
        let sorted = (variables ?? [:]).sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
        let key = "\(flux.source) \(JSON.text(flux.manifest.value)) \(JSON.text(.array(sorted.map(Value.string))))"
        let listing = FluxKustomization.resources(of: repository.tree, in: flux.path)
        if let known = cache.overlays.content(key), known.listing == listing,
            known.inputs.allSatisfy({ contentID(of: $0.path) == $0.contentID })
        {
            return known
        }
        var built = BuiltOverlay(inputs: [], documents: [], diagnostics: [])
        do {
            let overlay = try Overlay.build(flux.path, in: flux.files(repository.tree))
            built.listing = listing
            built.inputs = overlay.readFiles.sorted().map { RenderInputs.File(path: $0, contentID: contentID(of: $0)) }
            for manifest in overlay.manifests { read(manifest, of: flux, variables, &built) }
            built.noteKonfigure(overlay.manifests, at: flux.path)
            cache.overlays.keep(built, for: key)
        } catch let rejected as RejectedSource {
            // What Flux makes of a kustomization stands in no file: the object that asks for it has the nearest line.
            let made = flux.rewrittenKustomization(in: repository.tree)
            built.diagnostics += rejected.diagnostics.map { finding in
                guard let made, finding.position?.file == made else { return finding }
                var finding = finding
                finding.position = flux.manifest.origin?.position
                return finding
            }
        } catch {
            let message = "the folder \(flux.path) cannot be read: \(error)"
            built.diagnostics.append(
                Diagnostic(.error, "unreadable-file", message, at: flux.manifest.origin?.position)
            )
        }
        return built
    }

    private func read(
        _ manifest: Manifest,
        of flux: FluxKustomization,
        _ variables: [String: String]?,
        _ built: inout BuiltOverlay
    ) {
        let place = SourcePosition(file: flux.path, line: 1, column: 1)
        let origin = manifest.origin ?? Origin(position: place)
        var made = manifest
        if let variables, !variables.isEmpty, !isExempt(manifest) {
            guard let value = replaced(manifest.value, variables, origin.position, &built) else { return }
            made = Manifest(value)
        }
        made = flux.marked(made)
        let trail = origin.trail + [flux.manifest.origin?.position].compactMap { $0 }
        made.origin = Origin(position: origin.position, trail: trail, maker: "Kustomization \(flux.manifest.name)")
        let (document, findings) = readGeneratedDocument(made)
        built.diagnostics += findings
        if let document { built.documents.append(document) }
        // Another product's Catalog is an object too, for that product.
        if case .catalog(let catalog) = document, catalog.isForeign { built.documents.append(.manifest(made)) }
    }

    private func isExempt(_ manifest: Manifest) -> Bool {
        let name = "kustomize.toolkit.fluxcd.io/substitute"
        return manifest.label(name) == "disabled" || manifest.annotation(name) == "disabled"
    }

    /// Flux replaces in the text of an object, so that a text may become a number.
    private func replaced(
        _ value: Value,
        _ variables: [String: String],
        _ position: SourcePosition,
        _ built: inout BuiltOverlay
    ) -> Value? {
        let text = YAML.text(value)
        guard text.contains("${") else { return value }
        var substitution = FluxSubstitution(variables)
        do {
            let result = try YAML.value(Array(try substitution.replace(text).utf8), file: position.file)
            for name in substitution.unknown.sorted() {
                built.diagnostics.append(
                    Diagnostic(
                        .warning,
                        "flux-unset-variable",
                        "“${\(name)}” has no value and becomes an empty text",
                        at: position,
                        hint: closestName(to: name, in: variables.keys).map { "did you mean “\($0)”?" }
                    )
                )
            }
            return result
        } catch let failure as FluxSubstitution.Failure {
            built.diagnostics.append(Diagnostic(.error, "flux-substitution", failure.message, at: position))
        } catch {
            built.diagnostics.append(
                Diagnostic(
                    .error,
                    "flux-substitution",
                    "with its variables replaced, the object is no YAML any more",
                    at: position,
                    hint: "a value with a line break or a colon needs quotes around its “${…}”"
                )
            )
        }
        return nil
    }

    /// Empty for a file that is not there: that it appears is a change too.
    func contentID(of path: String) -> String { repository.tree.file(path)?.contentID ?? "" }
}

// MARK: - What is left to others

extension RenderDraft {
    /// Says that releases of Flux need Flux.
    mutating func noteReleases() {
        let releases = objects.filter {
            $0.key.groupKind == GroupKind(group: "helm.toolkit.fluxcd.io", kind: "HelmRelease")
        }
        guard let first = releases.first else { return }
        report(
            Diagnostic(
                .note,
                "flux-release",
                "\(releases.count) HelmReleases are applied as they are; Flux on \(member.name) installs their charts",
                at: first.manifest.origin?.position
            )
        )
    }

    /// Objects that SOPS encrypted are left as they are on the cluster: the text in Git is not what belongs there.
    mutating func setEncryptedAside() {
        for index in objects.indices where objects[index].manifest.value["sops"]?["mac"] != nil {
            let position = objects[index].manifest.origin?.position
            let source = ObjectSource.encrypted(file: position?.file ?? objects[index].source.description)
            objects[index].source = source
            frozenSources[source.description] = "it is encrypted with SOPS, and Martlet has no key"
            report(
                Diagnostic(
                    .warning,
                    "sops-encrypted",
                    "\(objects[index].key) is encrypted with SOPS and is not applied",
                    at: position,
                    hint: "let what holds the key apply it"
                )
            )
        }
    }
}
