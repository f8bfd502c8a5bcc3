package import Files
package import Foundation
import TextFiles
import Trackers

/// The lines of a file in which each is a JSON object with a `step`, up to a step.
///
/// What has no line feed at the end is the rest of a line whose process was killed, and goes. A line before
/// that can only be damaged: it goes too, and costs no other line.
struct StepLines {
    /// The whole lines that stay.
    let kept: Data
    /// The numbers of damaged lines, which count from 1.
    let damaged: [Int]

    /// Reads lines.
    ///
    /// - Parameters:
    ///   - text: the lines
    ///   - step: the last step that stays
    ///   - evaluated: the last step whose evaluation stays, if it is before that
    init(_ text: Data, upTo step: Int, evaluated: Int = .max) {
        var (kept, damaged, later) = (Data(), [Int](), [Int]())
        for (number, line) in LineDamage.wholeLines(of: text) {
            guard let found = Self.step(of: line) else {
                damaged.append(number)
                continue
            }
            if found > step {
                later.append(number)
                continue
            }
            // Steps rise: one above that is later than this has another number than was written.
            damaged += later
            later = []
            let isEvaluation = line.range(of: Data("\"eval_".utf8)) != nil
            if !isEvaluation || found <= evaluated { kept += line + [0x0A] }
        }
        self.kept = kept
        self.damaged = damaged.sorted()
    }

    /// The step of a line; nil if it is none.
    static func step(of line: Data) -> Int? {
        struct Line: Decodable { let step: Int }
        return try? JSONDecoder().decode(Line.self, file: line).step
    }

    /// Brings a file to a step; what was damaged is kept beside it.
    ///
    /// - Parameters:
    ///   - file: the file; nothing happens without one
    ///   - step: the last step that stays
    ///   - evaluated: the last step whose evaluation stays, if it is before that
    /// - Returns: whether lines are left
    /// - Throws: ``FileError``
    @discardableResult
    static func cut(_ file: String, to step: Int, evaluated: Int = .max) throws -> Bool {
        guard let text = FileManager.default.contents(atPath: file) else { return false }
        let lines = StepLines(text, upTo: step, evaluated: evaluated)
        try LineDamage(file, lines: lines.damaged)?.putAside()
        if lines.kept != text { try DurableFiles.write(lines.kept, to: file) }
        return !lines.kept.isEmpty
    }
}

extension RunDirectory {
    /// What of the lines in a run's folder is damaged, as is seen where it goes on after a step.
    ///
    /// - Parameters:
    ///   - path: the folder
    ///   - step: the last step that stays
    /// - Returns: lines for people, each with its file and line
    package static func damagedLines(in path: String, upTo step: Int) -> [String] {
        let names = ["metrics.jsonl", faultsFile, RunWarnings.file]
        let damage = names.map { name -> LineDamage? in
            let file = "\(path)/\(name)"
            let text = FileManager.default.contents(atPath: file) ?? Data()
            return LineDamage(file, lines: StepLines(text, upTo: step).damaged)
        }
        return (damage + [TrackerJournal.damage(of: path)]).compactMap { $0?.noteOfRepair }
    }
}

extension RunDirectory {
    /// The lines of a run's warnings and faults that cannot be read.
    package static func unreadableLines(in path: String) -> [LineDamage] {
        let warnings = LineDamage("\(path)/\(RunWarnings.file)") {
            (try? JSONDecoder().decode(RunWarning.self, file: $0)) != nil
        }
        let faults = LineDamage("\(path)/\(faultsFile)") {
            (try? JSONDecoder().decode(RunFault.self, file: $0)) != nil
        }
        return [warnings, faults].compactMap(\.self)
    }

    /// The lines of a run's metrics that cannot be read.
    package static func unreadableMetrics(in path: String) -> LineDamage? {
        LineDamage(path + "/metrics.jsonl") { StepLines.step(of: $0) != nil }
    }
}

/// The step of the last whole line of metrics; 0 without one.
package func lastStep(of text: Data) -> Int {
    LineDamage.wholeLines(of: text).reversed().lazy.compactMap { StepLines.step(of: $0.bytes) }
        .first ?? 0
}
