import HelmCharts
import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// A chart of these files; Chart.yaml is made when it is not among them.
func chart(_ files: [String: String], name: String = "demo") throws -> Chart {
    var files = files
    if files["Chart.yaml"] == nil { files["Chart.yaml"] = "apiVersion: v2\nname: \(name)\nversion: 1.2.3\n" }
    let list = files.sorted { $0.key < $1.key }.map { ChartFile(path: $0.key, bytes: Array($0.value.utf8)) }
    return try Chart(files: list, name: name)
}

/// Renders a chart with values given as YAML and returns Helm's text.
func render(
    _ files: [String: String],
    values: String = "{}",
    settings: [ChartValues.Setting] = [],
    objects: [Value] = []
) throws -> RenderedChart {
    try ChartEngine().render(
        try chart(files),
        values: ChartValues(try Chart.values(Array(values.utf8), file: "values"), settings: settings),
        release: ChartRelease(name: "r", namespace: "ns"),
        objects: objects
    )
}

/// The message of the rejection that `work` ends with, nil when it ends well.
func rejection(_ work: () throws -> Void) -> String? {
    do { try work() } catch let rejected as RejectedSource { return rejected.diagnostics.first?.message } catch {
        return "\(error)"
    }
    return nil
}

/// A tar file of these entries: path, type flag, content.
func tar(_ entries: [(path: String, flag: Character, content: String)]) -> [UInt8] {
    var bytes: [UInt8] = []
    for entry in entries {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
        }
        func octal(_ number: Int, _ width: Int) -> String {
            let digits = String(number, radix: 8)
            return String(repeating: "0", count: width - digits.count) + digits
        }
        put(entry.path, at: 0)
        put("0000644", at: 100)
        put(octal(entry.content.utf8.count, 11), at: 124)
        put(String(entry.flag), at: 156)
        put("ustar", at: 257)
        put("        ", at: 148)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6), at: 148)
        header[154] = 0
        bytes += header + Array(entry.content.utf8)
        bytes += [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
    }
    return bytes + [UInt8](repeating: 0, count: 1024)
}

/// A gzip file with stored blocks: no compression, but every reader takes it.
func gzip(_ content: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
    var offset = 0
    repeat {
        let count = min(65535, content.count - offset)
        let isLast = offset + count == content.count
        let length = UInt16(count)
        bytes += [isLast ? 1 : 0, UInt8(length & 0xFF), UInt8(length >> 8), UInt8(~length & 0xFF), UInt8(~length >> 8)]
        bytes += content[offset..<(offset + count)]
        offset += count
    } while offset < content.count
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in content {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    for word in [~crc, UInt32(content.count)] {
        bytes += [UInt8(word & 0xFF), UInt8(word >> 8 & 0xFF), UInt8(word >> 16 & 0xFF), UInt8(word >> 24)]
    }
    return bytes
}
