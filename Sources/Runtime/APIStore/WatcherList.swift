/// The running watches of a store, by resource.
struct WatcherList {
    private var byResource: [String: [Int: StoreWatch]] = [:]
    private var lastNumber = 0

    /// The number under which the next watch will be registered.
    mutating func reserve() -> Int {
        lastNumber += 1
        return lastNumber
    }

    mutating func add(_ watch: StoreWatch, number: Int) {
        byResource[watch.scope.resource, default: [:]][number] = watch
    }

    mutating func remove(_ number: Int, resource: String) {
        byResource[resource]?[number] = nil
        if byResource[resource]?.isEmpty == true { byResource[resource] = nil }
    }

    func send(_ event: StoreEvent) {
        guard let watches = byResource[event.key.resource] else { return }
        for watch in watches.values { watch.send(event) }
    }
}
