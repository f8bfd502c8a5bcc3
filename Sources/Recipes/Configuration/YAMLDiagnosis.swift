import TextFiles
import Yams

/// What is wrong with a text that is not YAML, at the place that is to be changed.
///
/// The parser names the place where it noticed: behind an open bracket or quote that is often the end of the
/// file, and behind a colon that is missing the line after it.
package struct YAMLDiagnosis {
    typealias Place = YAMLOutline.Place

    /// The place; nil where it is not known.
    package private(set) var place: (line: Int, column: Int)?
    /// What is wrong, and what to do.
    package private(set) var text: String

    /// A diagnosis of what the parser threw.
    package init(_ error: any Error) {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, let yaml),
            YamlError.parser(let context, let problem, let mark, let yaml),
            YamlError.composer(let context, let problem, let mark, let yaml):
            let fault = YAMLFault(
                problem: problem, context: context?.text ?? "",
                start: context.map { Place(line: $0.mark.line, column: $0.mark.column) },
                place: Place(line: mark.line, column: mark.column), outline: YAMLOutline(yaml))
            let (found, words) = fault.diagnosis
            (place, text) = ((found.line, found.column), words + fault.invisible(found.line))
        case YamlError.duplicatedKeysInMapping(let names, let context):
            place = (context.mark.line, context.mark.column)
            text = "\(names.joined(separator: ", ")) stands twice; keep one"
        case YamlError.reader(let problem, _, let value, let yaml):
            (place, text) = (nil, problem)
            guard let scalar = Unicode.Scalar(UInt32(max(value, 0))),
                let index = yaml.unicodeScalars.firstIndex(of: scalar)
            else { return }
            let before = yaml.unicodeScalars[..<index]
            let line = before.split(separator: "\n", omittingEmptySubsequences: false)
            place = (line.count, (line.last?.count ?? 0) + 1)
            text = "\(problem): \(LookAlikes.name(scalar)); remove it"
        default: (place, text) = (nil, "\(error)")
        }
    }
}

/// A problem as the parser has it, and the text that it is in.
private struct YAMLFault {
    typealias Place = YAMLOutline.Place
    typealias Diagnosis = (place: Place, text: String)

    let problem: String
    let context: String
    /// Where what was being read begins.
    let start: Place?
    let place: Place
    let outline: YAMLOutline

    var diagnosis: Diagnosis {
        tab ?? openQuote ?? byProblem
            ?? (place, [problem, context].filter { !$0.isEmpty }.joined(separator: " "))
    }

    /// What no editor shows of a line.
    func invisible(_ number: Int) -> String {
        guard outline.lines.indices.contains(number - 1) else { return "" }
        let scalar = outline.lines[number - 1].first {
            switch $0.properties.generalCategory {
            case .format, .spaceSeparator, .lineSeparator, .paragraphSeparator: !$0.isASCII
            default: false
            }
        }
        return scalar.map { "; \(LookAlikes.name($0))" } ?? ""
    }

    private var tab: Diagnosis? {
        // A text in quotes may have tabs.
        if context.contains("quoted") { return nil }
        for number in (start?.line ?? place.line)...max(place.line, start?.line ?? 0) {
            guard outline.lines.indices.contains(number - 1) else { continue }
            let line = outline.lines[number - 1]
            if let tab = line.prefix(while: { $0 == " " || $0 == "\t" }).firstIndex(of: "\t"),
                tab + 1 < line.count
            {
                return (
                    Place(line: number, column: tab + 1),
                    "the line is indented with a tab; indent with spaces"
                )
            }
        }
        return nil
    }

    /// Quotes that are not closed, or by the next quotes below.
    private var openQuote: Diagnosis? {
        func open(_ place: Place, _ sign: Unicode.Scalar, _ rest: String) -> Diagnosis {
            (place, "the text that begins here with \(sign) \(rest)")
        }
        if context.contains("quoted scalar"), problem.contains("unexpected"), let start {
            return open(start, sign(at: start) ?? "\"", "has no closing quote")
        }
        if let quote = outline.quote(into: place.line), let end = quote.end {
            return open(
                quote.start, quote.sign,
                "ends at line \(end.line) only: is its closing quote missing?")
        }
        return nil
    }

    private var byProblem: Diagnosis? { ofStructure ?? ofSigns }

    /// Of problems with brackets, keys and entries.
    private var ofStructure: Diagnosis? {
        if problem.contains("expected ','"), let start { return openBracket(start) }
        if problem.contains("mapping values are not allowed") { return misplacedColon }
        if problem.contains("could not find expected ':'"), let start {
            return (lineStart(start.line), missingColon(start.line))
        }
        if problem.contains("did not find expected key") { return misplacedKey }
        if problem.contains("expected '-' indicator"), let start {
            return (
                place,
                "is no entry of the list that begins at line \(start.line): begin it with - there, or "
                    + "indent it as the key of the list"
            )
        }
        if problem.contains("document start"), let above = outline.line(before: place.line) {
            return (
                lineStart(above),
                "the line is indented, and the ones below are not: indent all alike"
            )
        }
        if problem.contains("another document") {
            return (place, "a second document begins here; a file holds one")
        }
        return nil
    }

    /// Of problems with a character that means something.
    private var ofSigns: Diagnosis? {
        if problem.contains("cannot start any token") { return reserved }
        if context.contains("alias") || context.contains("anchor") || problem.contains("alias") {
            return alias
        }
        if context.contains("directive"), let start {
            return (start, "a line cannot begin with %; put it in quotes")
        }
        if context.contains("block scalar"), let start {
            let sign = sign(at: start) ?? "|"
            return (
                start,
                "behind \(sign) a text follows in the lines below; put a value that begins with it in "
                    + "quotes"
            )
        }
        if context.contains("quoted scalar") {
            return (
                place,
                "\(problem) after \\, which in double quotes begins an escape: use single quotes, or "
                    + "\\\\"
            )
        }
        return nil
    }

