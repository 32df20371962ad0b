import CLibyaml

/// libyaml's events of a text that may hold broken documents: after a mistake reading goes on at the next `---`.
struct EventReader: ~Copyable {
    /// The current event.
    let event: UnsafeMutablePointer<yaml_event_t>
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let bytes: UnsafeBufferPointer<UInt8>
    private let escapes: GoEscapes?

    /// Where the current parser began to read: byte and line, both from 0.
    private var start = LineStart(offset: 0, line: 0)
    /// Where the current parser stops reading.
    private var end: Int
    /// The line, from 0, on which the current document begins.
    private var documentLine = 0
    /// Set when the text holds bytes that are no text: then every parser gets one document only, so that what libyaml
    /// reads ahead cannot spoil the documents before.
    private var readsOneByOne = false

    /// Reads as Go's library does.
    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.init(bytes, GoEscapes(bytes)) }

    /// Reads as libyaml does.
    init(verbatim bytes: UnsafeBufferPointer<UInt8>) { self.init(bytes, nil) }

    private init(_ bytes: UnsafeBufferPointer<UInt8>, _ escapes: consuming GoEscapes?) {
        let readable = escapes?.bytes ?? bytes
        self.bytes = readable
        self.escapes = escapes
        end = readable.count
        event = .allocate(capacity: 1)
        event.initialize(to: yaml_event_t())
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        startParser()
    }

    deinit {
        yaml_event_delete(event)
        yaml_parser_delete(parser)
        event.deallocate()
        parser.deallocate()
    }

    private func startParser() {
        yaml_parser_initialize(parser)
        // libyaml wants an address even for no bytes.
        if let base = bytes.baseAddress {
            yaml_parser_set_input_string(parser, base + start.offset, end - start.offset)
        } else {
            yaml_parser_set_input_string(parser, UnsafeRawPointer(parser).assumingMemoryBound(to: UInt8.self), 0)
        }
    }

    /// Goes to the next event and returns its type.
    @inline(__always)
    mutating func advance() throws(Problem) -> yaml_event_type_t {
        yaml_event_delete(event)
        guard yaml_parser_parse(parser, event) == 1 else { throw problem() }
        if escapes != nil { escapes?.restore(event) }
        return event.pointee.type
    }

    /// Where the current event begins.
    var position: Position { position(of: event.pointee.start_mark) }
    /// Where the current event ends: after its last character.
    var endPosition: Position { position(of: event.pointee.end_mark) }

    private func position(of mark: yaml_mark_t) -> Position {
        Position(line: Int(mark.line) + start.line + 1, column: Int(mark.column) + 1)
    }

    /// Goes to the start of the next document; false at the end of the text.
    mutating func nextDocument() throws(Problem) -> Bool {
        while true {
            switch try advance() {
            case YAML_DOCUMENT_START_EVENT:
                documentLine = Int(event.pointee.start_mark.line) + start.line
                return true
            case YAML_STREAM_END_EVENT:
                guard end < bytes.count else { return false }
                restart(at: LineStart(offset: end, line: lineStart(atOffset: end).line))
            default: continue
            }
        }
    }

    /// Passes over the rest of a broken document; false when no other follows.
    mutating func skipDocument(after problem: Problem) -> Bool {
        if problem.code == "yaml-encoding", !readsOneByOne {
            // Read this document again, alone: the bad bytes may belong to a later one.
            readsOneByOne = true
            restart(at: lineStart(ofLine: documentLine))
            return true
        }
        let next = nextMarker(from: lineStart(ofLine: max(problem.line - 1, documentLine + 1)))
        guard let next else { return false }
        restart(at: next)
        return true
    }

    /// Whether a problem was about the text's bytes, and its document is going to be read again.
    func isRetried(_ problem: Problem) -> Bool { problem.code == "yaml-encoding" && !readsOneByOne }

    private mutating func restart(at place: LineStart) {
        yaml_event_delete(event)
        yaml_parser_delete(parser)
        start = place
        documentLine = place.line
        if readsOneByOne {
            var following = place
            following = lineStart(after: following) ?? LineStart(offset: bytes.count, line: place.line + 1)
            end = nextMarker(from: following)?.offset ?? bytes.count
        }
        startParser()
    }
}

