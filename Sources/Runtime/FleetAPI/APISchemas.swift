internal import ClusterInspection
internal import FleetLedger
internal import FleetReconcilers
internal import StructuredValue

/// The shapes of what the API answers and takes, as JSON Schema.
enum APISchemas {
    static let all: Object = [
        "Error": object(["error": text]),
        "Message": object(["message": text]),
        "Index": object(["paths": list(text)]),
        "OpenAPI": ["type": "object", "description": "An OpenAPI 3.1 document.", "required": ["openapi", "paths"]],
        "Poked": object(["poked": flag]),
        "Approved": object(["approved": text]),
        "Paused": object(["paused": flag]),
        "Status": object(["source": see("Source"), "ready": flag, "fleets": list(see("Fleet"))]),
        "Source": object([
            "repository": text, "branch": text, "revision": text, "message": text, "author": text,
            "committed": orNull(time), "fetched": orNull(time),
            "failure": says(orNull(text), "Why the newest look failed."), "diagnostics": list(see("Finding")),
        ]),
        "Fleet": object([
            "name": text, "revision": text, "state": text, "wave": text, "reason": text, "holds": list(text),
            "diagnostics": list(see("Finding")), "managementClusters": list(see("ManagementCluster")),
        ]),
        "ManagementCluster": object(
            [
                "fleet": text, "name": text, "wave": text,
                "state": choice(MemberStatus.State.allCases.map(\.rawValue)),
                "reason": text, "since": time, "appliedRevision": text, "targetRevision": text, "objects": count,
                "blocked": count, "waiting": count, "drifted": count, "lastPass": orNull(time),
                "findings": list(text), "clusters": list(see("Cluster")), "apps": list(see("App")),
            ],
            optional: ["findings", "clusters", "apps"]
        ),
        "Cluster": object([
            "namespace": text, "name": text, "phase": text, "health": health, "reason": text, "since": orNull(text),
            "version": text, "wantedVersion": text, "controlPlane": see("Replicas"), "workers": see("Replicas"),
            "paused": flag, "remediating": flag, "creationTimestamp": orNull(text),
        ]),
        "Replicas": object([
            "desired": count, "current": count, "ready": count, "available": count,
            "upToDate": says(orNull(count), "Null when nobody knows."),
        ]),
        "App": object([
            "namespace": text, "name": text, "catalog": text, "chart": text,
            "requested": says(text, "The version as it is written."),
            "version": says(text, "What that came to."),
            "hold": text, "objects": count, "health": health, "reason": text,
        ]),
        "Finding": object(
            [
                "severity": choice(["note", "warning", "error"]), "code": text, "message": text, "file": text,
                "line": count, "column": count, "hint": text, "text": text,
            ],
            optional: ["file", "line", "column", "hint"]
        ),
        "CatalogList": object(["items": list(see("Catalog"))]),
        "Catalog": object([
            "name": text, "kind": text, "place": text, "description": text, "state": text, "reason": text,
            "since": orNull(time), "fetched": orNull(time), "commit": text, "charts": orNull(count), "apps": count,
            "choices": list(
                object(["chart": text, "requested": text, "version": text, "content": text, "chosen": time])
            ),
        ]),
        "LogLines": object(["lines": list(object(["number": count, "text": text]))]),
        "History": object(["entries": list(see("HistoryEntry"))]),
        "HistoryEntry": object(
            [
                "time": time, "event": choice(LedgerEntry.Event.allCases.map(\.rawValue)), "fleet": text,
                "managementCluster": text, "revision": text, "group": text, "kind": text, "namespace": text,
                "name": text, "fields": list(object(["path": text, "old": anything, "new": anything])),
                "manager": says(text, "Who else wrote the fields."), "message": text,
            ],
            optional: ["group", "kind", "namespace", "name", "fields", "manager", "message"]
        ),
        "Plan": object([
            "revision": text, "base": orNull(text), "complete": flag, "forecast": see("Forecast"),
            "objects": list(see("PlannedObject")), "diagnostics": list(see("PlanFinding")),
        ]),
        "Forecast": object([
            "managementClusters": count, "clusters": count, "machinesRolled": count, "machinesCreated": count,
            "machinesDeleted": count, "creates": count, "updates": count, "deletes": count, "blocked": count,
            "waiting": count, "handovers": count, "refused": count, "summary": text,
        ]),
        "PlannedObject": object(
            [
                "fleet": text, "managementCluster": text, "apiVersion": text, "kind": text, "namespace": text,
                "name": text, "verdict": text, "reason": text, "origin": orNull(text),
                "fields": list(object(["path": text, "old": anything, "new": anything])), "machines": count,
                "workloadCluster": text, "waiting": flag, "cluster": text, "server": ["type": "object"],
                "machineChanges": object(["rolled": count, "created": count, "deleted": count, "because": text]),
            ],
            optional: ["workloadCluster", "waiting", "cluster", "server", "machineChanges"]
        ),
        "PlanFinding": object([
            "severity": choice(["note", "warning", "error"]), "code": text, "message": text, "position": orNull(text),
            "file": orNull(text), "line": orNull(count), "column": orNull(count), "hint": orNull(text),
            "trail": list(text),
        ]),
        "Observed": object([
            "targets": list(see("ObservedTarget")),
            "redaction": says(text, "Under which key this daemon digests Secrets."),
        ]),
        "ObservedTarget": object([
            "target": text, "objects": list(says(["type": "object"], "A Kubernetes object.")),
            "inventory": list(["type": "object"]),
            "unreadable": list(object(["group": text, "kind": text, "reason": text])),
            "scopes": list(object(["group": text, "kind": text, "namespaced": flag])),
        ]),
        "ClusterDescription": object([
            "summary": ["anyOf": [see("Cluster"), ["type": "null"]]], "managementCluster": text, "fleet": text,
            "appliedRevision": text, "message": text, "tree": see("TreeNode"),
            "blocked": list(text), "history": see("History"),
        ]),
        "TreeNode": object(
            [
                "title": text, "version": text, "health": health, "reason": text, "since": orNull(text),
                "conditions": list(see("Condition")), "children": list(see("TreeNode")), "replicas": see("Replicas"),
            ],
            optional: ["replicas"]
        ),
        "Condition": object(
            [
                "type": text, "status": choice(["True", "False", "Unknown"]), "reason": text, "message": text,
                "lastTransitionTime": text, "observedGeneration": count,
            ],
            optional: ["lastTransitionTime", "observedGeneration"]
        ),
        "DryRun": object(
            [
                "target": says(text, "The management cluster itself when empty."),
                "objects": list(
                    object(["manifest": ["type": "object"], "force": flag], optional: ["force"])
                ),
            ],
            optional: ["target"]
        ),
        "DryRunAnswer": object([
            "results": list([
                "anyOf": [object(["stored": ["type": "object"]]), object(["message": text, "refused": flag])]
            ])
        ]),
    ]

    private static let text: Value = ["type": "string"]
    private static let flag: Value = ["type": "boolean"]
    private static let count: Value = ["type": "integer"]
    private static let time: Value = ["type": "string", "format": "date-time"]
    private static let anything: Value = [:]
    private static let health = choice(Health.State.allCases.map(\.rawValue))

    private static func object(_ members: Object, optional: Set<String> = []) -> Value {
        let required = members.keys.filter { !optional.contains($0) }
        return [
            "type": "object", "properties": .object(members), "required": .array(required.map(Value.string)),
        ]
    }

    private static func list(_ items: Value) -> Value { ["type": "array", "items": items] }
    private static func choice(_ texts: [String]) -> Value {
        ["type": "string", "enum": .array(texts.map(Value.string))]
    }
    private static func see(_ name: String) -> Value { ["$ref": .string("#/components/schemas/\(name)")] }

    private static func says(_ schema: Value, _ words: String) -> Value {
        var schema = schema
        schema["description"] = .string(words)
        return schema
    }

    private static func orNull(_ schema: Value) -> Value {
        var schema = schema
        schema["type"] = .array([schema["type"] ?? .null, "null"])
        return schema
    }
}
