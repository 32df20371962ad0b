import Crypto
import CryptoExtras
import FoundationEssentials
import GoTemplate
import StructuredValue

extension SprigLibrary {
    static let hashes: [GoFunction] = [
        GoFunction("sha1sum", [.string]) { arguments, execution throws(GoFailure) in
            let bytes = try counted(arguments, execution)
            return .string(hexadecimal(Insecure.SHA1.hash(data: bytes)))
        },
        GoFunction("sha256sum", [.string]) { arguments, execution throws(GoFailure) in
            .string(hexadecimal(SHA256.hash(data: try counted(arguments, execution))))
        },
        GoFunction("sha512sum", [.string]) { arguments, execution throws(GoFailure) in
            .string(hexadecimal(SHA512.hash(data: try counted(arguments, execution))))
        },
        GoFunction("adler32sum", [.string]) { arguments, execution throws(GoFailure) in
            .string(String(adler32(try counted(arguments, execution))))
        },
        GoFunction("bcrypt", [.string]) { arguments, execution throws(GoFailure) in
            .string(try bcrypt(arguments.bytes(0), for: "bcrypt", execution))
        },
        GoFunction("htpasswd", [.string, .string], variadic: .string) { arguments, execution throws(GoFailure) in
            if arguments.count > 3 {
                throw GoFailure("wrong number of args for htpasswd: want 3 got \(arguments.count)")
            }
            let user = arguments.string(0)
            if user.contains(":") { return .string("invalid username: \(user)") }
            if arguments.count == 3, arguments.string(2) == "sha" {
                let hash = Base64.encode(Array(Insecure.SHA1.hash(data: arguments.bytes(1))))
                return .string("\(user):{SHA}\(hash)")
            }
            return .string("\(user):" + (try bcrypt(arguments.bytes(1), for: "htpasswd", execution)))
        },
        GoFunction("derivePassword", [.int, .string, .string, .string, .string]) {
            arguments,
            execution throws(GoFailure) in
            // The work of one derivation is fixed: 2 × 32 MiB of memory are gone through twice.
            try execution.spend(computing: 10_000_000)
            return .string(
                DerivedPassword.make(
                    counter: UInt32(truncatingIfNeeded: arguments.int(0)),
                    kind: arguments.string(1),
                    password: arguments.bytes(2),
                    user: arguments.bytes(3),
                    site: arguments.bytes(4)
                )
            )
        },
        GoFunction("encryptAES", [.string, .string]) { arguments, execution throws(GoFailure) in
            let plain = arguments.bytes(1)
            if plain.isEmpty { return .string("") }
            let start = try SprigContext.of(execution).randomBytes(16, for: "encryptAES")
            try execution.spend(plain.count / 100)
            do {
                let vector = try AES._CBC.IV(ivBytes: start)
                let sealed = try AES._CBC.encrypt(plain, using: aesKey(arguments.bytes(0)), iv: vector)
                return .string(Base64.encode(start + Array(sealed)))
            } catch {
                throw GoFailure("the text could not be encrypted")
            }
        },
        GoFunction("decryptAES", [.string, .string]) { arguments, execution throws(GoFailure) in
            if arguments.bytes(1).isEmpty { return .string("") }
            try execution.spend(arguments.bytes(1).count / 100)
            let sealed: [UInt8]
            do throws(BaseCoding.Corrupt) { sealed = try BaseCoding.decode64(arguments.bytes(1)) } catch {
                throw GoFailure("illegal base64 data at input byte \(error.offset)")
            }
            if sealed.count < 16 {
                throw GoFailure("runtime error: slice bounds out of range [:16] with capacity \(sealed.count)")
            }
            if !sealed.count.isMultiple(of: 16) { throw GoFailure("crypto/cipher: input not full blocks") }
            if sealed.count == 16 { throw GoFailure("runtime error: index out of range [-1]") }
            do {
                let vector = try AES._CBC.IV(ivBytes: sealed[..<16])
                let key = aesKey(arguments.bytes(0))
                let opened = Array(try AES._CBC.decrypt(sealed[16...], using: key, iv: vector, noPadding: true))
                // Only the last byte is looked at, as sprig does.
                let padding = Int(opened.last ?? 0)
                if padding > opened.count {
                    throw GoFailure("runtime error: slice bounds out of range [:\(opened.count - padding)]")
                }
                return .string(bytes: Array(opened.dropLast(padding)))
            } catch let failure as GoFailure {
                throw failure
            } catch {
                throw GoFailure("the text could not be decrypted")
            }
        },
    ]

