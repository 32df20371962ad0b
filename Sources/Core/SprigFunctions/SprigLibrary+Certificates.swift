import GoTemplate

extension SprigLibrary {
    static let certificates: [GoFunction] = keys + selfSigned + signed

    /// Steps that take about as long as finding the primes of an RSA key of 4,096 and of 2,048 bits.
    private static let largeKey = 20_000_000
    private static let smallKey = 4_000_000

    private static let keys: [GoFunction] = [
        GoFunction("genPrivateKey", [.string]) { arguments, execution throws(GoFailure) in
            let context = SprigContext.of(execution)
            switch arguments.string(0) {
            case "", "rsa":
                try execution.spend(computing: largeKey)
                return .string(try context.rsaKey(bits: 4_096, for: "genPrivateKey"))
            case "ecdsa":
                while true {
                    try execution.spend(computing: 100_000)
                    let bytes = try context.randomBytes(32, for: "genPrivateKey")
                    if let key = KeyText.p256(bytes) { return .string(key) }
                }
            case "ed25519":
                return .string(KeyText.ed25519(try context.randomBytes(32, for: "genPrivateKey")))
            case "dsa":
                try execution.spend(computing: largeKey / 2)
                // Every test of a number draws one, so that the steps follow the work.
                let key = try DSAKey.make(.usual) { count throws(GoFailure) in
                    try execution.spend(computing: count * 16)
                    return try context.randomBytes(count, for: "genPrivateKey")
                }
                do { return .string(try KeyText.text(key)) } catch {
                    throw GoFailure("failed to generate private key: \(error)")
                }
            case let kind: return .string("Unknown type \(kind)")
            }
        },
        GoFunction("buildCustomCert", [.string, .string]) { arguments, _ throws(GoFailure) in
            func decoded(_ index: Int, _ name: String) throws(GoFailure) -> String {
                do throws(BaseCoding.Corrupt) {
                    return String(decoding: try BaseCoding.decode64(arguments.bytes(index)), as: UTF8.self)
                } catch {
                    throw GoFailure("unable to decode base64 \(name)")
                }
            }
            let certificate = try decoded(0, "certificate")
            let key = try decoded(1, "private key")
            try CertificateMaker.checkCertificate(certificate)
            _ = try KeyText(key, "error parsing private key")
            return .object(CertificateObject(certificate: certificate, key: key))
        },
    ]

    private static let selfSigned: [GoFunction] = [
        GoFunction("genCA", [.string, .int]) { arguments, execution throws(GoFailure) in
            try make("genCA", arguments, execution, isAuthority: true, keyAt: nil)
        },
        GoFunction("genCAWithKey", [.string, .int, .string]) { arguments, execution throws(GoFailure) in
            try make("genCAWithKey", arguments, execution, isAuthority: true, keyAt: 2)
        },
        GoFunction("genSelfSignedCert", [.string, .list, .list, .int]) { arguments, execution throws(GoFailure) in
            try make("genSelfSignedCert", arguments, execution, isAuthority: false, keyAt: nil)
        },
        GoFunction("genSelfSignedCertWithKey", [.string, .list, .list, .int, .string]) {
            arguments,
            execution throws(GoFailure) in
            try make("genSelfSignedCertWithKey", arguments, execution, isAuthority: false, keyAt: 4)
        },
    ]

    private static let signed: [GoFunction] = [
        GoFunction("genSignedCert", [.string, .list, .list, .int, CertificateObject.type]) {
            arguments,
            execution throws(GoFailure) in
            try make("genSignedCert", arguments, execution, isAuthority: false, keyAt: nil, issuerAt: 4)
        },
        GoFunction("genSignedCertWithKey", [.string, .list, .list, .int, CertificateObject.type, .string]) {
            arguments,
            execution throws(GoFailure) in
            try make("genSignedCertWithKey", arguments, execution, isAuthority: false, keyAt: 5, issuerAt: 4)
        },
    ]

    private static func make(
        _ function: String,
        _ arguments: GoArguments,
        _ execution: GoExecution,
        isAuthority: Bool,
        keyAt: Int?,
        issuerAt: Int? = nil
    ) throws(GoFailure) -> GoValue {
        let context = SprigContext.of(execution)
        try execution.spend(computing: keyAt == nil ? smallKey : 500_000)
        let now = try context.now(for: function)
        let key: String
        if let keyAt { key = arguments.string(keyAt) } else { key = try context.rsaKey(bits: 2_048, for: function) }
        var request = CertificateMaker.Request(name: arguments.string(0), key: key, isAuthority: isAuthority)
        request.serial = try context.randomBytes(16, for: function)
        request.from = now.seconds
        request.days = arguments.int(isAuthority ? 1 : 3)
        if let issuerAt, case .object(let object) = arguments[issuerAt], let issuer = object as? CertificateObject {
            request.issuer = (issuer.certificate, issuer.key)
        }
        try CertificateMaker.check(request)
        if !isAuthority {
            for address in arguments.items(1) {
                guard let text = address.string else {
                    throw GoFailure("error parsing ip: \(GoFormat.text(address)) is not a string")
                }
                guard let bytes = CertificateMaker.address(text) else { throw GoFailure("error parsing ip: \(text)") }
                request.addresses.append(bytes)
            }
            for name in arguments.items(2) {
                guard let text = name.string else {
                    throw GoFailure("error processing alternate dns name: \(GoFormat.text(name)) is not a string")
                }
                request.names.append(text)
            }
        }
        let certificate = try CertificateMaker.make(request)
        return .object(CertificateObject(certificate: certificate.certificate, key: certificate.key))
    }
}