    // MARK: - Brackets

    private func openBracket(_ start: Place) -> Diagnosis? {
        guard let span = outline.brackets.first(where: { $0.start == start }) else { return nil }
        let close = span.sign == "[" ? "]" : "}"
        if let mismatch = outline.mismatches.first(where: { $0.open.start == start }),
            mismatch.place.line == start.line
        {
            return (
                mismatch.place,
                "\(mismatch.sign) stands where \(close) is expected, for the \(span.sign) at column "
                    + "\(start.column)"
            )
        }
        guard span.end != nil else {
            return (start, "the \(span.sign) that begins here is not closed: \(close) is missing")
        }
        let found = sign(at: place).map { " before this \($0)" } ?? ""
        return (
            place,
            "expected , or \(close)\(found), for the \(span.sign) at line \(start.line), column "
                + "\(start.column): is a comma missing?"
        )
    }

    // MARK: - Lines

    private func lineStart(_ number: Int) -> Place {
        Place(line: number, column: (outline.shape(number)?.indentation ?? 0) + 1)
    }

    /// What a line lacks that should have a key.
    private func missingColon(_ number: Int) -> String {
        let text = outline.shape(number)?.text ?? ""
        if text.hasPrefix("-"), !text.hasPrefix("- ") { return "a space is missing after the -" }
        if let above = outline.line(before: number).flatMap({ outline.shape($0) }),
            above.text.hasPrefix("- "), above.indentation == outline.shape(number)?.indentation
        {
            return "is no entry of the list above: begin it with - or a key with its colon"
        }
        if text.contains("\u{FF1A}") || LookAlikes.plain(text).contains(": ") {
            let note = LookAlikes.note(text).map { ": \($0)" } ?? ""
            return "there is no ': ' after a key\(note)"
        }
        if text.contains(":") { return "a space is missing after the :" }
        if text.contains("=") { return "write ': ' after a key, and not =" }
        return "there is no ': ' after a key"
    }

    private var misplacedColon: Diagnosis? {
        guard let shape = outline.shape(place.line) else { return nil }
        if shape.keys > 1 {
            return (
                place, "a second ': ' in the line: put the value in quotes, or the second key below"
            )
        }
        var top = place.line
        while let above = outline.line(before: top), let one = outline.shape(above), !one.hasKey {
            top = above
        }
        let parent = outline.line(before: top).flatMap { outline.shape($0) }
        if top == place.line {
            guard let parent, parent.hasValue, shape.indentation > parent.indentation else {
                return nil
            }
            return odd(top)
        }
        // A text may go on, indented, in the lines after its key.
        if let parent, parent.hasKey, parent.hasValue,
            outline.shape(top).map({ $0.indentation > parent.indentation }) ?? false
        {
            return (lineStart(place.line), "a key stands within the text of the lines above")
        }
        return (lineStart(top), missingColon(top))
    }

    /// Of a line that is not indented as the one above, the one of the two that is not indented as the file's
    /// other sections are.
    private func odd(_ number: Int) -> Diagnosis {
        func indentation(_ line: Int?) -> Int {
            line.flatMap { outline.shape($0) }?.indentation ?? 0
        }
        let above = outline.line(before: number)
        let (mine, others) = (indentation(number), indentation(above))
        let header = above.flatMap { outline.line(before: $0) }.map(indentation) ?? 0
        let isUsual =
            header + outline.usualIndentation == mine
            || outline.shape(number + 1)?.indentation == mine
        let isAbove = isUsual && header < others
        let line = isAbove ? above ?? number : number
        return (
            lineStart(line),
            "line \(above ?? number) is indented by \(others) \(others == 1 ? "space" : "spaces") and line "
                + "\(number) by \(mine): indent lines of one section alike"
        )
    }

    private var misplacedKey: Diagnosis? {
        guard let shape = outline.shape(place.line) else { return nil }
        if place.column == shape.indentation + 1 {
            if let sign = sign(at: place), "]}".unicodeScalars.contains(sign) {
                return (place, "\(sign) closes nothing: no bracket is open here")
            }
            return odd(place.line)
        }
        guard let sign = sign(at: place) else { return nil }
        return "]}".unicodeScalars.contains(sign)
            ? (place, "\(sign) closes nothing: no bracket is open here")
            : (place, "something follows the value: put all of it in quotes, or none")
    }

    // MARK: - Signs

    private func sign(at place: Place) -> Unicode.Scalar? {
        guard outline.lines.indices.contains(place.line - 1) else { return nil }
        let line = outline.lines[place.line - 1]
        return line.indices.contains(place.column - 1) ? line[place.column - 1] : nil
    }

    private var reserved: Diagnosis? {
        sign(at: place).map {
            $0 == "\t"
                ? (place, "a tab stands where a value begins; write spaces")
                : (place, "a value cannot begin with \($0); put it in quotes")
        }
    }

    private var alias: Diagnosis {
        let at = start.map { sign(at: $0) == "*" || sign(at: $0) == "&" ? $0 : place } ?? place
        let isAlias = sign(at: at) == "*"
        return (
            at,
            isAlias
                ? "\(problem): a value that begins with * is an alias of an anchor above; put it in "
                    + "quotes if it is a text"
                : "\(problem): a value that begins with & names an anchor; put it in quotes if it is a "
                    + "text"
        )
    }
}
