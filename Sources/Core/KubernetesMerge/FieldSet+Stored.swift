package import StructuredValue

extension FieldSet {
    /// The form that `fieldsV1` has: an object of objects, `.` for an element that is a member and has members below.
    package var storedValue: Value {
        var object = Object()
        object.reserveCapacity(nodes.count)
        for node in nodes {
            var below = node.children.storedValue
            if node.isMember, case .object(let members) = below, !members.isEmpty {
                below = .object(Object([Object.Pair(key: ".", value: .object(Object()))] + members.pairs))
            }
            object.append(node.element.storedText, below)
        }
        return .object(object)
    }

    /// Reads `fieldsV1`; elements of unknown kinds are skipped.
    package init(storedValue value: Value) throws(FieldSetFailure) {
        guard case .object(let object) = value else {
            throw FieldSetFailure(message: "managed fields are a \(value.typeName), not an object")
        }
        self.init(unsorted: try Self.readNodes(object).nodes)
    }

    private static func readNodes(_ object: Object) throws(FieldSetFailure) -> (nodes: [Node], hasSelf: Bool) {
        var nodes: [Node] = []
        nodes.reserveCapacity(object.count)
        var hasSelf = false
        for pair in object {
            if pair.key == "." {
                hasSelf = true
                continue
            }
            guard let element = try PathElement(storedText: pair.key) else { continue }
            guard case .object(let below) = pair.value else {
                throw FieldSetFailure(message: "\(pair.key) holds a \(pair.value.typeName), not an object")
            }
            if below.isEmpty {
                nodes.append(Node(element, isMember: true))
            } else {
                let (children, isMember) = try readNodes(below)
                nodes.append(Node(element, isMember: isMember, children: FieldSet(unsorted: children)))
            }
        }
        return (nodes, hasSelf)
    }
}