// MARK: - Rereading

extension EventReader {
    /// The byte of the escape that reading stopped at because libyaml does not know it; nil when it stopped at something else.
    var unknownEscape: Int? {
        guard let text = parser.pointee.problem, String(cString: text) == "found unknown escape character" else {
            return nil
        }
        let place = position(of: parser.pointee.problem_mark)
        var offset = lineStart(ofLine: place.line - 1).offset
        for _ in 1..<max(place.column, 1) where offset < end {
            offset += 1
            while offset < end, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
        }
        return offset < end && bytes[offset] == 0x5C ? offset : nil
    }

    /// Goes to the next event, whichever document it belongs to; nil at a mistake, which nobody words.
    mutating func step() -> yaml_event_type_t? {
        yaml_event_delete(event)
        guard yaml_parser_parse(parser, event) == 1 else { return nil }
        if event.pointee.type == YAML_DOCUMENT_START_EVENT {
            documentLine = Int(event.pointee.start_mark.line) + start.line
        }
        return event.pointee.type
    }

    /// Goes on after a mistake at the document behind it; false when there is none.
    mutating func skipDocument() -> Bool { skipDocument(after: problem()) }

    /// Goes back to where the current document begins; what lies behind it is the cost, in bytes.
    mutating func rereadDocument() -> Int {
        let place = lineStart(ofLine: documentLine)
        restart(at: place)
        return end - place.offset
    }
}

// MARK: - Lines

extension EventReader {
    /// The beginning of a line: its byte and its number, from 0.
    struct LineStart {
        var offset: Int
        var line: Int
    }

    /// The first line at or after `place` that begins with `---`.
    private func nextMarker(from place: LineStart) -> LineStart? {
        var place: LineStart? = place
        while let current = place, current.offset < bytes.count {
            if isMarker(current.offset) { return current }
            place = lineStart(after: current)
        }
        return nil
    }

    private func isMarker(_ offset: Int) -> Bool {
        guard offset + 2 < bytes.count, bytes[offset] == 0x2D, bytes[offset + 1] == 0x2D, bytes[offset + 2] == 0x2D
        else { return false }
        return offset + 3 == bytes.count || [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset + 3])
    }

    private func lineStart(ofLine line: Int) -> LineStart {
        var place = start
        while place.line < line, let next = lineStart(after: place) { place = next }
        return place
    }

    private func lineStart(atOffset offset: Int) -> LineStart {
        var place = start
        while let next = lineStart(after: place), next.offset <= offset { place = next }
        return place
    }

    private func lineStart(after place: LineStart) -> LineStart? {
        var index = place.offset
        while index < bytes.count {
            let width = lineBreakWidth(bytes, at: index)
            if width > 0 { return LineStart(offset: index + width, line: place.line + 1) }
            index += 1
        }
        return nil
    }
}

/// The bytes that the line break at `index` takes, 0 when there is none: what libyaml counts as a break.
func lineBreakWidth(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
    switch bytes[index] {
    case 0x0A: return 1
    case 0x0D: return index + 1 < bytes.count && bytes[index + 1] == 0x0A ? 2 : 1
    case 0xC2: return index + 1 < bytes.count && bytes[index + 1] == 0x85 ? 2 : 0
    case 0xE2:
        guard index + 2 < bytes.count, bytes[index + 1] == 0x80 else { return 0 }
        return bytes[index + 2] == 0xA8 || bytes[index + 2] == 0xA9 ? 3 : 0
    default: return 0
    }
}

// MARK: - Mistakes

