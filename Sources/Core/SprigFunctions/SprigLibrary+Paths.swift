import GoTemplate

extension SprigLibrary {
    /// Paths with forward slashes. The `os` twins follow the system, which for us is always Linux.
    static let paths: [GoFunction] = ["", "os"].flatMap { prefix in
        [
            path(prefix, "base") { .string(GoPath.base($0)) }, path(prefix, "dir") { .string(GoPath.directory($0)) },
            path(prefix, "clean") { .string(GoPath.clean($0)) }, path(prefix, "ext") { .string(GoPath.suffix($0)) },
            path(prefix, "isAbs") { .bool($0.hasPrefix("/")) },
        ]
    }

    private static func path(_ prefix: String, _ name: String, _ work: @escaping @Sendable (String) -> GoValue)
        -> GoFunction
    {
        let name = prefix.isEmpty ? name : prefix + name.prefix(1).uppercased() + name.dropFirst()
        return GoFunction(name, [.string]) { arguments, _ in work(arguments.string(0)) }
    }
}

/// Go's `path` package.
enum GoPath {
    static func base(_ path: String) -> String {
        if path.isEmpty { return "." }
        var rest = path[...]
        while rest.hasSuffix("/") { rest.removeLast() }
        if rest.isEmpty { return "/" }
        return rest.lastIndex(of: "/").map { String(rest[rest.index(after: $0)...]) } ?? String(rest)
    }

    static func directory(_ path: String) -> String {
        clean(path.lastIndex(of: "/").map { String(path[...$0]) } ?? "")
    }

    static func suffix(_ path: String) -> String {
        let name = path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]
        return name.lastIndex(of: ".").map { String(name[$0...]) } ?? ""
    }

    static func clean(_ path: String) -> String {
        if path.isEmpty { return "." }
        let isAbsolute = path.hasPrefix("/")
        var kept: [Substring] = []
        for part in path.split(separator: "/") {
            switch part {
            case ".": continue
            case "..":
                if let last = kept.last, last != ".." {
                    kept.removeLast()
                } else if !isAbsolute {
                    kept.append(part)
                }
            default: kept.append(part)
            }
        }
        let joined = kept.joined(separator: "/")
        return isAbsolute ? "/" + joined : joined.isEmpty ? "." : joined
    }
}
