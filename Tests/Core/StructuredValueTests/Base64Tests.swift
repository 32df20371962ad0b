import StructuredValue
import Testing

@Suite struct Base64Tests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func theStandardsOwnExamplesHold(_ plain: String, _ encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.text(encoded) == plain)
    }

    @Test func itReadsWhatItWrites() {
        for count in 0..<40 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }

    @Test(arguments: ["!!!", "AAA", "A", "AA=A", "A===", "=", "Zg===", "Zm9v=", "-_-_"])
    func whatIsNoBase64IsRefused(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test func lineBreaksDoNotCount() {
        #expect(Base64.text("Zm9v\r\nYmFy\n") == "foobar")
    }

    @Test func paddingMayBeWaived() {
        #expect(Base64.decode("Zg", requiresPadding: false) == Array("f".utf8))
        #expect(Base64.decode("Zg") == nil)
    }

    @Test func bytesThatAreNoTextAreNoText() {
        #expect(Base64.text(Base64.encode([0xFF, 0xFE])) == nil)
    }
}
