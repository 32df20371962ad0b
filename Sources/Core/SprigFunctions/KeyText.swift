import Crypto
import CryptoExtras
import GoTemplate
import SwiftASN1
import X509

/// A private key out of PEM text, and the text that sprig writes for it: PKCS #1 for RSA, SEC 1 for elliptic curves, PKCS #8
/// for Ed25519, a form of its own for DSA.
struct KeyText {
    let text: String
    /// What can sign certificates or be certified; nil for DSA keys, which Go refuses for both.
    let certificateKey: Certificate.PrivateKey?

    /// Reads the first PEM block of a text; failures begin with the complaint.
    init(_ source: String, _ complaint: String) throws(GoFailure) {
        guard let document = CertificateMaker.firstBlock(source) else {
            throw GoFailure("\(complaint): no PEM data in input")
        }
        let type = document.discriminator
        guard type == "PRIVATE KEY" || type.hasSuffix(" PRIVATE KEY") else {
            throw GoFailure("\(complaint): no private key data in PEM block of type \(type)")
        }
        do {
            switch type {
            case "DSA PRIVATE KEY":
                text = try Self.text(DSAKey(derEncoded: document.derBytes))
                certificateKey = nil
            case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
                certificateKey = try Certificate.PrivateKey(pemDocument: document)
                text = try Self.rewritten(document)
            default: throw GoFailure("\(complaint): invalid private key type \(type)")
            }
        } catch let failure as GoFailure {
            throw failure
        } catch {
            // The libraries' own reasons are codes or places in their sources.
            let attempt =
                type == "PRIVATE KEY" ? "decoding PEM as PKCS#8" : "parsing \(type.dropLast(12)) private key from PEM"
            throw GoFailure("\(complaint): \(attempt): malformed or unsupported key")
        }
    }

    private static func rewritten(_ document: PEMDocument) throws -> String {
        guard document.discriminator == "PRIVATE KEY" else {
            return CertificateMaker.pem(document.discriminator, document.derBytes)
        }
        // Whatever is not of one kind is tried as the next; Ed25519 keys stay as they are.
        if let key = try? _RSA.Signing.PrivateKey(derRepresentation: document.derBytes) {  // Not RSA.
            return CertificateMaker.pem("RSA PRIVATE KEY", Array(key.derRepresentation))
        }
        if let key = try? P256.Signing.PrivateKey(derRepresentation: document.derBytes) {  // Another curve.
            return try elliptic(key.rawRepresentation, .NamedCurves.secp256r1, key.publicKey.x963Representation)
        }
        if let key = try? P384.Signing.PrivateKey(derRepresentation: document.derBytes) {  // Another curve.
            return try elliptic(key.rawRepresentation, .NamedCurves.secp384r1, key.publicKey.x963Representation)
        }
        if let key = try? P521.Signing.PrivateKey(derRepresentation: document.derBytes) {  // No curve of these.
            return try elliptic(key.rawRepresentation, .NamedCurves.secp521r1, key.publicKey.x963Representation)
        }
        return CertificateMaker.pem(document.discriminator, document.derBytes)
    }

    // MARK: Writing

    /// A P-256 key of these 32 bytes; nil when they are none.
    static func p256(_ bytes: [UInt8]) -> String? {
        guard let key = try? P256.Signing.PrivateKey(rawRepresentation: bytes) else { return nil }  // Out of range.
        // Nothing in three fields of bytes can fail to be written.
        return try? elliptic(key.rawRepresentation, .NamedCurves.secp256r1, key.publicKey.x963Representation)
    }

    /// An Ed25519 key of these 32 bytes.
    static func ed25519(_ bytes: [UInt8]) -> String {
        let head: [UInt8] = [
            0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
        ]
        return CertificateMaker.pem("PRIVATE KEY", head + bytes)
    }

    static func text(_ key: DSAKey) throws -> String {
        var serializer = DER.Serializer()
        try serializer.serialize(key)
        return CertificateMaker.pem("DSA PRIVATE KEY", serializer.serializedBytes)
    }

    private static func elliptic(
        _ scalar: some Collection<UInt8>,
        _ curve: ASN1ObjectIdentifier,
        _ point: some Collection<UInt8>
    ) throws -> String {
        var serializer = DER.Serializer()
        try serializer.appendConstructedNode(identifier: .sequence) { coder in
            try coder.serialize(1)
            try coder.serialize(ASN1OctetString(contentBytes: ArraySlice(scalar)))
            try coder.serialize(curve, explicitlyTaggedWithTagNumber: 0, tagClass: .contextSpecific)
            try coder.serialize(
                ASN1BitString(bytes: ArraySlice(point)),
                explicitlyTaggedWithTagNumber: 1,
                tagClass: .contextSpecific
            )
        }
        return CertificateMaker.pem("EC PRIVATE KEY", serializer.serializedBytes)
    }
}
