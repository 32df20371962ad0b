package import ArgumentParser
import FoundationEssentials
import Overlays
import SourceDiagnostics

/// `martlet kustomize`: work with kustomizations.
package struct KustomizeCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "kustomize",
        abstract: "Work with kustomizations.",
        subcommands: [KustomizeBuildCommand.self]
    )

    package init() {}
}

/// `martlet kustomize build`: what `kustomize build` does.
package struct KustomizeBuildCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Print the objects of a directory's kustomization.yaml."
    )

    @Argument(help: "The directory of the kustomization.")
    var directory = "."

    package init() {}

    package func run() throws {
        try failing {
            do throws(RejectedSource) {
                let overlay = try Overlay.build(LocalFiles.absolute(directory), in: LocalFiles.overlayFiles)
                Terminal.write(overlay.text)
            } catch {
                throw RejectedSource(error.diagnostics.map(LocalFiles.absolute))
            }
        }
    }
}

extension LocalFiles {
    /// The whole file system, by path from `/`.
    static let overlayFiles = OverlayFiles(
        load: { path in
            let full = "/" + path
            var isDirectory = false
            guard FileManager.default.fileExists(atPath: full, isDirectory: &isDirectory), !isDirectory else {
                return nil
            }
            return try [UInt8](Data(contentsOf: URL(filePath: full)))
        },
        isDirectory: { LocalFiles.isDirectory("/" + $0) },
        // A directory that cannot be listed has no names to suggest.
        list: { (try? FileManager.default.contentsOfDirectory(atPath: "/" + $0)) ?? [] }
    )

    /// A finding whose files are named from `/` with that slash.
    static func absolute(_ diagnostic: Diagnostic) -> Diagnostic {
        func absolute(_ position: SourcePosition) -> SourcePosition {
            SourcePosition(file: "/" + position.file, line: position.line, column: position.column)
        }
        var result = diagnostic
        result.position = diagnostic.position.map(absolute)
        result.trail = diagnostic.trail.map(absolute)
        return result
    }

    /// A path from `/`, without the slash at its begin and without `.` and `..`.
    static func absolute(_ path: String) -> String {
        let full = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        var parts: [Substring] = []
        for part in full.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }
}
