import KubernetesModel

/// The fields that transformers work on: the defaults, and what `configurations` add.
struct TransformerSettings {
    var prefixes = DefaultFieldSpecs.names
    var suffixes = DefaultFieldSpecs.names
    var namespaces = DefaultFieldSpecs.namespaces
    var commonLabels = DefaultFieldSpecs.commonLabels
    /// Fields that `labels` set besides their own.
    var labels: [FieldSpec] = []
    var templateLabels = DefaultFieldSpecs.metadataLabels
    var volumeClaimLabels = DefaultFieldSpecs.volumeClaimLabels
    var commonAnnotations = DefaultFieldSpecs.commonAnnotations
    var images = DefaultFieldSpecs.images
    var replicas = DefaultFieldSpecs.replicas
    var variables = DefaultFieldSpecs.variables
    var nameReferences = DefaultFieldSpecs.nameReferences

    /// Adds what a configuration file says.
    mutating func add(_ fields: Fields) throws(OverlayFailure) {
        func join(_ specs: inout [FieldSpec], _ name: String) throws(OverlayFailure) {
            specs = try FieldSpec.joined(specs, try fields.fieldSpecs(name))
        }
        try join(&prefixes, "namePrefix")
        try join(&suffixes, "nameSuffix")
        try join(&namespaces, "namespace")
        try join(&commonLabels, "commonLabels")
        try join(&labels, "labels")
        try join(&templateLabels, "templateLabels")
        try join(&commonAnnotations, "commonAnnotations")
        try join(&images, "images")
        try join(&replicas, "replicas")
        try join(&variables, "varReference")
        for reference in try fields.items("nameReference") {
            try add(NameReference(try reference.kindPattern(), try reference.fieldSpecs("fieldSpecs")))
        }
    }

    /// Adds the settings of a base.
    mutating func add(_ other: TransformerSettings) throws(OverlayFailure) {
        prefixes = try FieldSpec.joined(prefixes, other.prefixes)
        suffixes = try FieldSpec.joined(suffixes, other.suffixes)
        namespaces = try FieldSpec.joined(namespaces, other.namespaces)
        commonLabels = try FieldSpec.joined(commonLabels, other.commonLabels)
        labels = try FieldSpec.joined(labels, other.labels)
        templateLabels = try FieldSpec.joined(templateLabels, other.templateLabels)
        commonAnnotations = try FieldSpec.joined(commonAnnotations, other.commonAnnotations)
        images = try FieldSpec.joined(images, other.images)
        replicas = try FieldSpec.joined(replicas, other.replicas)
        variables = try FieldSpec.joined(variables, other.variables)
        for reference in other.nameReferences { try add(reference) }
    }

    private mutating func add(_ reference: NameReference) throws(OverlayFailure) {
        if let index = nameReferences.firstIndex(where: { $0.target == reference.target }) {
            nameReferences[index].fields = try FieldSpec.joined(nameReferences[index].fields, reference.fields)
        } else {
            nameReferences.append(reference)
        }
    }
}
