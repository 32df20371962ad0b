import FleetModel
import KubernetesModel
package import StructuredValue

/// The form in which a rollout is kept over restarts.
extension Rollout {
    package var value: Value {
        [
            "format": 1,
            "fleet": .string(fleet),
            "revision": .string(revision),
            "moment": .string(release.moment.micro),
            "waves": .array(waves.map(\.value)),
            "released": .object(Self.strings(released.mapValues(\.revision))),
            "moments": .object(Self.strings(released.mapValues(\.moment.micro))),
            "effects": .object(Self.strings(effects.mapValues(\.rawValue))),
            "latest": .string(latest.micro),
            "state": .string(state.rawValue),
            "currentWave": .int(currentWave),
            "reason": .string(reason),
            "soakingSince": soakingSince.map { .string($0.micro) } ?? .null,
            "approvedWaves": .array(approvedWaves.sorted().map(Value.string)),
            "isPaused": .bool(isPaused),
            "haltReason": haltReason.map(Value.string) ?? .null,
            "provenMembers": .array(provenMembers.sorted().map(Value.string)),
            "troubledSince": .object(Self.strings(troubledSince.mapValues(\.micro))),
        ]
    }

    /// Nil when the value is not a rollout; then a new one is started, with the first wave, which is always safe.
    package init?(_ value: Value) {
        guard value["format"]?.int == 1, let fleet = value["fleet"]?.string, let revision = value["revision"]?.string,
            let waves = value["waves"]?.array?.map(FrozenWave.init), !waves.contains(nil),
            let moment = (value["moment"] ?? value["startedAt"])?.string.flatMap({ Timestamp($0) }),
            let latest = value["latest"]?.string.flatMap({ Timestamp($0) }),
            let state = value["state"]?.string.flatMap(State.init), let currentWave = value["currentWave"]?.int,
            (0...waves.count).contains(currentWave)
        else { return nil }
        self.init(fleet: fleet, revision: revision, waves: waves.compactMap { $0 }, previous: [:], now: moment)
        self.latest = latest
        self.state = state
        self.currentWave = currentWave
        let moments = Self.texts(value["moments"]).compactMapValues { Timestamp($0) }
        for (member, revision) in Self.texts(value["released"]) {
            released[member] = Release(revision: revision, moment: moments[member] ?? moment)
        }
        effects = Self.texts(value["effects"]).compactMapValues(Effect.init)
        reason = value["reason"]?.string ?? ""
        soakingSince = value["soakingSince"]?.string.flatMap { Timestamp($0) }
        approvedWaves = Set(value["approvedWaves"]?.array?.compactMap(\.string) ?? [])
        isPaused = value["isPaused"]?.bool ?? false
        haltReason = value["haltReason"]?.string
        provenMembers = Set(value["provenMembers"]?.array?.compactMap(\.string) ?? [])
        troubledSince = Self.texts(value["troubledSince"]).compactMapValues { Timestamp($0) }
    }

    private static func strings(_ map: [String: String]) -> Object {
        Object(map.sorted { $0.key < $1.key }.map { Object.Pair(key: $0.key, value: .string($0.value)) })
    }

    private static func texts(_ value: Value?) -> [String: String] {
        var map: [String: String] = [:]
        for pair in value?.object ?? Object() { map[pair.key] = pair.value.string }
        return map
    }
}

extension Rollout.FrozenWave {
    fileprivate var value: Value {
        var limit: Value = .null
        switch maxUnavailable {
        case .count(let count)?: limit = .int(count)
        case .percent(let percent)?: limit = .string("\(percent)%")
        case nil: break
        }
        return [
            "name": .string(name), "members": .array(members.map(Value.string)),
            "soakSeconds": .int(Int(soak.components.seconds)), "maxUnavailable": limit,
            "needsApproval": .bool(needsApproval),
        ]
    }

    fileprivate init?(_ value: Value) {
        guard let name = value["name"]?.string, let members = value["members"]?.array?.compactMap(\.string),
            let soak = value["soakSeconds"]?.int
        else { return nil }
        var limit: Amount?
        if let number = value["maxUnavailable"]?.int {
            limit = .count(number)
        } else if let text = value["maxUnavailable"]?.string, text.hasSuffix("%"), let percent = Int(text.dropLast()) {
            limit = .percent(percent)
        }
        self.init(
            name: name,
            members: members,
            soak: .seconds(soak),
            maxUnavailable: limit,
            needsApproval: value["needsApproval"]?.bool ?? false
        )
    }
}
