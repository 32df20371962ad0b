import LinearRegex
import StructuredValue

/// The rules for one type of value each.
extension SchemaValidator {
    mutating func checkObject(_ object: Object, _ value: Value, _ work: inout Work) {
        guard let rules = work.node.rules.object else { return }
        if let minimum = rules.minimum, object.count < minimum {
            work.found.append(limit("minProperties", object.count, minimum))
        }
        if let maximum = rules.maximum, object.count > maximum {
            work.found.append(limit("maxProperties", object.count, maximum))
        }
        let missing = rules.required.filter { !object.contains($0) }
        if !missing.isEmpty {
            let noun = missing.count == 1 ? "property" : "properties"
            work.found.append(violation("missing \(noun) \(SchemaText.quote(missing))"))
        }
        if stopsAtFirst, !work.found.isEmpty { return }
        for (property, dependency) in rules.dependencies where object.contains(property) {
            switch dependency {
            case .properties(let names): requireWith(property, names, object, &work)
            case .schema(let node): if let failure = applyAlso(node, value, &work) { work.found.append(failure) }
            }
        }
        checkMembers(object, rules, &work)
        if stopsAtFirst, !work.found.isEmpty { return }
        if let node = rules.propertyNames {
            for pair in object { checkName(pair.key, node, &work) }
        }
        for (property, node) in rules.dependentSchemas where object.contains(property) {
            if let failure = applyAlso(node, value, &work) { work.found.append(failure) }
        }
        for (property, names) in rules.dependentRequired where object.contains(property) {
            requireWith(property, names, object, &work)
        }
    }

    private mutating func checkMembers(_ object: Object, _ rules: SchemaNode.ObjectRules, _ work: inout Work) {
        if rules.properties.isEmpty, rules.patterns.isEmpty, !rules.additional.isSaid { return }
        var additional: [String] = []
        var failures: [(name: String, violation: SchemaViolation)] = []
        for pair in object {
            if stopsAtFirst, !failures.isEmpty || !additional.isEmpty { break }
            var isEvaluated = false
            if let node = rules.properties[pair.key] {
                isEvaluated = true
                if let failure = descend(node, pair.value, pair.key) { failures.append((pair.key, failure)) }
            }
            for (pattern, node) in rules.patterns where pattern.matches(pair.key) {
                isEvaluated = true
                if let failure = descend(node, pair.value, pair.key) { failures.append((pair.key, failure)) }
            }
            if !isEvaluated {
                switch rules.additional {
                case .unsaid: break
                case .allowed: isEvaluated = true
                case .forbidden:
                    isEvaluated = true
                    additional.append(pair.key)
                case .schema(let node):
                    isEvaluated = true
                    if let failure = descend(node, pair.value, pair.key) { failures.append((pair.key, failure)) }
                }
            }
            if isEvaluated, !work.unevaluated.properties.isEmpty { work.unevaluated.properties.remove(pair.key) }
        }
        if failures.count > 1 { failures.sort { $0.name < $1.name } }
        work.found += failures.map(\.violation)
        if !additional.isEmpty {
            var found = violation("additional properties \(SchemaText.quote(additional.sorted())) not allowed")
            found.members = additional.sorted()
            work.found.append(found)
        }
    }

    private mutating func checkName(_ name: String, _ node: Int, _ work: inout Work) {
        var inner = SchemaValidator(nodes: nodes, stopsAtFirst: stopsAtFirst)
        guard let failure = inner.validate(.string(name), against: node) else { return }
        let causes = failure.kind == .group ? failure.causes : [failure]
        // The name is validated as a document of its own, so its place is the top.
        work.found.append(SchemaViolation("", "invalid propertyName \(SchemaText.quote(name))", causes: causes))
    }

    private mutating func requireWith(_ property: String, _ names: [String], _ object: Object, _ work: inout Work) {
        let missing = names.filter { !object.contains($0) }
        if missing.isEmpty { return }
        work.found.append(
            violation("properties \(SchemaText.quote(missing)) required, if \(SchemaText.quote(property)) exists")
        )
    }

    mutating func checkArray(_ items: [Value], _ work: inout Work) {
        guard let rules = work.node.rules.array else { return }
        if let minimum = rules.minimum, items.count < minimum {
            work.found.append(limit("minItems", items.count, minimum))
        }
        if let maximum = rules.maximum, items.count > maximum {
            work.found.append(limit("maxItems", items.count, maximum))
        }
        if rules.isUnique, let (first, second) = firstDuplicate(items) {
            work.found.append(
                violation("items at \(SchemaText.count(first)) and \(SchemaText.count(second)) are equal")
            )
        }
        for (index, item) in items.enumerated() {
            if stopsAtFirst, !work.found.isEmpty { return }
            let node: Int?
            if index < rules.prefix.count {
                node = rules.prefix[index]
            } else if let rest = rules.items {
                node = rest
            } else if case .schema(let additional) = rules.additional {
                node = additional
            } else {
                node = nil
            }
            if let node, let failure = descend(node, item, String(index)) { work.found.append(failure) }
        }
        if case .forbidden = rules.additional, items.count > rules.prefix.count {
            let count = SchemaText.count(items.count - rules.prefix.count)
            work.found.append(violation("last \(count) additionalItem(s) not allowed"))
        }
        if let node = rules.contains { checkContains(items, node, rules, &work) }
    }

