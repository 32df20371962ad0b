import StructuredValue
import Testing

@Suite struct GoQuotationTests {
    @Test(arguments: [
        ("", #""""#), ("plain", #""plain""#), (#"a"b"#, #""a\"b""#), (#"a\b"#, #""a\\b""#), ("a\n\t\r", #""a\n\t\r""#),
        ("\u{07}\u{08}\u{0B}\u{0C}", #""\a\b\v\f""#), ("\u{00}\u{1B}\u{7F}", #""\x00\x1b\x7f""#), ("grün", #""grün""#),
        ("\u{A0}", #""\u00a0""#), ("\u{200B}", #""\u200b""#), ("\u{E0001}", #""\U000e0001""#), ("'", #""'""#),
    ])
    func textStandsInQuotesAsGoWritesIt(_ text: String, _ quoted: String) {
        #expect(GoQuotation.quote(text) == quoted)
    }

    @Test func onlyTheMarkInUseIsEscaped() {
        #expect(GoQuotation.quote(#"it's "so""#, mark: UInt8(ascii: "'")) == #"'it\'s "so"'"#)
    }
}
