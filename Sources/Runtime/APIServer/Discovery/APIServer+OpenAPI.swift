import HTTPServer
import KubernetesModel
import StructuredValue
import Synchronization

extension APIServer {
    /// `/openapi/v3`, its documents per group version, and a small `/openapi/v2`.
    func openAPI(_ path: [String], _ request: APIRequest) throws(APIFailure) -> APIResponse {
        if path == ["openapi", "v2"] {
            let wanted = MediaType.list(request.headers["accept"] ?? "").first?.type ?? ""
            if wanted.hasPrefix("application/com.github.proto-openapi.spec.v2") {
                // kubectl reads this form alone, and only for kinds that version 3 does not know: it finds nothing here,
                // and goes on to say what is wrong. A message without fields is no bytes.
                return APIResponse(status: 200, contentType: wanted, body: .bytes([]))
            }
            let bytes = document("v2") { catalog in
                OpenAPIDocument.swagger(catalog, version: settings.gitVersion)
            }
            return APIResponse(status: 200, contentType: "application/json", body: .bytes(bytes ?? []))
        }
        guard path.count >= 2, path[1] == "v3" else { throw .unknownPath }
        let catalog = catalog
        if path.count == 2 {
            var paths = Object()
            for group in catalog.groups {
                for version in group.versions {
                    let place = group.name.isEmpty ? "api/\(version.name)" : "apis/\(group.name)/\(version.name)"
                    let bytes = try versionDocument(group.name, version.name)
                    paths.append(
                        place,
                        ["serverRelativeURL": .string("/openapi/v3/\(place)?hash=\(Fingerprint.text(of: bytes))")]
                    )
                }
            }
            // As text, like the real index.
            return APIResponse(
                status: 200,
                contentType: "text/plain; charset=utf-8",
                body: .bytes(JSON.bytes(["paths": .object(paths)]))
            )
        }
        let place = Array(path.dropFirst(2))
        let group: String
        let version: String
        switch (place.first, place.count) {
        case ("api", 2): (group, version) = ("", place[1])
        case ("apis", 3): (group, version) = (place[1], place[2])
        default: throw .emptyNotFound
        }
        return APIResponse(
            status: 200,
            contentType: "application/json",
            body: .bytes(try versionDocument(group, version))
        )
    }

    private func versionDocument(_ group: String, _ version: String) throws(APIFailure) -> [UInt8] {
        let bytes = document("v3/\(group)/\(version)") { catalog in
            catalog.group(group)?.versions.first { $0.name == version }.map {
                OpenAPIDocument(
                    group: group,
                    version: version,
                    resources: $0.resources,
                    gitVersion: settings.gitVersion
                ).value
            }
        }
        guard let bytes else { throw .emptyNotFound }
        return bytes
    }

    /// A document, made once for each state of the catalog.
    private func document(_ name: String, _ make: (ResourceCatalog) -> Value?) -> [UInt8]? {
        let (known, catalog) = catalogs.withLock { ($0.documents[name], $0.catalog) }
        if let known { return known }
        guard let bytes = make(catalog).map({ JSON.bytes($0) }) else { return nil }
        catalogs.withLock { $0.documents[name] = bytes }
        return bytes
    }
}

extension APIFailure {
    /// Not found, without a word.
    static let emptyNotFound: APIFailure = {
        var failure = APIFailure(code: 404, reason: "", message: "")
        failure.isPlainText = true
        return failure
    }()
}

/// A short mark of a text's content.
enum Fingerprint {
    static func text(of bytes: [UInt8]) -> String {
        // FNV-1a: only equality matters here.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return String(hash, radix: 16, uppercase: true)
    }
}
