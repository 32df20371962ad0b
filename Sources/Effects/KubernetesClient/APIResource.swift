package import KubernetesModel

/// One kind as a server serves it: how it is reached and what can be done with it.
package struct APIResource: Hashable, Sendable {
    package var groupVersionKind: GroupVersionKind
    /// The lower-case plural in URLs.
    package var name: String
    package var isNamespaced: Bool
    package var verbs: Set<String>
    /// `status`, `scale` and the like.
    package var subresources: Set<String>

    package init(
        groupVersionKind: GroupVersionKind,
        name: String,
        isNamespaced: Bool,
        verbs: Set<String> = [],
        subresources: Set<String> = []
    ) {
        self.groupVersionKind = groupVersionKind
        self.name = name
        self.isNamespaced = isNamespaced
        self.verbs = verbs
        self.subresources = subresources
    }

    /// The URL path of the collection, or of one object when a name is given.
    package func path(namespace: String = "", name object: String? = nil, subresource: String? = nil) -> String {
        var path =
            groupVersionKind.group.isEmpty
            ? "/api/\(groupVersionKind.version)"
            : "/apis/\(groupVersionKind.group)/\(groupVersionKind.version)"
        if isNamespaced, !namespace.isEmpty { path += "/namespaces/\(percentEncoded(namespace))" }
        path += "/\(name)"
        if let object { path += "/\(percentEncoded(object))" }
        if let subresource { path += "/\(subresource)" }
        return path
    }
}

/// Escapes everything that may not stand in one part of a URL's path or query.
func percentEncoded(_ text: String) -> String {
    var result: [UInt8] = []
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            result.append(byte)
        default:
            result.append(UInt8(ascii: "%"))
            result.append(digits[Int(byte >> 4)])
            result.append(digits[Int(byte & 15)])
        }
    }
    return String(decoding: result, as: UTF8.self)
}
