import StructuredValue

/// One run of templates: the state of evaluation, the limits that are left, and what the host attached. Functions get it
/// with every call.
///
/// Belongs to one thread from beginning to end.
package final class GoExecution {
    package let limits: GoLimits
    /// What the host wants its functions to find: policies, observed objects, caches.
    package var host: AnyObject?

    /// What a name that a map does not have stands for.
    package var missingKeys = GoMissingKeys.zero

    let templates: GoTemplateSet
    /// Texts under `tpl` that define templates themselves, innermost last.
    private var overlays: [GoTemplateUnit] = []
    let parsed: GoParseCache
    // The state changes at every step and is reached from one thread only: checking each access costs a tenth of the
    // time and would find nothing.
    @exclusivity(unchecked) var stepsLeft: Int
    @exclusivity(unchecked) var bytesLeft: Int
    @exclusivity(unchecked) var output: [UInt8] = []
    var spareOutputs: [[UInt8]] = []

    /// Maps that may contain themselves; emptied when the execution is over, so that they are freed.
    var cyclicMaps: [GoMap] = []

    /// The template under way.
    @exclusivity(unchecked) var unit: GoTemplateUnit?
    @exclusivity(unchecked) var definition = 0
    @exclusivity(unchecked) var node = 0
    @exclusivity(unchecked) var base = 0
    @exclusivity(unchecked) var depth = 0
    /// Whether dot is an element that a range took from an `[]interface {}` or `map[string]interface {}`.
    @exclusivity(unchecked) var isDotElement = false
    /// The variables that the ranges under way set to their elements, and whether Go declares these as `interface {}`.
    @exclusivity(unchecked) var elementSlots: [(slot: Int, isElement: Bool)] = []

    /// Variables of the templates under way and arguments of the calls under way.
    let stack: UnsafeMutablePointer<GoValue>
    @exclusivity(unchecked) var top = 0
    private var stackBottom = 0
    static let stackCapacity = 1 << 16

    /// An execution over these templates. `parsed` keeps what `tpl` parsed, for the next render.
    package init(
        _ templates: GoTemplateSet = GoTemplateSet(),
        limits: GoLimits = GoLimits(),
        parsed: GoParseCache = GoParseCache(),
        host: AnyObject? = nil
    ) {
        self.templates = templates
        self.limits = limits
        self.parsed = parsed
        self.host = host
        stepsLeft = limits.steps
        bytesLeft = limits.outputBytes
        stack = .allocate(capacity: Self.stackCapacity)
    }

    deinit {
        stack.deinitialize(count: top)
        stack.deallocate()
        for map in cyclicMaps { map.dropContainers() }
    }

    /// Counts work that a function does beyond its call: about one step for each hundred bytes it copies or scans.
    package func spend(_ steps: Int) throws(GoFailure) {
        // One call that moves more bytes than may be written at all ends before it allocates them.
        if steps > limits.outputBytes / 40 { stepsLeft = -1 } else { stepsLeft -= steps }
        if stepsLeft < 0 { throw GoFailure("the templates did not finish within \(limits.steps) steps", kind: .limit) }
    }

    /// Counts work that takes long and makes little, such as finding the primes of a key.
    package func spend(computing steps: Int) throws(GoFailure) {
        stepsLeft -= steps
        if stepsLeft < 0 { throw GoFailure("the templates did not finish within \(limits.steps) steps", kind: .limit) }
    }

    /// Counts bytes that a function is about to make, before it makes them.
    package func spend(bytes: Int) throws(GoFailure) {
        if bytes < 0 || bytes > bytesLeft {
            throw GoFailure("a function would make more than \(limits.outputBytes) bytes", kind: .limit)
        }
        try spend(bytes / 100)
    }

    /// Counts the work of going through all of a value, and fails for one that is too large or contains itself.
    package func spend(walking value: GoValue) throws(GoFailure) { try walk(value, depth: 0) }

    private func walk(_ value: GoValue, depth: Int) throws(GoFailure) {
        switch value {
        case .list(let list):
            try enter(list.items.count, depth)
            for index in list.items.indices { try walk(list.items[index], depth: depth + 1) }
        case .map(let map):
            try enter(map.count, depth)
            let entries = map.entries
            for index in entries.indices { try walk(entries[index].value, depth: depth + 1) }
        default: break
        }
    }

    private func enter(_ count: Int, _ depth: Int) throws(GoFailure) {
        if depth > GoValue.depthLimit {
            throw GoFailure("a value is nested too deeply or contains itself", kind: .limit)
        }
        // A value of a document costs about as much as four steps: its conversion and its text.
        try spend(1 + count * 4)
    }

    // MARK: Running templates

    /// Executes a template and returns its output.
    package func execute(_ name: String, _ data: GoValue) throws(GoFailure) -> [UInt8] {
        guard let entry = entry(name) else {
            throw GoFailure("template: no template \(GoQuotation.quote(name)) associated with template \"gotpl\"")
        }
        return try execute(entry, data)
    }

    /// The template of this name: of the texts under `tpl` first, then of the set.
    func entry(_ name: String) -> GoTemplateSet.Entry? {
        if !overlays.isEmpty {
            for unit in overlays.reversed() {
                for (index, definition) in unit.definitions.enumerated() where definition.name == name {
                    if definition.isBlank, templates.entries[name] != nil { continue }
                    return GoTemplateSet.Entry(unit: unit, definition: index)
                }
            }
        }
        return templates.entries[name]
    }

    private func execute(_ entry: GoTemplateSet.Entry, _ data: GoValue) throws(GoFailure) -> [UInt8] {
        let isOutermost = depth == 0
        if isOutermost { stackBottom = stackAddress() }
        let mark = top
        var result = spareOutputs.popLast() ?? []
        swap(&result, &output)
        let outer = (unit, definition, node, base)
        do throws(GoFailure) {
            try enter(entry, data)
        } catch {
            pop(to: mark)
            (unit, definition, node, base) = outer
            swap(&result, &output)
            throw error
        }
        (unit, definition, node, base) = outer
        swap(&result, &output)
        return result
    }

    /// Executes a template and returns its output as a string: Helm's `include`.
    package func include(_ name: String, _ data: GoValue) throws(GoFailure) -> GoValue {
        if depth >= limits.depth || stackUse > limits.stackBytes {
            throw GoFailure(
                "rendering template has a nested reference name: \(name): unable to execute template",
                kind: .limit
            )
        }
        return string(consuming: try execute(name, data))
    }

    /// Parses a text and executes it, so that it sees all templates and those it defines itself: Helm's `tpl`.
    package func evaluate(_ text: String, _ data: GoValue, functions: GoFunctionTable) throws(GoFailure) -> GoValue {
        guard text.utf8.contains(UInt8(ascii: "{")) else {
            return .string(text.contains("<no value>") ? text.replacing("<no value>", with: "") : text)
        }
        if depth >= limits.depth || stackUse > limits.stackBytes {
            throw GoFailure("tpl calls itself too deeply", kind: .limit)
        }
        try spend(text.utf8.count / 100)
        let unit: GoTemplateUnit
        do throws(GoFailure) {
            unit = try parsed.unit(text, functions: functions)
        } catch {
            var failure = error
            failure.message = "cannot parse template \(GoQuotation.quote(text)): \(error.message)"
            throw failure
        }
        let definesOthers = unit.definitions.count > 1
        if definesOthers { overlays.append(unit) }
        defer { if definesOthers { overlays.removeLast() } }
        do throws(GoFailure) {
            // The text itself is the last that is defined.
            let main = unit.definitions.lastIndex { $0.name == "gotpl" } ?? 0
            var result = try execute(GoTemplateSet.Entry(unit: unit, definition: main), data)
            Self.removeNoValue(&result)
            return string(consuming: result)
        } catch {
            var failure = error
            failure.message = "error during tpl function execution for \(GoQuotation.quote(text)): \(error.message)"
            throw failure
        }
    }

    private func string(consuming bytes: consuming [UInt8]) -> GoValue {
        let value: GoValue = .string(bytes: bytes)
        if case .string = value, spareOutputs.count < 64, bytes.capacity < 1 << 20 {
            bytes.removeAll(keepingCapacity: true)
            spareOutputs.append(bytes)
        }
        return value
    }

    /// Removes every `<no value>`, as Helm does with what an action prints of nil.
    package static func removeNoValue(_ bytes: inout [UInt8]) {
        let mark = Array("<no value>".utf8)
        var read = 0
        var write = 0
        var isFound = false
        bytes.withUnsafeMutableBufferPointer { bytes in
            let count = bytes.count
            while read < count {
                if bytes[read] == 0x3C, read + mark.count <= count, bytes[read + 1] == 0x6E,
                    mark.indices.allSatisfy({ bytes[read + $0] == mark[$0] })
                {
                    read += mark.count
                    isFound = true
                    continue
                }
                if isFound { bytes[write] = bytes[read] }
                write += 1
                read += 1
            }
        }
        if isFound { bytes.removeSubrange(write...) }
    }

    /// Runs a template in a frame of its own; the caller restores its frame.
    func enter(_ entry: GoTemplateSet.Entry, _ data: GoValue) throws(GoFailure) {
        let definition = entry.unit.definitions[entry.definition]
        unit = entry.unit
        self.definition = entry.definition
        node = Int(definition.root)
        base = top
        if top + definition.slots + 64 > Self.stackCapacity {
            throw GoFailure("templates call one another too deeply", kind: .limit)
        }
        (stack + top).initialize(to: data)
        if definition.slots > 1 { (stack + top + 1).initialize(repeating: .none, count: definition.slots - 1) }
        top += definition.slots
        depth += 1
        let wasDotElement = isDotElement
        isDotElement = false
        defer {
            depth -= 1
            isDotElement = wasDotElement
        }
        _ = try walkList(entry.unit, Int(definition.root), data)
        pop(to: base)
    }

    // MARK: The value stack

    @inline(__always)
    func push(_ value: consuming GoValue) {
        (stack + top).initialize(to: value)
        top += 1
    }

    @inline(__always)
    func pop(to mark: Int) {
        if top > mark { (stack + mark).deinitialize(count: top - mark) }
        top = mark
    }

    // MARK: The machine's stack

    private func stackAddress() -> Int {
        var local = 0
        return withUnsafeMutablePointer(to: &local) { Int(bitPattern: $0) }
    }

    var stackUse: Int { abs(stackBottom - stackAddress()) }
}

extension GoFunction {
    /// Helm's `include`: a template's output as a string.
    package static let include = GoFunction("include", [.string, .any]) { arguments, execution throws(GoFailure) in
        try execution.include(arguments.string(0), arguments[1])
    }

    /// Helm's `tpl`: a text evaluated as a template. Needs the table that it will itself be part of, so the evaluator
    /// takes the table of the template that calls it.
    package static let tpl = GoFunction("tpl", [.string, .any]) { arguments, execution throws(GoFailure) in
        guard let functions = execution.unit?.functions else { return .string("") }
        return try execution.evaluate(arguments.string(0), arguments[1], functions: functions)
    }
}
