import SourceDiagnostics
import Testing

@Suite struct DiagnosticTests {
    @Test func printsPlaceCodeTrailAndHint() {
        let diagnostic = Diagnostic(
            .error,
            "wave-unknown-cluster",
            "no cluster is named “eu-wset-1”",
            at: SourcePosition(file: "fleet.yaml", line: 14, column: 18),
            hint: "did you mean “eu-west-1”?",
            trail: [SourcePosition(file: "catalog.yaml", line: 3, column: 5)]
        )
        #expect(
            diagnostic.description == """
                fleet.yaml:14:18: error: no cluster is named “eu-wset-1” [wave-unknown-cluster]
                  from catalog.yaml:3:5
                  hint: did you mean “eu-west-1”?
                """
        )
    }

    @Test func onlyErrorsReject() throws {
        var bag = DiagnosticBag()
        bag.report(Diagnostic(.warning, "w", "careful", at: nil))
        try bag.throwIfRejected()
        bag.report(Diagnostic(.error, "e", "no", at: nil))
        #expect(throws: RejectedSource.self) { try bag.throwIfRejected() }
    }
}
