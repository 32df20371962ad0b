import Foundation
import GRDB
import StructuredValue
import Synchronization

/// A store in one SQLite file. Objects are kept in memory as well, so reads never touch the disk; every write is in the
/// write-ahead log before it is acknowledged, so it survives the death of the process (with `synchronous=NORMAL` the
/// newest writes may be lost when the machine loses power).
package final class SQLiteStore: ObjectStore {
    private let database: DatabaseQueue
    private let state: Mutex<MemoryStore.State>
    private let queueLimit: Int

    /// Opens or makes the file; reads all objects.
    package init(path: String, historyLimit: Int = 256, queueLimit: Int = 4_096) throws(StoreFailure) {
        self.queueLimit = queueLimit
        var index = VersionedIndex(historyLimit: historyLimit)
        do {
            var configuration = Configuration()
            configuration.journalMode = .wal
            configuration.prepareDatabase { database in
                // Everything is read from memory, so the page cache only has to serve writes; its default of 2 MB a
                // store is a lot for a thousand of them.
                try database.execute(sql: "PRAGMA synchronous=NORMAL; PRAGMA cache_size=-128")
            }
            let database = try DatabaseQueue(path: path, configuration: configuration)
            self.database = database
            let (objects, revision) = try database.write { try Self.load($0) }
            index.load(objects, revision: revision)
        } catch {
            throw StoreFailure(.storage, operation: "open \(path)", message: "\(error)")
        }
        state = Mutex(MemoryStore.State(index: index))
    }

    private static func load(_ database: Database) throws -> ([StoredObject], Int) {
        try database.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS objects (
                    resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
                    revision INTEGER NOT NULL, value BLOB NOT NULL,
                    PRIMARY KEY (resource, namespace, name)
                ) WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY CHECK (id = 0), revision INTEGER NOT NULL);
                INSERT OR IGNORE INTO counter VALUES (0, 0);
                """
        )
        let revision = try Int.fetchOne(database, sql: "SELECT revision FROM counter") ?? 0
        var objects: [StoredObject] = []
        let rows = try Row.fetchCursor(database, sql: "SELECT resource, namespace, name, revision, value FROM objects")
        while let row = try rows.next() {
            let key = StoreKey(resource: row[0], namespace: row[1], name: row[2])
            let bytes = try row.withUnsafeData(atIndex: 4) { data in data.map { Array($0) } ?? [] }
            objects.append(StoredObject(key: key, revision: row[3], value: try JSON.parse(bytes), encoded: bytes))
        }
        return (objects, revision)
    }

    package var revision: Int { state.withLock { $0.index.revision } }
    package func object(_ key: StoreKey) -> StoredObject? { state.withLock { $0.index.object(key) } }
    package func count(of resource: String) -> Int { state.withLock { $0.index.count(of: resource) } }
    package func beginHistory(of resource: String) { state.withLock { $0.index.beginHistory(of: resource) } }
    package func compact(through revision: Int) { state.withLock { $0.index.compact(through: revision) } }
    package func rest(through revision: Int) -> Int {
        let resting = state.withLock { $0.index.takeResting(through: revision) }
        // What the database keeps of its pages serves nobody until the next write.
        if !resting.isEmpty { database.releaseMemory() }
        // Packed one by one, so that nobody waits for all of it.
        return resting.count { $0.rest() }
    }

    package func list(_ query: StoreQuery) throws(StoreFailure) -> StoreList {
        try state.withLock { (state) throws(StoreFailure) in try state.index.list(query) }
    }

    @discardableResult
    package func commit(_ change: StoreChange) throws(StoreFailure) -> StoredObject {
        try state.withLock { (state) throws(StoreFailure) in
            let event = try state.index.prepare(change)
            do {
                try database.writeWithoutTransaction { try Self.write(event, to: $0) }
            } catch {
                throw StoreFailure(.storage, operation: "write \(event.key.name)", message: "\(error)")
            }
            state.index.apply(event)
            state.watchers.send(event)
            return event.object
        }
    }

    /// The counter is written with deletions only: a row tells its revision itself.
    private static func write(_ event: StoreEvent, to database: Database) throws {
        let key = event.key
        switch event.kind {
        case .created, .updated:
            try database.cachedStatement(
                sql:
                    "INSERT OR REPLACE INTO objects (resource, namespace, name, revision, value) VALUES (?, ?, ?, ?, ?)"
            ).execute(
                arguments: [
                    key.resource, key.namespace, key.name, event.revision, StoredBytes(bytes: event.object.bytes),
                ]
            )
        case .deleted:
            try database.inTransaction(.immediate) {
                try database.cachedStatement(
                    sql: "DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?"
                )
                .execute(arguments: [key.resource, key.namespace, key.name])
                try database.cachedStatement(sql: "UPDATE counter SET revision = ?").execute(arguments: [event.revision]
                )
                return .commit
            }
        }
    }

    package func watch(_ scope: StoreScope, after revision: Int?) throws(StoreFailure) -> StoreWatch {
        try state.withLock { (state) throws(StoreFailure) in
            try state.watch(scope, after: revision, limit: queueLimit) { [weak self] number in
                self?.state.withLock { $0.watchers.remove(number, resource: scope.resource) }
            }
        }
    }
}

/// Bytes as SQLite takes them.
private struct StoredBytes: DatabaseValueConvertible {
    var bytes: [UInt8]
    var databaseValue: DatabaseValue { Data(bytes).databaseValue }
    static func fromDatabaseValue(_ value: DatabaseValue) -> StoredBytes? {
        Data.fromDatabaseValue(value).map { Self(bytes: Array($0)) }
    }
}
