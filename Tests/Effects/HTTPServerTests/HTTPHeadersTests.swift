import HTTPServer
import Testing

struct HTTPHeadersTests {
    @Test
    func namesAreComparedWithoutCase() {
        var headers = HTTPHeaders([("Content-Type", "a"), ("X", "1")])
        headers.add("x", "2")
        #expect(headers["content-type"] == "a")
        let values: [String] = headers.all("X")
        #expect(values.joined(separator: ",") == "1,2")
        headers["X"] = "3"
        #expect(headers.all("x").count == 1)
        headers["x"] = nil
        #expect(headers["X"] == nil)
    }
}
