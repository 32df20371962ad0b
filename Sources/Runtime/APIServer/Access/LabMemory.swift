import Foundation
import StructuredValue

/// What a cluster of the lab keeps in the data directory beside its objects.
struct LabMemory {
    private let file: URL?
    /// Where its objects are; nil in memory.
    let databasePath: String?
    private(set) var authority: LabAuthority?
    private(set) var port: Int?

    init(directory: String?, cluster: String) throws {
        guard let directory else {
            file = nil
            databasePath = nil
            return
        }
        let folder = URL(fileURLWithPath: directory, isDirectory: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // Names of clusters may hold slashes (namespace/name).
        let name = cluster.replacing("/", with: "_")
        databasePath = folder.appendingPathComponent("\(name).sqlite").path
        let file = folder.appendingPathComponent("\(name).json")
        self.file = file
        // A file that is missing or broken is as good as none: the cluster gets a new authority.
        guard let data = try? Data(contentsOf: file), let value = try? JSON.parse(Array(data)) else { return }
        port = value["port"]?.int
        if let certificate = value["certificate"]?.string, let key = value["privateKey"]?.string {
            authority = try? LabAuthority(Credential(certificate: certificate, privateKey: key))
        }
    }

    /// Writes authority and port; only the owner may read them.
    func keep(authority: LabAuthority, port: Int) throws {
        guard let file else { return }
        let value: Value = [
            "port": .int(port), "certificate": .string(authority.credential.certificate),
            "privateKey": .string(authority.credential.privateKey),
        ]
        if !FileManager.default.fileExists(atPath: file.path) {
            _ = FileManager.default.createFile(atPath: file.path, contents: nil, attributes: [.posixPermissions: 0o600])
        }
        let handle = try FileHandle(forWritingTo: file)
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: Data(JSON.bytes(value)))
        try handle.close()
    }

    func forget() throws {
        guard let file, let databasePath else { return }
        for path in [file.path, databasePath, databasePath + "-wal", databasePath + "-shm"]
        where FileManager.default.fileExists(atPath: path) {
            try FileManager.default.removeItem(atPath: path)
        }
    }
}
