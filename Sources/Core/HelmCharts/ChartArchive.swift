package import SourceDiagnostics

/// A file of a chart: its path below the chart's folder and its content.
package struct ChartFile: Sendable, Hashable {
    package var path: String
    package var bytes: [UInt8]

    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }
}

/// A packed chart: a gzipped tar file whose entries lie in one folder. Read in memory, never unpacked to a disk.
package enum ChartArchive {
    /// Bytes of all files together, as Helm limits them.
    package static let largestChart = 100 << 20
    /// Bytes of one file, as Helm limits them.
    package static let largestFile = 5 << 20

    /// The files of a packed chart, paths without the leading folder. Links, absolute paths and paths that leave the
    /// folder are refused.
    package static func files(_ bytes: [UInt8], name: String) throws(RejectedSource) -> [ChartFile] {
        let tar: [UInt8]
        do throws(GzipStream.Failure) {
            tar = try GzipStream.unpack(bytes, limit: largestChart + (16 << 20))
        } catch {
            switch error {
            case .notGzip: throw refuse(name, "the file does not appear to be a gzipped archive")
            case .truncated: throw refuse(name, "the archive ends too early or is damaged")
            case .tooLarge: throw refuse(name, "decompressed chart is larger than the maximum size \(largestChart)")
            }
        }
        var reader = TarReader(tar)
        var files: [ChartFile] = []
        var left = largestChart
        while true {
            let entry: TarReader.Entry?
            do throws(TarReader.Failure) { entry = try reader.next() } catch { throw refuse(name, error.message) }
            guard let entry else { break }
            switch entry.kind {
            case .directory: continue
            case .link: throw refuse(name, "the archive holds a link, \"\(entry.path)\"; links are not allowed")
            case .special: throw refuse(name, "\"\(entry.path)\" is neither a file nor a folder")
            case .file: break
            }
            if entry.content.count > largestFile {
                throw refuse(
                    name,
                    "decompressed chart file \"\(entry.path)\" is larger than the maximum file size \(largestFile)"
                )
            }
            left -= entry.content.count
            if left < 0 { throw refuse(name, "decompressed chart is larger than the maximum size \(largestChart)") }
            let path = try innerPath(entry.path, name)
            files.append(ChartFile(path: path, bytes: withoutMark(tar[entry.content])))
        }
        if files.isEmpty { throw refuse(name, "no files in chart archive") }
        return files
    }

    /// Content without a byte order mark.
    static func withoutMark(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : Array(bytes)
    }

    private static func innerPath(_ path: String, _ name: String) throws(RejectedSource) -> String {
        if let slash = path.utf8.firstIndex(of: UInt8(ascii: "/")), isPlain(path[slash...]),
            path[..<slash] != "Chart.yaml"
        {
            return String(path[path.utf8.index(after: slash)...])
        }
        let delimiter: Character = path.contains("\\") ? "\\" : "/"
        let parts = path.split(separator: delimiter, omittingEmptySubsequences: false)
        if parts[0] == "Chart.yaml" { throw refuse(name, "chart yaml not in base directory") }
        let inner = parts.dropFirst()
        if inner.first == "", inner.count > 1 { throw refuse(name, "chart illegally contains absolute paths") }
        var clean: [Substring] = []
        for part in inner where part != "" && part != "." {
            if part == ".." {
                if clean.popLast() == nil { throw refuse(name, "chart illegally references parent directory") }
            } else {
                clean.append(part)
            }
        }
        if clean.isEmpty {
            throw refuse(name, "chart illegally contains content outside the base directory: \"\(path)\"")
        }
        if let first = clean.first?.utf8, first.count == 2, first.last == UInt8(ascii: ":") {
            throw refuse(name, "chart contains illegally named files")
        }
        return clean.joined(separator: "/")
    }

    /// Whether a path needs no cleaning and no questions: names of common characters, none of them beginning with a dot.
    private static func isPlain(_ path: Substring) -> Bool {
        var isStart = false
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "/"):
                if isStart { return false }
                isStart = true
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): isStart = false
            case UInt8(ascii: "."): if isStart { return false }
            default: return false
            }
        }
        return !isStart
    }

    private static func refuse(_ name: String, _ message: String) -> RejectedSource {
        RejectedSource([
            Diagnostic(.error, "chart-archive", message, at: SourcePosition(file: name, line: 1, column: 1))
        ])
    }
}
