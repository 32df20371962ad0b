package import StructuredValue

/// What a runtime extension is asked for an external patch: the hook `GeneratePatches` of Cluster API.
///
/// An expansion that needs an answer is rejected with the request in hand; who can ask does so and expands again.
package struct ExtensionRequest: Hashable, Sendable {
    /// Of the Cluster: `namespace/name`.
    package var cluster: String
    package var patch: String
    package var extensionName: String
    package var body: Value

    /// The answers of one expansion are told apart by this.
    package var key: String { "\(cluster)/\(patch)" }

    /// Where the hook stands below an extension's address.
    package var path: String {
        // `handler.config`: the second part names how Cluster API finds the extension.
        let handler = extensionName.prefix { $0 != "." }
        return "/hooks.runtime.cluster.x-k8s.io/v1alpha1/generatepatches/\(handler)"
    }
}

/// What an extension answered.
package struct ExtensionAnswer: Hashable, Sendable {
    package struct Failure: Error {
        package var message: String
    }

    struct Item: Hashable, Sendable {
        var uid: String
        var isMergePatch: Bool
        var patch: Value
    }

    let items: [Item]

    /// Reads a `GeneratePatchesResponse`.
    package init(_ response: Value) throws(Failure) {
        guard response["status"]?.string == "Success" else {
            let message = response.givenText("message")?.string ?? "it gave no reason"
            throw Failure(message: "the extension refused: \(message)")
        }
        var items: [Item] = []
        for item in response.list("items") {
            let uid = item.text("uid")
            let type = item.text("patchType")
            guard type == "JSONPatch" || type == "JSONMergePatch" else {
                throw Failure(message: "the patch type “\(type)” is not known")
            }
            guard let bytes = Base64.decode(item.text("patch")),
                let patch = try? JSON.parse(String(decoding: bytes, as: UTF8.self))
            else { throw Failure(message: "the patch of item “\(uid)” cannot be read") }
            items.append(Item(uid: uid, isMergePatch: type == "JSONMergePatch", patch: patch))
        }
        self.items = items
    }
}

extension Value {
    /// A JSON merge patch (RFC 7386): members replace, null removes, objects are merged.
    func merged(with patch: Value) -> Value {
        guard case .object(let changes) = patch else { return patch }
        var result = self.object ?? Object()
        for pair in changes.pairs {
            if pair.value.isNull {
                result.removeValue(forKey: pair.key)
            } else {
                result[pair.key] = (result[pair.key] ?? .null).merged(with: pair.value)
            }
        }
        return .object(result)
    }
}
