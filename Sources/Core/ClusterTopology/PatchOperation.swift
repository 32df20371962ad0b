import StructuredValue

/// Why an operation cannot be carried out.
struct PatchOperationFailure: Error {
    var message: String
}

extension TopologyPatch.Operation {
    init(_ kind: Kind, _ path: String, _ source: TopologyPatch.Source) {
        self.kind = kind
        self.path = path
        self.source = source
        pointer = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { part in
            part.contains("~") ? String(part.replacing("~1", with: "/").replacing("~0", with: "~")) : String(part)
        }
    }

    /// Carries out one operation on a document.
    func apply(_ newValue: Value, to document: inout Value) throws(PatchOperationFailure) {
        try step(pointer[...], newValue, &document)
    }

    private func missingPath() -> PatchOperationFailure {
        let shown = kind == .replace ? path : "\"\(path)\""
        return PatchOperationFailure(
            message: "\(kind.rawValue) operation does not apply: doc is missing path: \(shown): missing value"
        )
    }

    private func missingKey(_ key: String) -> PatchOperationFailure {
        PatchOperationFailure(
            message: kind == .replace
                ? "replace operation does not apply: doc is missing key: \(path): missing value"
                : "error in remove for path: '\(path)': Unable to remove nonexistent key: \(key): missing value"
        )
    }

    private func badIndex(_ key: String) -> PatchOperationFailure {
        PatchOperationFailure(
            message:
                "error in \(kind.rawValue) for path: '\(path)': Unable to access invalid index: \(key): invalid index referenced"
        )
    }

    private func step(_ rest: ArraySlice<String>, _ newValue: Value, _ value: inout Value) throws(PatchOperationFailure)
    {
        guard let key = rest.first else { throw missingPath() }
        switch value {
        case .object(var object):
            value = .null
            defer { value = .object(object) }
            if rest.count > 1 {
                guard let index = object.index(of: key) else { throw missingPath() }
                var child = object.pairs[index].value
                object[key] = .null
                defer { object[key] = child }
                try step(rest.dropFirst(), newValue, &child)
                return
            }
            switch kind {
            case .add: object[key] = newValue
            case .replace:
                guard object.contains(key) else { throw missingKey(key) }
                object[key] = newValue
            case .remove: guard object.removeValue(forKey: key) != nil else { throw missingKey(key) }
            }
        case .array(var list):
            value = .null
            defer { value = .array(list) }
            if kind == .add, rest.count == 1 {
                if key == "-" {
                    list.append(newValue)
                } else {
                    guard let index = Int(key), index >= 0, index <= list.count else { throw badIndex(key) }
                    list.insert(newValue, at: index)
                }
                return
            }
            guard let index = Int(key), list.indices.contains(index) else {
                throw rest.count > 1 ? missingPath() : badIndex(key)
            }
            if rest.count > 1 {
                var child = list[index]
                list[index] = .null
                defer { list[index] = child }
                try step(rest.dropFirst(), newValue, &child)
            } else if kind == .replace {
                list[index] = newValue
            } else {
                list.remove(at: index)
            }
        default: throw missingPath()
        }
    }
}
