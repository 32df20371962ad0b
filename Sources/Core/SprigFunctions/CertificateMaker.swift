import FoundationEssentials
import GoTemplate
import StructuredValue
import SwiftASN1
import X509

/// Makes certificates and keys as sprig makes them. Whatever differs from run to run comes in with the request.
enum CertificateMaker {
    struct Request {
        var name: String
        /// The subject's private key as PEM text.
        var key: String
        var isAuthority: Bool
        var serial: [UInt8] = []
        /// Seconds since 1970.
        var from = 0
        var days = 0
        var addresses: [[UInt8]] = []
        var names: [String] = []
        /// The authority's certificate and key; nil for self-signed.
        var issuer: (certificate: String, key: String)?
    }

    static func make(_ request: Request) throws(GoFailure) -> (certificate: String, key: String) {
        let subjectKey = try KeyText(request.key, "parsing private key")
        var issuerKey = subjectKey
        var authorityKeyIdentifier: SubjectKeyIdentifier?
        do {
            let subject = try DistinguishedName { CommonName(request.name) }
            var issuerName = subject
            if let issuer = request.issuer {
                let certificate = try parsedCertificate(issuer.certificate, "decodedSignerCert")
                issuerKey = try KeyText(issuer.key, "error parsing private key")
                issuerName = certificate.subject
                // An authority may have none.
                authorityKeyIdentifier = try? certificate.extensions.subjectKeyIdentifier
            }
            guard let signer = issuerKey.certificateKey else {
                throw GoFailure(
                    "error creating certificate: x509: certificate private key does not implement crypto.Signer"
                )
            }
            guard let key = subjectKey.certificateKey else {
                throw GoFailure("error creating certificate: x509: unsupported public key type: *dsa.PublicKey")
            }
            let ownIdentifier = SubjectKeyIdentifier(hash: key.publicKey)
            let from = Date(timeIntervalSince1970: Double(request.from))
            let certificate = try Certificate(
                version: .v3,
                serialNumber: Certificate.SerialNumber(bytes: positive(request.serial)),
                publicKey: key.publicKey,
                notValidBefore: from,
                notValidAfter: from.addingTimeInterval(Double(request.days) * 86_400),
                issuer: issuerName,
                subject: subject,
                extensions: try extensions(request, ownIdentifier, authorityKeyIdentifier),
                issuerPrivateKey: signer
            )
            var serializer = DER.Serializer()
            try serializer.serialize(certificate)
            return (pem("CERTIFICATE", serializer.serializedBytes), subjectKey.text)
        } catch let failure as GoFailure {
            throw failure
        } catch {
            throw GoFailure("error creating certificate: \(error)")
        }
    }

    private static func extensions(
        _ request: Request,
        _ own: SubjectKeyIdentifier,
        _ authority: SubjectKeyIdentifier?
    ) throws -> Certificate.Extensions {
        var extensions = Certificate.Extensions()
        let usage = KeyUsage(digitalSignature: true, keyEncipherment: true, keyCertSign: request.isAuthority)
        try extensions.append(Certificate.Extension(usage, critical: true))
        try extensions.append(Certificate.Extension(ExtendedKeyUsage([.serverAuth, .clientAuth]), critical: false))
        let constraints =
            request.isAuthority
            ? BasicConstraints.isCertificateAuthority(maxPathLength: nil) : BasicConstraints.notCertificateAuthority
        try extensions.append(Certificate.Extension(constraints, critical: true))
        if request.isAuthority { try extensions.append(Certificate.Extension(own, critical: false)) }
        if let authority {
            let identifier = AuthorityKeyIdentifier(keyIdentifier: authority.keyIdentifier)
            try extensions.append(Certificate.Extension(identifier, critical: false))
        }
        var alternatives: [GeneralName] = request.names.map { .dnsName($0) }
        alternatives += request.addresses.map { .ipAddress(ASN1OctetString(contentBytes: $0[...])) }
        if !alternatives.isEmpty {
            try extensions.append(Certificate.Extension(SubjectAlternativeNames(alternatives), critical: false))
        }
        return extensions
    }

    /// Serial numbers are positive and do not begin with a zero byte.
    private static func positive(_ serial: [UInt8]) -> [UInt8] {
        var serial = serial
        if serial.isEmpty { return [1] }
        serial[0] = serial[0] & 0x7F | 0x40
        return serial
    }

    // MARK: Reading PEM

    static func checkCertificate(_ text: String) throws(GoFailure) { _ = try parsedCertificate(text, "decodedCert") }

    /// Fails as sprig does when a signed certificate's keys or its authority cannot be read.
    static func check(_ request: Request) throws(GoFailure) {
        _ = try KeyText(request.key, "parsing private key")
        guard let issuer = request.issuer else { return }
        _ = try parsedCertificate(issuer.certificate, "decodedSignerCert")
        _ = try KeyText(issuer.key, "error parsing private key")
    }

    private static func parsedCertificate(_ text: String, _ variable: String) throws(GoFailure) -> Certificate {
        guard let document = firstBlock(text) else { throw GoFailure("unable to decode certificate") }
        do { return try Certificate(derEncoded: document.derBytes) } catch {
            throw GoFailure("error parsing certificate: \(variable).Bytes: x509: malformed certificate")
        }
    }

    /// The first PEM block of a text, which may be surrounded by anything.
    static func firstBlock(_ text: String) -> PEMDocument? {
        guard let start = text.firstRange(of: "-----BEGIN "), let end = text.firstRange(of: "-----END ") else {
            return nil
        }
        guard start.lowerBound < end.lowerBound, let close = text[end.upperBound...].firstRange(of: "-----") else {
            return nil
        }
        return try? PEMDocument(pemString: String(text[start.lowerBound..<close.upperBound]))  // Nil says enough.
    }

    static func pem(_ type: String, _ bytes: [UInt8]) -> String {
        let body = Base64.encode(bytes)
        var lines = ["-----BEGIN \(type)-----"]
        var rest = body[...]
        while !rest.isEmpty {
            lines.append(String(rest.prefix(64)))
            rest = rest.dropFirst(64)
        }
        lines.append("-----END \(type)-----")
        return lines.joined(separator: "\n") + "\n"
    }

    /// The bytes of an IPv4 or IPv6 address; nil for other texts.
    static func address(_ text: String) -> [UInt8]? {
        if !text.contains(":") {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            let bytes = parts.compactMap { part -> UInt8? in
                part.utf8.count > 1 && part.hasPrefix("0") || part.hasPrefix("+") ? nil : UInt8(part)
            }
            return parts.count == 4 && bytes.count == 4 ? bytes : nil
        }
        let halves = text.split(separator: "::", omittingEmptySubsequences: false).map(String.init)
        if halves.count > 2 { return nil }
        func groups(_ half: String) -> [UInt8]? {
            if half.isEmpty { return [] }
            var bytes: [UInt8] = []
            let parts = half.split(separator: ":", omittingEmptySubsequences: false)
            for (index, part) in parts.enumerated() {
                if index == parts.count - 1, part.contains("."), let tail = address(String(part)) {
                    bytes += tail
                } else {
                    guard (1...4).contains(part.utf8.count), let number = UInt16(part, radix: 16) else { return nil }
                    bytes += [UInt8(number >> 8), UInt8(number & 0xFF)]
                }
            }
            return bytes
        }
        guard let head = groups(halves[0]) else { return nil }
        if halves.count == 1 { return head.count == 16 ? head : nil }
        guard let tail = groups(halves[1]), head.count + tail.count < 16 else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }
}
