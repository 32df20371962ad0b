import StructuredValue
import TestSupport
import Testing

@testable import KubernetesMerge

/// Histories of writes as data: what is stored, who owns what, and which conflicts are told.
@Suite struct OwnershipHistoryTests {
    static let crd: Value = [
        "type": "object",
        "properties": [
            "spec": [
                "type": "object",
                "properties": [
                    "a": ["type": "string"], "b": ["type": "string"], "n": ["type": "integer"],
                    "nested": [
                        "type": "object", "properties": ["x": ["type": "string"], "y": ["type": "string"]],
                    ],
                    "data": ["type": "object", "additionalProperties": ["type": "string"]],
                    "set": ["type": "array", "x-kubernetes-list-type": "set", "items": ["type": "string"]],
                    "atomic": ["type": "array", "items": ["type": "string"]],
                    "whole": [
                        "type": "object", "x-kubernetes-map-type": "atomic",
                        "additionalProperties": ["type": "string"],
                    ],
                    "ports": [
                        "type": "array", "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": ["port", "proto"],
                        "items": [
                            "type": "object",
                            "properties": [
                                "port": ["type": "integer"], "proto": ["type": "string", "default": "TCP"],
                                "name": ["type": "string"],
                            ],
                        ],
                    ],
                ],
            ],
            "status": ["type": "object", "properties": ["phase": ["type": "string"]]],
        ],
    ]

    enum Write: Sendable {
        case apply(String, Value, force: Bool = false)
        case update(String, Value)
        /// Removes all managed fields.
        case reset(String)
    }

    struct History: CustomTestStringConvertible, Sendable {
        var name: String
        var writes: [Write]
        var spec: Value?
        /// Manager, operation and stored fields of each entry.
        var owners: [String]
        /// The message with which the last write is refused.
        var failure: String?
        var testDescription: String { name }

        init(_ name: String, _ writes: [Write], spec: Value? = nil, owners: [String], failure: String? = nil) {
            self.name = name
            self.writes = writes
            self.spec = spec
            self.owners = owners
            self.failure = failure
        }
    }

