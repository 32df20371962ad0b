import CZlib

/// Unpacks gzip data in memory, up to a limit.
enum GzipStream {
    enum Failure: Error, Sendable {
        case notGzip
        case truncated
        case tooLarge
    }

    /// The unpacked bytes; fails as soon as there would be more than `limit`.
    static func unpack(_ bytes: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
        guard bytes.count >= 18, bytes[0] == 0x1F, bytes[1] == 0x8B else { throw .notGzip }
        var stream = z_stream()
        // 15 window bits, plus 16 for the gzip wrapper.
        guard inflateInit2_(&stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .notGzip
        }
        defer { inflateEnd(&stream) }
        var output = [UInt8](repeating: 0, count: min(limit + 1, max(bytes.count * 6, 64 << 10)))
        var input = bytes
        var used = 0
        let failure: Failure? = input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(clamping: input.count)
            while true {
                if used == output.count {
                    if used > limit { return .tooLarge }
                    output.append(contentsOf: repeatElement(0, count: min(output.count, limit + 1 - output.count)))
                }
                let room = output.count - used
                let status = output.withUnsafeMutableBufferPointer { output in
                    stream.next_out = output.baseAddress.map { $0 + used }
                    stream.avail_out = UInt32(clamping: room)
                    return inflate(&stream, Z_NO_FLUSH)
                }
                let produced = room - Int(stream.avail_out)
                used += produced
                switch status {
                case Z_STREAM_END:
                    if used > limit { return .tooLarge }
                    // Further members may follow, as gzip allows.
                    if stream.avail_in >= 18, inflateReset(&stream) == Z_OK { continue }
                    return nil
                case Z_OK where produced > 0 || stream.avail_in > 0 || room == 0: continue
                case Z_BUF_ERROR where used == output.count: continue
                case Z_OK, Z_BUF_ERROR: return .truncated
                default: return used == 0 ? .notGzip : .truncated
                }
            }
        }
        if let failure { throw failure }
        output.removeSubrange(used...)
        return output
    }
}
