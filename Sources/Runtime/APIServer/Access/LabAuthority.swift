import Crypto
import Foundation
package import KubernetesModel
import SwiftASN1
import X509

/// A certificate with its private key, as PEM text.
package struct Credential: Sendable, Hashable {
    package var certificate: String
    package var privateKey: String

    package init(certificate: String, privateKey: String) {
        self.certificate = certificate
        self.privateKey = privateKey
    }
}

/// The certificate authority of a lab: signs the certificates of its servers and clients.
package struct LabAuthority: Sendable {
    package let credential: Credential
    private let certificate: Certificate
    private let key: Certificate.PrivateKey

    /// Makes a new authority.
    package init(name: String = "martlet-lab", now: Timestamp) throws {
        let key = P256.Signing.PrivateKey()
        let subject = try DistinguishedName { CommonName(name) }
        let certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: Self.date(now.seconds - 3600),
            notValidAfter: Self.date(now.seconds + 10 * 365 * 86_400),
            issuer: subject,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(digitalSignature: true, keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: Certificate.PublicKey(key.publicKey))
            },
            issuerPrivateKey: Certificate.PrivateKey(key)
        )
        self.certificate = certificate
        self.key = Certificate.PrivateKey(key)
        credential = Credential(
            certificate: try certificate.serializeAsPEM().pemString,
            privateKey: key.pemRepresentation
        )
    }

    /// Takes an authority that was kept.
    package init(_ credential: Credential) throws {
        self.credential = credential
        certificate = try Certificate(pemEncoded: credential.certificate)
        key = Certificate.PrivateKey(try P256.Signing.PrivateKey(pemRepresentation: credential.privateKey))
    }

    /// A certificate for a server at these host names and addresses.
    package func server(hosts: [String], now: Timestamp) throws -> Credential {
        try issue(commonName: hosts.first ?? "localhost", groups: [], hosts: hosts, isServer: true, now: now)
    }

    /// A certificate that makes its bearer this user.
    package func client(_ user: APIUser, now: Timestamp) throws -> Credential {
        try issue(commonName: user.name, groups: user.groups, hosts: [], isServer: false, now: now)
    }

    private func issue(
        commonName: String,
        groups: [String],
        hosts: [String],
        isServer: Bool,
        now: Timestamp
    ) throws -> Credential {
        let key = P256.Signing.PrivateKey()
        let names = groups.map {
            RelativeDistinguishedName.Attribute(type: .RDNAttributeType.organizationName, utf8String: $0)
        }
        var subject = DistinguishedName(names.map { RelativeDistinguishedName($0) })
        subject.append(
            RelativeDistinguishedName(
                RelativeDistinguishedName.Attribute(type: .RDNAttributeType.commonName, utf8String: commonName)
            )
        )
        let alternatives = hosts.map { host -> GeneralName in
            if let address = Self.address(host) { return .ipAddress(ASN1OctetString(contentBytes: address[...])) }
            return .dnsName(host)
        }
        let issued = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: Self.date(now.seconds - 3600),
            notValidAfter: Self.date(now.seconds + 5 * 365 * 86_400),
            issuer: certificate.subject,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([isServer ? .serverAuth : .clientAuth])
                if !alternatives.isEmpty { SubjectAlternativeNames(alternatives) }
            },
            issuerPrivateKey: self.key
        )
        return Credential(certificate: try issued.serializeAsPEM().pemString, privateKey: key.pemRepresentation)
    }

    /// Whom a certificate names; its signature has been verified by TLS. nil when it names nobody.
    static func user(ofCertificate der: [UInt8]) -> APIUser? {
        // What is no certificate names nobody.
        guard let certificate = try? Certificate(derEncoded: der) else { return nil }
        var name: String?
        var groups: [String] = []
        for part in certificate.subject {
            for attribute in part {
                guard let text = String(attribute.value) else { continue }
                if attribute.type == .RDNAttributeType.commonName { name = text }
                if attribute.type == .RDNAttributeType.organizationName { groups.append(text) }
            }
        }
        guard let name else { return nil }
        let everybody = "system:authenticated"
        return APIUser(name: name, groups: groups.contains(everybody) ? groups : groups + [everybody])
    }

    private static func date(_ seconds: Int) -> Date { Date(timeIntervalSince1970: Double(seconds)) }

    private static func address(_ host: String) -> [UInt8]? {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count == 4 {
            let bytes = parts.compactMap { UInt8($0) }
            return bytes.count == 4 ? bytes : nil
        }
        return host == "::1" ? Array(repeating: 0, count: 15) + [1] : nil
    }
}
