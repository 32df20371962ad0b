import StructuredValue

/// Makes ConfigMaps and Secrets from files, environment files and literals.
struct ResourceGenerator {
    /// Reads a file named by the kustomization.
    var read: (String) throws(OverlayFailure) -> [UInt8]

    func configMap(_ rule: GeneratorRule) throws(OverlayFailure) -> OverlayResource {
        var value = base("ConfigMap", rule)
        var texts = Object()
        var binaries = Object()
        for (key, bytes) in try data(rule) {
            if let text = String(validating: bytes, as: UTF8.self) {
                texts.append(key, .string(text))
            } else {
                binaries.append(key, .string(Base64Lines.text(of: bytes)))
            }
        }
        if !texts.isEmpty { value["data"] = .object(texts) }
        if !binaries.isEmpty { value["binaryData"] = .object(binaries) }
        return finish(value, rule)
    }

    func secret(_ rule: GeneratorRule) throws(OverlayFailure) -> OverlayResource {
        var value = base("Secret", rule)
        value["type"] = .string(rule.type.isEmpty ? "Opaque" : rule.type)
        var members = Object()
        for (key, bytes) in try data(rule) { members.append(key, .string(Base64Lines.text(of: bytes))) }
        value["data"] = .object(members)
        return finish(value, rule)
    }

    private func base(_ kind: String, _ rule: GeneratorRule) -> Value {
        var value: Value = ["apiVersion": "v1", "kind": .string(kind), "metadata": ["name": .string(rule.name)]]
        if !rule.namespace.isEmpty { value[path: "metadata", "namespace"] = .string(rule.namespace) }
        return value
    }

    private func finish(_ value: Value, _ rule: GeneratorRule) -> OverlayResource {
        var value = value
        for (field, texts) in [("labels", rule.options.labels), ("annotations", rule.options.annotations)] {
            for (key, text) in texts.sorted(by: { $0.key < $1.key }) {
                value[path: "metadata", field, key] = .string(text)
            }
        }
        if rule.options.isImmutable { value["immutable"] = true }
        var resource = OverlayResource(value)
        resource.behavior = rule.behavior
        resource.needsHash = !rule.options.disablesHash
        return resource
    }

    /// All pairs, sorted by key.
    private func data(_ rule: GeneratorRule) throws(OverlayFailure) -> [(key: String, bytes: [UInt8])] {
        guard !rule.name.isEmpty else {
            throw OverlayFailure("overlay-generator", "a ConfigMap or Secret generator must have a name")
        }
        var pairs: [(key: String, bytes: [UInt8])] = []
        for path in rule.environments { pairs += try environment(try read(path), path) }
        for literal in rule.literals { pairs.append(try self.literal(literal)) }
        for source in rule.files {
            let (key, path) = try file(source)
            pairs.append((key, try read(path)))
        }
        pairs.sort { $0.key < $1.key }
        for (one, two) in zip(pairs, pairs.dropFirst()) where one.key == two.key {
            throw OverlayFailure("overlay-generator", "configmap \(rule.name) illegally repeats the key `\(one.key)`")
        }
        for pair in pairs where !Self.isKey(pair.key) {
            throw OverlayFailure("overlay-generator", "“\(pair.key)” is no valid key of a ConfigMap or Secret")
        }
        return pairs
    }

    private static func isKey(_ key: String) -> Bool {
        !key.isEmpty && key.utf8.count <= 253 && key != "." && key != ".." && !key.hasPrefix("../")
            && key.utf8.allSatisfy { byte in
                byte >= 0x30 && byte <= 0x39 || byte >= 0x41 && byte <= 0x5A || byte >= 0x61 && byte <= 0x7A
                    || byte == 0x2D || byte == 0x2E || byte == 0x5F
            }
    }

    private func file(_ source: String) throws(OverlayFailure) -> (key: String, path: String) {
        let parts = source.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1: return (OverlayPath.lastPart(source), source)
        case 2 where !parts[0].isEmpty && !parts[1].isEmpty: return (parts[0], parts[1])
        default:
            throw OverlayFailure("overlay-generator", "“\(source)” is no file source; write path or key=path")
        }
    }

    private func literal(_ source: String) throws(OverlayFailure) -> (key: String, bytes: [UInt8]) {
        guard let mark = source.firstIndex(of: "="), mark != source.startIndex else {
            throw OverlayFailure("overlay-generator", "invalid literal source \(source), expected key=value")
        }
        var text = source[source.index(after: mark)...]
        if text.utf8.count >= 2, let first = text.first, first == text.last, first == "\"" || first == "'" {
            text = text.dropFirst().dropLast()
        }
        return (String(source[..<mark]), Array(text.utf8))
    }

    private func environment(
        _ bytes: [UInt8],
        _ path: String
    ) throws(OverlayFailure) -> [(key: String, bytes: [UInt8])] {
        var pairs: [(String, [UInt8])] = []
        for (number, raw) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            var line = raw
            if line.last == 0x0D { line = line.dropLast() }
            if number == 0, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
            line = line.drop { $0 == 0x20 || $0 >= 0x09 && $0 <= 0x0D }
            guard let first = line.first, first != UInt8(ascii: "#") else { continue }
            let mark = line.firstIndex(of: UInt8(ascii: "="))
            let key = String(decoding: mark.map { line[..<$0] } ?? line, as: UTF8.self)
            guard Self.isVariable(key) else {
                throw OverlayFailure("overlay-generator", "“\(key)” is no name of a variable in \(path)")
            }
            // Variables of the process that builds have no say here, so a name alone means an empty value.
            pairs.append((key, mark.map { Array(line[line.index(after: $0)...]) } ?? []))
        }
        return pairs
    }

    private static func isVariable(_ name: String) -> Bool {
        guard let first = name.utf8.first, first < 0x30 || first > 0x39 else { return false }
        return isKey(name)
    }
}

/// Base64 as kustomize writes it: longer texts in lines of 70 characters.
enum Base64Lines {
    static func text(of bytes: [UInt8]) -> String {
        let plain = Array(Base64.encode(bytes).utf8)
        if plain.count < 70 { return String(decoding: plain, as: UTF8.self) }
        var lines: [UInt8] = []
        for start in stride(from: 0, to: plain.count, by: 70) {
            lines += plain[start..<min(start + 70, plain.count)]
            lines.append(0x0A)
        }
        return String(decoding: lines, as: UTF8.self)
    }
}
