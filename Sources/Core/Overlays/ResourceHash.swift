import Crypto
import KubernetesModel
import StructuredValue

/// The suffix that generated ConfigMaps and Secrets get from their content. Their name has no part in it.
enum ResourceHash {
    static func suffix(of resource: OverlayResource) -> String {
        let value = resource.value
        var fields: Object
        switch resource.kind.kind {
        case "ConfigMap":
            fields = ["kind": "ConfigMap", "name": "", "data": value["data"] ?? ""]
            if let data = value["binaryData"], data.object != nil { fields["binaryData"] = data }
        case "Secret":
            fields = [
                "kind": "Secret", "type": value["type"] ?? "", "name": "",
                "data": value["data"] ?? "",
            ]
            if let data = value["stringData"], data.object != nil { fields["stringData"] = data }
        default: fields = value.object ?? Object()
        }
        return encoded(JSON.bytes(.object(fields), .go))
    }

    /// Ten characters of the digest in an alphabet without vowels and look-alikes.
    private static func encoded(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in SHA256.hash(data: bytes).prefix(5) {
            for digit in [digits[Int(byte >> 4)], digits[Int(byte & 15)]] {
                switch digit {
                case UInt8(ascii: "0"): text.append(UInt8(ascii: "g"))
                case UInt8(ascii: "1"): text.append(UInt8(ascii: "h"))
                case UInt8(ascii: "3"): text.append(UInt8(ascii: "k"))
                case UInt8(ascii: "a"): text.append(UInt8(ascii: "m"))
                case UInt8(ascii: "e"): text.append(UInt8(ascii: "t"))
                default: text.append(digit)
                }
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
