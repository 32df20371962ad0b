import CZlib
import Synchronization

/// The text of an object in a fraction of its memory, for what is hardly ever read.
///
/// Objects of one resource resemble each other, so each is packed against one of them: what is left is what differs.
struct PackedText: Sendable {
    private let bytes: [UInt8]
    private let count: Int
    private let template: [UInt8]

    /// Nil when packing it is not worth it.
    init?(_ text: [UInt8], of resource: String) {
        let template = Self.template(for: text, of: resource)
        guard let bytes = Self.deflated(text, template) else { return nil }
        self.bytes = bytes
        self.template = template
        count = text.count
    }

    /// The text again.
    var text: [UInt8] {
        var stream = z_stream()
        guard inflateInit2_(&stream, Self.window, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            fatalError("there is no memory left to unpack an object")
        }
        defer { inflateEnd(&stream) }
        _ = template.withUnsafeBufferPointer {
            inflateSetDictionary(&stream, $0.baseAddress, UInt32(clamping: $0.count))
        }
        var input = bytes
        return [UInt8](unsafeUninitializedCapacity: count) { output, used in
            let status = input.withUnsafeMutableBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(clamping: input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(clamping: output.count)
                return inflate(&stream, Z_FINISH)
            }
            used = output.count - Int(stream.avail_out)
            precondition(status == Z_STREAM_END && used == count, "what was packed here is unpacked here")
        }
    }

    /// 8 KB, without a header: enough for an object and its template, and quick to set up.
    private static let window: Int32 = -13
    private static let longestTemplate = 4 << 10

    private static func deflated(_ text: [UInt8], _ template: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        // The quickest level, with small tables.
        guard deflateInit2_(&stream, 1, Z_DEFLATED, window, 6, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK else {
            return nil
        }
        defer { deflateEnd(&stream) }
        _ = template.withUnsafeBufferPointer {
            deflateSetDictionary(&stream, $0.baseAddress, UInt32(clamping: $0.count))
        }
        // More than three quarters would not be worth it.
        let room = text.count - text.count / 4
        var input = text
        var isWhole = false
        let packed = [UInt8](unsafeUninitializedCapacity: room) { output, used in
            let status = input.withUnsafeMutableBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(clamping: input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(clamping: output.count)
                return deflate(&stream, Z_FINISH)
            }
            used = output.count - Int(stream.avail_out)
            isWhole = status == Z_STREAM_END
        }
        return isWhole ? packed.withoutSlack : nil
    }

    // MARK: Templates

    private static let templates = Mutex<[String: [UInt8]]>([:])
    private static let mostTemplates = 256

    /// The first text of a resource that was packed in this process. Never a Secret, which would outlive its deletion.
    private static func template(for text: [UInt8], of resource: String) -> [UInt8] {
        if resource == "secrets" { return [] }
        return templates.withLock { templates in
            if let known = templates[resource] { return known }
            guard templates.count < mostTemplates else { return [] }
            let template = Array(text.suffix(longestTemplate))
            templates[resource] = template
            return template
        }
    }
}

extension [UInt8] {
    /// The same bytes in no more memory than they need.
    var withoutSlack: [UInt8] {
        guard capacity - count > 32 + count / 8 else { return self }
        return withUnsafeBufferPointer { Array(UnsafeBufferPointer(rebasing: $0[...])) }
    }
}
