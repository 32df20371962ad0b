import BlockingWork
package import CatalogModel
import FoundationEssentials

/// Downloads kept on disk by their digest, and indexes by their address, so that nothing is fetched twice.
///
/// Files are written beside their place and moved into it, so that a crash leaves no half file behind. What is read
/// is checked against its digest.
package actor ContentCache {
    private let folder: URL
    private let limit: Int
    private let executor: BlockingExecutor

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// A cache in a folder of its own, which is made when missing. Beyond `limit` bytes the oldest content goes.
    package init(folder: String, limit: Int = 2 << 30) {
        self.folder = URL(filePath: folder)
        self.limit = limit
        executor = BlockingExecutor(label: "martlet.catalog-cache")
    }

    /// An index as it was last fetched, and what the server called that state.
    struct KeptIndex: Sendable {
        var entityTag: String
        var lastModified: String
        var bytes: [UInt8]
    }

    /// The content of this digest; nil when it is not there or no longer intact.
    package func content(_ digest: ContentDigest) -> [UInt8]? {
        let place = blob(digest)
        guard let bytes = Self.read(place) else { return nil }
        if ContentDigest(of: bytes) == digest { return bytes }
        try? FileManager.default.removeItem(at: place)  // It will be fetched again.
        return nil
    }

    /// Keeps content under its own digest.
    @discardableResult
    package func keep(_ bytes: [UInt8]) throws(CatalogFailure) -> ContentDigest {
        let digest = ContentDigest(of: bytes)
        try write(bytes, to: blob(digest))
        trim()
        return digest
    }

    func index(of url: String) -> KeptIndex? {
        let place = indexPlace(url)
        guard let bytes = Self.read(place), let notes = Self.read(place.appending(path: ".state", directory: false))
        else {
            return nil
        }
        let lines = String(decoding: notes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 3, lines[2] == ContentDigest(of: bytes).digits else { return nil }
        return KeptIndex(entityTag: String(lines[0]), lastModified: String(lines[1]), bytes: bytes)
    }

    func keep(_ index: KeptIndex, of url: String) throws(CatalogFailure) {
        let place = indexPlace(url)
        let notes = "\(index.entityTag)\n\(index.lastModified)\n\(ContentDigest(of: index.bytes).digits)\n"
        try write(index.bytes, to: place)
        try write(Array(notes.utf8), to: place.appending(path: ".state", directory: false))
    }

    // MARK: Files

    private func blob(_ digest: ContentDigest) -> URL {
        folder.appending(path: "blobs/sha256/\(digest.digits.prefix(2))/\(digest.digits)")
    }

    private func indexPlace(_ url: String) -> URL {
        folder.appending(path: "indexes/\(ContentDigest(of: url.utf8).digits)")
    }

    private static func read(_ place: URL) -> [UInt8]? {
        guard let data = try? Data(contentsOf: place) else { return nil }  // Not there is an answer.
        return [UInt8](data)
    }

    private func write(_ bytes: [UInt8], to place: URL) throws(CatalogFailure) {
        do {
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(bytes).write(to: place, options: .atomic)
        } catch {
            throw CatalogFailure(.disk, operation: "keep a download", message: "\(place.path()) cannot be written")
        }
    }

    /// Removes the content that was written longest ago until the rest fits.
    private func trim() {
        let root = folder.appending(path: "blobs/sha256").path()
        var files: [(path: String, size: Int, written: Date)] = []
        var total = 0
        for name in (try? FileManager.default.subpathsOfDirectory(atPath: root)) ?? [] {
            let path = root + "/" + name
            guard let facts = try? FileManager.default.attributesOfItem(atPath: path),
                facts[.type] as? FileAttributeType == .typeRegular, let size = facts[.size] as? Int
            else { continue }
            files.append((path, size, facts[.modificationDate] as? Date ?? .distantPast))
            total += size
        }
        if total <= limit { return }
        for file in files.sorted(by: { $0.written < $1.written }) where total > limit {
            try? FileManager.default.removeItem(atPath: file.path)  // Another pass will try again.
            total -= file.size
        }
    }
}

extension URL {
    /// A file beside this one, named like it with an ending.
    fileprivate func appending(path ending: String, directory: Bool) -> URL {
        deletingLastPathComponent().appending(path: lastPathComponent + ending)
    }
}