    static let histories: [History] = [
        History(
            "an undeclared field is refused as a typed patch",
            [.apply("a", ["zz": 1])],
            owners: [],
            failure:
                "failed to create typed patch object (/t; x.example/v1, Kind=Thing): .spec.zz: field not declared in schema"
        ),
        History(
            "a wrong type is refused as a typed patch",
            [.apply("a", ["n": "x"])],
            owners: [],
            failure:
                "failed to create typed patch object (/t; x.example/v1, Kind=Thing): .spec.n: expected numeric (int or float), got string"
        ),
        History(
            "two items of one key are refused, the default counts",
            [.apply("a", ["ports": [["port": 80], ["port": 80, "proto": "TCP"]]])],
            owners: [],
            failure:
                "failed to create typed patch object (/t; x.example/v1, Kind=Thing): .spec.ports: duplicate entries for key [port=80,proto=\"TCP\"]"
        ),
        History(
            "an applier owns leaves, an updater structs and maps too",
            [.update("u", ["nested": ["x": "1"], "data": .object(Object())]), .apply("a", ["nested": ["x": "1"]])],
            spec: ["nested": ["x": "1"], "data": .object(Object())],
            owners: [
                #"a Apply {"f:spec":{"f:nested":{"f:x":{}}}}"#,
                #"u Update {"f:spec":{".":{},"f:data":{},"f:nested":{".":{},"f:x":{}}}}"#,
            ]
        ),
        History(
            "a defaulted key stands in the path and is not owned by the applier",
            [.apply("a", ["ports": [["port": 80]]])],
            spec: ["ports": [["port": 80]]],
            owners: [#"a Apply {"f:spec":{"f:ports":{"k:{\"port\":80,\"proto\":\"TCP\"}":{".":{},"f:port":{}}}}}"#]
        ),
        History(
            "an empty spec keeps the manager, no spec drops it",
            [.apply("a", .object(Object())), .apply("b", .null)],
            owners: [#"a Apply {"f:spec":{}}"#, #"b Apply {"f:spec":{}}"#]
        ),
        History(
            "several conflicts are listed by manager, updaters with their version",
            [
                .apply("a", ["a": "1"]), .update("u", ["a": "1", "b": "1", "n": 1]),
                .apply("c", ["a": "2", "b": "2", "n": 2]),
            ],
            owners: [],
            failure: "Apply failed with 3 conflicts: conflicts with \"a\":\n- .spec.a\n"
                + "conflicts with \"u\" using x.example/v1:\n- .spec.b\n- .spec.n"
        ),
        History(
            "force takes what conflicts and nothing else",
            [.apply("a", ["a": "1", "b": "1"]), .apply("b", ["a": "2"], force: true)],
            spec: ["a": "2", "b": "1"],
            owners: [#"a Apply {"f:spec":{"f:b":{}}}"#, #"b Apply {"f:spec":{"f:a":{}}}"#]
        ),
        History(
            "equal values are shared, and stay until the last owner gives them up",
            [.apply("a", ["a": "1", "b": "1"]), .apply("b", ["a": "1"]), .apply("a", ["b": "1"])],
            spec: ["a": "1", "b": "1"],
            owners: [#"a Apply {"f:spec":{"f:b":{}}}"#, #"b Apply {"f:spec":{"f:a":{}}}"#]
        ),
        History(
            "an update takes a changed value from every owner",
            [.apply("a", ["a": "1"]), .apply("b", ["a": "1"]), .update("u", ["a": "2"])],
            spec: ["a": "2"],
            owners: [#"u Update {"f:spec":{"f:a":{}}}"#]
        ),
        History(
            "what an updater owns too stays when it is given up",
            [.update("u", ["a": "1"]), .apply("a", ["a": "1"]), .apply("a", .object(Object()))],
            spec: ["a": "1"],
            owners: [#"a Apply {"f:spec":{}}"#, #"u Update {"f:spec":{".":{},"f:a":{}}}"#]
        ),
        History(
            "after a reset the next apply finds everything owned before it",
            [.apply("a", ["a": "1"]), .reset("r"), .update("u", ["a": "1", "b": "2"]), .apply("c", ["n": 1])],
            spec: ["a": "1", "b": "2", "n": 1],
            owners: [
                #"c Apply {"f:spec":{"f:n":{}}}"#,
                #"before-first-apply Update {"f:spec":{".":{},"f:a":{},"f:b":{}}}"#,
            ]
        ),
        History(
            "applied items keep their order, live ones stay around them",
            [.update("u", ["set": ["a", "b"]]), .apply("a", ["set": ["c", "a"]])],
            spec: ["set": ["c", "a", "b"]],
            owners: [
                #"a Apply {"f:spec":{"f:set":{"v:\"a\"":{},"v:\"c\"":{}}}}"#,
                #"u Update {"f:spec":{".":{},"f:set":{".":{},"v:\"a\"":{},"v:\"b\"":{}}}}"#,
            ]
        ),
        History(
            "items only the applier has go last",
            [.update("u", ["set": ["a", "b"]]), .apply("a", ["set": ["x", "y"]])],
            spec: ["set": ["a", "b", "x", "y"]],
            owners: [
                #"a Apply {"f:spec":{"f:set":{"v:\"x\"":{},"v:\"y\"":{}}}}"#,
                #"u Update {"f:spec":{".":{},"f:set":{".":{},"v:\"a\"":{},"v:\"b\"":{}}}}"#,
            ]
        ),
        History(
            "an item is removed with its last owner, its fields one by one",
            [
                .apply("a", ["ports": [["port": 1, "name": "x"], ["port": 2]]]),
                .apply("b", ["ports": [["port": 1]]]), .apply("a", ["ports": [["port": 3]]]),
            ],
            spec: ["ports": [["port": 1], ["port": 3]]],
            owners: [
                #"a Apply {"f:spec":{"f:ports":{"k:{\"port\":3,\"proto\":\"TCP\"}":{".":{},"f:port":{}}}}}"#,
                #"b Apply {"f:spec":{"f:ports":{"k:{\"port\":1,\"proto\":\"TCP\"}":{".":{},"f:port":{}}}}}"#,
            ]
        ),
        History(
            "atomic lists and maps are owned and replaced as one",
            [
                .apply("a", ["atomic": ["x"], "whole": ["k": "v"]]),
                .apply("b", ["atomic": ["x", "y"], "whole": ["l": "w"]], force: true),
            ],
            spec: ["atomic": ["x", "y"], "whole": ["l": "w"]],
            owners: [#"b Apply {"f:spec":{"f:atomic":{},"f:whole":{}}}"#]
        ),
        History(
            "managed fields in an applied body are refused",
            [.apply("a", ["a": "1"]), .apply("managed", ["a": "1"])],
            owners: [],
            failure: "metadata.managedFields must be nil"
        ),
    ]

    static func object(_ spec: Value) -> Value {
        var object: Value = ["apiVersion": "x.example/v1", "kind": "Thing", "metadata": ["name": "t"]]
        if !spec.isNull { object["spec"] = spec }
        return object
    }

    static func endpoint(_ step: Int, _ schema: TypeSchema) -> ServerSideApply {
        ServerSideApply(
            schema: schema,
            apiVersion: "x.example/v1",
            time: "2026-01-01T00:00:\(step < 10 ? "0" : "")\(step)Z",
            scope: .excluding(FieldSet([FieldPath("status")]))
        )
    }

    static func owners(_ object: Value) throws -> [String] {
        try ManagedFields(storedValue: ManagedFields.of(object).storedValue).entries.map {
            "\($0.manager) \($0.operation.rawValue) \(JSON.text($0.fields.storedValue))"
        }.sorted { ($0.contains(" Update ") ? 1 : 0, $0) < ($1.contains(" Update ") ? 1 : 0, $1) }
    }

    @Test(arguments: histories)
    func ownershipIsThatOfARealServer(_ history: History) throws {
        let schema = TypeSchema.customResource(Self.crd)
        var live: Value?
        var failure: String?
        for (step, write) in history.writes.enumerated() {
            let endpoint = Self.endpoint(step, schema)
            switch write {
            case .apply(let manager, let spec, let force):
                var applied = Self.object(spec)
                if manager == "managed" { applied[path: "metadata", "managedFields"] = .array([]) }
                do { live = try endpoint.apply(live: live, applied: applied, manager: manager, force: force) } catch {
                    failure = error.message
                }
            case .update(let manager, let spec):
                var new = Self.object(spec)
                new[path: "metadata", "uid"] = live?[path: "metadata", "uid"]
                live = endpoint.update(live: live, new: new, manager: manager)
            case .reset(let manager):
                var new = live ?? .null
                new[path: "metadata", "managedFields"] = [.object(Object())]
                live = endpoint.update(live: live, new: new, manager: manager)
            }
            live?[path: "metadata", "uid"] = "u"
        }
        #expect(failure == history.failure)
        guard history.failure == nil, let live else { return }
        if let spec = history.spec {
            #expect(JSON.text(live["spec"] ?? .null, .canonical) == JSON.text(spec, .canonical))
        }
        if history.name.hasPrefix("an empty spec") {
            #expect(try Self.owners(live) == [history.owners[0]])
        } else {
            #expect(try Self.owners(live) == history.owners)
        }
    }

    @Test func whoOwnsAMapAsEmptyConflictsWithItsMembers() throws {
        let schema = try #require(BuiltInTypes.schema(apiVersion: "v1", kind: "ConfigMap"))
        let server = ServerSideApply(schema: schema, apiVersion: "v1", time: "2026-01-01T00:00:00Z")
        func map(_ data: Value) -> Value {
            ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "c"], "data": data]
        }
        var live = try server.apply(live: nil, applied: map(.object(Object())), manager: "a")
        // Typed decoding drops empty maps of built-in kinds.
        live["data"] = nil
        let failure = #expect(throws: ApplyFailure.self) {
            try server.apply(live: live, applied: map(["k": "v"]), manager: "b")
        }
        #expect(failure?.message == "Apply failed with 1 conflict: conflict with \"a\": .data")
    }

    @Test func aWriteThatChangesNothingKeepsTimes() throws {
        let schema = TypeSchema.customResource(Self.crd)
        let first = try Self.endpoint(1, schema).apply(live: nil, applied: Self.object(["a": "1"]), manager: "a")
        let second = try Self.endpoint(2, schema).apply(live: first, applied: Self.object(["a": "1"]), manager: "a")
        #expect(second == first)
        let shared = try Self.endpoint(3, schema).apply(live: first, applied: Self.object(["a": "1"]), manager: "b")
        #expect(try ManagedFields.of(shared).entries.map(\.time) == [nil, "2026-01-01T00:00:01Z"])
    }

    @Test func lotsOfUpdatersAreMergedIntoAncientChanges() throws {
        let schema = TypeSchema.customResource(Self.crd)
        var live = Self.endpoint(0, schema).update(live: nil, new: Self.object(["data": ["k": "v"]]), manager: "m0")
        live[path: "metadata", "uid"] = "u"
        for step in 1...14 {
            var new = live
            new[path: "spec", "data", "k\(step)"] = "v"
            live = Self.endpoint(step, schema).update(live: live, new: new, manager: "m\(step)")
        }
        let entries = try ManagedFields.of(live).entries
        #expect(entries.count == ServerSideApply.updatingManagersLimit)
        #expect(entries.filter { $0.manager == ServerSideApply.managerOfAncientChanges }.count == 1)
    }

    @Test func aListThatBecameAtomicIsOwnedAsAWhole() throws {
        var changed = Self.crd
        let path = ["properties", "spec", "properties", "set", "x-kubernetes-list-type"]
        let before = TypeSchema.customResource(changed)
        let live = try Self.endpoint(1, before).apply(live: nil, applied: Self.object(["set": ["a"]]), manager: "a")
        changed[path: path] = "atomic"
        let after = TypeSchema.customResource(changed)
        let result = try Self.endpoint(2, after).apply(live: live, applied: Self.object(["n": 1]), manager: "b")
        #expect(
            try Self.owners(result) == [#"a Apply {"f:spec":{"f:set":{}}}"#, #"b Apply {"f:spec":{"f:n":{}}}"#]
        )
    }

    @Test func anEntryInAVersionThatLacksTheFieldFailsTheApply() throws {
        var older = Self.crd
        older[path: "properties", "spec", "properties", "b"] = nil
        let (old, new) = (TypeSchema.customResource(older), TypeSchema.customResource(Self.crd))
        let live = try ServerSideApply(schema: old, apiVersion: "x.example/v0", time: "2026-01-01T00:00:00Z")
            .apply(
                live: nil,
                applied: [
                    "apiVersion": "x.example/v0", "kind": "Thing", "metadata": ["name": "t"], "spec": ["a": "1"],
                ],
                manager: "a"
            )
        var converted = live
        converted["apiVersion"] = "x.example/v1"
        var endpoint = Self.endpoint(2, new)
        endpoint.conversion = { (object, version) throws(ServerSideApply.ConversionFailure) in
            var object = object
            object["apiVersion"] = .string(version)
            return .init(object: object, schema: version == "x.example/v0" ? old : new)
        }
        let failure = #expect(throws: ApplyFailure.self) {
            try endpoint.apply(live: converted, applied: Self.object(["b": "1"]), manager: "b")
        }
        #expect(failure?.message == "failed to convert new object: .spec.b: field not declared in schema")
    }

    /// Laws of ownership over random histories of appliers and updaters.
    @Test(arguments: 0..<30)
    func lawsHoldForRandomHistories(_ seed: Int) throws {
        var random = SeededGenerator(state: UInt64(seed))
        let schema = TypeSchema.customResource(Self.crd)
        var live: Value?
        for step in 0..<25 {
            let endpoint = Self.endpoint(step, schema)
            let manager = "m\(random.below(3))"
            var spec = Object()
            for name in ["a", "b"] where random.below(2) == 0 { spec[name] = .string("\(random.below(2))") }
            if random.below(2) == 0 { spec["set"] = .array((0...random.below(2)).map { .string("i\($0)") }) }
            if random.below(2) == 0 { spec["data"] = .object(["k\(random.below(2))": .string("\(random.below(2))")]) }
            if random.below(2) == 0 {
                spec["ports"] = [["port": .int(random.below(2)), "name": .string("\(random.below(2))")]]
            }
            let applied = Self.object(.object(spec))
            if random.below(4) == 0 {
                live = endpoint.update(live: live, new: applied.withUID, manager: manager)
            } else {
                do {
                    let result = try endpoint.apply(live: live, applied: applied, manager: manager)
                    // Applying the same again changes nothing at all.
                    let again = try endpoint.apply(live: result, applied: applied, manager: manager)
                    #expect(JSON.text(again, .canonical) == JSON.text(result, .canonical))
                    live = result
                } catch {
                    #expect(!error.conflicts.isEmpty)
                    // Nobody conflicts with oneself.
                    #expect(error.conflicts.allSatisfy { $0.owner.manager != manager || $0.owner.operation == .update })
                    live = try endpoint.apply(live: live, applied: applied, manager: manager, force: true)
                }
                let entry = try ManagedFields.of(live ?? .null)[endpoint.owner(manager, .apply)]
                // An applier owns exactly what it applied, and it is there.
                #expect(
                    (entry?.fields ?? FieldSet())
                        == schema.fieldSet(of: applied).subtracting(ServerSideApply.systemFields)
                )
                let merged = try schema.merge(live: live ?? .null, applied: applied)
                #expect(JSON.text(merged, .canonical) == JSON.text(live ?? .null, .canonical))
            }
            live?[path: "metadata", "uid"] = "u"
            let present = schema.addingStructs(to: schema.fieldSet(of: live ?? .null))
            for owner in try ManagedFields.of(live ?? .null).entries where owner.operation == .apply {
                // What appliers own exists; only emptied parents may be owned beyond it.
                for path in owner.fields.subtracting(present).paths { #expect(path.elements.count <= 2, "\(path)") }
            }
        }
    }
}

extension Value {
    fileprivate var withUID: Value {
        var value = self
        value[path: "metadata", "uid"] = "u"
        return value
    }
}
