/// Which object in a store: its resource (`configmaps`, `widgets.example.com`), namespace and name.
package struct StoreKey: Hashable, Sendable, Comparable {
    package var resource: String
    /// Empty for objects without a namespace.
    package var namespace: String
    package var name: String

    package init(resource: String, namespace: String = "", name: String) {
        self.resource = resource
        self.namespace = namespace
        self.name = name
    }

    package static func < (left: StoreKey, right: StoreKey) -> Bool {
        (left.resource, left.namespace, left.name) < (right.resource, right.namespace, right.name)
    }
}
