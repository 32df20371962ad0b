/// A map key with its hash, so that a look-up with a name known at compile time hashes nothing.
package struct GoKey: Sendable, Hashable {
    package let text: String
    @usableFromInline let hash: UInt32

    @inlinable
    package init(_ text: String) {
        self.text = text
        hash = GoKey.hash(of: text)
    }

    @inlinable
    init(_ text: String, hash: UInt32) {
        self.text = text
        self.hash = hash
    }

    /// A quick hash of the UTF-8 bytes. Keys chosen to collide find `GoMap` turning to a dictionary.
    @inlinable
    static func hash(of text: String) -> UInt32 {
        var text = text
        return text.withUTF8 { hash(of: UnsafeRawBufferPointer($0)) }
    }

    @usableFromInline
    static func hash(of bytes: UnsafeRawBufferPointer) -> UInt32 {
        var state = UInt64(truncatingIfNeeded: bytes.count) &* 0x9E37_79B9_7F4A_7C15
        var index = 0
        while index + 8 <= bytes.count {
            state = (state ^ bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) &* 0xD6E8_FEB8_6659_FD93
            state ^= state >> 32
            index += 8
        }
        var tail: UInt64 = 0
        while index < bytes.count {
            tail = tail << 8 | UInt64(bytes[index])
            index += 1
        }
        state = (state ^ tail) &* 0xD6E8_FEB8_6659_FD93
        return UInt32(truncatingIfNeeded: state ^ (state >> 32))
    }
}

/// A map type that has a name and methods of its own in Go, such as Helm's `Values`.
package protocol GoNamedMap: AnyObject, Sendable {
    /// The type as `%T` prints it.
    var typeName: String { get }
    /// The method of this name; nil when there is none. Methods come before entries. The function gets the map as its
    /// first argument, before those that it declares.
    func method(_ name: String) -> GoFunction?
}

