/// A repository in an OCI registry, such as `oci://registry.example:5000/charts/cilium`.
package struct OCIReference: Sendable, Hashable, CustomStringConvertible {
    /// Host and port.
    package var host: String
    package var repository: String

    package init(host: String, repository: String) {
        self.host = host
        self.repository = repository
    }

    /// Reads an `oci://` address; nil when it is none. A tag or digest at its end is no part of it.
    package init?(_ address: String) {
        guard address.hasPrefix("oci://") else { return nil }
        let rest = address.dropFirst("oci://".count)
        guard let slash = rest.firstIndex(of: "/") else {
            if rest.isEmpty { return nil }
            self.init(host: String(rest), repository: "")
            return
        }
        var path = String(rest[rest.index(after: slash)...])
        while path.hasSuffix("/") { path.removeLast() }
        let isValid = path.utf8.allSatisfy { byte in
            (byte >= 0x61 && byte <= 0x7A) || (byte >= 0x30 && byte <= 0x39) || "/._-".utf8.contains(byte)
        }
        if !isValid || path.contains("..") || rest[..<slash].isEmpty { return nil }
        self.init(host: String(rest[..<slash]), repository: path)
    }

    /// The repository of one chart below this one.
    package func appending(_ chart: String) -> OCIReference {
        OCIReference(host: host, repository: repository.isEmpty ? chart : "\(repository)/\(chart)")
    }

    package var description: String { "oci://\(host)/\(repository)" }

    /// Tags cannot hold a plus sign: Helm writes an underscore for it.
    package static func tag(for version: String) -> String { String(version.map { $0 == "+" ? "_" : $0 }) }
    package static func version(of tag: String) -> String { String(tag.map { $0 == "_" ? "+" : $0 }) }
}
