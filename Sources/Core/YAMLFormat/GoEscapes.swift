import CLibyaml

/// A copy of a text in which libyaml can read the escape `\'`.
///
/// Go's reader knows it in double quotes, YAML's specification and libyaml do not. There the copy has the escape of a control
/// character that the text has no other way to name, so that every position stays where it was; `restore` puts the
/// apostrophes back.
struct GoEscapes: ~Copyable {
    let bytes: UnsafeBufferPointer<UInt8>
    private let marker: UInt8

    /// Nil when the text has no such escape: nearly always, and found out in one pass.
    init?(_ text: UnsafeBufferPointer<UInt8>) {
        guard Self.holds(text, (0x5C, 0x27)), let (letter, marker) = Self.freeEscape(text) else { return nil }
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.count)
        _ = copy.initialize(from: text)
        guard Self.rewrite(copy, letter) else {
            copy.deallocate()
            return nil
        }
        bytes = UnsafeBufferPointer(copy)
        self.marker = marker
    }

    deinit { bytes.deallocate() }

    /// Gives a scalar its apostrophes.
    func restore(_ event: UnsafeMutablePointer<yaml_event_t>) {
        let scalar = event.pointee.data.scalar
        guard event.pointee.type == YAML_SCALAR_EVENT, scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE else { return }
        for index in 0..<scalar.length where scalar.value[index] == marker { scalar.value[index] = 0x27 }
    }

    /// Letters of escapes and the control characters that they stand for: none of these may stand in a text as it is.
    private static let escapes: [(letter: UInt8, character: UInt8)] = [
        (0x61, 0x07), (0x76, 0x0B), (0x66, 0x0C), (0x65, 0x1B), (0x62, 0x08),
    ]

    private static func freeEscape(_ text: UnsafeBufferPointer<UInt8>) -> (UInt8, UInt8)? {
        // Written as a number any of them could appear; such texts are left alone.
        if [0x78, 0x75, 0x55].contains(where: { holds(text, (0x5C, $0)) }) { return nil }
        return escapes.first { !holds(text, (0x5C, $0.letter)) }
    }

    private static func holds(_ text: UnsafeBufferPointer<UInt8>, _ pair: (UInt8, UInt8)) -> Bool {
        // Every text that is read passes through here once.
        var index = 0
        while index + 1 < text.count {
            if text[index] == pair.0, text[index + 1] == pair.1 { return true }
            index += 1
        }
        return false
    }

    /// Rereads of broken documents may take this many bytes, beside one for each document.
    private static let patience = 16 << 20

    /// Lets libyaml name each place; a document that it stumbles in is read again when that place is mended.
    private static func rewrite(_ copy: UnsafeMutableBufferPointer<UInt8>, _ letter: UInt8) -> Bool {
        var reader = EventReader(verbatim: UnsafeBufferPointer(copy))
        var left = patience
        var isChanged = false
        while true {
            if let type = reader.step() {
                if type == YAML_STREAM_END_EVENT { return isChanged }
            } else if let place = reader.unknownEscape, place + 1 < copy.count, copy[place + 1] == 0x27, left > 0 {
                mend(copy, from: place, letter)
                isChanged = true
                left -= reader.rereadDocument()
            } else if !reader.skipDocument() {
                return isChanged
            }
        }
    }

    /// From an escape to the end of its scalar.
    private static func mend(_ copy: UnsafeMutableBufferPointer<UInt8>, from place: Int, _ letter: UInt8) {
        var index = place
        while index + 1 < copy.count, copy[index] != 0x22 {
            if copy[index] == 0x5C {
                if copy[index + 1] == 0x27 { copy[index + 1] = letter }
                index += 2
            } else {
                index += 1
            }
        }
    }
}
