/// The known name that a mistyped one most likely meant; nil when none is near enough.
///
/// Edit distance with transpositions, at most a third of the name's length.
package func closestName(to name: String, in known: some Sequence<String>) -> String? {
    let limit = max(1, name.count / 3)
    var best: (name: String, distance: Int)?
    for candidate in known where candidate != name {
        let distance = editDistance(Array(name.lowercased()), Array(candidate.lowercased()))
        guard distance <= limit else { continue }
        if best.map({ distance < $0.distance || (distance == $0.distance && candidate < $0.name) }) ?? true {
            best = (candidate, distance)
        }
    }
    return best?.name
}

private func editDistance(_ left: [Character], _ right: [Character]) -> Int {
    if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in 1...left.count {
        var current = [row] + Array(repeating: 0, count: right.count)
        for column in 1...right.count {
            let cost = left[row - 1] == right[column - 1] ? 0 : 1
            current[column] = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + cost)
            if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                current[column] = min(current[column], beforeLast[column - 2] + 1)
            }
        }
        beforeLast = last
        last = current
    }
    return last[right.count]
}
