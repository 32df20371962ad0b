import Foundation
import Glibc

/// A disk of a few kilobytes, mounted for one test: what happens when it is full happens for real.
package final class TinyDisk: Sendable {
    private let folder: TemporaryFolder

    /// Where the disk is mounted.
    package var path: String { folder.path }

    /// Whether this process may mount disks; tests that need one are skipped where it may not.
    package static let isAvailable: Bool = {
        guard let folder = try? TemporaryFolder() else { return false }  // no temporary folder, no disk either
        defer { umount(folder.path) }
        return mount("tmpfs", folder.path, "tmpfs", 0, "size=4k") == 0
    }()

    package struct MountFailed: Error {
        package var code: Int32
    }

    package init(kilobytes: Int) throws {
        folder = try TemporaryFolder()
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=\(kilobytes)k") == 0 else { throw MountFailed(code: errno) }
    }

    deinit { umount2(folder.path, Int32(MNT_DETACH)) }

    /// Makes the disk larger or smaller, as somebody does who clears it up.
    package func resize(kilobytes: Int) throws {
        guard mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT), "size=\(kilobytes)k") == 0 else {
            throw MountFailed(code: errno)
        }
    }

    /// Writes a file until nothing fits any more.
    package func fill() throws {
        let descriptor = open(path + "/filling", O_CREAT | O_WRONLY | O_APPEND, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        for size in [4_096, 1] {
            let bytes = [UInt8](repeating: 0, count: size)
            while write(descriptor, bytes, size) > 0 {}
        }
    }

    /// Takes back what `fill` wrote.
    package func clear() { unlink(path + "/filling") }
}
