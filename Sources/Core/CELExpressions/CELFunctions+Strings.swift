import LinearRegex

extension CELFunctions {
    private static func scalars(_ text: String) -> [Unicode.Scalar] { Array(text.unicodeScalars) }

    private static func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    private static func outOfRange(_ index: Int) -> CELFailure { CELFailure("index out of range: \(index)") }

    /// The first place at or after `start` where the part stands, in code points.
    private static func find(_ part: [Unicode.Scalar], in whole: [Unicode.Scalar], from start: Int) -> Int {
        var index = start
        while index + part.count <= whole.count {
            if whole[index..<index + part.count].elementsEqual(part) { return index }
            index += 1
        }
        return -1
    }

    private static func findLast(_ part: [Unicode.Scalar], in whole: [Unicode.Scalar], upTo end: Int) -> Int {
        var index = min(end, whole.count - part.count)
        while index >= 0 {
            if whole[index..<index + part.count].elementsEqual(part) { return index }
            index -= 1
        }
        return -1
    }

    private static func split(_ text: String, by separator: String, limit: Int) -> [String] {
        if limit == 0 { return [] }
        let whole = scalars(text)
        let part = scalars(separator)
        if part.isEmpty {
            let pieces = whole.map { String(Character($0)) }
            guard limit > 0, pieces.count > limit else { return pieces }
            return Array(pieces[..<(limit - 1)]) + [pieces[(limit - 1)...].joined()]
        }
        var pieces: [String] = []
        var start = 0
        while limit < 0 || pieces.count < limit - 1 {
            let next = find(part, in: whole, from: start)
            if next < 0 { break }
            pieces.append(Self.text(whole[start..<next]))
            start = next + part.count
        }
        pieces.append(Self.text(whole[start...]))
        return pieces
    }

    private static func replace(_ text: String, _ old: String, _ new: String, limit: Int) -> String {
        let whole = scalars(text)
        let part = scalars(old)
        let replacement = scalars(new)
        var result: [Unicode.Scalar] = []
        var index = 0
        var count = 0
        if part.isEmpty {
            while index <= whole.count {
                if limit < 0 || count < limit {
                    result += replacement
                    count += 1
                }
                if index < whole.count { result.append(whole[index]) }
                index += 1
            }
            return Self.text(result)
        }
        while limit < 0 || count < limit {
            let next = find(part, in: whole, from: index)
            if next < 0 { break }
            result += whole[index..<next]
            result += replacement
            index = next + part.count
            count += 1
        }
        result += whole[index...]
        return Self.text(result)
    }

