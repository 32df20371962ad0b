internal import KubernetesModel

/// How long ago, as kubectl says it: `12s`, `3m4s`, `5h12m`, `3d4h`, `40d`, `2y30d`; `-` when unknown.
func age(of text: String?, at now: Timestamp) -> String {
    guard let text, let time = Timestamp(text) else { return "-" }
    let seconds = max(0, now.seconds - time.seconds)
    let minutes = seconds / 60
    let hours = minutes / 60
    let days = hours / 24
    func pair(_ large: Int, _ largeUnit: String, _ small: Int, _ smallUnit: String) -> String {
        small == 0 ? "\(large)\(largeUnit)" : "\(large)\(largeUnit)\(small)\(smallUnit)"
    }
    switch seconds {
    case ..<120: return "\(seconds)s"
    case ..<600: return pair(minutes, "m", seconds % 60, "s")
    case ..<10_800: return "\(minutes)m"
    case ..<28_800: return pair(hours, "h", minutes % 60, "m")
    case ..<172_800: return "\(hours)h"
    case ..<691_200: return pair(days, "d", hours % 24, "h")
    case ..<63_072_000: return "\(days)d"
    default: return pair(days / 365, "y", days % 365, "d")
    }
}

/// A commit's id as people write it.
func short(_ revision: String) -> String { String(revision.prefix(10)) }
