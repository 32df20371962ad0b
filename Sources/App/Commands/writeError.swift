internal import Glibc

/// Writes a line to the standard error.
func writeError(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    var start = 0
    while start < bytes.count {
        let count = bytes.withUnsafeBytes { write(2, $0.baseAddress.map { $0 + start }, bytes.count - start) }
        if count <= 0 { return }
        start += count
    }
}