    private static func mapASCII(_ text: String, from first: UInt8, by distance: Int) -> String {
        String(
            decoding: text.utf8.map { $0 >= first && $0 < first + 26 ? UInt8(Int($0) + distance) : $0 },
            as: UTF8.self
        )
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

    static let strings: [CELOverload] = [
        CELOverload("contains", on: .string, [.string], .bool) { (a) throws(CELFailure) in
            let part = Array(try text(a[1]).utf8)
            if part.isEmpty { return .bool(true) }
            let whole = Array(try text(a[0]).utf8)
            guard whole.count >= part.count else { return .bool(false) }
            for start in 0...(whole.count - part.count)
            where whole[start] == part[0] && whole[start..<start + part.count].elementsEqual(part) {
                return .bool(true)
            }
            return .bool(false)
        },
        CELOverload("startsWith", on: .string, [.string], .bool) { (a) throws(CELFailure) in
            .bool(try text(a[0]).utf8.starts(with: text(a[1]).utf8))
        },
        CELOverload("endsWith", on: .string, [.string], .bool) { (a) throws(CELFailure) in
            .bool(try text(a[0]).utf8.reversed().starts(with: text(a[1]).utf8.reversed()))
        },
        CELOverload("size", [.string], .int) { (a) throws(CELFailure) in .int(try text(a[0]).unicodeScalars.count) },
        CELOverload("size", on: .string, .int) { (a) throws(CELFailure) in .int(try text(a[0]).unicodeScalars.count) },
        CELOverload("charAt", on: .string, [.int], .string) { (a) throws(CELFailure) in
            let whole = scalars(try text(a[0]))
            let index = try integer(a[1])
            guard index >= 0, index <= whole.count else { throw outOfRange(index) }
            return .string(index == whole.count ? "" : String(Character(whole[index])))
        },
        CELOverload("indexOf", on: .string, [.string], .int) { (a) throws(CELFailure) in
            .int(find(scalars(try text(a[1])), in: scalars(try text(a[0])), from: 0))
        },
        CELOverload("indexOf", on: .string, [.string, .int], .int) { (a) throws(CELFailure) in
            let whole = scalars(try text(a[0]))
            let start = try integer(a[2])
            guard start >= 0, start <= whole.count else { throw outOfRange(start) }
            return .int(find(scalars(try text(a[1])), in: whole, from: start))
        },
        CELOverload("lastIndexOf", on: .string, [.string], .int) { (a) throws(CELFailure) in
            .int(findLast(scalars(try text(a[1])), in: scalars(try text(a[0])), upTo: .max))
        },
        CELOverload("lastIndexOf", on: .string, [.string, .int], .int) { (a) throws(CELFailure) in
            let whole = scalars(try text(a[0]))
            let end = try integer(a[2])
            guard end >= 0, end <= whole.count else { throw outOfRange(end) }
            return .int(findLast(scalars(try text(a[1])), in: whole, upTo: end))
        },
        CELOverload("lowerAscii", on: .string, .string) { (a) throws(CELFailure) in
            .string(mapASCII(try text(a[0]), from: UInt8(ascii: "A"), by: 32))
        },
        CELOverload("upperAscii", on: .string, .string) { (a) throws(CELFailure) in
            .string(mapASCII(try text(a[0]), from: UInt8(ascii: "a"), by: -32))
        },
        CELOverload("replace", on: .string, [.string, .string], .string) { (a) throws(CELFailure) in
            .string(replace(try text(a[0]), try text(a[1]), try text(a[2]), limit: -1))
        },
        CELOverload("replace", on: .string, [.string, .string, .int], .string) { (a) throws(CELFailure) in
            .string(replace(try text(a[0]), try text(a[1]), try text(a[2]), limit: try integer(a[3])))
        },
        CELOverload("split", on: .string, [.string], .list(.string)) { (a) throws(CELFailure) in
            strings(split(try text(a[0]), by: try text(a[1]), limit: -1))
        },
        CELOverload("split", on: .string, [.string, .int], .list(.string)) { (a) throws(CELFailure) in
            strings(split(try text(a[0]), by: try text(a[1]), limit: try integer(a[2])))
        },
        CELOverload("substring", on: .string, [.int], .string) { (a) throws(CELFailure) in
            let whole = scalars(try text(a[0]))
            let start = try integer(a[1])
            guard start >= 0, start <= whole.count else { throw outOfRange(start) }
            return .string(text(whole[start...]))
        },
        CELOverload("substring", on: .string, [.int, .int], .string) { (a) throws(CELFailure) in
            let whole = scalars(try text(a[0]))
            let start = try integer(a[1])
            let end = try integer(a[2])
            guard start >= 0, start <= whole.count else { throw outOfRange(start) }
            guard end >= 0, end <= whole.count else { throw outOfRange(end) }
            guard start <= end else { throw CELFailure("invalid substring range. start: \(start), end: \(end)") }
            return .string(text(whole[start..<end]))
        },
        CELOverload("trim", on: .string, .string) { (a) throws(CELFailure) in
            let whole = scalars(try text(a[0]))
            guard let first = whole.firstIndex(where: { !isSpace($0) }),
                let last = whole.lastIndex(where: { !isSpace($0) })
            else { return .string("") }
            return .string(text(whole[first...last]))
        },
        CELOverload("join", on: .list(.string), .string) { (a) throws(CELFailure) in .string(try texts(a[0]).joined())
        },
        CELOverload("join", on: .list(.string), [.string], .string) { (a) throws(CELFailure) in
            .string(try texts(a[0]).joined(separator: text(a[1])))
        },
        CELOverload("strings.quote", [.string], .string) { (a) throws(CELFailure) in
            .string(CELText.quoted(try text(a[0])))
        },
        CELOverload("format", on: .string, [.list(.dyn)], .string) { (a) throws(CELFailure) in
            .string(try CELText.format(try text(a[0]), try list(a[1]).items()))
        },
        CELOverload("size", [.bytes], .int) { (a) throws(CELFailure) in try byteCount(a[0]) },
        CELOverload("size", on: .bytes, .int) { (a) throws(CELFailure) in try byteCount(a[0]) },
    ]

    private static func byteCount(_ value: CELValue) throws(CELFailure) -> CELValue {
        guard case .bytes(let bytes) = value else { throw .noSuchOverload }
        return .int(bytes.count)
    }

    private static func regex(_ pattern: CELValue) throws(CELFailure) -> LinearPattern {
        let pattern = try text(pattern)
        guard let regex = try? LinearPattern(pattern) else {  // The pattern is named; RE2's own words add little.
            throw CELFailure("error parsing regexp: `\(pattern)`")
        }
        return regex
    }

    private static func findAll(_ text: String, _ regex: LinearPattern, limit: Int) -> CELValue {
        strings(regex.allTexts(in: text, limit: limit < 0 ? .max : limit))
    }

    static let regularExpressions: [CELOverload] = [
        CELOverload("matches", on: .string, [.string], .bool) { (a) throws(CELFailure) in
            .bool(try regex(a[1]).matches(text(a[0])))
        },
        CELOverload("matches", [.string, .string], .bool) { (a) throws(CELFailure) in
            .bool(try regex(a[1]).matches(text(a[0])))
        },
        CELOverload("find", on: .string, [.string], .string) { (a) throws(CELFailure) in
            .string(try regex(a[1]).firstText(in: text(a[0])) ?? "")
        },
        CELOverload("findAll", on: .string, [.string], .list(.string)) { (a) throws(CELFailure) in
            findAll(try text(a[0]), try regex(a[1]), limit: -1)
        },
        CELOverload("findAll", on: .string, [.string, .int], .list(.string)) { (a) throws(CELFailure) in
            findAll(try text(a[0]), try regex(a[1]), limit: try integer(a[2]))
        },
    ]
}
