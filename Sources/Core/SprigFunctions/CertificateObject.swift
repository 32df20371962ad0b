import GoTemplate
import StructuredValue

/// What `genCA` and its kin give: a certificate and its key as PEM text.
final class CertificateObject: GoObject {
    let certificate: String
    let key: String

    init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    static let type = GoType.object("sprig.certificate")

    var typeName: String { "sprig.certificate" }
    var text: String { "{\(certificate) \(key)}" }
    var document: Value { ["Cert": .string(certificate), "Key": .string(key)] }

    func field(_ name: String) -> GoValue? {
        switch name {
        case "Cert": .string(certificate)
        case "Key": .string(key)
        default: nil
        }
    }

    func isEqual(to other: any GoObject) -> Bool {
        (other as? CertificateObject).map { $0.certificate == certificate && $0.key == key } ?? false
    }
}
