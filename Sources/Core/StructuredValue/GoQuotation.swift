/// Text in quotes as Go's `strconv` writes it; Helm, Kubernetes and kustomize quote what they complain about this way.
package enum GoQuotation {
    /// `strconv.Quote`; `mark` is the quotation mark, which is what gets escaped.
    package static func quote(_ text: String, mark: UInt8 = UInt8(ascii: "\"")) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count + 2)
        output.append(mark)
        // Most texts need no escape.
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != mark && $0 != 0x5C }) {
            output.append(contentsOf: text.utf8)
        } else {
            for scalar in text.unicodeScalars { appendEscaped(scalar, to: &output, mark: mark, onlyASCII: false) }
        }
        output.append(mark)
        return String(decoding: output, as: UTF8.self)
    }

    /// Appends one scalar as it stands inside Go's quotes; `onlyASCII` escapes everything above U+007F as well.
    package static func appendEscaped(
        _ scalar: Unicode.Scalar,
        to output: inout [UInt8],
        mark: UInt8,
        onlyASCII: Bool
    ) {
        switch scalar.value {
        case UInt32(mark), 0x5C: output.append(contentsOf: [0x5C, UInt8(scalar.value)])
        case 0x07: output.append(contentsOf: "\\a".utf8)
        case 0x08: output.append(contentsOf: "\\b".utf8)
        case 0x0C: output.append(contentsOf: "\\f".utf8)
        case 0x0A: output.append(contentsOf: "\\n".utf8)
        case 0x0D: output.append(contentsOf: "\\r".utf8)
        case 0x09: output.append(contentsOf: "\\t".utf8)
        case 0x0B: output.append(contentsOf: "\\v".utf8)
        case 0x20..<0x7F: output.append(UInt8(scalar.value))
        case 0..<0x20, 0x7F: append("\\x", scalar.value, width: 2, to: &output)
        default:
            if !onlyASCII, isPrintable(scalar) { return output.append(contentsOf: UTF8.encode(scalar) ?? .init()) }
            if scalar.value < 0x10000 {
                append("\\u", scalar.value, width: 4, to: &output)
            } else {
                append("\\U", scalar.value, width: 8, to: &output)
            }
        }
    }

    /// Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols, and of the spaces only U+0020.
    package static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }

    private static func append(_ start: StaticString, _ number: UInt32, width: Int, to output: inout [UInt8]) {
        start.withUTF8Buffer { output.append(contentsOf: $0) }
        let digits = String(number, radix: 16).utf8
        output.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(0, width - digits.count)))
        output.append(contentsOf: digits)
    }
}
