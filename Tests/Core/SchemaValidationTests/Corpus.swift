import Foundation
import StructuredValue

/// The recorded API sessions beside the repository; absent in a bare checkout.
enum Corpus {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "shared/corpus")

    static var isPresent: Bool { FileManager.default.fileExists(atPath: root.path()) }

    static func json(_ path: String) throws -> Value {
        try JSON.parse(Array(Data(contentsOf: root.appending(path: path))))
    }

    /// The paths of all files below a folder with this ending.
    static func files(_ folder: String, ending: String) -> [String] {
        let base = root.appending(path: folder)
        let names = FileManager.default.enumerator(atPath: base.path())?.compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(ending) }.map { "\(folder)/\($0)" }.sorted()
    }
}