/// A Go map with string keys, shared by reference: whoever holds it sees every change.
///
/// Entries lie in one array. Small maps are searched front to back by hash, larger ones through an index. Going through
/// a map in key order sorts the entries in place, once.
package final class GoMap {
    package struct Entry {
        package let key: String
        @usableFromInline let hash: UInt32
        package var value: GoValue

        @inlinable
        init(key: String, hash: UInt32, value: GoValue) {
            self.key = key
            self.hash = hash
            self.value = value
        }
    }

    /// The entries; in key order after `sortKeys()`, else in the order they were added.
    @exclusivity(unchecked) package private(set) var entries: [Entry]
    /// What the values are declared as; `any` for `map[string]interface {}`.
    package let element: GoElement
    /// The named type that it is of, if any.
    @exclusivity(unchecked) package var named: (any GoNamedMap)?
    /// Positions of entries by hash, 0 for free, else position + 1; empty while the map is small.
    @exclusivity(unchecked) private var slots: [Int32] = []
    @exclusivity(unchecked) private var isSorted = true
    /// Positions by key, only when somebody chose keys whose quick hashes collide.
    private var dictionary: [String: Int]?
    private static let longestProbe = 100

    package init(minimumCapacity: Int = 0, element: GoElement = .any) {
        entries = []
        if minimumCapacity > 0 { entries.reserveCapacity(minimumCapacity) }
        self.element = element
    }

    /// Frees the maps below one after the other: a long chain that freed itself link by link would use up the machine's
    /// stack.
    deinit {
        var open: [GoMap] = []
        Self.collectMaps(entries, &open)
        if open.isEmpty { return }
        entries = []
        while var map = open.popLast() {
            if isKnownUniquelyReferenced(&map) {
                Self.collectMaps(map.entries, &open)
                map.entries = []
            }
        }
    }

    private static func collectMaps(_ entries: [Entry], _ maps: inout [GoMap]) {
        for index in entries.indices {
            switch entries[index].value {
            case .map(let map): maps.append(map)
            case .list(let list): collectMaps(list, &maps)
            default: continue
            }
        }
    }

    private static func collectMaps(_ list: GoList, _ maps: inout [GoMap]) {
        for index in list.items.indices {
            switch list.items[index] {
            case .map(let map): maps.append(map)
            case .list(let inner): collectMaps(inner, &maps)
            default: continue
            }
        }
    }

    package convenience init(_ pairs: [(String, GoValue)]) {
        self.init(minimumCapacity: pairs.count)
        for (key, value) in pairs { self[key] = value }
    }

    package var count: Int { entries.count }

    /// The entry of this name; nil when there is none. Setting nil removes it.
    package subscript(_ key: String) -> GoValue? {
        get { self[GoKey(key)] }
        set { self[GoKey(key)] = newValue }
    }

    package subscript(_ key: GoKey) -> GoValue? {
        get {
            guard let position = position(of: key) else { return nil }
            return entries[position].value
        }
        set {
            guard let newValue else {
                remove(key)
                return
            }
            if let position = position(of: key) {
                entries[position].value = newValue
            } else {
                append(key, newValue)
            }
        }
    }

    package func contains(_ key: String) -> Bool { position(of: GoKey(key)) != nil }

    /// Adds an entry whose key the caller knows to be new.
    package func append(_ key: GoKey, _ value: GoValue) {
        if isSorted, let last = entries.last, !(last.key < key.text) { isSorted = false }
        entries.append(Entry(key: key.text, hash: key.hash, value: value))
        if entries.count > Self.linearLimit { noteAppended() }
    }

    package func remove(_ key: GoKey) {
        guard let position = position(of: key) else { return }
        entries.remove(at: position)
        slots = []
        dictionary = nil
        if entries.count > Self.linearLimit { rebuildSlots() }
    }

    package func removeAll() {
        entries = []
        slots = []
        dictionary = nil
        isSorted = true
    }

    /// Removes the entries that hold other values.
    func dropContainers() {
        entries.removeAll { entry in
            switch entry.value {
            case .map, .list: true
            default: false
            }
        }
        slots = []
        dictionary = nil
        if entries.count > Self.linearLimit { rebuildSlots() }
    }

    /// Brings the entries into the order of their keys' bytes.
    package func sortKeys() {
        if isSorted { return }
        entries.sort { $0.key < $1.key }
        isSorted = true
        if entries.count > Self.linearLimit { rebuildSlots() }
    }

    /// The keys in order.
    package var sortedKeys: [String] {
        sortKeys()
        return entries.map(\.key)
    }

    private static let linearLimit = 12

    func position(of key: GoKey) -> Int? {
        if let dictionary { return dictionary[key.text] }
        if slots.isEmpty {
            return entries.withUnsafeBufferPointer { entries in
                for index in entries.indices where entries[index].hash == key.hash && entries[index].key == key.text {
                    return index
                }
                return nil
            }
        }
        let mask = slots.count - 1
        var slot = Int(key.hash) & mask
        while slots[slot] != 0 {
            let position = Int(slots[slot]) - 1
            if entries[position].hash == key.hash, entries[position].key == key.text { return position }
            slot = (slot + 1) & mask
        }
        return nil
    }

    private func noteAppended() {
        if dictionary != nil {
            dictionary?[entries[entries.count - 1].key] = entries.count - 1
            return
        }
        if slots.isEmpty || entries.count * 2 > slots.count { return rebuildSlots() }
        insertSlot(entries.count - 1)
    }

    private func rebuildSlots() {
        dictionary = nil
        var size = 32
        while size < entries.count * 3 { size *= 2 }
        slots = Array(repeating: 0, count: size)
        for position in entries.indices { insertSlot(position) }
    }

    private func insertSlot(_ position: Int) {
        let mask = slots.count - 1
        var slot = Int(entries[position].hash) & mask
        var probes = 0
        while slots[slot] != 0 {
            slot = (slot + 1) & mask
            probes += 1
            if probes > Self.longestProbe {
                if dictionary == nil {
                    dictionary = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.key, $0) })
                }
                return
            }
        }
        slots[slot] = Int32(position + 1)
    }
}
