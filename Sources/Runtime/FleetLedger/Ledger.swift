internal import BlockingWork
internal import GRDB
internal import KubernetesModel
package import StructuredValue

/// The daemon's memory between runs, in one SQLite file: history, rollout states, resolved versions.
///
/// It holds nothing that Git and the clusters could not give again; losing it loses history, not clusters.
package actor Ledger {
    private let executor: BlockingExecutor
    private let database: DatabaseQueue

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Why the ledger cannot be used: a full disk, a broken file.
    package struct Failure: Error, CustomStringConvertible {
        package var operation: String
        package var message: String
        package var description: String { "ledger: \(operation): \(message)" }
    }

    /// How many history lines are kept; older ones go.
    private static let capacity = 200_000

    /// Opens the ledger file, making it when it is not there. A nil path keeps it in memory.
    package init(path: String?) throws(Failure) {
        executor = BlockingExecutor(label: "ledger")
        do {
            var configuration = Configuration()
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL") }
            database = try path.map { try DatabaseQueue(path: $0, configuration: configuration) } ?? DatabaseQueue()
            try database.write { connection in
                try connection.execute(
                    sql: """
                        CREATE TABLE IF NOT EXISTS history (
                            id INTEGER PRIMARY KEY AUTOINCREMENT, fleet TEXT NOT NULL, managementCluster TEXT NOT NULL,
                            kind TEXT NOT NULL, name TEXT NOT NULL, entry TEXT NOT NULL
                        );
                        CREATE INDEX IF NOT EXISTS historyByObject ON history (name, kind);
                        CREATE TABLE IF NOT EXISTS memory (key TEXT PRIMARY KEY, value TEXT NOT NULL);
                        """
                )
            }
        } catch {
            throw Failure(operation: "open", message: "\(error)")
        }
    }

    /// Adds lines to the history, all or none.
    package func append(_ entries: [LedgerEntry]) throws(Failure) {
        if entries.isEmpty { return }
        do {
            try database.write { connection in
                let statement = try connection.cachedStatement(
                    sql: "INSERT INTO history (fleet, managementCluster, kind, name, entry) VALUES (?, ?, ?, ?, ?)"
                )
                for entry in entries {
                    try statement.execute(arguments: [
                        entry.fleet, entry.managementCluster, entry.object?.kind ?? "", entry.object?.name ?? "",
                        JSON.text(entry.value),
                    ])
                }
                try connection.execute(
                    sql: "DELETE FROM history WHERE id <= (SELECT MAX(id) FROM history) - \(Self.capacity)"
                )
            }
        } catch {
            throw Failure(operation: "append", message: "\(error)")
        }
    }

    /// What to look for in the history; nil members match everything.
    package struct Query: Sendable {
        package var fleet: String?
        package var managementCluster: String?
        package var kind: String?
        package var name: String?
        package var limit: Int

        package init(
            fleet: String? = nil,
            managementCluster: String? = nil,
            kind: String? = nil,
            name: String? = nil,
            limit: Int = 200
        ) {
            self.fleet = fleet
            self.managementCluster = managementCluster
            self.kind = kind
            self.name = name
            self.limit = limit
        }
    }

    /// The newest matching history lines, newest first.
    package func history(_ query: Query) throws(Failure) -> [LedgerEntry] {
        var conditions: [String] = []
        var arguments = StatementArguments()
        for (column, wanted) in [
            ("fleet", query.fleet), ("managementCluster", query.managementCluster), ("kind", query.kind),
            ("name", query.name),
        ] {
            guard let wanted else { continue }
            conditions.append("\(column) = ?")
            arguments += [wanted]
        }
        let condition = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        arguments += [query.limit]
        do {
            let texts = try database.read { [arguments] connection in
                try String.fetchAll(
                    connection,
                    sql: "SELECT entry FROM history\(condition) ORDER BY id DESC LIMIT ?",
                    arguments: arguments
                )
            }
            // A line that a later version wrote in another form is skipped, not fatal: hence `try?`.
            return texts.compactMap { text in (try? JSON.parse(text)).flatMap(LedgerEntry.init) }
        } catch {
            throw Failure(operation: "read", message: "\(error)")
        }
    }

    /// What was remembered under this key, nil when nothing was.
    package func recall(_ key: String) throws(Failure) -> Value? {
        do {
            let text = try database.read { connection in
                try String.fetchOne(connection, sql: "SELECT value FROM memory WHERE key = ?", arguments: [key])
            }
            return try text.map { try JSON.parse($0) }
        } catch {
            throw Failure(operation: "recall \(key)", message: "\(error)")
        }
    }

    /// Remembers a value under a key; nil forgets it. On disk when this returns.
    package func remember(_ key: String, _ value: Value?) throws(Failure) {
        do {
            try database.write { connection in
                if let value {
                    try connection.execute(
                        sql:
                            "INSERT INTO memory (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                        arguments: [key, JSON.text(value)]
                    )
                } else {
                    try connection.execute(sql: "DELETE FROM memory WHERE key = ?", arguments: [key])
                }
            }
        } catch {
            throw Failure(operation: "remember \(key)", message: "\(error)")
        }
    }
}
