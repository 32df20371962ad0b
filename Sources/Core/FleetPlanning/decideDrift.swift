package import FleetModel
package import KubernetesModel
import StructuredValue

/// What to do about one change of a live object that a watch reported.
package enum DriftDecision: Sendable, Hashable {
    /// It is as we applied it, or the change is none of our fields.
    case none
    /// Somebody changed our fields; say so and leave them.
    case report(DriftFinding)
    /// Somebody changed our fields; put them back.
    case correct(DriftFinding)
    /// Somebody changed our fields once too often: put back no more what `abandoned` names, and say who.
    case giveUp(DriftFinding, abandoned: Set<String>)
}

/// How often each field was put back against each other manager; kept by the loop that watches.
package struct DriftMemory: Sendable, Hashable {
    private struct Contest: Sendable, Hashable {
        var key: ObjectKey
        var path: String
        var manager: String
    }

    private struct Tally: Sendable, Hashable {
        var contentHash: String
        var corrections: [Timestamp]
    }

    /// So many corrections of one field against one manager are made before it is left alone.
    package static let maxCorrections = 3
    /// Corrections longer ago than this do not count: a fight is quick, an operator who tries again next week is none.
    package static let memory = Duration.seconds(24 * 3600)

    private var tallies: [Contest: Tally] = [:]

    package init() {}

    /// The fields of this object that are left alone while Git wants what it wants now.
    package func abandonedFields(of key: ObjectKey, contentHash: String, now: Timestamp) -> Set<String> {
        var fields: Set<String> = []
        for (contest, tally) in tallies where contest.key == key && tally.contentHash == contentHash {
            if Self.recent(tally.corrections, now) >= Self.maxCorrections { fields.insert(contest.path) }
        }
        return fields
    }

    /// All of them, as plans take them.
    package func abandonedFields(now: Timestamp) -> [AppliedContent: Set<String>] {
        var fields: [AppliedContent: Set<String>] = [:]
        for (contest, tally) in tallies where Self.recent(tally.corrections, now) >= Self.maxCorrections {
            let content = AppliedContent(key: contest.key, contentHash: tally.contentHash)
            fields[content, default: []].insert(contest.path)
        }
        return fields
    }

    /// After a correction was written.
    package mutating func recordCorrection(of finding: DriftFinding, contentHash: String, now: Timestamp) {
        for field in finding.fields {
            let contest = Contest(key: finding.key, path: field.path, manager: field.manager)
            var tally = tallies[contest] ?? Tally(contentHash: contentHash, corrections: [])
            if tally.contentHash != contentHash { tally = Tally(contentHash: contentHash, corrections: []) }
            tally.corrections.append(now)
            if tally.corrections.count > Self.maxCorrections { tally.corrections.removeFirst() }
            tallies[contest] = tally
        }
    }

    /// Forgets objects that are not managed any more and contests that are long over.
    package mutating func forget(everythingBut keys: Set<ObjectKey>, now: Timestamp) {
        tallies = tallies.filter { keys.contains($0.key.key) && Self.recent($0.value.corrections, now) > 0 }
    }

    private static func recent(_ corrections: [Timestamp], _ now: Timestamp) -> Int {
        corrections.count { $0.duration(to: now) < memory }
    }
}

/// Judges a live object that changed: by whom, and whether to put it back.
///
/// `desired` is what we apply; `entry` proves that we did. The decision is that of the next plan, so that a correction is
/// nothing but carrying that plan out.
package func decideDrift(
    of desired: DesiredObject,
    live: Manifest,
    entry: Inventory.Entry?,
    settings: PlanSettings,
    memory: DriftMemory,
    now: Timestamp
) -> DriftDecision {
    guard let entry, entry.uid == live.uid, entry.contentHash == desired.contentHash, !live.isBeingDeleted else {
        return .none
    }
    let changes = ownedDifference(
        of: settings.redaction.redacted(desired.manifest),
        from: settings.redaction.redacted(live),
        fieldManager: settings.fieldManager,
        sinceApplied: true
    ).filter { change in
        let text = OwnedChange.text(of: change.path)
        return !settings.leavesToOthers(text, of: live, wanted: desired.manifest)
    }
    guard !changes.isEmpty else { return .none }
    let finding = DriftFinding(desired.key, changes, FieldOwnership(live), settings.fieldManager)
    if settings.drift.mode == .report { return .report(finding) }
    let abandoned = memory.abandonedFields(of: desired.key, contentHash: desired.contentHash, now: now)
    let contested = abandoned.intersection(finding.fields.map(\.path))
    return contested.isEmpty ? .correct(finding) : .giveUp(finding, abandoned: contested)
}