extension EventReader {
    /// What libyaml stopped at.
    private func problem() -> Problem {
        let state = parser.pointee
        let text = state.problem.map { String(cString: $0) } ?? "unknown problem parsing YAML content"
        if state.error == YAML_READER_ERROR { return encodingProblem(text, offset: Int(state.problem_offset)) }
        if state.error == YAML_MEMORY_ERROR {
            return Problem("yaml-too-large", "the document does not fit into memory", at: position(of: state.mark))
        }

        let goLine =
            state.problem_mark.line != 0
            ? Int(state.problem_mark.line) + (state.error == YAML_SCANNER_ERROR ? 1 : 0) : Int(state.context_mark.line)
        let goMessage = (goLine == 0 ? "" : "line \(goLine + start.line): ") + text
        let place = position(of: state.problem_mark)
        if let mark = unfinishedMerge() {
            return Problem(
                "yaml-merge-conflict",
                "a merge was left unfinished here",
                at: mark,
                hint: "keep one of the two sides, and remove the lines that begin with <<<<<<<, ======= and >>>>>>>",
                goMessage: goMessage
            )
        }
        let line = lineStart(ofLine: place.line - 1)
        if hasTabInIndentation(line) {
            return Problem(
                "yaml-tab-indentation",
                "a tab cannot indent YAML",
                at: place,
                hint: "indent with spaces",
                goMessage: goMessage
            )
        }
        var message = text
        if let context = state.context, state.context_mark.line != state.problem_mark.line {
            message += ", \(String(cString: context)) that begins in line \(position(of: state.context_mark).line)"
        }
        return Problem("yaml-syntax", message, at: place, hint: Self.hints[text], goMessage: goMessage)
    }

    /// The first of the marks that Git leaves where it could not merge, when its counterpart is there too. Asked only of
    /// a text that is no YAML.
    private func unfinishedMerge() -> Position? {
        let (first, last) = (Array("<<<<<<< ".utf8), Array(">>>>>>> ".utf8))
        var found: Position?
        let begin = lineStart(ofLine: max(documentLine, start.line))
        var number = begin.line
        for line in bytes[begin.offset..<max(end, begin.offset)].split(
            separator: 0x0A,
            omittingEmptySubsequences: false
        ) {
            number += 1
            if line.starts(with: first), found == nil { found = Position(line: number, column: 1) }
            if line.starts(with: last), found != nil { return found }
        }
        return nil
    }

    private func encodingProblem(_ text: String, offset: Int) -> Problem {
        let offset = min(start.offset + offset, end)
        let line = lineStart(atOffset: offset)
        var column = 1
        for index in line.offset..<max(offset, line.offset) where bytes[index] & 0xC0 != 0x80 { column += 1 }
        return Problem(
            "yaml-encoding",
            text,
            at: Position(line: line.line + 1, column: column),
            hint: "write it as an escape in double quotes, or save the file as UTF-8",
            goMessage: text
        )
    }

    private func hasTabInIndentation(_ line: LineStart) -> Bool {
        var index = line.offset
        while index < end {
            if bytes[index] == 0x09 { return true }
            if bytes[index] != 0x20 { return false }
            index += 1
        }
        return false
    }

    private static let hints = [
        "mapping values are not allowed in this context":
            "check the indentation; quote the text if it holds “: ”",
        "found character that cannot start any token": "quote text that begins with @, ` or %",
        "could not find expected ':'": "is a colon missing, or a line indented less than it should be?",
        "did not find expected key": "check the indentation of this line",
        "did not find expected '-' indicator": "check the indentation of this line",
        "did not find expected ',' or ']'": "is a bracket or a comma missing?",
        "did not find expected ',' or '}'": "is a brace or a comma missing?",
        "found unexpected end of stream": "is a closing quote missing?",
        "found unexpected document indicator": "is a closing quote missing?",
        "found unknown escape character": "double a backslash that stands for itself, or use single quotes",
        "did not find expected <document start>": "does this belong to the document above? check the indentation",
    ]
}

extension YAML {
    /// How many events libyaml finds, or nil when the text is broken: the measure that reading is compared with.
    package static func countEvents(_ bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBufferPointer { bytes in
            var reader = EventReader(bytes)
            var count = 0
            do throws(Problem) {
                while try reader.advance() != YAML_STREAM_END_EVENT { count += 1 }
                return count
            } catch {
                return nil
            }
        }
    }
}
