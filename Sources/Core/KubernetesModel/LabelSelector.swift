package import StructuredValue

/// Which labels an object must have: `matchLabels` and `matchExpressions`, or the text form of `kubectl -l`.
///
/// An empty selector matches everything.
package struct LabelSelector: Hashable, Sendable {
    package enum Requirement: Hashable, Sendable {
        case isOneOf(String, [String])
        case isNoneOf(String, [String])
        case exists(String)
        case doesNotExist(String)
        case isGreater(String, than: Int)
        case isLess(String, than: Int)
    }

    package var requirements: [Requirement]

    package init(_ requirements: [Requirement] = []) { self.requirements = requirements }

    package init(matchLabels: [String: String]) {
        requirements = matchLabels.sorted { $0.key < $1.key }.map { .isOneOf($0.key, [$0.value]) }
    }

    /// From the API's object form; throws a sentence when it is not one.
    package init(_ value: Value) throws(InvalidSelector) {
        var requirements: [Requirement] = []
        for pair in value["matchLabels"]?.object ?? Object() {
            guard let text = pair.value.string else {
                throw InvalidSelector("matchLabels.\(pair.key) must be a string")
            }
            requirements.append(.isOneOf(pair.key, [text]))
        }
        for expression in value["matchExpressions"]?.array ?? [] {
            guard let key = expression["key"]?.string, let name = expression["operator"]?.string else {
                throw InvalidSelector("a match expression needs key and operator")
            }
            let values = expression["values"]?.array?.compactMap(\.string) ?? []
            switch name {
            case "In":
                if values.isEmpty { throw InvalidSelector("operator In needs values") }
                requirements.append(.isOneOf(key, values))
            case "NotIn":
                if values.isEmpty { throw InvalidSelector("operator NotIn needs values") }
                requirements.append(.isNoneOf(key, values))
            case "Exists": requirements.append(.exists(key))
            case "DoesNotExist": requirements.append(.doesNotExist(key))
            default: throw InvalidSelector("“\(name)” is not a label selector operator")
            }
        }
        self.requirements = requirements
    }

    package var isEmpty: Bool { requirements.isEmpty }

    package func matches(_ labels: [String: String]) -> Bool { matches { labels[$0] } }

    /// Matches the labels of an object without copying them.
    package func matches(_ manifest: Manifest) -> Bool {
        let labels = manifest.value["metadata"]?["labels"]
        return matches { labels?[$0]?.string }
    }

    private func matches(_ label: (String) -> String?) -> Bool {
        for requirement in requirements {
            switch requirement {
            case .isOneOf(let key, let values):
                guard let text = label(key), values.contains(text) else { return false }
            case .isNoneOf(let key, let values):
                if let text = label(key), values.contains(text) { return false }
            case .exists(let key):
                if label(key) == nil { return false }
            case .doesNotExist(let key):
                if label(key) != nil { return false }
            case .isGreater(let key, let bound):
                guard let text = label(key), let number = Int(text), number > bound else { return false }
            case .isLess(let key, let bound):
                guard let text = label(key), let number = Int(text), number < bound else { return false }
            }
        }
        return true
    }
}

/// Why a text or value is not a selector.
package struct InvalidSelector: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}
