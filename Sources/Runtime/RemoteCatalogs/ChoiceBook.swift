internal import FleetRendering
internal import FoundationEssentials
internal import KubernetesModel
internal import StructuredValue

/// What version texts came to, by revision of the repository: kept on disk, so that a restart changes nothing.
struct ChoiceBook {
    struct Key: Hashable, Sendable {
        var catalog: String
        /// Where the catalog was read from: another place is another catalog.
        var place: String
        /// Empty for the commit of a Git catalog as a whole.
        var wish: ChartWish
    }

    private var pages: [(revision: String, choices: [Key: ChartChoice])] = []
    private let path: String

    /// A rollout needs the newest revision and the ones that later waves still run.
    private static let pagesKept = 50

    /// Reads what was kept. A file that cannot be read is an empty book: everything is
    /// chosen again.
    init(path: String) {
        self.path = path
        guard let data = try? Data(contentsOf: URL(filePath: path)), let value = try? JSON.parse(Array(data))
        else { return }
        for page in value["revisions"]?.array ?? [] {
            var choices: [Key: ChartChoice] = [:]
            for entry in page["choices"]?.array ?? [] {
                func text(_ key: String) -> String { entry[key]?.string ?? "" }
                guard let chosen = Timestamp(text("chosen")) else { continue }
                let wish = ChartWish(chart: text("chart"), version: text("requested"))
                choices[Key(catalog: text("catalog"), place: text("place"), wish: wish)] = ChartChoice(
                    version: text("version"),
                    content: text("content"),
                    chosen: chosen
                )
            }
            pages.append((page["revision"]?.string ?? "", choices))
        }
    }

    func choice(_ key: Key, at revision: String) -> ChartChoice? {
        pages.first { $0.revision == revision }?.choices[key]
    }

    /// What a wish came to the last time, at whatever revision.
    func latest(_ key: Key) -> ChartChoice? { pages.reversed().lazy.compactMap { $0.choices[key] }.first }

    /// Remembers a choice. Throws when the disk does not take it.
    mutating func record(_ choice: ChartChoice, for key: Key, at revision: String) throws {
        if let index = pages.firstIndex(where: { $0.revision == revision }) {
            pages[index].choices[key] = choice
        } else {
            pages.append((revision, [key: choice]))
            if pages.count > Self.pagesKept { pages.removeFirst() }
        }
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        if !folder.isEmpty {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        try Data(JSON.bytes(value)).write(to: URL(filePath: path), options: .atomic)
    }

    private var value: Value {
        [
            "revisions": .array(
                pages.map { page in
                    let entries = page.choices.sorted {
                        ($0.key.catalog, $0.key.wish.chart, $0.key.wish.version)
                            < ($1.key.catalog, $1.key.wish.chart, $1.key.wish.version)
                    }
                    return [
                        "revision": .string(page.revision),
                        "choices": .array(
                            entries.map { key, choice in
                                [
                                    "catalog": .string(key.catalog), "place": .string(key.place),
                                    "chart": .string(key.wish.chart), "requested": .string(key.wish.version),
                                    "version": .string(choice.version), "content": .string(choice.content),
                                    "chosen": .string("\(choice.chosen)"),
                                ]
                            }
                        ),
                    ]
                }
            )
        ]
    }
}