    private mutating func checkContains(
        _ items: [Value],
        _ node: Int,
        _ rules: SchemaNode.ArrayRules,
        _ work: inout Work
    ) {
        var failures: [SchemaViolation] = []
        var matched: [Int] = []
        for (index, item) in items.enumerated() {
            if let failure = descend(node, item, String(index)) {
                failures.append(failure)
            } else {
                matched.append(index)
                if work.node.rules.draft >= 2020 { work.unevaluated.items.remove(index) }
            }
        }
        let places = matched.map(String.init).joined(separator: " ")
        let count = SchemaText.count(matched.count)
        if let minimum = rules.minimumContains {
            if matched.count < minimum {
                let start = "min \(SchemaText.count(minimum)) items required to match contains schema, but "
                let end = matched.isEmpty ? "none matched" : "matched \(count) items at \(places)"
                work.found.append(violation(start + end, causes: failures))
            }
        } else if matched.isEmpty {
            work.found.append(violation("no items match contains schema", causes: failures))
        }
        if let maximum = rules.maximumContains, matched.count > maximum {
            let start = "max \(SchemaText.count(maximum)) items required to match contains schema, but "
            work.found.append(violation(start + "matched \(count) items at \(places)"))
        }
    }

    private func firstDuplicate(_ items: [Value]) -> (Int, Int)? {
        if items.count < 2 { return nil }
        if items.count > 20, items.allSatisfy({ $0.string != nil }) {
            var seen: [String: Int] = [:]
            for (index, item) in items.enumerated() {
                guard let text = item.string else { continue }
                if let first = seen[text] { return (first, index) }
                seen[text] = index
            }
            return nil
        }
        for second in 1..<items.count {
            for first in 0..<second where items[second].isSchemaEqual(to: items[first]) { return (first, second) }
        }
        return nil
    }

    mutating func checkString(_ text: String, _ work: inout Work) {
        guard let rules = work.node.rules.string else { return }
        if rules.minimum != nil || rules.maximum != nil {
            let length = text.unicodeScalars.count
            if let minimum = rules.minimum, length < minimum { work.found.append(limit("minLength", length, minimum)) }
            if let maximum = rules.maximum, length > maximum { work.found.append(limit("maxLength", length, maximum)) }
        }
        if let pattern = rules.pattern, !pattern.matches(text) {
            work.found.append(
                violation("\(SchemaText.quote(text)) does not match pattern \(SchemaText.quote(pattern.source))")
            )
        }
    }

    mutating func checkNumber(_ value: Value, _ work: inout Work) {
        guard let rules = work.node.rules.number, let number = ExactNumber(value) else { return }
        func report(_ rule: String, _ want: ExactNumber) -> SchemaViolation {
            violation("\(rule): got \(SchemaText.number(number.double)), want \(SchemaText.number(want.double))")
        }
        if let want = rules.minimum, number.compare(to: want) < 0 { work.found.append(report("minimum", want)) }
        if let want = rules.maximum, number.compare(to: want) > 0 { work.found.append(report("maximum", want)) }
        if let want = rules.exclusiveMinimum, number.compare(to: want) <= 0 {
            work.found.append(report("exclusiveMinimum", want))
        }
        if let want = rules.exclusiveMaximum, number.compare(to: want) >= 0 {
            work.found.append(report("exclusiveMaximum", want))
        }
        if let want = rules.multipleOf, !number.isMultiple(of: want) { work.found.append(report("multipleOf", want)) }
    }

    private func limit(_ rule: String, _ got: Int, _ want: Int) -> SchemaViolation {
        violation("\(rule): got \(SchemaText.count(got)), want \(SchemaText.count(want))")
    }

    mutating func checkCombinations(_ value: Value, _ work: inout Work) {
        let rules = work.node.rules
        if let node = rules.not, applyAlso(node, value, &work, quietly: true) == nil {
            work.found.append(violation("not failed"))
        }
        if !rules.allOf.isEmpty {
            var failures: [SchemaViolation] = []
            for node in rules.allOf {
                guard let failure = applyAlso(node, value, &work) else { continue }
                failures.append(failure)
                if stopsAtFirst { break }
            }
            if !failures.isEmpty { work.found.append(violation("allOf failed", causes: failures)) }
        }
        if !rules.anyOf.isEmpty {
            var failures: [SchemaViolation] = []
            var holds = false
            for node in rules.anyOf {
                if let failure = applyAlso(node, value, &work) {
                    failures.append(failure)
                } else {
                    holds = true
                    if work.unevaluated.isEmpty { break }
                }
            }
            if !holds { work.found.append(violation("anyOf failed", causes: failures)) }
        }
        if !rules.oneOf.isEmpty { checkOneOf(value, &work) }
        if let condition = rules.condition {
            let holds = applyAlso(condition, value, &work, quietly: true) == nil
            if let node = holds ? rules.then : rules.otherwise, let failure = applyAlso(node, value, &work) {
                work.found.append(failure)
            }
        }
    }

    private mutating func checkOneOf(_ value: Value, _ work: inout Work) {
        var failures: [SchemaViolation] = []
        var match: Int?
        for (index, node) in work.node.rules.oneOf.enumerated() {
            if let failure = applyAlso(node, value, &work, quietly: match != nil) {
                if match == nil { failures.append(failure) }
            } else if let first = match {
                work.found.append(violation("oneOf failed, subschemas \(first), \(index) matched"))
                return
            } else {
                match = index
            }
        }
        if match == nil { work.found.append(violation("oneOf failed, none matched", causes: failures)) }
    }
}
