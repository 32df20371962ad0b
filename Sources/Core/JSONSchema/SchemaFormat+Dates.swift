/// Dates, times, durations and periods (RFC 3339).
extension SchemaFormat {
    static func checkDate(_ text: String) throws(FormatObjection) {
        let bytes = Array(text.utf8)
        func refuse(_ rest: ArraySlice<UInt8>, _ part: String) -> FormatObjection {
            let rest = String(decoding: rest, as: UTF8.self)
            return FormatObjection(
                "parsing time \"\(text)\" as \"2006-01-02\": cannot parse \"\(rest)\" as \"\(part)\""
            )
        }
        func number(_ range: Range<Int>, _ part: String) throws(FormatObjection) -> Int {
            guard range.upperBound <= bytes.count, bytes[range].allSatisfy(\.isDigit),
                let number = Int(String(decoding: bytes[range], as: UTF8.self))
            else { throw refuse(bytes[min(range.lowerBound, bytes.count)...], part) }
            return number
        }
        func hyphen(_ index: Int) throws(FormatObjection) {
            if index < bytes.count, bytes[index] == UInt8(ascii: "-") { return }
            throw refuse(bytes[min(index, bytes.count)...], "-")
        }
        let year = try number(0..<4, "2006")
        try hyphen(4)
        let month = try number(5..<7, "01")
        if !(1...12).contains(month) { throw FormatObjection("parsing time \"\(text)\": month out of range") }
        try hyphen(7)
        let day = try number(8..<10, "02")
        if bytes.count > 10 {
            let extra = String(decoding: bytes[10...], as: UTF8.self)
            throw FormatObjection("parsing time \"\(text)\": extra text: \"\(extra)\"")
        }
        let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        if day < 1 || day > lengths[month - 1] { throw FormatObjection("parsing time \"\(text)\": day out of range") }
    }

    static func checkTime(_ text: String) throws(FormatObjection) {
        var bytes = Array(text.utf8)[...]
        if bytes.count < 9 { throw FormatObjection("less than 9 characters long") }
        let colon = UInt8(ascii: ":")
        if bytes[2] != colon || bytes[5] != colon { throw FormatObjection("missing colon in correct place") }
        guard var hour = Int(String(decoding: bytes[0..<2], as: UTF8.self)),
            var minute = Int(String(decoding: bytes[3..<5], as: UTF8.self)),
            let second = Int(String(decoding: bytes[6..<8], as: UTF8.self))
        else { throw FormatObjection("invalid hour/min/sec") }
        if hour < 0 || minute < 0 || second < 0 { throw FormatObjection("non-positive hour/min/sec") }
        if hour > 23 || minute > 59 || second > 60 { throw FormatObjection("hour/min/sec out of range") }
        bytes = bytes.dropFirst(8)
        if bytes.first == UInt8(ascii: ".") {
            let digits = bytes.dropFirst().prefix { $0.isDigit }
            if digits.isEmpty { throw FormatObjection("no digits in second fraction") }
            bytes = bytes.dropFirst(1 + digits.count)
        }
        let zone = Array(bytes)
        if zone != [UInt8(ascii: "z")], zone != [UInt8(ascii: "Z")] {
            if zone.count != 6 { throw FormatObjection("offset must be 6 characters long") }
            let sign = zone[0] == UInt8(ascii: "+") ? -1 : zone[0] == UInt8(ascii: "-") ? 1 : 0
            if sign == 0 { throw FormatObjection("offset must begin with plus/minus") }
            if zone[3] != colon { throw FormatObjection("missing colon in offset in correct place") }
            guard let hours = Int(String(decoding: zone[1..<3], as: UTF8.self)),
                let minutes = Int(String(decoding: zone[4..<6], as: UTF8.self))
            else { throw FormatObjection("invalid hour/min in offset") }
            if hours < 0 || minutes < 0 { throw FormatObjection("non-positive hour/min in offset") }
            if hours > 23 || minutes > 59 { throw FormatObjection("hour/min in offset out of range") }
            var total = hour * 60 + minute + sign * (hours * 60 + minutes)
            if total < 0 { total += 24 * 60 }
            (hour, minute) = (total / 60, total % 60)
        }
        if second == 60, hour != 23 || minute != 59 { throw FormatObjection("invalid leap second") }
    }

    static func checkDateTime(_ text: String) throws(FormatObjection) {
        let bytes = Array(text.utf8)
        if bytes.count < 20 { throw FormatObjection("less than 20 characters long") }
        if bytes[10] != UInt8(ascii: "t"), bytes[10] != UInt8(ascii: "T") {
            throw FormatObjection("11th character must be t or T")
        }
        do throws(FormatObjection) { try checkDate(String(decoding: bytes[..<10], as: UTF8.self)) } catch {
            throw FormatObjection("invalid date element: \(error.reason)")
        }
        do throws(FormatObjection) { try checkTime(String(decoding: bytes[11...], as: UTF8.self)) } catch {
            throw FormatObjection("invalid time element: \(error.reason)")
        }
    }

    static func checkDuration(_ text: String) throws(FormatObjection) {
        guard text.hasPrefix("P") else { throw FormatObjection("must start with P") }
        let body = text.dropFirst()
        if body.isEmpty { throw FormatObjection("nothing after P") }
        if body.hasSuffix("W") {
            let weeks = body.dropLast()
            if weeks.isEmpty { throw FormatObjection("no number in week") }
            if !weeks.utf8.allSatisfy(\.isDigit) { throw FormatObjection("invalid week") }
            return
        }
        for (index, part) in body.split(separator: "T", omittingEmptySubsequences: false).enumerated() {
            if index > 0, part.isEmpty { throw FormatObjection("no time elements") }
            if index > 1 { throw FormatObjection("more than one T") }
            let all = Array((index == 0 ? "YMD" : "HMS").utf8)
            var units = all[...]
            var rest = Array(part.utf8)[...]
            while !rest.isEmpty {
                let digits = rest.prefix { $0.isDigit }
                if digits.isEmpty { throw FormatObjection("missing number") }
                rest = rest.dropFirst(digits.count)
                guard let unit = rest.popFirst() else { throw FormatObjection("missing unit") }
                guard let place = units.firstIndex(of: unit) else {
                    let name = String(decoding: [unit], as: UTF8.self)
                    throw FormatObjection(all.contains(unit) ? "unit '\(name)' out of order" : "invalid unit '\(name)'")
                }
                units = units[(place + 1)...]
            }
        }
    }

    static func checkPeriod(_ text: String) throws(FormatObjection) {
        guard let slash = text.firstIndex(of: "/") else { throw FormatObjection("missing slash") }
        let start = String(text[..<slash])
        let end = String(text[text.index(after: slash)...])
        func part(_ text: String, _ name: String) throws(FormatObjection) {
            let isDuration = text.hasPrefix("P")
            do throws(FormatObjection) {
                if isDuration { try checkDuration(text) } else { try checkDateTime(text) }
            } catch {
                throw FormatObjection("invalid \(name) \(isDuration ? "duration" : "date-time"): \(error.reason)")
            }
        }
        try part(start, "start")
        if start.hasPrefix("P"), end.hasPrefix("P") {
            do throws(FormatObjection) { try checkDateTime(end) } catch {
                throw FormatObjection("invalid end date-time: \(error.reason)")
            }
        } else {
            try part(end, "end")
        }
    }
}
