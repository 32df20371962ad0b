import StructuredValue
import TestSupport
import Testing

@testable import KubernetesMerge

/// The algebra of field sets, on examples and on random sets against plain sets of paths.
@Suite struct FieldSetTests {
    @Test(arguments: [
        #"{"f:spec":{"f:a":{},"f:b":{".":{},"f:c":{}}}}"#,
        #"{"f:l":{"k:{\"name\":\"x\",\"port\":80}":{".":{},"f:port":{}},"v:1":{},"v:\"a\"":{},"i:0":{}}}"#,
        #"{"f:data":{}}"#, #"{}"#, #"{"f:a.b/c":{},"f:k\"q":{}}"#,
    ])
    func storedFormIsReadAndWrittenBack(_ text: String) throws {
        let stored = try JSON.parse(text)
        let set = try FieldSet(storedValue: stored)
        #expect(JSON.text(set.storedValue) == text)
        #expect(try FieldSet(storedValue: set.storedValue) == set)
    }

    @Test(arguments: [#"{"f:a":1}"#, #"{"nocolon":{}}"#, #"{"k:nojson":{}}"#, #"{"i:x":{}}"#])
    func damagedFormsAreRefused(_ text: String) throws {
        let stored = try JSON.parse(text)
        #expect(throws: FieldSetFailure.self) { try FieldSet(storedValue: stored) }
    }

    @Test func elementsOfUnknownKindsAreSkipped() throws {
        let set = try FieldSet(storedValue: ["z:x": .object(Object()), "f:a": .object(Object())])
        #expect(set.paths.map(\.description) == [".a"])
    }

    @Test func pathsAreListedMembersFirst() {
        let set = FieldSet([FieldPath("a", "b"), FieldPath("c"), FieldPath("a")])
        #expect(set.paths.map(\.description) == [".a", ".c", ".a.b"])
        #expect(set.count == 3)
    }

    @Test func subtreesAreTakenOutOrKeptAsAWhole() {
        let set = FieldSet([FieldPath("a"), FieldPath("a", "b"), FieldPath("c", "d"), FieldPath("e")])
        let roots = FieldSet([FieldPath("a"), FieldPath("c", "d")])
        #expect(set.subtractingSubtrees(roots) == FieldSet([FieldPath("e")]))
        #expect(
            set.restricted(toSubtrees: roots) == FieldSet([FieldPath("a"), FieldPath("a", "b"), FieldPath("c", "d")])
        )
        #expect(set.subtracting(roots) == FieldSet([FieldPath("a", "b"), FieldPath("e")]))
    }

    @Test(arguments: 0..<40)
    func lawsHoldForRandomSets(_ seed: Int) {
        var random = SeededGenerator(state: UInt64(seed))
        let (left, right, third) = (random.paths(), random.paths(), random.paths())
        let (a, b, c) = (FieldSet(left), FieldSet(right), FieldSet(third))
        #expect(Set(a.union(b).paths) == Set(left).union(right))
        #expect(Set(a.intersection(b).paths) == Set(left).intersection(right))
        #expect(Set(a.subtracting(b).paths) == Set(left).subtracting(right))
        #expect(a.union(b) == b.union(a))
        #expect(a.intersection(b) == b.intersection(a))
        #expect(a.union(b).union(c) == a.union(b.union(c)))
        #expect(a.intersection(b.union(c)) == a.intersection(b).union(a.intersection(c)))
        #expect(a.subtracting(b).intersection(b).isEmpty)
        #expect(a.subtracting(b).union(a.intersection(b)) == a)
        #expect(a.subtractingSubtrees(b).union(a.restricted(toSubtrees: b)) == a)
        #expect(a.subtractingSubtrees(b).isSubset(of: a.subtracting(b)))
        #expect((try? FieldSet(storedValue: a.storedValue)) == a)
        #expect(a.count == Set(left).count)
        for path in left { #expect(a.contains(path)) }
        #expect(a.nodes.map(\.element) == a.nodes.map(\.element).sorted())
    }
}

extension SeededGenerator {
    fileprivate mutating func element() -> PathElement {
        switch below(6) {
        case 0: .key([.init(name: "name", value: .string("k\(below(2))"))])
        case 1: .value(.string("v\(below(2))"))
        default: .field("f\(below(3))")
        }
    }

    fileprivate mutating func paths() -> [FieldPath] {
        (0..<(below(12) + 1)).map { _ in FieldPath((0..<(below(3) + 1)).map { _ in element() }) }
    }
}
