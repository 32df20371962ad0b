import KubernetesMerge
import KubernetesModel
import StructuredValue

/// One resource in one version, as the server offers it.
final class ServedResource: Sendable {
    /// Where a scale subresource finds its numbers.
    struct ScalePaths: Sendable, Hashable {
        var specReplicas: [String]
        var statusReplicas: [String]
        var selector: [String]?
    }

    /// Who defines the kind.
    enum Origin: Sendable {
        /// A kind of the server's own, with its Go-like type.
        case builtIn(StructShape)
        /// A custom resource definition.
        case custom(CustomVersion)
    }

    /// What built-in kinds do differently from each other.
    struct Traits: Sendable {
        /// A PUT without resourceVersion replaces whatever is there.
        var allowsUnconditionalUpdate = true
        /// A PUT creates what is missing.
        var createsOnUpdate = false
        /// `metadata.generation` counts changes of the spec.
        var hasGeneration = false
        /// A new object may come with its status.
        var keepsStatusOnCreate = false
        /// Who deletes it is answered with what was deleted.
        var showsDeleted = false
        /// Nothing is stored: a POST is answered at once.
        var isReview = false
        /// The fields besides name and namespace that field selectors know.
        var selectableFields: [String] = []
    }

    let gvk: GroupVersionKind
    let listKind: String
    let plural: String
    let singular: String
    let shortNames: [String]
    let categories: [String]
    let isNamespaced: Bool
    let verbs: [String]
    let hasStatus: Bool
    let hasFinalize: Bool
    let scale: ScalePaths?
    let columns: TableColumns
    let origin: Origin
    let traits: Traits
    /// How values are merged and owned.
    let typeSchema: TypeSchema
    /// The resource name in the store; all versions share it.
    let storeResource: String

    init(
        gvk: GroupVersionKind,
        listKind: String,
        plural: String,
        singular: String,
        shortNames: [String] = [],
        categories: [String] = [],
        isNamespaced: Bool,
        verbs: [String],
        hasStatus: Bool = false,
        hasFinalize: Bool = false,
        scale: ScalePaths? = nil,
        columns: TableColumns,
        origin: Origin,
        traits: Traits,
        typeSchema: TypeSchema,
        storeResource: String? = nil
    ) {
        self.gvk = gvk
        self.listKind = listKind
        self.plural = plural
        self.singular = singular
        self.shortNames = shortNames
        self.categories = categories
        self.isNamespaced = isNamespaced
        self.verbs = verbs
        self.hasStatus = hasStatus
        self.hasFinalize = hasFinalize
        self.scale = scale
        self.columns = columns
        self.origin = origin
        self.traits = traits
        self.typeSchema = typeSchema
        self.storeResource = storeResource ?? GroupResource(group: gvk.group, resource: plural).description
    }

    var group: String { gvk.group }
    var kind: String { gvk.kind }
    var groupResource: GroupResource { GroupResource(group: gvk.group, resource: plural) }
    var isCustom: Bool { custom != nil }
    /// Whether a writer may leave out which version it has seen.
    var allowsUnconditionalUpdate: Bool { traits.allowsUnconditionalUpdate && !isCustom }

    var isService: Bool { kind == "Service" && group.isEmpty }

    /// Writes to the status of these change their metadata too.
    var statusCarriesMetadata: Bool { group.isEmpty && ["Namespace", "Node", "Service"].contains(kind) }

    var custom: CustomVersion? {
        if case .custom(let version) = origin { version } else { nil }
    }

    var shape: StructShape? {
        if case .builtIn(let shape) = origin { shape } else { nil }
    }
}
