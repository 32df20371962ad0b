package import SourceFiles

/// Files that were read before, by path and content. Bounded: what was used longest ago goes first.
package struct SourceCache: Sendable {
    private struct Key: Hashable, Sendable {
        var path: String
        var contentID: String
    }

    private struct Slot: Sendable {
        var file: SourceFile
        var lastUse: Int
    }

    private var slots: [Key: Slot] = [:]
    private var clock = 0
    private let capacity: Int
    /// How many files were read since the cache was made; for tests and benchmarks.
    package private(set) var misses = 0

    package init(capacity: Int = 60_000) { self.capacity = capacity }

    /// The file's documents.
    package mutating func read(_ file: SourceTree.File) -> SourceFile {
        let key = Key(path: file.path, contentID: file.contentID)
        clock += 1
        if let index = slots.index(forKey: key) {
            slots.values[index].lastUse = clock
            return slots.values[index].file
        }
        misses += 1
        let read = readSourceFile(file)
        slots[key] = Slot(file: read, lastUse: clock)
        if slots.count > capacity { evict() }
        return read
    }

    private mutating func evict() {
        let uses = slots.values.map(\.lastUse).sorted()
        let bound = uses[uses.count / 2]
        slots = slots.filter { $0.value.lastUse > bound }
    }
}
