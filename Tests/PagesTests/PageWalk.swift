import ArgumentParser
import Foundation
import Testing
import Yams

@testable import think2seg

/// Follows a page as a reader would, and says where it does not hold.
struct PageWalk {
    let page: Page
    let checkout: String
    /// Also what takes minutes.
    let all: Bool
    private let shell: Shell
    private(set) var faults: [Page.Fault]
    /// What the last commands printed; nil where they did not run.
    private var last: Shell.Result?

    /// - Parameters:
    ///   - page: the page
    ///   - folder: an empty folder, in which the commands run
    ///   - checkout: the folder of the checkout
    ///   - program: the program that `think2seg` is
    ///   - all: whether blocks run that take minutes
    /// - Throws: what the system says where the folder cannot be made ready
    init(_ page: Page, folder: String, checkout: String, program: String, all: Bool) throws {
        self.page = page
        self.checkout = checkout
        self.all = all
        shell = try Shell(folder: folder, checkout: checkout, program: program)
        faults = page.faults
    }

    /// Goes to the end of the page, or to the first commands that fail.
    mutating func run() throws {
        for span in page.spans {
            for problem in isNamed(span.text) ? [] : try problems(of: span.text) {
                faults.append(Page.Fault(place: "\(page.path):\(span.line)", text: problem))
            }
        }
        for block in page.blocks {
            switch block.mark.purpose {
            case .run(let status) where block.mark.needs.map(shell.has) ?? true:
                try run(block, status: status)
            case .slow where all && block.mark.needs.map(shell.has) ?? true:
                try run(block, status: 0)
            case .run, .skip, .slow: try skip(block)
            case .output(let errors): compare(block, errors: errors)
            case .file(let name): try save(block, as: name)
            case .configuration(let command): try check(block, command: command)
            case .part(let path): try find(block, in: path)
            case .shown: break
            }
            // What comes below needs what did not come about.
            if block.mark.language == "sh", last == nil, !faults.isEmpty { return }
        }
    }

    /// Whether a command is only named, without arguments and options, as `think2seg config show`.
    private func isNamed(_ text: String) -> Bool {
        var type: any ParsableCommand.Type = Think2SegCommand.self
        for name in text.split(separator: " ").dropFirst() where name != "…" {
            guard
                let below = type.configuration.subcommands.first(where: { $0._commandName == name })
            else { return false }
            type = below
        }
        return true
    }

    private mutating func fault(_ block: Page.Block, _ text: String) {
        faults.append(Page.Fault(place: "\(page.path):\(block.line)", text: text))
    }

    // MARK: - Commands

    private mutating func run(_ block: Page.Block, status: Int32) throws {
        checkNames(block)
        last = nil
        let result = try shell.run(block.text)
        guard result.status == status else {
            let words = (result.output + result.errors).suffix(2000)
            fault(block, "ended with status \(result.status), not \(status):\n\(words)")
            return
        }
        last = result
    }

    /// Commands that do not run must be commands that there are, with options that they take.
    private mutating func skip(_ block: Page.Block) throws {
        checkNames(block)
        last = nil
        guard block.mark.language == "sh" else { return }
        for problem in try problems(of: block.text) { fault(block, problem) }
    }

    /// What is wrong with commands of this program, none of which runs.
    private func problems(of commands: String) throws -> [String] {
        try shell.words(in: commands).compactMap { words in
            do {
                _ = try Think2SegCommand.parseAsRoot(words)
                return nil
            } catch {
                if Think2SegCommand.exitCode(for: error) == .success { return nil }
                let message = Think2SegCommand.message(for: error)
                return "think2seg \(words.joined(separator: " ")): \(message)"
            }
        }
    }

    /// What of the checkout is named must be there.
    private mutating func checkNames(_ block: Page.Block) {
        let path =
            /(?:^|[\s=])((?:Benchmarks|Configs|Documentation|Experiments|Resources|Tests|scripts)\/[\w.\/-]+)/
            .anchorsMatchLineEndings()
        for match in block.text.matches(of: path) where !exists(String(match.output.1)) {
            fault(block, "the checkout has no \(match.output.1)")
        }
        let rules = (try? String(contentsOfFile: checkout + "/Makefile", encoding: .utf8)) ?? ""
        for match in block.text.matches(of: /^make ([a-z-]+)/.anchorsMatchLineEndings())
        where !rules.contains("\n\(match.output.1):") {
            fault(block, "the Makefile has no \(match.output.1)")
        }
    }

    private func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: checkout + "/" + path)
    }

    private mutating func compare(_ block: Page.Block, errors: Bool) {
        guard let last else { return }
        let expected = ExpectedOutput(
            text: block.text, times: block.mark.times, within: block.mark.within)
        if let difference = expected.difference(from: errors ? last.errors : last.output) {
            fault(block, difference)
        }
    }

    // MARK: - Files

    private func save(_ block: Page.Block, as name: String) throws {
        let file = URL(fileURLWithPath: shell.folder + "/" + name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(block.text.utf8).write(to: file)
    }

    private static let examples = [
        "train": "Configs/train.yaml", "sft": "Configs/sft.yaml",
        "pretrain-segmenter": "Configs/embedded/segmenter.yaml",
    ]

    /// Lays a part of a configuration over the command's example, and has that checked.
    private mutating func check(_ block: Page.Block, command: String) throws {
        guard let example = Self.examples[command] else {
            fault(block, "config=\(command) is not one of train, sft, pretrain-segmenter")
            return
        }
        let whole = try String(contentsOfFile: checkout + "/" + example, encoding: .utf8)
        let name = ".configuration-\(block.line).yaml"
        do {
            let merged = Self.merged(
                try Yams.load(yaml: whole) ?? [:], try Yams.load(yaml: block.text) ?? [:])
            try Data(try Yams.dump(object: merged).utf8).write(
                to: URL(fileURLWithPath: shell.folder + "/" + name))
        } catch {
            fault(block, "\(error)")
            return
        }
        let result = try shell.run("think2seg config check --of \(command) \(name)")
        if result.status != 0 { fault(block, result.errors + result.output) }
    }

    private static func merged(_ base: Any, _ part: Any) -> Any {
        guard var tables = base as? [AnyHashable: Any], let parts = part as? [AnyHashable: Any]
        else { return part }
        for (key, value) in parts { tables[key] = tables[key].map { merged($0, value) } ?? value }
        return tables
    }

    /// Every line of the block must stand in a file, in this order, whatever their indentation.
    private mutating func find(_ block: Page.Block, in path: String) throws {
        guard exists(path) else {
            fault(block, "the checkout has no \(path)")
            return
        }
        func lines(_ text: String) -> [String] {
            text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        let text = try String(contentsOfFile: checkout + "/" + path, encoding: .utf8)
        var rest = lines(text)[...]
        for line in lines(block.text) where !line.isEmpty {
            guard let place = rest.firstIndex(of: line) else {
                fault(block, "\(path) has no line \"\(line)\" here")
                return
            }
            rest = rest[(place + 1)...]
        }
    }
}
