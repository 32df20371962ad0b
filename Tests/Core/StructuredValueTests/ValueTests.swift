import StructuredValue
import Testing

@Suite struct ValueTests {
    @Test func comparesObjectsWithoutRegardToOrder() {
        let left: Value = ["a": 1, "b": 2]
        let right: Value = ["b": 2, "a": 1]
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
        #expect(left != ["a": 1, "b": 3])
    }

    @Test func setsAndRemovesAlongAPath() {
        var value: Value = ["metadata": ["name": "a"]]
        value[path: "metadata", "labels", "x"] = "y"
        #expect(value == ["metadata": ["name": "a", "labels": ["x": "y"]]])
        value[path: "metadata", "labels", "x"] = nil
        value[path: "spec", "absent"] = nil
        #expect(value == ["metadata": ["name": "a", "labels": [:]]])
        #expect(value[path: "metadata", "name"]?.string == "a")
    }

    @Test func keepsTheOrderOfMembers() {
        var object: Object = ["z": 1, "a": 2]
        object["m"] = 3
        object["z"] = 4
        #expect(object.keys == ["z", "a", "m"])
    }
}
