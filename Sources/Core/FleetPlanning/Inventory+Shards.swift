package import KubernetesModel
import StructuredValue

/// The inventory as ConfigMaps, each well below the size a server takes.
///
/// Entries are spread over shards by a hash of their key, so that a change of one object rewrites one shard. Each shard
/// says how often it was written; of two entries for one object (left behind when the number of shards changed) the one
/// from the shard of the higher layout wins.
extension Inventory {
    /// One ConfigMap's worth of inventory.
    package struct Shard: Sendable, Hashable {
        package var name: String
        /// The content of `data`.
        package var data: [String: String]

        package init(name: String, data: [String: String]) {
            self.name = name
            self.data = data
        }

        /// The object that holds it.
        package func manifest(namespace: String) -> Manifest {
            Manifest([
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": [
                    "name": .string(name), "namespace": .string(namespace),
                    "labels": ["app.kubernetes.io/managed-by": "martlet", "martlet.dev/inventory": "true"],
                ],
                "data": .object(
                    Object(data.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: .string($0.value)) })
                ),
            ])
        }
    }

    /// Why ConfigMaps are no inventory. Nothing may be deleted while one cannot be read.
    package struct UnreadableShard: Error, Sendable, Hashable, CustomStringConvertible {
        package var name: String
        package var problem: String
        package var description: String { "inventory \(name): \(problem)" }
    }

    /// An entry takes some 250 bytes, so that a shard stays near half a megabyte.
    package static let entriesPerShard = 2000

    /// The name of the first shard and the beginning of the others' names.
    package static func baseName(fleet: String, managementCluster: String) -> String {
        "martlet-inventory-\(fleet)-\(managementCluster)"
    }

    /// As shards, in the order in which they must be written: the first shard comes last and makes the others count.
    ///
    /// `count` is the number that exists already; it is kept while it is enough, so that few shards change.
    package func shards(named base: String, atLeast count: Int = 1) -> [Shard] {
        var number = max(1, count)
        while number * Self.entriesPerShard < entries.count { number *= 2 }
        var buckets = [[Entry]](repeating: [], count: number)
        for key in keys {
            guard let entry = entries[key] else { continue }
            buckets[Int(Self.stableHash(of: key) % UInt64(number))].append(entry)
        }
        return buckets.enumerated().reversed().map { index, bucket in
            Shard(
                name: index == 0 ? base : "\(base)-\(index)",
                data: [
                    "format": "1", "index": String(index), "shards": String(number), "revision": revision,
                    "entries": JSON.text(.array(bucket.map(\.row)), .compact),
                ]
            )
        }
    }

    /// Reads shards, in any order. Throws when one of them is damaged or missing.
    package init(shards: [Shard]) throws(UnreadableShard) {
        var best: [ObjectKey: (layout: Int, entry: Entry)] = [:]
        var first: (layout: Int, revision: String)?
        var present: Set<Int> = []
        for shard in shards {
            let (index, layout) = try Self.place(of: shard)
            present.insert(index)
            if index == 0 { first = (layout, shard.data["revision"] ?? "") }
            for entry in try Self.entries(of: shard) {
                if let other = best[entry.key], other.layout > layout { continue }
                best[entry.key] = (layout, entry)
            }
        }
        guard shards.isEmpty || first.map({ present.isSuperset(of: 0..<$0.layout) }) == true else {
            throw UnreadableShard(
                name: shards.first?.name ?? "",
                problem: "only \(present.count) of \(first?.layout ?? 1) shards are there"
            )
        }
        self.init(best.values.map(\.entry), revision: first?.revision ?? "")
    }

    private static func place(of shard: Shard) throws(UnreadableShard) -> (index: Int, layout: Int) {
        guard shard.data["format"] == "1" else {
            throw UnreadableShard(name: shard.name, problem: "format “\(shard.data["format"] ?? "")” is not known")
        }
        guard let index = shard.data["index"].flatMap({ Int($0) }),
            let layout = shard.data["shards"].flatMap({ Int($0) }),
            layout > 0, layout < 10_000
        else { throw UnreadableShard(name: shard.name, problem: "its place among the shards is missing") }
        return (index, layout)
    }

    private static func entries(of shard: Shard) throws(UnreadableShard) -> [Entry] {
        // Where the text is broken says nothing to a reader who did not write it.
        guard let rows = (try? JSON.parse(shard.data["entries"] ?? ""))?.array else {
            throw UnreadableShard(name: shard.name, problem: "the entries are not a JSON array")
        }
        var entries: [Entry] = []
        entries.reserveCapacity(rows.count)
        for row in rows {
            guard let entry = Entry(row: row) else {
                throw UnreadableShard(name: shard.name, problem: "an entry is damaged: \(JSON.text(row, .compact))")
            }
            entries.append(entry)
        }
        return entries
    }

    /// FNV-1a over the key; Swift's own hashes differ from run to run.
    private static func stableHash(of key: ObjectKey) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for part in [key.group, key.kind, key.namespace, key.name] {
            for byte in part.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            hash = (hash ^ 0xff) &* 0x100_0000_01b3
        }
        return hash
    }
}

extension Inventory.Entry {
    /// `[apiVersion, kind, namespace, name, uid, hash, state, source, cluster]`.
    fileprivate var row: Value {
        [
            .string(apiVersion), .string(key.kind), .string(key.namespace), .string(key.name), .string(uid ?? ""),
            .string(contentHash), .string(state.rawValue), .string(source), .string(cluster ?? ""),
        ]
    }

    fileprivate init?(row: Value) {
        guard let cells = row.array?.compactMap(\.string), cells.count == 9, let state = State(rawValue: cells[6])
        else {
            return nil
        }
        let kind = GroupVersionKind(apiVersion: cells[0], kind: cells[1]).groupKind
        self.init(
            key: ObjectKey(groupKind: kind, namespace: cells[2], name: cells[3]),
            apiVersion: cells[0],
            uid: cells[4].isEmpty ? nil : cells[4],
            contentHash: cells[5],
            state: state,
            source: cells[7],
            cluster: cells[8].isEmpty ? nil : cells[8]
        )
    }
}
