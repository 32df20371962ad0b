import Crypto
import GoTemplate
import StructuredValue

/// Names of generated objects. Where Cluster API draws letters, these come from a hash, so that the same input gives the
/// same names.
enum TopologyNames {
    private static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789".utf8)
    private static let suffixLength = 5
    private static let longest = 63

    /// Five letters that stand for these texts.
    static func suffix(_ parts: [String]) -> String { suffix(Array(parts.joined(separator: "\u{0}").utf8)) }

    /// Five letters that stand for the content of an object.
    static func suffix(of content: Value) -> String { suffix(JSON.bytes(content, .canonical)) }

    private static func suffix(_ bytes: [UInt8]) -> String {
        var number: UInt64 = 0
        for byte in SHA256.hash(data: bytes).prefix(8) { number = number << 8 | UInt64(byte) }
        var letters: [UInt8] = []
        for _ in 0..<suffixLength {
            letters.append(alphabet[Int(number % UInt64(alphabet.count))])
            number /= UInt64(alphabet.count)
        }
        return String(decoding: letters, as: UTF8.self)
    }

    private static func cut(_ text: String, to length: Int) -> String {
        text.utf8.count <= length ? text : String(decoding: text.utf8.prefix(length), as: UTF8.self)
    }

    /// A prefix and a suffix, cut so that names stay within 63 bytes.
    static func prefixed(_ prefix: String, _ suffix: String) -> String {
        cut(prefix, to: longest - suffixLength) + suffix
    }

    /// A name from a class's template; nil when the template refers to something it does not get.
    static func rendered(
        _ template: GoTemplateUnit,
        cluster: String,
        group: String?,
        topologyName: String,
        suffix: String
    ) throws(GoFailure) -> String {
        var data: Object = ["cluster": ["name": .string(cluster)], "random": .string(suffix)]
        if let group { data.append(group, ["topologyName": .string(topologyName)]) }
        var templates = GoTemplateSet()
        templates.add(template)
        let execution = GoExecution(templates)
        execution.missingKeys = .refused
        let name = String(decoding: try execution.execute(template.name, GoValue(.object(data))), as: UTF8.self)
        return name.utf8.count > longest ? cut(name, to: longest - suffixLength) + suffix : name
    }
}
