import StructuredValue

/// A body as a value, with what was doubtful in its text.
struct BodyText {
    var value: Value
    /// Sentences about duplicate keys.
    var duplicates: [String] = []

    /// Reads JSON; fails with the parser's sentence.
    static func json(_ bytes: [UInt8]) throws(BodyProblem) -> BodyText {
        var names: [String] = []
        let value: Value
        do { value = try JSON.parse(bytes, duplicates: &names) } catch { throw BodyProblem(message: error.message) }
        return BodyText(value: value, duplicates: names.map { "duplicate field \"\($0)\"" })
    }

    /// What a failing body looks like in a message.
    static func excerpt(_ bytes: [UInt8]) -> String {
        if bytes.isEmpty { return "<empty>" }
        let start = bytes.prefix(30)
        // What does not begin like JSON is shown byte by byte.
        let text =
            bytes.first == UInt8(ascii: "{")
            ? String(decoding: start, as: UTF8.self)
            : start.map { byte in
                let digits = String(byte, radix: 16)
                return digits.count == 1 ? "0" + digits : digits
            }.joined()
        return bytes.count > 30 ? text + " ..." : text
    }
}