    private static func counted(_ arguments: GoArguments, _ execution: GoExecution) throws(GoFailure) -> [UInt8] {
        let bytes = arguments.bytes(0)
        try execution.spend(bytes.count / 50)
        return bytes
    }

    /// The password's first 32 bytes, filled up with zeros.
    private static func aesKey(_ password: [UInt8]) -> SymmetricKey {
        var key = [UInt8](password.prefix(32))
        key += [UInt8](repeating: 0, count: 32 - key.count)
        return SymmetricKey(data: key)
    }

    private static func adler32(_ bytes: [UInt8]) -> UInt32 {
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return high << 16 | low
    }

    private static func bcrypt(
        _ password: [UInt8],
        for function: String,
        _ execution: GoExecution
    ) throws(GoFailure) -> String {
        if password.count > 72 {
            return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes"
        }
        let salt = try SprigContext.of(execution).randomBytes(16, for: function)
        try execution.spend(computing: 5_000_000)
        return Bcrypt.hash(password, salt: salt, cost: 10)
    }
}

/// The algorithm of spectre.app (once Master Password): a password from a secret, a user and a site.
enum DerivedPassword {
    private static let seed = Array("com.lyndir.masterpassword".utf8)

    private static let templates: [String: [String]] = [
        "maximum": ["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        "long": [
            "CvcvnoCvcvCvcv", "CvcvCvcvnoCvcv", "CvcvCvcvCvcvno", "CvccnoCvcvCvcv", "CvccCvcvnoCvcv", "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv", "CvcvCvccnoCvcv", "CvcvCvccCvcvno", "CvcvnoCvcvCvcc", "CvcvCvcvnoCvcc", "CvcvCvcvCvccno",
            "CvccnoCvccCvcv", "CvccCvccnoCvcv", "CvccCvccCvcvno", "CvcvnoCvccCvcc", "CvcvCvccnoCvcc", "CvcvCvccCvccno",
            "CvccnoCvcvCvcc", "CvccCvcvnoCvcc", "CvccCvcvCvccno",
        ],
        "medium": ["CvcnoCvc", "CvcCvcno"], "short": ["Cvcn"], "basic": ["aaanaaan", "aannaaan", "aaannaaa"],
        "pin": ["nnnn"],
    ]

    private static let characters: [Character: String] = [
        "V": "AEIOU", "C": "BCDFGHJKLMNPQRSTVWXYZ", "v": "aeiou", "c": "bcdfghjklmnpqrstvwxyz",
        "A": "AEIOUBCDFGHJKLMNPQRSTVWXYZ", "a": "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        "n": "0123456789", "o": "@&%?,=[]_:-+*$#!'^~;()/.",
        "x": "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    ]

    static func make(counter: UInt32, kind: String, password: [UInt8], user: [UInt8], site: [UInt8]) -> String {
        guard let templates = templates[kind] else { return "cannot find password template \(kind)" }
        func big(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.bigEndian, Array.init) }
        let salt = seed + big(UInt32(user.count)) + user
        guard
            let key = try? KDF.Scrypt.deriveKey(
                from: password,
                salt: salt,
                outputByteCount: 64,
                rounds: 32_768,
                blockSize: 8,
                parallelism: 2
            )  // The parameters are constants that are known to be valid.
        else { return "failed to derive password: scrypt" }
        let message = seed + big(UInt32(site.count)) + site + big(counter)
        let code = Array(HMAC<SHA256>.authenticationCode(for: message, using: key))
        let template = templates[Int(code[0]) % templates.count]
        var result = ""
        for (index, symbol) in template.enumerated() {
            let choices = Array(characters[symbol] ?? " ")
            result.append(choices[Int(code[index + 1]) % choices.count])
        }
        return result
    }
}
