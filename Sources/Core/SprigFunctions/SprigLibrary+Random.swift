import GoTemplate
import StructuredValue

extension SprigLibrary {
    static let random: [GoFunction] = [
        GoFunction("randAlphaNum", [.int]) { arguments, execution throws(GoFailure) in
            .string(try text(arguments.int(0), letters + digits, "randAlphaNum", execution))
        },
        GoFunction("randAlpha", [.int]) { arguments, execution throws(GoFailure) in
            .string(try text(arguments.int(0), letters, "randAlpha", execution))
        },
        GoFunction("randNumeric", [.int]) { arguments, execution throws(GoFailure) in
            .string(try text(arguments.int(0), digits, "randNumeric", execution))
        },
        GoFunction("randAscii", [.int]) { arguments, execution throws(GoFailure) in
            .string(try text(arguments.int(0), Array(32...126), "randAscii", execution))
        },
        GoFunction("randBytes", [.int]) { arguments, execution throws(GoFailure) in
            if arguments.int(0) < 0 { throw GoFailure("runtime error: makeslice: len out of range") }
            try allow(arguments.int(0), execution)
            try execution.spend(arguments.int(0) / 10)
            let bytes = try SprigContext.of(execution).randomBytes(arguments.int(0), for: "randBytes")
            return .string(Base64.encode(bytes))
        },
        GoFunction("randInt", [.int, .int]) { arguments, execution throws(GoFailure) in
            let (least, bound) = (arguments.int(0), arguments.int(1))
            let (width, overflow) = bound.subtractingReportingOverflow(least)
            if overflow || width <= 0 { throw GoFailure("invalid argument to Intn") }
            return .int(least + (try SprigContext.of(execution).draw(below: width, for: "randInt")))
        },
        GoFunction("shuffle", [.string]) { arguments, execution throws(GoFailure) in
            var characters = Array(arguments.string(0).unicodeScalars)
            let context = SprigContext.of(execution)
            if characters.isEmpty { return .string("") }
            for index in stride(from: characters.count - 1, to: 0, by: -1) {
                characters.swapAt(index, try context.draw(below: index + 1, for: "shuffle"))
            }
            var result = String.UnicodeScalarView()
            result.append(contentsOf: characters)
            return .string(String(result))
        },
        GoFunction("uuidv4", []) { _, execution throws(GoFailure) in
            var bytes = try SprigContext.of(execution).randomBytes(16, for: "uuidv4")
            bytes[6] = bytes[6] & 0x0F | 0x40
            bytes[8] = bytes[8] & 0x3F | 0x80
            let digits = hexadecimal(bytes)
            var text = ""
            for (index, digit) in digits.enumerated() {
                if [8, 12, 16, 20].contains(index) { text += "-" }
                text.append(digit)
            }
            return .string(text)
        },
    ]

    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    private static let digits = Array("0123456789".utf8)

    private static func text(
        _ count: Int,
        _ alphabet: [UInt8],
        _ function: String,
        _ execution: GoExecution
    ) throws(GoFailure) -> String {
        if count <= 0 { return "" }
        try allow(count, execution)
        try execution.spend(count)
        let context = SprigContext.of(execution)
        var output: [UInt8] = []
        output.reserveCapacity(count)
        for _ in 0..<count { output.append(alphabet[try context.draw(below: alphabet.count, for: function)]) }
        return String(decoding: output, as: UTF8.self)
    }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var output: [UInt8] = []
        for byte in bytes {
            output.append(digits[Int(byte >> 4)])
            output.append(digits[Int(byte & 15)])
        }
        return String(decoding: output, as: UTF8.self)
    }
}
