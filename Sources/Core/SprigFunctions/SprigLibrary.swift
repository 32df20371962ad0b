package import GoTemplate

/// The functions of sprig and those that Helm adds.
package enum SprigLibrary {
    /// All text functions of sprig, without the environment's (`env`, `expandenv`), which Helm removes too.
    package static let sprig: [GoFunction] =
        strings + numbers + lists + maps + defaults + reflection + dates + durations + patterns + paths + encodings
        + urls + versions + random + hashes + certificates

    /// Those whose result depends on nothing but their arguments: what ClusterClass templates may call.
    package static let hermetic: [GoFunction] = sprig.filter { !notHermetic.contains($0.name) }

    /// What Helm adds to or puts in the place of sprig's, except `include`, `tpl` and `lookup`: these belong to the engine.
    package static let helm: [GoFunction] = sprig + documents + helmDurations + [required]

    private static let notHermetic: Set<String> = [
        "date", "date_in_zone", "date_modify", "now", "htmlDate", "htmlDateInZone", "dateInZone", "dateModify",
        "randAlphaNum", "randAlpha", "randAscii", "randNumeric", "randBytes", "uuidv4", "env", "expandenv",
        "getHostByName",
    ]

    /// Ends the run when a function is about to make more bytes than all templates together may write.
    static func allow(_ bytes: Int, _ execution: GoExecution) throws(GoFailure) {
        if bytes <= execution.limits.outputBytes { return }
        throw GoFailure("the templates made more than \(execution.limits.outputBytes) bytes", kind: .limit)
    }

    /// `required MESSAGE VALUE`: ends the render when the value is nil or an empty string.
    private static let required = GoFunction("required", [.string, .any]) { arguments, _ throws(GoFailure) in
        let value = arguments[1]
        let isMissing = value.isNil || value.string?.isEmpty == true
        if isMissing { throw GoFailure(arguments.string(0), kind: .refusal) }
        return value
    }
}

/// What Go says when a function dereferences nil.
let nilDereference = "runtime error: invalid memory address or nil pointer dereference"
