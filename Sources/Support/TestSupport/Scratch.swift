package import Foundation

/// Places for files and folders that a test makes and nobody needs after the run: all lie in one folder, which goes when
/// the process ends, however its tests ended.
package enum Scratch {
    private static let root: URL = {
        let root = FileManager.default.temporaryDirectory.appending(
            path: "martlet-tests-\(ProcessInfo.processInfo.processIdentifier)"
        )
        // Without the folder the first write of a test fails, with a better word than there is here.
        try? FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        atexit {
            try? FileManager.default.removeItem(at: Scratch.root)  // it lies in the temporary folder
        }
        return root
    }()

    /// A place that no other has, whose name starts with `name`; nothing is there yet.
    package static func place(_ name: String, suffix: String = "") -> URL {
        root.appending(path: "\(name)-\(UUID().uuidString)\(suffix)")
    }
}
