import Dashboard
import Testing

@Suite struct DashboardPageTests {
    @Test func thePageIsWhole() {
        let page = DashboardPage.html
        #expect(page.hasPrefix("<!doctype html>"))
        #expect(page.contains("--accent"))
        #expect(page.contains("new EventSource(\"/api/v1/events\")"))
        #expect(!page.contains("/*style*/"))
        #expect(!page.contains("/*script*/"))
    }

    /// Names and messages come from repositories and clusters; none of these ways would keep markup in them harmless.
    @Test(arguments: ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"])
    func textReachesThePageAsTextOnly(_ way: String) {
        #expect(!DashboardPage.html.contains(way))
    }

    @Test(arguments: ["http://", "https://", "@import", "src="])
    func nothingIsLoadedFromOtherHosts(_ sign: String) {
        #expect(!DashboardPage.html.contains(sign))
    }
}
