package import SourceDiagnostics
package import StructuredValue

extension YAMLNode {
    /// The node's text; reports when it is anything else.
    package func string(_ bag: inout DiagnosticBag) -> Located<String>? {
        if case .scalar(let scalar) = content {
            if case .string(let text) = scalar.value { return Located(text, at: position) }
            if scalar.isPlain, !scalar.value.isNull {
                report("a string", hint: "quote it: \"\(scalar.text)\"", &bag)
                return nil
            }
        }
        reportType("a string", &bag)
        return nil
    }

    /// The node's text, which must not be empty.
    package func name(_ bag: inout DiagnosticBag) -> Located<String>? {
        guard let text = string(&bag) else { return nil }
        if text.value.isEmpty {
            report("a string that is not empty", hint: nil, &bag)
            return nil
        }
        return text
    }

    /// The node's whole number; reports when it is anything else or out of range.
    package func int(
        _ bag: inout DiagnosticBag,
        in range: ClosedRange<Int> = Int.min...Int.max
    ) -> Located<Int>? {
        guard case .scalar(let scalar) = content, case .int(let number) = scalar.value else {
            reportType("a whole number", &bag)
            return nil
        }
        guard range.contains(number) else {
            let wanted =
                range.upperBound == .max
                ? "\(range.lowerBound) or more" : "between \(range.lowerBound) and \(range.upperBound)"
            bag.report(Diagnostic(.error, "out-of-range", "the number must be \(wanted)", at: position))
            return nil
        }
        return Located(number, at: position)
    }

    /// The node's boolean; reports when it is anything else.
    package func bool(_ bag: inout DiagnosticBag) -> Located<Bool>? {
        guard case .scalar(let scalar) = content, case .bool(let flag) = scalar.value else {
            reportType("true or false", &bag)
            return nil
        }
        return Located(flag, at: position)
    }

    /// The node's items; reports, and gives none, when it is no list.
    package func list(_ bag: inout DiagnosticBag) -> [YAMLNode] {
        guard let items else {
            reportType("a list", &bag)
            return []
        }
        return items
    }

    /// The texts of a list; reports what is none.
    package func strings(_ bag: inout DiagnosticBag) -> [Located<String>] {
        var texts: [Located<String>] = []
        for item in list(&bag) {
            if let text = item.string(&bag) { texts.append(text) }
        }
        return texts
    }

    /// The keys and texts of a mapping like labels; reports what is none.
    package func stringMap(_ bag: inout DiagnosticBag) -> [(key: Located<String>, value: Located<String>)] {
        guard let entries else {
            reportType("an object", &bag)
            return []
        }
        var pairs: [(key: Located<String>, value: Located<String>)] = []
        for entry in entries {
            guard let text = entry.value.string(&bag) else { continue }
            pairs.append((Located(entry.key, at: entry.keyPosition), text))
        }
        return pairs
    }

    /// One of an enumeration's names; reports any other with the nearest one.
    package func choice<Choice: RawRepresentable & CaseIterable>(
        _ type: Choice.Type = Choice.self,
        _ bag: inout DiagnosticBag
    ) -> Located<Choice>? where Choice.RawValue == String {
        guard let text = string(&bag) else { return nil }
        if let choice = Choice(rawValue: text.value) { return Located(choice, at: position) }
        let names = Choice.allCases.map(\.rawValue)
        bag.report(
            Diagnostic(
                .error,
                "unknown-choice",
                "“\(text.value)” is none of \(names.map { "“\($0)”" }.joined(separator: ", "))",
                at: position,
                hint: closestName(to: text.value, in: names).map { "did you mean “\($0)”?" }
            )
        )
        return nil
    }

    /// The node's value, which must be an object.
    package func object(_ bag: inout DiagnosticBag) -> Located<Object>? {
        guard case .object(let object) = value else {
            reportType("an object", &bag)
            return nil
        }
        return Located(object, at: position)
    }

    /// Reports that this is not what was expected.
    package func reportType(_ expected: String, _ bag: inout DiagnosticBag) {
        report(expected, hint: nil, &bag)
    }

    private func report(_ expected: String, hint: String?, _ bag: inout DiagnosticBag) {
        let found =
            isNull ? "nothing" : typeName == "array" || typeName == "object" ? "an \(typeName)" : "a \(typeName)"
        bag.report(
            Diagnostic(.error, "wrong-type", "expected \(expected), found \(found)", at: position, hint: hint)
        )
    }
}
